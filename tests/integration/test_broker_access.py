"""deploy/mosquitto: who may publish and receive what (docs/protocol.md, 1)."""

from __future__ import annotations

import json
from pathlib import Path

from stack_case import StackTest

from foreign_device import Device
from jose import from_base64url, openssl
from wire import Login, Wire, WireError


class BrokerAccess(StackTest):
    """The real service is there too, so what the test's own `@service` sees comes beside it, not instead."""

    def provisioned(self, device_id: str) -> Device:
        device = self.enrolled(device_id)
        self.assert_accepted(device.provision())
        return device

    def assert_next(self, wire: Wire, topic: str) -> None:
        message = wire.receive()
        self.assertEqual(message and message.topic, topic)

    def test_a_bootstrap_connection_has_its_own_pair_only(self) -> None:
        service = self.listener("provisioning/v1/+/request", "devices/+/status")
        with self.account("bootstrap", self.name) as wire:
            for topic in ("provisioning/v1/other/request", f"devices/{self.name}/status", "devices/@bootstrap/status/x",
                          f"provisioning/v1/{self.name}/response", f"devices/{self.name}/config",
                          f"provisioning/v1/{self.name}/request"):
                wire.publish(topic, b"{}")
        self.assert_next(service, f"provisioning/v1/{self.name}/request")

    def test_a_bootstrap_connection_hears_its_own_answers_only(self) -> None:
        service = self.listener()
        with self.account("bootstrap", self.name) as wire:
            for topic in ("provisioning/v1/+/response", "provisioning/v1/+/request", "devices/#"):
                wire.subscribe(topic)
            for topic in ("provisioning/v1/other/response", "devices/other/config", f"devices/{self.name}/config",
                          f"provisioning/v1/{self.name}/response"):
                service.publish(topic, b"x")
            self.assert_next(wire, f"provisioning/v1/{self.name}/response")

    def test_a_device_has_its_own_two_pairs_only(self) -> None:
        device = self.provisioned(self.name)
        service = self.listener("provisioning/v1/+/request", "devices/+/status")
        with device.connect() as session:
            for topic in ("devices/other/status", "devices/other/config", "provisioning/v1/other/request",
                          f"devices/{self.name}/config", f"provisioning/v1/{self.name}/response", "$CONTROL/dynamic-security/v1",
                          f"devices/{self.name}/status"):
                session.wire.publish(topic, b"{}")
            self.assert_next(service, f"devices/{self.name}/status")
            session.wire.subscribe("devices/+/config")
            service.publish("devices/other/config", b"x")
            service.publish(f"devices/{self.name}/config", b"x")
            self.assert_next(session.wire, f"devices/{self.name}/config")

    def test_devices_named_like_accounts_gain_nothing(self) -> None:
        for name in ("service", "bootstrap", "admin"):
            with self.subTest(name), self.provisioned(name).connect() as session:
                session.wire.subscribe("provisioning/v1/+/request")
                self.listener().publish("devices/other/config", b"x")
                session.say("connected", generation=1)  # an answer to itself, and nothing else before it
                self.enrolled(f"{self.name}-{name}").provision()
                self.assertIsNone(session.wire.receive(0))

    def test_a_connection_needs_the_right_certificate(self) -> None:
        device = self.provisioned(self.name)
        url = self.stack.environment["LATCHKEY_DEVICE_URL"]
        anchors = device.place.anchors
        stranger = self.self_signed()
        for what, login in {"none": Login(anchors), "a password": Login(anchors, "@bootstrap", device.place.password),
                            "self-signed": Login(anchors, certificate=stranger, key=stranger)}.items():
            with self.subTest(what), self.assertRaises(WireError):
                Wire(url, self.name, login).close()

    def self_signed(self) -> Path:
        file = self.folder / "stranger.pem"
        pem = openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "-",
                      "-subj", f"/CN={self.name}", "-days", "1")
        file.write_bytes(pem)
        return file

    def test_a_wrong_password_is_refused(self) -> None:
        with self.assertRaisesRegex(WireError, "refused"):
            Wire(self.place().url, self.name, Login(self.place().anchors, "@bootstrap", "wrong"))

    def test_a_retained_message_is_not_taken(self) -> None:
        with self.assertRaises(WireError), self.account("bootstrap", self.name) as wire:
            wire.publish(f"provisioning/v1/{self.name}/request", b"{}", retain=True)

    # --- the bootstrap account, whose password every device knows

    def test_under_a_stolen_id_nobody_gets_a_secret_and_the_owner_still_gets_in(self) -> None:
        """Whoever takes the id hears the answer of its owner, which tells him nothing, and ends its connection: delay."""
        device = self.enrolled(self.name, wants="x509")
        thief = self.account("bootstrap", self.name)
        self.addCleanup(thief.close)
        thief.subscribe(f"provisioning/v1/{self.name}/response")
        # What the owner sends comes to the thief's ears as an answer; he may even have sent it himself.
        thief.publish(f"provisioning/v1/{self.name}/request", device.message())
        heard = thief.receive()
        assert heard
        answer = device.read_answer(heard.payload)
        self.assertEqual(answer["status"], "accepted")
        self.assertEqual(set(answer["credential"]), {"type", "chain", "renew_after"})  # public, and without the key of no use
        self.assertNotIn("config", answer)
        head = json.loads(from_base64url(answer["sealed"].partition(".")[0]))
        self.assertEqual(head, {"alg": "dir", "enc": "A256GCM"})  # under the device's key, which the thief does not have
        self.assert_accepted(device.provision())
        self.assertTrue(thief.is_lost())  # a new connection of the same id ends the old one
        self.assertEqual(device.become_ready()["state"], "ready")

    def test_a_password_on_its_way_is_sealed(self) -> None:
        self.stack.sql("SELECT registry.enroll_group('sealed', 'token', sha256('of nobody'), credential_types => '{password}')")
        device = self.enrolled(self.name, "--group", "sealed", wants="password")
        thief = self.account("bootstrap", self.name)
        self.addCleanup(thief.close)
        thief.subscribe(f"provisioning/v1/{self.name}/response")
        thief.publish(f"provisioning/v1/{self.name}/request", device.message())
        heard = thief.receive()
        self.assert_accepted(device.provision())
        assert heard
        self.assertNotIn(device.opened["password"], heard.payload.decode())
        self.assertNotIn(device.opened["password"], str(device.read_answer(heard.payload)))

    def test_nobody_joins_the_services_shared_group_without_its_name(self) -> None:
        """Mosquitto lets anybody join a group; so the name is a secret, and nothing says it."""
        with self.account("bootstrap", f"{self.name}-x") as wire:
            for group in ("latchkey", "service", "@service", "provisioning"):
                wire.subscribe(f"$share/{group}/provisioning/v1/+/request")
            for topic in ("$SYS/#", "#", "+/#"):
                wire.subscribe(topic)
            for n in range(10):
                self.assert_accepted(self.enrolled(f"{self.name}-{n}").provision())
            self.assertIsNone(wire.receive(0.2))

    def test_nobody_but_the_admin_account_commands_the_broker(self) -> None:
        """Neither bootstrap nor service nor a certificate, whatever it is called."""
        command = b'{"commands": [{"command": "createClient", "username": "@planted", "password": "x"}]}'
        wires = [self.account("bootstrap", f"{self.name}-b"), self.account("bootstrap", "admin"), self.account("service", f"@{self.name}")]
        wires += [self.provisioned(f"{name}.{self.name}"[:60]).connect().wire for name in ("admin", "dynsec")]
        for wire in wires:
            self.addCleanup(wire.close)
            wire.subscribe("$CONTROL/#")
            wire.publish("$CONTROL/dynamic-security/v1", command)
            self.assertIsNone(wire.receive(0.1))
        with self.assertRaisesRegex(WireError, "refused"):
            Wire(self.place().url, "planted", Login(self.place().anchors, "@planted", "x"))
        # The account that may: the same command counts.
        with self.account("admin", f"@{self.name}-admin") as admin:
            admin.subscribe("$CONTROL/dynamic-security/v1/response")
            admin.publish("$CONTROL/dynamic-security/v1", command)
            reply = admin.receive()
            self.assertEqual(reply and reply.topic, "$CONTROL/dynamic-security/v1/response")
        Wire(self.place().url, "planted", Login(self.place().anchors, "@planted", "x")).close()
