"""How fast the gate ends sessions, through the whole service, while one device asks for 200 passwords a second. `./dev bench
--gate` runs it."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "integration"))

from password_flood_case import PasswordFlood, SmallPacketsAtTheGate  # noqa: E402

from bars import report  # noqa: E402
from stack import within  # noqa: E402

SESSIONS = 100
LIMIT_MS = 250
LIMIT_S = 10.0


class Flooded(PasswordFlood):
    kind = SmallPacketsAtTheGate

    def test_a_hundred_revocations_while_one_device_floods(self) -> None:
        sessions = self.sessions(SESSIONS)
        hostile, flood = self.attack()
        try:
            within(LIMIT_S, "the device floods", lambda: self.granted(hostile) > 100)
            self.stack.sql("".join(f"SELECT registry.revoke('{session.device.device_id}', 'stolen'); SELECT pg_sleep(0.1);"
                                   for session in sessions))
            for session in sessions:
                self.assertTrue(session.wire.is_lost(LIMIT_S), "the session is still open")
        finally:
            flood.stop()
        took = sorted(row["ms"] for row in self.query(
            "SELECT 1000 * extract(epoch FROM took) AS ms FROM registry.access_changes WHERE state = 'revoked' AND took IS NOT NULL"))
        self.assertEqual(len(took), SESSIONS)
        print(f"{flood.per_second:.0f} requests/s, {self.granted(hostile)} granted; {took[SESSIONS // 2]:.0f} ms in the middle")
        self.assertTrue(report("the same while a device asks 200 times a second", took[98], "ms", LIMIT_MS))


if __name__ == "__main__":
    unittest.main(verbosity=0)
