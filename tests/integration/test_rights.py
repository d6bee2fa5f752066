"""What a ready device may do beyond the protocol: set by operators, told to devices and the gate, enforced in Mosquitto."""

from __future__ import annotations

import itertools
import json
import os
import signal
import time

from access_case import LIMIT_S, GateAccessTest

from foreign_device import Device, Session
from jose import Json
from stack import within
from wire import Wire, WireError

PLANT = {"publish": ["plant/${device_id}/telemetry/#"], "subscribe": ["plant/${device_id}/commands/#"]}


class RightsTest(GateAccessTest):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        # The platform behind the broker: an account with its own lines in the acl_file.
        broker = cls.stack.broker
        acl = broker.folder / "mosquitto.acl"
        acl.write_text(acl.read_text() + "user @service\ntopic readwrite plant/#\ntopic readwrite all/#\n")
        os.kill(broker.daemon.pid or 0, signal.SIGHUP)
        within(LIMIT_S, "the broker reads its files", lambda: "Reloading config." in broker.daemon.log.read_text())

    def set_fleet(self, rights: Json | None) -> None:
        text = "NULL" if rights is None else f"'{json.dumps(rights)}'"
        self.stack.sql(f"SELECT registry.set_fleet_rights({text}, 'a test')")

    def set_group(self, name: str, rights: Json | None) -> None:
        text = "NULL" if rights is None else f"'{json.dumps(rights)}'"
        self.stack.sql(f"SELECT registry.set_group_rights('{name}', {text}, 'a test')")

    def group(self, name: str) -> None:
        self.stack.sql(f"SELECT registry.enroll_group('{name}', 'token', sha256('{name}'), credential_types => '{{x509,password}}')")

    def member(self, group: str, device_id: str, **fields: object) -> Device:
        device = self.enrolled(device_id, "--group", group, **fields)
        self.assert_accepted(device.provision())
        return device

    def configured(self, session: Session, wanted: object) -> Json:
        """The next configuration whose connection has these filters to publish."""
        deadline = time.monotonic() + 2 * LIMIT_S
        while configuration := session.listen(deadline):
            if "connection" in configuration and configuration["connection"].get("publish") == wanted:
                return configuration
        self.fail(f"no configuration says publish {wanted}")

    def assert_heard(self, platform: Wire, *topics: str) -> None:
        for topic in topics:
            message = platform.receive()
            self.assertEqual(message.topic if message else "nothing", topic)


class Held(RightsTest):
    """What holds, and from when on."""

    def setUp(self) -> None:
        self.set_fleet(PLANT)

    def tearDown(self) -> None:
        self.set_fleet(PLANT)

    def test_answer_and_configuration_say_what_the_device_may(self) -> None:
        for wants in ("x509", "password"):
            with self.subTest(wants):
                device = self.provisioned(f"{self.name[:40]}-{wants}", wants=wants)
                assert device.accepted
                said = device.accepted["connection"]
                self.assertEqual(said["publish"], [f"plant/{device.device_id}/telemetry/#"])
                self.assertEqual(said["subscribe"], [f"plant/{device.device_id}/commands/#"])
                session = device.connect()
                self.addCleanup(session.wire.close)
                first = session.say("connected", generation=1)
                self.assertEqual(first["connection"]["publish"], said["publish"])
                self.assertNotIn("ca", first["connection"])
                # From now on.
                platform = self.listener(f"plant/{device.device_id}/#")
                session.wire.publish(f"plant/{device.device_id}/telemetry/a/b", b"1")
                self.assert_heard(platform, f"plant/{device.device_id}/telemetry/a/b")
                session.wire.subscribe(f"plant/{device.device_id}/commands/+")
                platform.publish(f"plant/{device.device_id}/commands/stop", b"now")
                message = session.wire.receive()
                self.assertEqual(message.payload if message else b"", b"now")

    def test_before_it_is_connected_nothing_holds(self) -> None:
        device = self.provisioned(self.name)
        platform = self.listener(f"plant/{self.name}/#")
        session = device.connect()
        self.addCleanup(session.wire.close)
        session.wire.publish(f"plant/{self.name}/telemetry/early", b"")
        session.say("connected", generation=1)
        session.wire.publish(f"plant/{self.name}/telemetry/late", b"")
        self.assert_heard(platform, f"plant/{self.name}/telemetry/late")

    def test_a_change_is_pushed_and_held_at_once(self) -> None:
        self.group("moved")
        device = self.member("moved", self.name)
        session = self.session(device)
        session.say("ready", config_version=1)
        platform = self.listener(f"plant/{self.name}/#")
        begin = time.monotonic()
        self.set_group("moved", {"publish": ["plant/${device_id}/x"]})
        said = self.configured(session, [f"plant/{self.name}/x"])
        self.assertNotIn("subscribe", said["connection"])
        session.wire.publish(f"plant/{self.name}/telemetry/a", b"")
        session.wire.publish(f"plant/{self.name}/x", b"")
        self.assert_heard(platform, f"plant/{self.name}/x")
        self.assertLess(time.monotonic() - begin, LIMIT_S)
        self.assertEqual(self.query(f"SELECT source, publish, subscribe FROM registry.rights WHERE device_id = '{self.name}'"),
                         [{"source": "group", "publish": [f"plant/{self.name}/x"], "subscribe": []}])

    def test_a_right_that_is_taken_away_ends_in_an_open_session(self) -> None:
        """While it publishes 100 messages a second, and receives others."""
        self.group("lost")
        device = self.member("lost", self.name)
        session = self.session(device)
        session.wire.subscribe(f"plant/{self.name}/commands/#")
        platform = self.listener(f"plant/{self.name}/telemetry")
        last = taken_at = 0.0
        deadline = time.monotonic() + 4 * LIMIT_S
        for n in itertools.count():
            session.wire.post(f"plant/{self.name}/telemetry", str(time.monotonic()).encode())
            while message := platform.receive(0):
                last = float(message.payload)
            if n == 50:
                taken_at = time.monotonic()
                self.set_group("lost", {})
            if taken_at and time.monotonic() - max(last, taken_at) > 1:
                break
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        print(f"the last message was published {(last - taken_at) * 1000:.0f} ms after the act", flush=True)
        self.assertLess(last - taken_at, LIMIT_S)
        platform.publish(f"plant/{self.name}/commands/stop", b"no")
        heard = []
        while message := session.wire.receive(0.3):
            heard.append(message.topic)
        self.assertNotIn(f"plant/{self.name}/commands/stop", heard)

    def test_a_device_whose_group_changed_has_the_new_group_s_rights(self) -> None:
        self.group("old")
        self.group("new")
        self.set_group("old", {"publish": ["all/old/${device_id}"]})
        self.set_group("new", {"publish": ["all/new/${device_id}"]})
        device = self.member("old", self.name)
        before = self.session(device)
        platform = self.listener("all/old/#", "all/new/#")
        before.wire.publish(f"all/old/{self.name}", b"")
        self.assert_heard(platform, f"all/old/{self.name}")
        self.stack.cluster.sql(f"UPDATE registry.enrollment SET group_name = 'new' WHERE device_id = '{self.name}'")
        device.request_id += "2"
        self.assert_accepted(device.keep(self.asked_again(before)), generation=2)
        # The session by the first credential is still open.
        within(LIMIT_S, "the gate is told", lambda: self.stack.cluster.sql(
            f"SELECT untold FROM registry.rights_entry WHERE device_id = '{self.name}'").strip() == "f")
        before.wire.publish(f"all/old/{self.name}", b"")
        before.wire.publish(f"all/new/{self.name}", b"")
        self.assert_heard(platform, f"all/new/{self.name}")

    def test_a_device_that_is_moved_loses_the_rights_of_its_group_in_an_open_session(self) -> None:
        for group in ("left", "joined"):
            self.group(group)
            self.set_group(group, {"publish": [f"all/{group}/${{device_id}}"]})
        device = self.enrolled(self.name, "--group", "left")
        self.assert_accepted(device.provision())
        session = self.session(device)
        platform = self.listener("all/left/#", "all/joined/#")
        session.wire.publish(f"all/left/{self.name}", b"")
        self.assert_heard(platform, f"all/left/{self.name}")
        begin = time.monotonic()
        self.act(f"move_device('{self.name}', 'joined', 'sold')")
        self.configured(session, [f"all/joined/{self.name}"])
        session.wire.publish(f"all/left/{self.name}", b"")
        session.wire.publish(f"all/joined/{self.name}", b"")
        self.assert_heard(platform, f"all/joined/{self.name}")
        self.assertLess(time.monotonic() - begin, LIMIT_S)

    def asked_again(self, session: Session) -> Json:
        session.wire.subscribe(session.device.topic("response"))
        return session.device.ask(session.wire, time.monotonic() + 20)


class Lasts(RightsTest):
    """Over restarts of the service, the broker, and both."""

    def setUp(self) -> None:
        self.set_fleet(PLANT)

    def assert_publishes(self, device: Device, told: bool = True) -> None:
        platform = self.listener(f"plant/{device.device_id}/#")
        session = device.connect()
        self.addCleanup(session.wire.close)
        if told:
            session.say("connected", generation=session.generation)
        session.wire.publish(f"plant/{device.device_id}/telemetry", b"")
        self.assert_heard(platform, f"plant/{device.device_id}/telemetry")
        platform.close()

    def test_while_the_service_is_away_and_over_the_brokers_restart(self) -> None:
        device = self.provisioned(self.name)
        self.assert_publishes(device)
        self.stack.service.stop()
        self.assert_publishes(device, told=False)
        self.stack.broker.daemon.kill()
        self.stack.broker.daemon.start()
        self.assert_publishes(device, told=False)
        self.stack.service.start()
        self.await_ready(True)
        self.assert_publishes(device)

    def test_what_changed_while_the_service_was_away(self) -> None:
        device = self.provisioned(self.name)
        self.assert_publishes(device)
        self.stack.service.stop()
        self.set_fleet({"publish": ["plant/${device_id}/other"]})
        self.stack.service.start()
        self.await_ready(True)
        platform = self.listener(f"plant/{self.name}/#")
        session = self.session(device)
        session.wire.publish(f"plant/{self.name}/telemetry", b"")
        session.wire.publish(f"plant/{self.name}/other", b"")
        self.assert_heard(platform, f"plant/{self.name}/other")

    def test_a_gate_that_lost_its_journal_is_told_again(self) -> None:
        device = self.provisioned(self.name)
        self.assert_publishes(device)
        self.stack.broker.daemon.stop()
        for file in self.stack.broker.gate_state.iterdir():  # type: ignore[attr-defined]
            file.unlink()
        self.stack.broker.daemon.start()

        def let_in() -> bool:
            try:
                self.assert_publishes(device, told=False)
            except WireError:
                return False
            return True

        within(4 * LIMIT_S, "the gate is open", let_in)

    def test_the_next_connection_of_the_service_finds_no_difference(self) -> None:
        device = self.provisioned(self.name)
        self.assert_publishes(device)
        self.stack.service.stop()
        self.stack.service.start()
        self.await_ready(True)
        self.assertNotIn("told everything", self.stack.service.last_lines(40).rpartition('"stopping"')[2])
