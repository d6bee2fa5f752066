"""How fast the gate ends the sessions of devices that an operator revokes, through the whole service."""

from __future__ import annotations

import time

from access_case import LIMIT_S, GateAccessTest
from password_flood_case import PasswordFlood, SmallPacketsAtTheGate

from bars import report
from foreign_device import Device
from stack import within

DEVICES, ROUNDS = 20, 5
LIMIT_MS = 250


class Revocation(GateAccessTest):
    def test_a_hundred_revocations(self) -> None:
        devices = [self.provisioned(f"{self.name}-{n}", wants="password" if n % 2 else "x509") for n in range(DEVICES)]
        took = [ms for n in range(ROUNDS) for ms in self.ended_after_ms(devices, "revoke" if n == ROUNDS - 1 else "suspend")]
        took.sort()
        print(f"{took[len(took) // 2]:.0f} ms in the middle, {took[-1]:.0f} ms at most of {len(took)}")
        self.assertEqual(len(took), 100)
        self.assertTrue(report("from an operator's act to the end of the session", took[98], "ms", LIMIT_MS))
        self.assertFalse(any(self.is_let_in(device) for device in devices))

    def ended_after_ms(self, devices: list[Device], act: str) -> list[float]:
        """One after the other; those that are suspended are let in again."""
        sessions = [self.session(device) for device in devices]
        self.stack.sql("".join(f"SELECT registry.{act}('{device.device_id}', 'stolen'); SELECT pg_sleep(0.05);" for device in devices))
        for session in sessions:
            self.assertTrue(session.wire.is_lost(LIMIT_S), "the session is still open")
        within(LIMIT_S, "all are noted", self.all_are_noted)
        took = [row["took_s"] * 1000 for row in self.query("SELECT extract(epoch FROM took) AS took_s FROM registry.access_changes")]
        if act == "suspend":
            self.act("resume_devices(array(SELECT device_id FROM registry.devices), 'next')")
            within(LIMIT_S, "all are let in", self.all_are_noted)
        return took

    def all_are_noted(self) -> bool:
        return self.query("SELECT count(*) AS n FROM registry.access_changes WHERE broker_applied_at IS NULL")[0]["n"] == 0


class Flooded(PasswordFlood):
    kind = SmallPacketsAtTheGate

    def test_others_are_revoked_and_get_passwords_while_one_device_floods(self) -> None:
        sessions = self.sessions(4)
        hostile, flood = self.attack()
        took = []
        try:
            for session in sessions:
                time.sleep(0.5)  # over 400 requests in all
                took.append(self.revoke(session))
            passwords = [self.use_a_password("other")]
        finally:
            flood.stop()
        self.tell("cut off", took)
        self.tell("password", passwords)
        print(f"{flood.per_second:.0f} requests/s, {self.granted(hostile)} granted")
        self.assertLess(took[-1], 1.0)
