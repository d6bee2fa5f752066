"""What devices do with their rights: a reading every report_interval_s, and what comes for them is shown (docs/device.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from run_case import RunTest
from test_examples import PythonDevice

from device_program import Reference, Small
from running_device import RunningDevice, SimulatedFleet
from stack import GateStack, within
from wire import Wire

CONFIG = '{"report_interval_s":1}'


class DeviceRights(RunTest):
    make_stack = GateStack

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.stack.set_fleet_rights()

    def each_device(self) -> Iterator[RunningDevice]:
        """One of each program, enrolled in a group of its own name, and running."""
        for program in (Reference(), Small()):
            self.use(program)
            with self.subTest(program.name):
                device_id = f"{self.name}-{program.name}"
                yield self.running(*self.in_a_group(device_id), device_id=device_id)
        with self.subTest("device.py"):
            device_id = f"{self.name}-py"
            device = PythonDevice(self.stack.binary, device_id, self.folder / f"device-{device_id}", self.stack.environment,
                                  *self.in_a_group(device_id))
            self.addCleanup(device.kill)
            yield device

    def in_a_group(self, device_id: str) -> list[str]:
        _, file = self.write_key(f"{device_id}-group")
        self.enroll("group", device_id, "--key-file", str(file), "--admission", "allow_list")
        return self.key_flags(device_id, "--group", device_id, "--device-config", CONFIG)

    def platform(self, *topics: str) -> Wire:
        wire = self.account("platform", "@platform")
        self.addCleanup(wire.close)
        for topic in topics:
            wire.subscribe(topic)
        return wire

    def test_readings_come_one_after_the_other(self) -> None:
        for device in self.each_device():
            platform = self.platform(f"plant/{device.id}/telemetry/#")
            for number in (1, 2):
                message = platform.receive(20)
                assert message
                reading = json.loads(message.payload)
                self.assertEqual((message.topic, reading["number"]), (f"plant/{device.id}/telemetry/reading", number))
                self.assertGreaterEqual(reading["load"], 0)
            self.assertEqual(device.expect("reading")["topic"], f"plant/{device.id}/telemetry/reading")
            platform.close()

    def test_what_comes_is_shown(self) -> None:
        for device in self.each_device():
            # The broker has the subscription when it delivers the reading, which comes after it on the same connection.
            platform = self.platform(f"plant/{device.id}/telemetry/#")
            self.assertIsNotNone(platform.receive(20))
            platform.publish(f"plant/{device.id}/commands/lamp", b'{"on":true}')
            received = device.expect("received")
            self.assertEqual((received["topic"], received["payload"]), (f"plant/{device.id}/commands/lamp", '{"on":true}'))
            platform.close()

    def test_rights_change_on_the_same_connection(self) -> None:
        for device in self.each_device():
            topic = f"plant/{device.id}/telemetry/other"
            device.expect("connected")
            device.expect("reading")
            self.give(device, '{"publish": ["plant/${device_id}/telemetry/other"], "subscribe": ["plant/${device_id}/commands/+"]}')
            seen = []
            while (step := device.next()) and step.get("topic") != topic:
                seen.append(step["step"])
            self.assertEqual({"lost", "connected", "moving"} & set(seen), set())
            platform = self.platform(topic)
            self.assertIsNotNone(platform.receive(20))
            platform.publish(f"plant/{device.id}/commands/stop", b"now")
            self.assertEqual(device.expect("received")["payload"], "now")
            platform.close()

    def test_a_right_that_is_taken_away_ends(self) -> None:
        for device in self.each_device():
            platform = self.platform(f"plant/{device.id}/telemetry/#")
            device.expect("reading")
            self.give(device, '{"publish": [], "subscribe": []}')
            within(10, "no reading comes", lambda: platform.receive(2.5) is None)
            self.assertIsNone(device.process.poll())
            self.assertTrue(self.row(device.id)["online"])
            platform.close()

    def give(self, device: RunningDevice, rights: str) -> None:
        self.stack.sql(f"SELECT registry.set_group_rights('{device.id}', '{rights}', 'a test')")

    def test_rights_are_kept_for_the_next_start(self) -> None:
        for device in self.each_device():
            device.expect("reading")
            device.kill()
            again = type(device)(self.stack.device_binary, device.id, device.folder, self.stack.environment, "--key-file",
                                 str(self.folder / f"{device.id}.key"))
            self.addCleanup(again.kill)
            again.expect("reading")

    def test_provision_publishes_one_reading_and_ends(self) -> None:
        for program in (Reference(), Small()):
            with self.subTest(program.name):
                self.use(program)
                device_id = f"{self.name}-{program.name}"
                platform = self.platform(f"plant/{device_id}/telemetry/#")
                key = self.key_flags(device_id, "--device-config", CONFIG)
                result = self.run_device("provision", device_id, "--dir", str(self.folder / device_id), "--json", *key)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual(json.loads(result.stdout.splitlines()[-1]),
                                 {"step": "reading", "topic": f"plant/{device_id}/telemetry/reading"})
                self.assertIsNotNone(platform.receive(5))
                self.assertIsNone(platform.receive(0))
                platform.close()

    def test_simulate(self) -> None:
        _, key = self.write_key("meters")
        self.enroll("group", "meters", "--proof", "symmetric_key", "--key-file", str(key), "--device-config", CONFIG)
        platform = self.platform("plant/+/telemetry/#")
        fleet = SimulatedFleet(self.stack.binary.with_name(Reference.name), "meter-", self.folder / "fleet", self.stack.environment,
                               "--devices", "3", "--key-file", str(key), "--group", "meters")
        self.addCleanup(fleet.kill)
        fleet.expect_tally(ready=3)
        topics = set()
        while len(topics) < 3:
            message = platform.receive(20)
            assert message
            topics.add(message.topic)
        self.assertEqual(topics, {f"plant/meter-{n}/telemetry/reading" for n in (1, 2, 3)})
        tally = fleet.next()
        assert tally
        self.assertGreaterEqual(tally["readings"], 3)


