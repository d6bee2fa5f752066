"""What an operator does in SQL holds for the very next request, and nobody who is provisioned pays for that."""

from __future__ import annotations

import secrets
import subprocess
import time
from contextlib import contextmanager
from collections.abc import Iterator

from stack_case import StackTest

from daemon import clean_environment
from foreign_device import Device, SymmetricKey

SOON_S = 1.0


class Listening:
    """A psql that hears what is announced."""

    def __init__(self, connection: dict[str, str]) -> None:
        self._psql = subprocess.Popen(["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align"], text=True, bufsize=1,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=clean_environment(connection))
        self.heard("LISTEN latchkey;")

    def heard(self, first: str = "") -> list[str]:
        """What was announced up to now: psql says so after each statement."""
        assert self._psql.stdin and self._psql.stdout
        mark = secrets.token_hex(8)
        self._psql.stdin.write(f"{first}\nSELECT '{mark}';\nSELECT 'end {mark}';\n")
        lines = []
        while (line := self._psql.stdout.readline().strip()) != f"end {mark}":
            assert line or self._psql.poll() is None, "psql ended"
            lines.append(line)
        # After the last statement as well, which the next call would show.
        return [line for line in lines if "notification" in line]

    def close(self) -> None:
        self._psql.communicate("\\q\n")


class OperatorsWord(StackTest):
    @contextmanager
    def at_once(self) -> Iterator[None]:
        start = time.monotonic()
        yield
        self.assertLess(time.monotonic() - start, SOON_S)

    def again(self, device: Device) -> Device:
        device.request_id = secrets.token_urlsafe(16)
        return device

    def test_a_suspended_a_resumed_a_revoked_and_a_reset_device(self) -> None:
        device = self.enrolled()
        self.assert_accepted(device.provision())
        for act, code in (("suspend('{}', 'lost')", "device_suspended"), ("resume('{}', 'why')", ""),
                          ("revoke('{}', 'stolen')", "device_revoked"), ("reset('{}', 'found')", ""),
                          ("decommission('{}', 'sold')", "device_revoked")):
            with self.subTest(act):
                self.stack.sql(f"SELECT registry.{act.format(self.name)}")
                with self.at_once():
                    answer = self.again(device).provision()
                if code:
                    self.assert_rejected(answer, code)
                else:
                    self.assertEqual(answer["status"], "accepted", answer)

    def test_a_disabled_group_and_a_disabled_device(self) -> None:
        key, file = self.write_key("pumps")
        self.enroll("group", "pumps", "--proof", "symmetric_key", "--key-file", str(file))
        device = self.device(self.name, SymmetricKey.of_group("pumps", key, self.name))
        self.assert_accepted(device.provision())
        self.stack.sql("SELECT registry.disable_group('pumps', 'recalled')")
        with self.at_once():
            self.assert_rejected(self.again(device).provision(), "unauthorized")
        self.assertEqual(self.query("SELECT reason, advice FROM registry.recent_rejections WHERE group_name = 'pumps'")[0], {
            "reason": "the group is disabled",
            "advice": "SELECT registry.enable_group('pumps', 'why') lets its devices in again."})
        self.stack.sql("SELECT registry.enable_group('pumps', 'why')")
        with self.at_once():
            self.assertEqual(self.again(device).provision()["status"], "accepted")

    def test_a_token_made_in_sql_lets_in_as_many_as_it_says_and_ends_when_told(self) -> None:
        self.stack.sql("SELECT registry.enroll_group('kits', 'token', NULL, max_devices => 5)")
        token = self.stack.sql("SELECT registry.create_token('kits', 2, '7 days')").strip()
        devices = [self.device(f"kit-{n}", self.token_proof(token)) for n in range(4)]
        for device in devices[:2]:
            self.assert_accepted(device.provision())
        self.assert_rejected(devices[2].provision(), "quota_exceeded")
        self.assertEqual(devices[0].become_ready()["state"], "ready")
        self.stack.sql("SELECT registry.end_token(token_id, 'all are sold') FROM registry.tokens")
        self.assert_rejected(devices[3].provision(), "unauthorized")

    def test_nothing_is_announced_while_devices_are_provisioned(self) -> None:
        """NOTIFY takes a lock of the whole database at commit: only operators' functions may."""
        listening = Listening({"PGHOST": "127.0.0.1", "PGPORT": str(self.stack.cluster.port), "PGDATABASE": "latchkey",
                               "PGUSER": "operator", "PGPASSWORD": self.stack.passwords["operator"]})
        try:
            device = self.enrolled()
            listening.heard()
            self.assert_accepted(device.provision())
            device.become_ready()
            self.assert_accepted(self.again(device).provision(), 2)
            self.assert_rejected(self.device("nobody", SymmetricKey(secrets.token_bytes(32))).provision(), "unauthorized")
            self.await_sent(self.name)
            self.assertEqual(listening.heard(), [])
            self.stack.sql(f"SELECT registry.suspend('{self.name}', 'lost')")
            self.assertEqual(len(listening.heard()), 1)
        finally:
            listening.close()
