"""`latchkey-device run`: stays connected, applies configurations, renews, moves, comes back (docs/protocol.md, 5-7)."""

from __future__ import annotations

import json
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from run_case import RunTest


class DeviceRun(RunTest):
    # --- there

    def test_it_provisions_stays_and_says_goodbye(self) -> None:
        device = self.running(*self.key_flags("", "--device-config", '{"a":1}'), "--attribute", "model=T1000")
        ready = device.expect("ready")
        self.assertEqual((ready["sealed"], "config" in ready, self.program.config(device.folder)), (True, False, {"a": 1}))
        row = self.row(self.name)
        self.assertEqual((row["state"], row["online"], row["attributes"]), ("ready", True, {"model": "T1000"}))
        self.assertIsNone(device.process.poll())
        self.assertEqual(device.stop(), 0)
        self.await_row(self.name, online=False, state="ready")

    def test_switched_off_without_a_word_its_will_says_it(self) -> None:
        device = self.running(*self.key_flags())
        device.expect("ready")
        device.kill()
        self.await_row(self.name, online=False)

    def test_each_connection_is_a_session_of_its_own(self) -> None:
        device = self.running(*self.key_flags())
        first = device.expect("connected")["session"]
        device.expect("ready")
        self.stack.mosquitto.restart()
        second = device.expect("connected", 40)["session"]
        device.expect("ready")
        self.assertNotEqual(first, second)
        self.assertEqual(self.decisions(self.name), ["accepted"])
        self.await_row(self.name, online=True)

    def test_a_status_is_repeated_until_it_is_answered(self) -> None:
        flags = self.key_flags()
        self.provisioned(*flags)
        with self.service_away():
            device = self.running(*flags)
            device.expect("connected")
        device.expect("ready", 40)

    @contextmanager
    def service_away(self) -> Iterator[None]:
        self.stack.service.stop()
        try:
            yield
        finally:
            self.stack.service.start()

    # --- configuration

    def test_a_configuration_is_put_in_a_file_and_taken_by_a_program(self) -> None:
        hook, taken, file = self.hook("cp \"$1\" taken.json; echo \"$2\" > version"), self.folder / "taken.json", self.folder / "in-force.json"
        device = self.running(*self.key_flags("", "--device-config", '{"a":1}'), "--on-config", str(hook), "--config-file", str(file))
        device.expect("ready")
        self.assertEqual((json.loads(taken.read_text()), json.loads(file.read_text())), ({"a": 1}, {"a": 1}))
        self.assertEqual((self.folder / "version").read_text().strip(), "1")
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        self.assertFalse((device.folder / ".candidate.json").exists())
        self.assertEqual(device.stop(), 0)
        taken.unlink()
        self.running(*self.key_flags_again(), "--on-config", str(hook)).expect("ready")
        self.assertFalse(taken.exists(), "what is in force is not applied again")

    def test_a_configuration_that_is_refused_is_told_in_words(self) -> None:
        hook = self.hook("test -e allowed && exit 0; echo no such interval; exit 3")
        file = self.folder / "refused.json"
        device = self.running(*self.key_flags("", "--device-config", '{"a":1}'), "--on-config", str(hook), "--config-file", str(file))
        failed = device.expect("failed")
        self.assertEqual((failed["code"], failed["message"]), ("config_refused", f"{hook} ended with 3: no such interval"))
        row = self.await_row(self.name, state="connected", online=True)
        self.assertIn("no such interval", row["failure"])
        self.assertFalse(file.exists())
        (self.folder / "allowed").touch()
        device.expect("ready", 30)  # it tries again by itself
        self.assertTrue(file.exists())
        self.assertIsNone(self.row(self.name)["failure"])

    def test_a_program_that_hangs_or_is_none_costs_the_configuration_only(self) -> None:
        device = self.running(*self.key_flags(), "--on-config", "/nonexistent/program")
        self.assertIn("cannot be started", device.expect("failed")["message"])
        self.await_row(self.name, state="connected", online=True)
        self.assertEqual(device.stop(), 0)

    def hook(self, script: str) -> Path:
        file = self.folder / f"{self.name}.sh"
        file.write_text(f"#!/bin/sh\ncd {self.folder}\n{script}\n")
        file.chmod(0o755)
        return file

    def key_flags_again(self) -> list[str]:
        return ["--key-file", str(self.folder / f"{self.name}.key")]

    # --- renewal

    def test_it_renews_by_its_certificate_and_drops_the_old_one_then(self) -> None:
        flags = self.key_flags()
        device = self.provisioned(*flags)
        self.program.make_due(device.folder, 1)
        device = self.running(*flags)
        device.expect("renewing", generation=1)
        device.expect("renewed", generation=2)
        device.expect("connected", generation=2)
        device.expect("ready")
        self.assertEqual(self.program.generations(device.folder), [2])
        self.assertIsNone(self.program.request_id(device.folder))
        self.assertEqual(self.statuses(), ["retired", "active"])
        row = self.row(self.name)
        self.assertEqual((row["state"], row["generation"], row["online"]), ("ready", 2, True))
        self.assertTrue(self.program.is_signed_by_service(device.folder, 2))
        # Signed by the service from here on, and found again after a power cut.
        device.kill()
        self.running(*flags).expect("ready")
        self.assertEqual(self.reasons(), [])

    def test_a_device_without_a_clock_renews_by_a_nonce(self) -> None:
        flags = [*self.key_flags(), "--no-clock"]
        device = self.provisioned(*flags)
        self.program.make_due(device.folder, 1)
        device = self.running(*flags)
        device.expect("answer", status="challenge")
        device.expect("connected", generation=2)
        device.expect("ready")

    def test_an_answer_that_is_lost_is_asked_for_again_after_a_power_cut(self) -> None:
        flags = self.key_flags()
        device = self.provisioned(*flags)
        self.program.make_due(device.folder, 1)
        device = self.running(*flags, LATCHKEY_FAILPOINTS="answer_received:kill")
        device.await_end()
        self.assertEqual(self.program.generations(device.folder), [1])
        device = self.running(*flags)
        device.expect("connected", generation=1)
        device.expect("connected", generation=2)
        device.expect("ready")
        self.assertEqual((self.statuses(), self.reasons()), (["retired", "active"], []))

    def test_a_renewal_survives_a_service_that_is_away(self) -> None:
        flags = self.key_flags()
        device = self.provisioned(*flags)
        self.program.make_due(device.folder, 1)
        with self.service_away():
            device = self.running(*flags)
            device.expect("connected", generation=1)
        device.expect("connected", 60, generation=2)
        device.expect("ready")

    def test_an_expired_certificate_still_asks_for_the_next_one(self) -> None:
        self.assertEqual(self.back_after_expiry("1 day"), ["accepted", "accepted"])

    def test_long_expired_it_comes_back_by_the_factorys_proof(self) -> None:
        self.assertEqual(self.back_after_expiry("31 days"), ["accepted", "rejected", "accepted"])
        self.assertEqual(self.reasons(), ["unauthorized"])

    def back_after_expiry(self, ago: str) -> list[str]:
        """What was decided about a device that comes back when its certificate has expired."""
        _, group_key = self.write_key(f"{self.name}-group")
        self.enroll("group", self.name, "--proof", "symmetric_key", "--key-file", str(group_key), "--lifetime-s", "60")
        key = self.folder / f"{self.name}.key"
        key.write_text(self.stack.latchkey("enroll", "derive-key", self.name, "--group-key-file", str(group_key)))
        flags = ["--key-file", str(key), "--group", self.name]
        device = self.provisioned(*flags)
        self.stack.cluster.sql(f"UPDATE registry.enrollment_group SET lifetime_s = 86400 WHERE name = '{self.name}'; "
                               f"UPDATE registry.credential SET not_before = now() - interval '100 days', not_after = now() - "
                               f"interval '{ago}' WHERE device_id = '{self.name}'")
        self.program.set_time(device.folder, int(time.time()) + 3600)
        device = self.running(*flags)
        device.expect("renewing", generation=1)
        device.expect("connected", generation=2)
        device.expect("ready")
        self.assertEqual((self.program.generations(device.folder), self.row(self.name)["state"]), ([2], "ready"))
        return self.decisions(self.name)
