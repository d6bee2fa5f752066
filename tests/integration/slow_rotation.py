"""Certificates that live for a minute, in real time: a device lives through three of them, and one that was away comes
back within its grace."""

from __future__ import annotations

import time

from run_case import RunTest


class RotationInRealTime(RunTest):
    def in_group(self, grace_days: int) -> list[str]:
        _, group_key = self.write_key(f"{self.name}-group")
        self.enroll("group", self.name, "--proof", "symmetric_key", "--key-file", str(group_key), "--lifetime-s", "60",
                    "--renewal-grace-days", str(grace_days))
        key = self.folder / f"{self.name}.key"
        key.write_text(self.stack.latchkey("enroll", "derive-key", self.name, "--group-key-file", str(group_key)))
        return ["--key-file", str(key), "--group", self.name]

    def test_a_device_lives_through_three_certificates(self) -> None:
        device = self.running(*self.in_group(0))
        device.expect("ready")
        for generation in (2, 3):
            before = time.monotonic()
            device.expect("renewing", 60, generation=generation - 1)
            print(f"renewed {time.monotonic() - before:.1f} s after it became ready")
            device.expect("connected", generation=generation)
            device.expect("ready")
        self.assertEqual(self.statuses(), ["retired", "retired", "active"])
        self.assertEqual((self.decisions(self.name), self.program.generations(device.folder)), (["accepted"] * 3, [3]))
        row = self.row(self.name)
        self.assertEqual((row["state"], row["online"]), ("ready", True))

    def back_after_its_end(self, grace_days: int) -> list[str]:
        flags = self.in_group(grace_days)
        device = self.provisioned(*flags)
        left = self.query(f"SELECT extract(epoch FROM max(not_after) - now()) AS s FROM registry.certificates WHERE device_id = "
                          f"'{self.name}'")[0]["s"]
        time.sleep(left + 2)  # its life, in real time
        device = self.running(*flags)
        device.expect("connected", generation=2)
        device.expect("ready")
        return self.decisions(self.name)

    def test_a_device_that_was_away_renews_within_the_grace(self) -> None:
        self.assertEqual(self.back_after_its_end(1), ["accepted", "accepted"])

    def test_without_a_grace_it_comes_back_by_the_factorys_proof(self) -> None:
        self.assertEqual(self.back_after_its_end(0), ["accepted", "rejected", "accepted"])
