"""Mosquitto's dynamic-security, steered by the service: passwords, and devices that are kept out (docs/deploy.md)."""

from __future__ import annotations

import json
import re

from access_case import LIMIT_S, AccessTest

from foreign_device import Device
from stack import within
from wire import Login, Wire, WireError


class Passwords(AccessTest):
    def test_a_password_is_good_as_soon_as_the_device_has_it(self) -> None:
        for n in range(20):
            self.assertEqual(self.provisioned(f"{self.name}-{n}", wants="password").become_ready()["state"], "ready")
        within(LIMIT_S, "each is marked", lambda: self.stack.cluster.sql(
            f"SELECT count(broker_applied_at) FROM registry.credential WHERE device_id LIKE '{self.name}%'").strip() == "20")

    def test_two_passwords_are_good_until_the_device_was_seen_with_the_new_one(self) -> None:
        first = self.provisioned(self.name, wants="password")
        first.become_ready()
        second = self.device(self.name, first.proof, wants="password")
        self.assert_accepted(second.provision(), generation=2)
        self.connection(first).close()
        second.become_ready()
        within(2 * LIMIT_S, "the old password is refused", lambda: self.is_refused(first))
        self.connection(second).close()

    def test_a_password_has_its_own_four_topics_and_no_other(self) -> None:
        device = self.provisioned(self.name, wants="password")
        service = self.listener("provisioning/v1/+/request", "devices/+/status")
        session = self.session(device)
        self.assertEqual(service.receive().topic, f"devices/{self.name}/status")  # connected
        for topic in ("devices/other/status", "devices/other/config", "provisioning/v1/other/request", f"devices/{self.name}/config",
                      f"provisioning/v1/{self.name}/response", f"devices/{self.name}@1/status", "elsewhere",
                      f"provisioning/v1/{self.name}/request", f"devices/{self.name}/status"):
            session.wire.publish(topic, b"{}")
        self.assertEqual(service.receive().topic, f"provisioning/v1/{self.name}/request")
        self.assertEqual(service.receive().topic, f"devices/{self.name}/status")
        for topic in ("#", "+/+/+", "devices/+/config", "devices/other/config", "provisioning/v1/+/response",
                      "$share/group/provisioning/v1/+/request", "$SYS/#", "$CONTROL/dynamic-security/v1/response"):
            with self.subTest(topic), self.assertRaisesRegex(WireError, "refused"):
                session.wire.subscribe(topic)
        for topic in ("devices/other/config", "provisioning/v1/other/response", f"devices/{self.name}/config"):
            service.publish(topic, b"x")
        self.assertEqual(session.wire.receive().payload, b"x")
        self.assertIsNone(session.wire.receive(0))

    def test_a_password_is_tied_to_its_client_id(self) -> None:
        device = self.provisioned(self.name, wants="password")
        for other in ("somebody", f"{self.name}@1", "@admin"):
            with self.subTest(other), self.assertRaisesRegex(WireError, "refused"):
                Wire(self.place().url, other, device.login())

    def test_a_password_does_not_command_the_broker(self) -> None:
        session = self.session(self.provisioned(self.name, wants="password"))
        self.assert_cannot_command(session.wire)

    def test_a_suspended_password_is_refused_until_resumed(self) -> None:
        device = self.provisioned(self.name, wants="password")
        session = self.session(device)
        self.cut_off_after(session, f"suspend('{self.name}', 'holidays')")
        self.assertTrue(self.is_refused(device))
        self.act(f"resume('{self.name}', 'why')")
        self.change(self.name)
        self.assert_let_in(device)

    def test_a_revoked_password_is_refused(self) -> None:
        device = self.provisioned(self.name, wants="password")
        session = self.session(device)
        self.cut_off_after(session, f"revoke('{self.name}', 'stolen')")
        self.assertTrue(self.is_refused(device))

    def is_refused(self, device: Device) -> bool:
        try:
            self.connection(device).close()
        except WireError as error:
            return "refused" in str(error)
        return False

    def assert_cannot_command(self, wire: Wire) -> None:
        wire.publish("$CONTROL/dynamic-security/v1", json.dumps(
            {"commands": [{"command": "createClient", "username": f"{self.name}-planted", "password": "x"}]}).encode())
        with self.assertRaises(WireError):
            Wire(self.place().url, "planted", Login(self.place().anchors, f"{self.name}-planted", "x"))


class KeptOut(AccessTest):
    def test_a_revoked_device_is_cut_off_and_kept_out(self) -> None:
        for n in range(5):
            device = self.provisioned(f"{self.name}-{n}")
            took = self.cut_off_after(self.session(device), f"revoke('{device.device_id}', 'stolen')")
            self.assert_kept_out(device)
            change = self.change(device.device_id)
            self.assertLess(change["took_s"], LIMIT_S)
            print(f"{device.device_id}: cut off after {took * 1000:.0f} ms, noted after {change['took_s'] * 1000:.0f} ms")

    def test_its_neighbour_does_not_notice(self) -> None:
        neighbour = self.session(self.provisioned(f"{self.name}-neighbour"))
        self.cut_off_after(self.session(self.provisioned(self.name)), f"revoke('{self.name}', 'stolen')")
        neighbour.say("ready", config_version=1)

    def test_a_suspended_device_is_cut_off_and_comes_back_when_resumed(self) -> None:
        device = self.provisioned(self.name)
        self.cut_off_after(self.session(device), f"suspend('{self.name}', 'holidays')")
        self.assert_kept_out(device)
        self.act(f"resume('{self.name}', 'why')")
        self.change(self.name)
        self.assert_let_in(device)

    def test_a_reset_device_is_let_in_with_its_new_certificate_at_once(self) -> None:
        device = self.provisioned(self.name)
        self.cut_off_after(self.session(device), f"reset('{self.name}', 'sold')")
        self.assert_kept_out(device)
        again = self.device(self.name, device.proof)
        self.assert_accepted(again.provision(), generation=2)
        session = again.connect()
        self.addCleanup(session.wire.close)
        # The first message is answered: the broker let it in before the answer left.
        session.tell("connected", generation=2)
        self.assertIsNotNone(session.wire.receive(1.0))

    def test_the_will_of_a_revoked_device_is_not_sent(self) -> None:
        device = self.provisioned(self.name)
        session = self.session(device)
        service = self.listener("devices/+/status")
        self.cut_off_after(session, f"revoke('{self.name}', 'stolen')")
        self.assertIsNone(service.receive(0.3))


class Faults(AccessTest):
    def test_what_was_revoked_while_the_service_was_away(self) -> None:
        device = self.provisioned(self.name)
        session = self.session(device)
        self.stack.service.kill()
        self.act(f"revoke('{self.name}', 'stolen')")
        self.stack.service.start()
        self.assertTrue(session.wire.is_lost(LIMIT_S))
        self.assert_kept_out(device)

    def test_a_broker_that_lost_its_file(self) -> None:
        revoked, password = self.provisioned(f"{self.name}-r"), self.provisioned(f"{self.name}-p", wants="password")
        self.act(f"revoke('{revoked.device_id}', 'stolen')")
        self.change(revoked.device_id)
        self.stack.mosquitto.stop()
        (self.stack.broker.state / "dynamic-security.json").unlink()
        self.stack.mosquitto.start()
        # The service comes back within 8 s, and within 5 s of that all is there again.
        within(8 + LIMIT_S, "the password is good", lambda: self.is_let_in(password))
        within(LIMIT_S, "the device is kept out", lambda: revoked.device_id in self.plugin_clients())
        self.assert_kept_out(revoked)

    def test_a_broker_whose_file_was_cut_short(self) -> None:
        revoked = self.provisioned(self.name)
        self.act(f"revoke('{self.name}', 'stolen')")
        self.change(self.name)
        self.stack.mosquitto.kill()
        file = self.stack.broker.state / "dynamic-security.json"
        file.write_text(file.read_text()[:100])
        self.stack.mosquitto.start()
        within(8 + LIMIT_S, "the device is kept out", lambda: self.name in self.plugin_clients())
        self.assert_kept_out(revoked)

    def test_a_database_that_was_away(self) -> None:
        device = self.provisioned(self.name)
        session = self.session(device)
        self.stack.postgres.restart()
        self.assertLess(self.cut_off_after(session, f"revoke('{self.name}', 'stolen')"), LIMIT_S)
        self.change(self.name)

    def test_two_replicas(self) -> None:
        other = self.stack.replica("replica")
        self.addCleanup(other.stop)
        other.start()
        for n in range(6):
            device = self.provisioned(f"{self.name}-{n}", wants="password" if n % 2 else "x509")
            session = self.session(device)
            self.assertLess(self.cut_off_after(session, f"revoke('{device.device_id}', 'stolen')"), LIMIT_S)
            self.assert_kept_out(device)
        other.kill()
        device = self.provisioned(f"{self.name}-last", wants="password")
        self.cut_off_after(self.session(device), f"revoke('{device.device_id}', 'stolen')")

    def test_what_was_withheld_while_the_broker_was_away_is_asked_for_again(self) -> None:
        """A password is handed out only once the broker takes it; the device repeats, and gets the same."""
        device = self.enrolled(self.name, "--group", "meters", wants="password")
        self.stack.mosquitto.stop()
        self.stack.mosquitto.start()
        self.assert_accepted(device.provision(40))
        self.assert_let_in(device)

    def test_accounts_of_others_are_left_alone(self) -> None:
        admin = self.account("admin", f"@{self.name}")
        self.addCleanup(admin.close)
        admin.publish("$CONTROL/dynamic-security/v1", json.dumps({"commands": [
            {"command": "createClient", "username": "@report", "password": "x"},
            {"command": "createClient", "username": "report", "password": "x"}]}).encode())
        self.cut_off_after(self.session(self.provisioned(self.name)), f"revoke('{self.name}', 'stolen')")
        within(LIMIT_S, "the device is kept out", lambda: self.name in self.plugin_clients())
        self.assertIn("@report", self.plugin_clients())
        # One that is called as a device could be is reported.
        within(LIMIT_S, "it is reported", lambda: '"account":"report"' in self.stack.service.log.read_text())

    def plugin_clients(self) -> list[str]:
        """Whom the plugin's file names; nobody while it is being written."""
        try:
            content = json.loads((self.stack.broker.state / "dynamic-security.json").read_text())
        except (OSError, ValueError):
            return []
        return [client["username"] for client in content["clients"]]


class Waiting(AccessTest):
    """An answer waits for the broker, and here the service may not read what the registry wants of it: until then it
    opens nothing."""

    def test_what_an_operator_ended_meanwhile_gets_no_answer_and_is_not_let_in(self) -> None:
        gone = self.enrolled(f"{self.name}-p", "--group", "meters", wants="password")
        before = self.provisioned(f"{self.name}-c")
        self.cut_off_after(self.session(before), f"reset('{before.device_id}', 'sold')")
        self.change(before.device_id)
        again = self.device(before.device_id, before.proof)
        stays = self.enrolled(f"{self.name}-s", "--group", "meters", wants="password")
        self.stack.cluster.sql("REVOKE EXECUTE ON FUNCTION registry.load_broker_access_2() FROM latchkey_service;"
                               "SELECT pg_notify('latchkey', 'access')")
        within(LIMIT_S, "the service cannot look", lambda: self.said("the broker's access list is not up to date"))
        wires = [self.asking(device) for device in (gone, again, stays)]
        self.act(f"revoke('{gone.device_id}', 'stolen')")
        self.act(f"suspend('{again.device_id}', 'holidays')")
        self.stack.cluster.sql("GRANT EXECUTE ON FUNCTION registry.load_broker_access_2() TO latchkey_service")

        message = wires[2].receive(LIMIT_S)
        assert message is not None, "whom nobody touched is not answered"
        self.assert_accepted(stays.keep(stays.read_answer(message.payload)))
        self.assertEqual([wire.receive(0.2) for wire in wires[:2]], [None, None])
        for device in (gone, again):
            self.change(device.device_id)
        self.assert_kept_out(before)
        self.assert_let_in(stays)
        # They repeat, and are answered as things are now.
        for device in (gone, again):
            self.assertEqual(device.provision()["status"], "rejected")

    def asking(self, device: Device) -> Wire:
        """Its request was granted, and the answer waits."""
        wire = device.bootstrap()
        self.addCleanup(wire.close)
        wire.publish(device.topic("request"), device.message())
        within(LIMIT_S, f"{device.device_id} is answered", lambda: self.said('"answered"', device.request_id, '"accepted"'))
        return wire

    def said(self, *words: str) -> bool:
        return any(all(word in line for word in words) for line in self.stack.service.log.read_text().splitlines())


class ManyEntries(AccessTest):
    def test_more_entries_than_the_plugin_carries_well_are_warned_of(self) -> None:
        kept_out = "SELECT 'gone-' || n, {} FROM generate_series(1, 2001) n;"
        self.stack.cluster.sql(
            "SET search_path = registry;"
            "INSERT INTO device (device_id, state, generation, access_changed_at) " + kept_out.format("'revoked', 1, now()") +
            "INSERT INTO credential (device_id, generation, type, request_id, digest, serial, certificate, fingerprint, signed_by, status,"
            " ended_at, revoked_at, not_before, not_after, use_by) " + kept_out.format(
                "1, 'x509', 'request-of-those-gone', sha256('x'), substr(sha256(n::text::bytea), 1, 16), 'x', 'x', 'service', 'revoked',"
                " now(), now(), now() - interval '1 day', now() + interval '1 day', now()"))
        within(2 * LIMIT_S, "it is warned of", lambda: "so long that it slows the broker down" in self.stack.service.log.read_text())
        within(60, "the broker has them all", lambda: len(self.names_at_the_broker()) == 2001)

    def names_at_the_broker(self) -> set[str]:
        return set(re.findall(r"gone-\d+", (self.stack.broker.state / "dynamic-security.json").read_text()))
