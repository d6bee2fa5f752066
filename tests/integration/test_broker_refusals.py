"""Messages that the broker does not take: their devices are told of in stuck_devices, and nobody else waits."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

from stack_case import StackTest, clean_environment

from foreign_device import Device
from jose import Json
from mosquitto import Broker
from stack import Stack, within


class SmallPackets(Broker):
    """Ends the connection of whoever sends a larger one."""

    limit = 4096

    def configure(self, pki: Path) -> None:
        super().configure(pki)
        text = self.configuration.read_text()
        self._write(self.configuration, text.replace("max_packet_size 32768", f"max_packet_size {self.limit}"))


def config_of(size: int) -> Json:
    return {"text": "x" * (size - len('{"text":""}'))}


class RefusalTest(StackTest):
    def lost(self) -> float:
        return self.metric("latchkey_broker_failures_total")

    def problems(self, device: Device) -> list[str]:
        rows = self.query(f"SELECT problem FROM registry.stuck_devices WHERE device_id = '{device.device_id}'")
        return [row["problem"] for row in rows]

    def await_problem(self, device: Device) -> str:
        return within(15, f"{device.device_id} is listed as stuck", lambda: next(iter(self.problems(device)), None))

    def with_config(self, name: str, size: int) -> Device:
        """A provisioned device whose configuration is as large, and comes once it is connected."""
        device = self.enrolled(name)
        self.assert_accepted(device.provision())
        self.configure(device, size)
        return device

    def configure(self, device: Device, size: int) -> None:
        self.stack.sql(f"SELECT registry.set_device_config('{device.device_id}', '{json.dumps(config_of(size))}', 'why')")


class AtMqtt5(RefusalTest):
    @classmethod
    def prepare(cls, stack: Stack) -> None:
        stack.make_broker = SmallPackets

    def test_a_large_configuration_concerns_its_device_alone(self) -> None:
        before = self.lost()
        large = self.with_config(self.name, 3000)
        with large.connect() as session:
            for _ in range(5):
                session.tell("connected", generation=1)
            problem = self.await_problem(large)
            self.assertRegex(problem, rf"^the broker does not take what it is sent: \d+ bytes to devices/{self.name}/config: "
                                      "larger than the broker accepts: 4096 bytes$")
            other = self.enrolled(f"{self.name}-other")
            self.assert_accepted(other.provision(5))
            self.assertEqual(other.become_ready()["state"], "ready")
            self.configure(large, 100)
            self.assertIsNotNone(session.listen(time.monotonic() + 10))
            self.assertEqual(session.say("ready", config_version=3)["state"], "ready")
        self.assertEqual(self.problems(large), [])
        self.assertEqual(self.lost(), before)
        self.assertIn("the broker does not accept it", self.stack.service.last_lines(200))

    def test_a_push_concerns_its_device_alone(self) -> None:
        before = self.lost()
        device = self.enrolled()
        self.assert_accepted(device.provision())
        with device.connect() as session:
            session.say("connected", generation=1)
            session.say("ready", config_version=1)
            self.configure(device, 3000)
            self.assertIn(f"devices/{self.name}/config", self.await_problem(device))
        self.assertEqual(self.lost(), before)

    def test_a_configuration_that_does_not_fit_beside_the_credential_comes_after_it(self) -> None:
        config = config_of(1500)
        device = self.enrolled("", "--device-config", json.dumps(config))
        answer = device.provision()
        self.assert_accepted(answer)
        self.assertNotIn("config", answer)
        with device.connect() as session:
            self.assertEqual(session.say("connected", generation=1)["config"], config)

    def test_a_limit_below_the_protocols_needs_is_told_at_the_start_and_by_the_doctor(self) -> None:
        self.assertIn("the broker's packet limit is below that of the protocol", self.stack.service.log.read_text())
        for version in ("5", "3.1.1"):
            with self.subTest(version):
                result = subprocess.run([str(self.stack.binary), "doctor", "--json"], capture_output=True, text=True, timeout=60,
                                        env=clean_environment(self.stack.environment | {"LATCHKEY_MQTT_VERSION": version}))
                found = [finding["code"] for finding in json.loads(result.stdout) if finding["result"] == "problem"]
                self.assertEqual(found, ["size_limit_small"], result.stdout)


class AtMqtt311(RefusalTest):
    """Here the broker names no limit, and just ends the connection."""

    settings = {"mqtt": {"version": "3.1.1"}}

    @classmethod
    def prepare(cls, stack: Stack) -> None:
        stack.make_broker = SmallPackets

    def test_a_large_configuration_costs_the_others_a_moment(self) -> None:
        before = self.lost()
        large = self.with_config(self.name, 3000)
        other = self.enrolled(f"{self.name}-other")
        with large.connect() as session:
            session.tell("connected", generation=1)
            within(20, "the message was given up", lambda: "ended the connection again" in self.stack.service.last_lines(200))
            lost = self.lost()
            self.assertLessEqual(lost - before, 3)
            # It asks again and again, as a device does.
            for _ in range(5):
                session.tell("connected", generation=1)
            self.assert_accepted(other.provision(8))
            self.assertEqual(other.become_ready()["state"], "ready")
            self.assertEqual(self.lost(), lost)
            self.assertIn(f"devices/{self.name}/config", self.await_problem(large))


class WithoutRights(RefusalTest):
    def test_a_topic_that_the_broker_does_not_allow_is_in_the_log_and_in_stuck_devices(self) -> None:
        device = self.enrolled()
        self.assert_accepted(device.provision())
        acl = self.stack.broker.folder / "mosquitto.acl"
        text = acl.read_text()
        self.assertIn("topic write devices/+/config\n", text)
        acl.write_text(text.replace("topic write devices/+/config\n", ""))
        self.stack.mosquitto.restart()
        within(20, "the service is back", lambda: self.metric("latchkey_broker_up") == 1 or None)
        with device.connect() as session:
            session.tell("connected", generation=1)
            self.assertRegex(self.await_problem(device), r"refused: .*\(135\)$")
            lost = self.lost()
            for _ in range(5):
                session.tell("connected", generation=1)
            other = self.enrolled(f"{self.name}-other")
            self.assert_accepted(other.provision(8))
        self.assertLessEqual(self.lost(), lost + 1)
        self.assertGreaterEqual(self.metric('latchkey_messages_dropped_total{reason="refused_by_broker"}'), 1)
