"""A device that is sent its configuration again, which the service does as long as it has not heard `ready`."""

from __future__ import annotations

import json

from run_case import RunTest

from jose import from_base64url
from lax_broker import LaxBroker
from running_device import RunningDevice
from stack import Stack
from wire import Login, Wire

CHANGE = "SELECT registry.set_device_config('{}', '{{\"a\": 1}}', 'why')"


class ReadyTest(RunTest):
    """Somebody on the broker keeps what the service sends, and sends it again."""

    @classmethod
    def prepare(cls, stack: Stack) -> None:
        stack.make_broker = LaxBroker

    def setUp(self) -> None:
        place = self.place()
        self.somebody = Wire(place.url, f"@{self.name[:16]}", Login(place.anchors, place.username, place.password))
        self.addCleanup(self.somebody.close)

    def listen_to(self, device_id: str) -> None:
        for channel in ("config", "status"):
            self.somebody.subscribe(f"devices/{device_id}/{channel}")

    def next_configuration(self, device_id: str, version: int) -> bytes:
        """The next message that brings this configuration."""
        while True:
            message = self.somebody.receive(150)
            assert message, f"configuration {version} did not come"
            if message.topic != f"devices/{device_id}/config" or message.payload[:1] != b"e":
                continue
            said = json.loads(from_base64url(message.payload.decode().split(".")[1]))
            if said["config_version"] == version and ("config" in said or "sealed" in said):
                return message.payload

    def await_status(self, device_id: str, status: str, version: int) -> None:
        while True:
            message = self.somebody.receive(150)
            assert message, f"{device_id} did not say {status}"
            if message.topic == f"devices/{device_id}/status" and message.payload[:1] == b"{":
                said = json.loads(message.payload)
                if (said["status"], said.get("config_version")) == (status, version):
                    return

    def send_again(self, device_id: str, configuration: bytes) -> None:
        self.somebody.publish(f"devices/{device_id}/config", configuration)

    def pass_over(self, device_id: str) -> None:
        """What was said until now."""
        self.somebody.publish(f"devices/{device_id}/config", b"until here")
        while (message := self.somebody.receive()) and message.payload != b"until here":
            pass

    def assert_it_says_ready_again(self, device: RunningDevice) -> None:
        device.expect("ready")
        self.listen_to(device.id)
        self.stack.sql(CHANGE.format(device.id))
        configuration = self.next_configuration(device.id, 2)
        device.expect("ready", config_version=2)
        self.pass_over(device.id)
        self.send_again(device.id, configuration)
        self.await_status(device.id, "ready", 2)
