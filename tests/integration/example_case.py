"""What each example of a device that stays connected does, in whatever language it is written."""

from __future__ import annotations

from run_case import RunTest

from running_device import RunningDevice


class ExampleTest(RunTest):
    runs: type[RunningDevice]

    def example(self, *flags: str) -> RunningDevice:
        device = self.runs(self.stack.binary, self.name, self.folder / f"device-{self.name}", self.stack.environment, *flags)
        self.addCleanup(device.kill)
        return device

    def key_flags_again(self) -> list[str]:
        return ["--key-file", str(self.folder / f"{self.name}.key")]

    def test_it_goes_on_after_a_broker_that_was_away(self) -> None:
        device = self.example(*self.key_flags())
        device.expect("ready")
        self.stack.mosquitto.restart()
        device.expect("ready", 40)
        self.assertEqual(self.decisions(self.name), ["accepted"])

    def test_it_believes_no_wrong_key(self) -> None:
        self.key_flags()
        _, wrong = self.write_key(f"{self.name}-wrong")
        device = self.example("--key-file", str(wrong))
        self.assertEqual(device.expect("answer")["code"], "unauthorized")
        self.assertIsNone(device.process.poll(), "it asks again later")

    def test_a_clock_400_days_off(self) -> None:
        for number, offset in enumerate(("+400d", "-400d")):
            with self.subTest(offset):
                device_id = f"{self.name}-{number}"
                _, key = self.write_key(device_id)
                self.enroll("device", device_id, "--key-file", str(key))
                device = self.runs(self.stack.binary, device_id, self.folder / device_id, self.stack.environment, "--key-file",
                                   str(key), "--once", wrapper=("faketime", "--exclude-monotonic", "-f", offset))
                self.addCleanup(device.kill)
                self.assertEqual(device.await_end(), 0, device.errors.read_text())
