"""`latchkey-device simulate`: many devices in one process, each as `latchkey-device run`."""

from __future__ import annotations

from run_case import RunTest

from running_device import SimulatedFleet


class Simulate(RunTest):
    def fleet(self, *flags: str) -> SimulatedFleet:
        fleet = SimulatedFleet(self.stack.device_binary, "meter-", self.folder / "fleet", self.stack.environment, *flags)
        self.addCleanup(fleet.kill)
        return fleet

    def online(self) -> int:
        return self.query("SELECT count(*) AS n FROM registry.devices WHERE state = 'ready' AND online")[0]["n"]

    def test_a_fleet_becomes_ready_stays_through_a_restart_and_says_goodbye(self) -> None:
        _, key = self.write_key("meters")
        self.enroll("group", "meters", "--proof", "symmetric_key", "--key-file", str(key))
        flags = ["--devices", "20", "--key-file", str(key), "--group", "meters"]
        fleet = self.fleet(*flags)
        fleet.expect_tally(devices=20, connected=20, ready=20)
        self.assertEqual(self.online(), 20)
        self.stack.mosquitto.restart()
        fleet.expect_tally(ready=0)
        fleet.expect_tally(ready=20)
        self.assertEqual(fleet.stop(), 0)
        self.await_row("meter-20", online=False)
        self.fleet(*flags).expect_tally(ready=20)  # with what is in its folders
        self.assertEqual(self.query("SELECT count(*) AS n FROM registry.certificates")[0]["n"], 20)

    def test_a_fleet_has_no_single_key(self) -> None:
        _, key = self.write_key("single")
        result = self.run_device("simulate", "meter-", "--devices", "2", "--key-file", str(key), "--dir", str(self.folder / "no"))
        self.assertEqual(result.returncode, 64, result.stderr)
