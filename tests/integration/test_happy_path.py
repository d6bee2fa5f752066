"""A device from power-up to ready, and what the registry shows at each step."""

from __future__ import annotations

import base64
import hashlib
import ssl
import time

import paho.mqtt.client as paho
from stack_case import StackTest

from foreign_device import Session, SymmetricKey
from jose import derive, openssl

TIMES = ("requested_at", "registered_at", "credentials_sent_at", "connected_at", "ready_at")


class HappyPath(StackTest):
    def assert_times(self, row: dict[str, object], *expected: str) -> None:
        """Exactly these timestamps are there."""
        self.assertEqual([name for name in TIMES if row[name]], [name for name in TIMES if name in expected])

    def test_every_step_stands_in_the_registry(self) -> None:
        device = self.enrolled(self.name, "--device-config", '{"report_interval_s":60}')
        row = self.row(self.name)
        self.assertEqual((row["state"], row["generation"], bool(row["online"])), ("off", 0, False))
        self.assert_times(row)
        self.assertEqual(self.certificates(self.name), [])

        answer = device.provision()
        self.assert_accepted(answer)
        row = self.await_sent(self.name)
        self.assertEqual((row["state"], row["generation"], bool(row["online"])), ("registered", 1, False))
        self.assert_times(row, "requested_at", "registered_at", "credentials_sent_at")
        self.assertEqual([c["status"] for c in self.certificates(self.name)], ["issued"])

        with device.connect() as session:
            first = session.say("connected", generation=1)
            row = self.row(self.name)
            self.assertEqual((first["state"], row["state"], row["online"]), ("connected", "connected", True))
            self.assert_times(row, *TIMES[:4])
            self.assertEqual([c["status"] for c in self.certificates(self.name)], ["active"])
            self.assertEqual(first["config"], {"report_interval_s": 60})

            last = session.say("ready", config_version=first["config_version"])
            row = self.row(self.name)
            self.assertEqual((last["state"], row["state"], row["online"]), ("ready", "ready", True))
            self.assert_times(row, *TIMES)
            self.assertNotIn("config", last)
            self.assertEqual(row["applied_config_version"], first["config_version"])

        row = self.await_row(self.name, online=False)
        self.assertEqual(row["state"], "ready")
        self.assertEqual(self.states(self.name)[-2:], [("registered", "connected"), ("connected", "ready")])
        self.assertEqual(self.states(self.name)[0][0], "off")
        self.assertEqual(self.decisions(self.name), ["accepted"])

    def test_the_certificate_is_the_devices_own(self) -> None:
        device = self.enrolled()
        device.provision()
        leaf = device.certificate_file
        openssl("verify", "-CAfile", self.stack.environment["LATCHKEY_DEVICE_CA_FILE"], "-purpose", "sslclient",
                "-untrusted", str(leaf), str(leaf))
        self.assertEqual(openssl("x509", "-in", str(leaf), "-noout", "-subject", "-nameopt", "RFC2253").decode().strip(),
                         f"subject=CN={self.name}")
        self.assertEqual(openssl("x509", "-in", str(leaf), "-noout", "-pubkey"),
                         openssl("pkey", "-in", str(device.key_file), "-pubout"))
        der = ssl.PEM_cert_to_DER_cert(leaf.read_text().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----")
        self.assertEqual(self.certificates(self.name)[0]["fingerprint"], hashlib.sha256(der).hexdigest())

    def test_the_answer_says_all_that_it_must(self) -> None:
        device = self.enrolled()
        answer = device.provision()
        self.assertEqual(answer["connection"]["client_id"], self.name)
        self.assertEqual(answer["connection"]["topics"], f"devices/{self.name}")
        self.assertTrue(answer["connection"]["tls"])
        self.assertEqual(answer["credential"]["type"], "x509")
        self.assertGreater(answer["credential"]["renew_after"], time.time())
        self.assertAlmostEqual(answer["server_time"], time.time(), delta=60)
        self.assertEqual(self.attempts(self.name)[0]["tracking_id"], answer["tracking_id"])

    def test_a_group_key_provisions_its_devices(self) -> None:
        group_key, file = self.write_key("sensors")
        self.enroll("group", "sensors", "--proof", "symmetric_key", "--key-file", str(file), "--device-config",
                    '{"topic":"plant/${device_id}","level":1}')
        printed = self.stack.latchkey("enroll", "derive-key", self.name, "--group-key-file", str(file)).strip()
        self.assertEqual(printed, base64.b64encode(derive(group_key, self.name)).decode())

        device = self.device(self.name, SymmetricKey.of_group("sensors", group_key, self.name))
        self.assert_accepted(device.provision())
        with device.connect() as session:
            configuration = session.say("connected", generation=1)
            self.assertEqual(configuration["config"], {"topic": f"plant/{self.name}", "level": 1})
            session.say("ready", config_version=configuration["config_version"])
        self.assertEqual(self.row(self.name)["group_name"], "sensors")

    def test_the_group_key_itself_proves_nothing(self) -> None:
        group_key, file = self.write_key("pumps")
        self.enroll("group", "pumps", "--proof", "symmetric_key", "--key-file", str(file))
        self.assert_rejected(self.device(self.name, SymmetricKey(group_key, "pumps")).provision(), "unauthorized")
        self.assert_not_registered(self.name)

    def test_a_devices_config_goes_over_its_groups(self) -> None:
        _, file = self.write_key("meters")
        self.enroll("group", "meters", "--proof", "symmetric_key", "--key-file", str(file), "--device-config",
                    '{"a":1,"b":{"c":2,"d":3}}')
        device = self.enrolled(self.name, "--group", "meters", "--device-config", '{"a":null,"b":{"c":4}}')
        device.provision()
        with device.connect() as session:
            self.assertEqual(session.say("connected", generation=1)["config"], {"b": {"c": 4, "d": 3}})

    def test_without_a_clock_a_challenge_is_signed(self) -> None:
        device = self.enrolled(has_clock=False)
        self.assert_accepted(device.provision())
        self.assertEqual(device.challenges, 1)
        self.assertEqual(self.decisions(self.name), ["challenge", "accepted"])
        self.assertEqual(device.become_ready()["state"], "ready")

    def test_a_wrong_clock_is_challenged_and_registers_nothing_yet(self) -> None:
        device = self.enrolled()
        with device.bootstrap() as wire:
            stale = device.proof.encode(device.request() | {"issued_at": int(time.time()) - 3600}, False)
            wire.publish(device.topic("request"), stale)
            answer = device.listen(wire, time.monotonic() + 10, lambda _: True)
            assert answer
            self.assertEqual(answer["status"], "challenge")
            self.assert_not_registered(self.name)
            device.nonce = answer["nonce"]
            self.assert_accepted(device.ask(wire, time.monotonic() + 10))

    def test_the_nonce_of_one_device_is_not_anothers(self) -> None:
        first, second = self.enrolled(f"{self.name}-1", has_clock=False), self.enrolled(f"{self.name}-2", has_clock=False)
        with first.bootstrap() as one, second.bootstrap() as two:
            answer = first.ask(one, time.monotonic() + 10)
            second.nonce = answer["nonce"]
            self.assertEqual(second.ask(two, time.monotonic() + 10)["status"], "challenge")

    def test_an_mqtt_3_device_is_served_as_well(self) -> None:
        device = self.enrolled(version=paho.MQTTv311)
        self.assert_accepted(device.provision())
        self.assertEqual(device.become_ready()["state"], "ready")

    def test_on_mqtt_5_the_answer_is_correlated_and_typed(self) -> None:
        device = self.enrolled()
        with device.bootstrap() as wire:
            wire.publish(device.topic("request"), device.message(), correlation=b"\0\x01 any bytes")
            message = wire.receive()
        assert message
        self.assertEqual((message.correlation, message.content_type), (b"\0\x01 any bytes", "application/jose"))

    def test_a_device_that_vanishes_is_offline_by_its_will(self) -> None:
        device = self.enrolled()
        device.provision()
        session = device.connect()
        session.say("connected", generation=1)
        session.wire.drop()
        self.assertEqual(self.await_row(self.name, online=False)["state"], "connected")

    def test_a_late_will_does_not_end_a_newer_session(self) -> None:
        device = self.enrolled()
        device.provision()
        old = device.connect()
        old.say("connected", generation=1)
        with device.connect() as new:  # its client id is the same, so the broker ends the old one and sends its will
            self.assertTrue(old.wire.is_lost())
            new.say("connected", generation=1)
            self.say_late_will(new, old.id)
            self.assertTrue(self.row(self.name)["online"])

    def say_late_will(self, session: Session, old: str) -> None:
        """The will of a session that is over, and then a status that is answered: the first was read before it."""
        session.wire.publish(f"{session.topics}/status", b'{"status":"disconnected","session":"%s"}' % old.encode())
        session.say("connected", generation=1)
