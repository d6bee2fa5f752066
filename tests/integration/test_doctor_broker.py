"""`latchkey doctor` finds what is wrong with the broker."""

from __future__ import annotations

import json

from doctor_case import DoctorTest

from jose import Json, compact
from ports import free_port
from relay import IdleRelay

SEND, HEAR, SUBSCRIBE = "publishClientSend", "publishClientReceive", "subscribePattern"
OF_THE_PROTOCOL = [(SEND, "provisioning/v1/+/response"), (SEND, "devices/+/config"),
                   *((kind, topic) for topic in ("provisioning/v1/+/request", "devices/+/status") for kind in (HEAR, SUBSCRIBE))]
SHARED = [(SUBSCRIBE, "$share/+/provisioning/v1/+/request"), (SUBSCRIBE, "$share/+/devices/+/status")]


class DoctorOfBroker(DoctorTest):
    def test_the_broker_is_unreachable(self) -> None:
        self.find("broker_unreachable", LATCHKEY_MQTT_URL=f"mqtts://localhost:{free_port()}")

    def test_no_tls_on_that_port(self) -> None:
        self.find("no_tls", LATCHKEY_MQTT_URL=f"mqtts://localhost:{self.stack.cluster.port}")

    def test_a_wrong_ca(self) -> None:
        self.assertIn("device-ca.pem", self.find("wrong_ca", LATCHKEY_MQTT_CA_FILE=str(self.stack.pki / "device-ca.pem")))

    def test_a_wrong_host_name(self) -> None:
        """127.1 is the same machine by a name that the certificate does not have."""
        found = self.find("wrong_host_name", LATCHKEY_MQTT_URL=f"mqtts://127.1:{self.stack.broker.bootstrap_port}")
        self.assertIn("localhost, 127.0.0.1", found)

    def test_a_wrong_login(self) -> None:
        wrong = self.wrong_password()
        for version in ("5", "3.1.1"):
            with self.subTest(version):
                self.find("wrong_login", LATCHKEY_MQTT_PASSWORD_FILE=str(wrong), LATCHKEY_MQTT_VERSION=version)

    def test_missing_rights(self) -> None:
        for right in ("read provisioning/v1/+/request", "write provisioning/v1/+/response", "read devices/+/status",
                      "write devices/+/config"):
            with self.subTest(right):
                self.change_broker("mosquitto.acl", f"topic {right}\n", "")
                self.assertEqual(self.find("missing_acl"), f"the account may not {right}")
                self.doCleanups()

    def give_rights(self, *rights: tuple[str, str]) -> None:
        """The service's account is a client of the plugin, which looks at SUBSCRIBE too, with these rights alone."""
        role = self._testMethodName[-40:]
        with self.account("admin", f"@{role}") as wire:
            wire.subscribe("$CONTROL/dynamic-security/v1/response")

            def command(*commands: Json) -> None:
                wire.publish("$CONTROL/dynamic-security/v1", compact({"commands": list(commands)}))
                message = wire.receive(5)
                assert message
                self.assertNotIn(b'"error"', message.payload)

            # What no role decides is the acl_file's, which gives more.
            denied = [(kind, topic) for kind in (SEND, HEAR, SUBSCRIBE) for topic in ("#", "$share/#")]
            acls = [{"acltype": kind, "topic": topic, "allow": allow, "priority": int(allow)}
                    for allow, pairs in ((True, rights), (False, denied)) for kind, topic in pairs]
            command({"command": "createRole", "rolename": role, "acls": acls},
                    {"command": "createClient", "username": "@service", "roles": [{"rolename": role}],
                     "password": self.stack.broker.password_file("service").read_text().strip()})
        self.addCleanup(self.take_rights, role)

    def take_rights(self, role: str) -> None:
        with self.account("admin", "@taking") as wire:
            wire.publish("$CONTROL/dynamic-security/v1", compact({"commands": [
                {"command": "deleteClient", "username": "@service"}, {"command": "deleteRole", "rolename": role}]}))

    def test_an_account_with_exactly_the_rights_of_the_protocol(self) -> None:
        self.give_rights(*OF_THE_PROTOCOL, *SHARED)
        result = self.run_doctor("--json")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        results = {finding["check"]: finding["result"] for finding in json.loads(result.stdout)}
        self.assertEqual((results["rights"], results["shared"], results["size"]), ("skipped", "skipped", "ok"))

    def test_a_broker_that_refuses_shared_subscriptions(self) -> None:
        self.give_rights(*OF_THE_PROTOCOL, (SEND, "provisioning/v1/+/request"), (SEND, "devices/+/status"))
        self.assertIn("$share/", self.find("no_shared_subscriptions"))

    # --- the keep alive

    def keep_alive(self, **environment: str) -> Json:
        result = self.run_doctor("--json", **environment)
        return next(finding for finding in json.loads(result.stdout) if finding["check"] == "keep_alive")

    def test_a_broker_with_a_limit_that_the_service_keeps(self) -> None:
        self.change_broker("mosquitto.conf", "persistence false\n", "persistence false\nmax_keepalive 10\n")
        for version in ("5", "3.1.1"):
            found = self.keep_alive(LATCHKEY_MQTT_VERSION=version)
            self.assertEqual((found["result"], found["what"]),
                             ("ok", "the broker demands no keep alive, the service's is 5 s: an idle connection stands"))

    def plain_port(self) -> int:
        """A listener of the broker without TLS."""
        port = free_port()
        self.change_broker("mosquitto.conf", "# --- Operational:", f"listener {port} 127.0.0.1\n# --- Operational:")
        return port

    def test_a_keep_alive_that_the_broker_demands_is_told_and_kept(self) -> None:
        """What falls silent for one and a half times of it is ended, as by brokers that count."""
        target = self.plain_port()
        for demanded, told in ((2, "2 s"), (60, "60 s")):
            port = free_port()
            with IdleRelay(port, target, min(1.5 * demanded, 8), demanded):
                found = self.keep_alive(LATCHKEY_MQTT_URL=f"mqtt://localhost:{port}")
            self.assertEqual((found["result"], found["what"]),
                             ("ok", f"the broker demands a keep alive of {told}, the service's is 5 s: an idle connection stands"))

    def test_an_idle_connection_that_is_ended_too_early(self) -> None:
        port = free_port()
        with IdleRelay(port, self.stack.broker.bootstrap_port, 3):
            found = self.find("idle_connection_ended", LATCHKEY_MQTT_URL=f"mqtts://localhost:{port}")
        self.assertRegex(found, r"demands no keep alive, the service's is 5 s, and an idle connection ended after \d+ s: ")

    def test_a_broker_that_ends_what_keeps_its_keep_alive(self) -> None:
        port = free_port()
        with IdleRelay(port, self.plain_port(), 1.5, 2):
            found = self.find("idle_connection_ended", LATCHKEY_MQTT_URL=f"mqtt://localhost:{port}")
        self.assertRegex(found, r"demands a keep alive of 2 s, the service's is 5 s, and an idle connection ended after \d+ s: ")

    def test_a_service_that_runs_is_not_disturbed(self) -> None:
        dropped = 'latchkey_messages_dropped_total{reason="bad_topic"}'
        counted, lines = self.metric(dropped), len(self.stack.service.log.read_text().splitlines())
        self.assertEqual(self.run_doctor().returncode, 0)
        self.assert_accepted(self.enrolled().provision())  # what the doctor sent came before this
        self.assertEqual(self.metric(dropped), counted)
        said = self.stack.service.log.read_text().splitlines()[lines:]
        self.assertEqual([line for line in said if "dropped" in line or "doctor" in line], [])

    def test_an_address_as_a_dns_name(self) -> None:
        broker = self.stack.pki / "broker.pem"
        kept = broker.read_bytes()
        self.addCleanup(self.stack.mosquitto.restart)
        self.addCleanup(broker.write_bytes, kept)
        broker.write_bytes(self.issued(self.stack.pki / "broker-key.pem", 100, "subjectAltName=DNS:localhost,DNS:127.0.0.1"))
        self.stack.mosquitto.restart()
        found = self.find("wrong_host_name", LATCHKEY_MQTT_URL=f"mqtts://127.0.0.1:{self.stack.broker.bootstrap_port}")
        self.assertIn("127.0.0.1 as a DNS name", found)

    def test_a_small_in_flight_limit(self) -> None:
        self.change_broker("mosquitto.conf", "max_inflight_messages 0", "max_inflight_messages 20")
        self.assertIn("only 20 ", self.find("in_flight_small"))

    def test_two_services_with_one_client_id(self) -> None:
        for name in ("twin-1", "twin-2"):
            twin = self.stack.replica(name)
            self.addCleanup(twin.stop)
            twin.start(LATCHKEY_MQTT_CLIENT_ID="@twin")
        self.assertIn("@twin", self.find("client_id_shared"))
