"""What the tests of `latchkey-device run` share."""

from __future__ import annotations

from stack_case import StackTest

from device_program import DeviceProgram, Reference
from running_device import RunningDevice


class RunTest(StackTest):
    program: DeviceProgram = Reference()

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.stack.device_binary = cls.stack.binary.with_name(cls.program.name)

    def key_flags(self, device_id: str = "", *flags: str) -> list[str]:
        """Enrolled individually by a key of its own."""
        device_id = device_id or self.name
        _, file = self.write_key(device_id)
        self.enroll("device", device_id, "--proof", "symmetric_key", "--key-file", str(file), *flags)
        return ["--key-file", str(file)]

    def running(self, *flags: str, device_id: str = "", patience: int = 60, **environment: str) -> RunningDevice:
        device_id = device_id or self.name
        device = RunningDevice(self.stack.device_binary, device_id, self.folder / f"device-{device_id}", self.stack.environment,
                               "--patience", str(patience), *flags, **environment)
        self.addCleanup(device.kill)
        return device

    def use(self, program: DeviceProgram) -> None:
        """What runs from here on."""
        self.program, self.stack.device_binary = program, self.stack.binary.with_name(program.name)

    def provisioned(self, *flags: str, **environment: str) -> RunningDevice:
        """One that ran, became ready, and was switched off."""
        device = self.running(*flags, **environment)
        device.expect("ready")
        self.assertEqual(device.stop(), 0)
        return device

    def decisions(self, device_id: str) -> list[str]:
        """Without repeats: with full jitter a device may ask again before the answer can be there."""
        return [decision for decision in super().decisions(device_id) if decision != "repeated"]

    def statuses(self, device_id: str = "") -> list[str]:
        """Of its certificates, oldest first."""
        return [certificate["status"] for certificate in self.certificates(device_id or self.name)]

    def reasons(self, device_id: str = "") -> list[str]:
        return [attempt["code"] for attempt in self.attempts(device_id or self.name) if attempt["code"]]
