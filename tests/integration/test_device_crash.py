"""The reference device is killed where messages are on their way, and goes on (every single write: slow_device_crash)."""

from __future__ import annotations

from crash_case import CrashTest

PLACES = ("request_stored", "answer_received", "connected_said", "configuration_received", "config_taken", "ready_said")


class DeviceCrash(CrashTest):
    def test_killed_at_each_place_of_a_registration(self) -> None:
        for place in PLACES:
            with self.subTest(place):
                life = self.registration(f"first-{place}")
                self.assertTrue(self.is_killed(life, f"{place}:kill"))
                self.assert_goes_on(life)

    def test_killed_at_each_place_of_a_renewal(self) -> None:
        # The first connection is the old credential's; the configuration is in force already.
        for place in ("request_stored:kill", "answer_received:kill", "connected_said:kill@2", "configuration_received:kill@2"):
            with self.subTest(place):
                life = self.renewal(f"next-{place.partition(':')[0]}")
                self.assertTrue(self.is_killed(life, place))
                self.assert_goes_on(life)
