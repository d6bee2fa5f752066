"""Killing the reference device at a step, and what has to be true when it is switched on again."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from run_case import RunTest

from running_device import RunningDevice


@dataclass(frozen=True)
class Life:
    """A device and the part of its life in which it is killed: until it is ready with this generation."""

    device_id: str
    flags: list[str]
    generation: int


class CrashTest(RunTest):
    def registration(self, device_id: str) -> Life:
        return Life(device_id, [*self.key_flags(device_id, "--device-config", '{"a":1}'), "--on-config", "/bin/true"], 1)

    def renewal(self, device_id: str) -> Life:
        life = self.registration(device_id)
        device = self.running(*life.flags, device_id=device_id)
        device.expect("ready")
        self.assertEqual(device.stop(), 0)
        self.program.make_due(device.folder, 1)
        return Life(device_id, life.flags, 2)

    def is_killed(self, life: Life, failpoint: str) -> bool:
        """Runs with the fail-point; False if it passed by all of it and came through."""
        device = self.running(*life.flags, device_id=life.device_id, LATCHKEY_FAILPOINTS=failpoint)
        if self.comes_through(device, life):
            self.assertEqual(device.stop(), 0)
            return False
        self.assertEqual(device.await_end(), -signal.SIGKILL, device.errors.read_text())
        return True

    def comes_through(self, device: RunningDevice, life: Life) -> bool:
        """Is it ready with the generation before it ends?"""
        generation = 0
        while (step := device.next()) is not None:
            generation = step["generation"] if step["step"] == "connected" else generation
            if step["step"] == "ready" and generation == life.generation:
                return True
        return False

    def assert_goes_on(self, life: Life) -> None:
        """Switched on again it comes to the end by itself: with one credential, and no request used for two keys."""
        device = self.running(*life.flags, device_id=life.device_id)
        self.assertTrue(self.comes_through(device, life), device.errors.read_text())
        self.assertEqual(device.stop(), 0)
        self.assertEqual(self.program.generations(device.folder), [life.generation])
        self.assertEqual(self.reasons(life.device_id), [])
        self.assertEqual(self.statuses(life.device_id), ["retired"] * (life.generation - 1) + ["active"])
        left = sorted(path.name for path in device.folder.iterdir() if path.name.startswith((".", "request")))
        self.assertEqual(left, [])
