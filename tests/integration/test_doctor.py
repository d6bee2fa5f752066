"""`latchkey doctor` finds what is wrong: each fault is made for real, and then it is the only one that is found."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

from stack_case import StackTest, clean_environment

from jose import Json, compact, openssl
from ports import free_port
from relay import IdleRelay

SEND, HEAR, SUBSCRIBE = "publishClientSend", "publishClientReceive", "subscribePattern"
OF_THE_PROTOCOL = [(SEND, "provisioning/v1/+/response"), (SEND, "devices/+/config"),
                   *((kind, topic) for topic in ("provisioning/v1/+/request", "devices/+/status") for kind in (HEAR, SUBSCRIBE))]
SHARED = [(SUBSCRIBE, "$share/+/provisioning/v1/+/request"), (SUBSCRIBE, "$share/+/devices/+/status")]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "doctor.md"


class Doctor(StackTest):
    def run_doctor(self, *flags: str, wrapper: list[str] | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*(wrapper or []), str(self.stack.binary), "doctor", *flags], capture_output=True, text=True,
                              timeout=60, env=clean_environment(self.stack.environment | environment))

    def find(self, code: str, wrapper: list[str] | None = None, also: tuple[str, ...] = (), **environment: str) -> str:
        """The doctor's words for this problem, after it was found and nothing else was."""
        result = self.run_doctor("--json", wrapper=wrapper, **environment)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        problems: list[Json] = [finding for finding in json.loads(result.stdout) if finding["result"] == "problem"]
        self.assertEqual({problem["code"] for problem in problems}, {code, *also}, problems)
        self.assertTrue(all(problem["todo"] for problem in problems))
        self.assertIn(f"`{code}`", PAGE.read_text())
        return " ".join(problem["what"] for problem in problems if problem["code"] == code)

    def change_broker(self, file: str, old: str, new: str) -> None:
        """The broker runs with a file changed until the case ends."""
        path = self.stack.folder / file
        before = path.read_text()
        self.assertIn(old, before)
        self.addCleanup(self.stack.mosquitto.restart)
        self.addCleanup(path.write_text, before)
        path.write_text(before.replace(old, new))
        self.stack.mosquitto.restart()

    def test_nothing_is_wrong(self) -> None:
        result = self.run_doctor()
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual({line[:4] for line in result.stdout.splitlines()}, {"[+] "})
        self.assertEqual({finding["result"] for finding in json.loads(self.run_doctor("--json").stdout)}, {"ok"})

    def test_it_says_what_to_do(self) -> None:
        result = self.run_doctor(LATCHKEY_MQTT_URL=f"mqtts://localhost:{free_port()}")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stdout, r"\[-\] broker: mqtts://localhost:\d+: Connection refused\n    broker_unreachable: start the broker")
        self.assertIn("[ ] login: the broker cannot be reached", result.stdout)

    def test_a_wrong_configuration_has_its_own_exit_code(self) -> None:
        result = self.run_doctor(LATCHKEY_MQTT_VERSION="4")
        self.assertEqual(result.returncode, 78)
        self.assertIn("LATCHKEY_MQTT_VERSION", result.stderr)

    # --- the broker

    def wrong_password(self) -> Path:
        file = self.folder / "wrong.password"
        file.touch(0o600)
        file.write_text("wrong\n")
        return file

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
        self.assertIn("demands no keep alive, the service's is 5 s, and an idle connection ended after 3 s: ", found)

    def test_a_broker_that_ends_what_keeps_its_keep_alive(self) -> None:
        port = free_port()
        with IdleRelay(port, self.plain_port(), 1.5, 2):
            found = self.find("idle_connection_ended", LATCHKEY_MQTT_URL=f"mqtt://localhost:{port}")
        self.assertIn("demands a keep alive of 2 s, the service's is 5 s, and an idle connection ended after 2 s: ", found)

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

    # --- the database and the clock

    def test_the_database_is_down(self) -> None:
        self.addCleanup(self.stack.postgres.start)
        self.stack.postgres.stop()
        self.find("database_down")

    def test_a_wrong_login_at_the_database(self) -> None:
        wrong = self.wrong_password()
        self.find("database_login", LATCHKEY_DATABASE_PASSWORD_FILE=str(wrong))

    def test_a_database_that_is_not_there(self) -> None:
        self.find("database_missing", LATCHKEY_DATABASE_URL=f"postgresql://latchkey@127.0.0.1:{self.stack.cluster.port}/nowhere")

    def test_a_schema_that_is_missing_or_old(self) -> None:
        self.stack.cluster.sql("CREATE DATABASE fresh")
        fresh = f"postgresql://latchkey@127.0.0.1:{self.stack.cluster.port}/fresh"
        self.assertEqual(self.find("schema_old", LATCHKEY_DATABASE_URL=fresh), "the database has no schema yet")
        self.addCleanup(self.stack.cluster.sql, "UPDATE registry.schema_migrations SET version = right(version, 4)")
        self.stack.cluster.sql("UPDATE registry.schema_migrations SET version = '0000' || version")
        self.assertRegex(self.find("schema_old"), r"is at 0000\d{4}, this program needs \d{4}")

    def test_a_login_without_its_role(self) -> None:
        self.addCleanup(self.stack.cluster.sql, "GRANT latchkey_service TO latchkey")
        self.stack.cluster.sql("REVOKE latchkey_service FROM latchkey")
        self.find("database_rights")

    def test_a_database_that_is_read_only(self) -> None:
        self.addCleanup(self.stack.cluster.sql, "ALTER ROLE latchkey RESET default_transaction_read_only")
        self.stack.cluster.sql("ALTER ROLE latchkey SET default_transaction_read_only = on")
        self.find("database_read_only")

    def test_a_clock_that_is_off(self) -> None:
        for offset, words in (("+15m", r"(899|900|901) s ahead of"), ("-2m", r"(119|120|121) s behind")):
            with self.subTest(offset):
                clock = ["faketime", "--exclude-monotonic", "-f", offset]
                self.assertRegex(self.find("clock_off", clock), words)

    # --- certificates

    def test_a_signing_certificate_near_its_end(self) -> None:
        usage = "extendedKeyUsage=critical,1.3.6.1.5.5.7.3.37\nsubjectAltName=URI:urn:latchkey:answers:v1"
        signing = self.folder / "signing.pem"
        signing.write_bytes(self.issued(self.stack.pki / "signing-key.pem", 5, usage))
        changed = {"LATCHKEY_PKI_SIGNING_CERTIFICATE_FILE": str(signing)}
        self.assertRegex(self.find("signing_certificate_ends", **changed), "ends in [45] days")
        later = ["faketime", "--exclude-monotonic", "-f", "+6d"]
        self.assertIn("has expired", self.find("signing_certificate_ends", later, ("pki_refused", "clock_off"), **changed))

    def test_a_broker_certificate_near_its_end(self) -> None:
        broker = self.stack.pki / "broker.pem"
        kept = broker.read_bytes()
        self.addCleanup(self.stack.mosquitto.restart)
        self.addCleanup(broker.write_bytes, kept)
        broker.write_bytes(self.issued(self.stack.pki / "broker-key.pem", 2, "subjectAltName=DNS:localhost"))
        self.stack.mosquitto.restart()
        self.assertRegex(self.find("broker_certificate_ends"), r"ends in (1 day|2 days)$")

    def issued(self, key: Path, days: int, extension: str) -> bytes:
        """A certificate for this key by the server CA."""
        extensions = self.folder / "extensions"
        extensions.write_text(f"{extension}\nkeyUsage=critical,digitalSignature\nbasicConstraints=critical,CA:FALSE\n")
        request = openssl("req", "-new", "-key", str(key), "-subj", "/CN=renewed")
        return openssl("x509", "-req", "-CA", str(self.stack.pki / "server-ca.pem"), "-CAkey", str(self.stack.pki / "server-ca-key.pem"),
                       "-set_serial", "7", "-days", str(days), "-extfile", str(extensions), stdin=request)

    def test_the_page_names_no_other_problem(self) -> None:
        """Every code in the program is on the page, and the other way round."""
        sources = Path(__file__).resolve().parents[2] / "service" / "doctor"
        text = "".join(file.read_text() for file in sources.glob("*.cpp"))
        codes = set(re.findall(r'(?:problem\(\s*(?:name|check|"\w+"),|ends_soon\(\s*(?:check|"\w+"),)\s*"(\w+)"', text))
        self.assertGreater(len(codes), 15)
        self.assertEqual(set(re.findall(r"^\| `(\w+)`", PAGE.read_text(), re.MULTILINE)), codes)


if shutil.which("faketime") is None:
    raise SystemExit("there is no faketime here: ./dev installs it")
