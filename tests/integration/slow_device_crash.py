"""The reference device is killed at every single step of every write, of a registration and of a renewal."""

from __future__ import annotations

from collections.abc import Callable

from crash_case import CrashTest, Life


class DeviceCrashEverywhere(CrashTest):
    def killed_everywhere(self, kind: str, make: Callable[[str], Life]) -> int:
        """How many steps there are: file written, put in its place, removed, folder made."""
        step = 1
        while True:
            life = make(f"{kind}-{step}")
            if not self.is_killed(life, f"stored:kill@{step}"):
                return step - 1
            with self.subTest(f"{kind}, killed at step {step}"):
                self.assert_goes_on(life)
            step += 1

    def test_of_a_registration(self) -> None:
        steps = self.killed_everywhere("first", self.registration)
        print(f"killed at {steps} steps of a registration")
        self.assertGreater(steps, 20)

    def test_of_a_renewal(self) -> None:
        steps = self.killed_everywhere("next", self.renewal)
        print(f"killed at {steps} steps of a renewal")
        self.assertGreater(steps, 20)
