"""Revocations and passwords of others while one device floods with requests for passwords, over restarts of service and broker."""

from __future__ import annotations

import math
import time

from access_case import LIMIT_S
from password_flood_case import MOST_LOGINS, MOST_OF_A_REPLICA, PER_SECOND, PasswordFlood

from daemon import Daemon
from stack import within

REVOKED = 100


class Long(PasswordFlood):
    def test_a_hundred_are_revoked_and_others_get_passwords_while_one_device_floods(self) -> None:
        self.revoke_meanwhile(REVOKED, MOST_LOGINS)

    def test_two_replicas(self) -> None:
        other = self.stack.replica("replica")
        self.addCleanup(other.stop)
        other.start()
        self.revoke_meanwhile(20, MOST_LOGINS + MOST_OF_A_REPLICA)

    def revoke_meanwhile(self, count: int, most_logins: int) -> None:
        sessions = self.sessions(count)
        hostile, flood = self.attack()
        took, passwords, logins = [], [], []
        try:
            for n, session in enumerate(sessions):
                time.sleep(0.3)
                took.append(self.revoke(session))
                logins.append(self.logins_at_the_broker(hostile))
                if n % 10 == 9:
                    passwords.append(self.use_a_password(f"other-{n}"))
        finally:
            flood.stop()
        self.tell("cut off", took)
        self.tell("password", passwords)
        print(f"{flood.per_second:.0f} requests/s, {self.granted(hostile)} granted, {max(logins)} at the broker at once")
        self.assertGreater(flood.per_second, 0.9 * PER_SECOND)
        self.assertLess(took[math.ceil(0.99 * count) - 1], 1.0)
        self.assertLess(passwords[-1], LIMIT_S)
        self.assertLessEqual(max(logins), most_logins)

    def test_the_service_is_killed_meanwhile(self) -> None:
        self.kill_meanwhile(self.stack.service)

    def test_the_broker_is_killed_meanwhile(self) -> None:
        self.kill_meanwhile(self.stack.mosquitto)

    def kill_meanwhile(self, part: Daemon) -> None:
        session, = self.sessions(1)
        hostile, flood = self.attack()
        time.sleep(6)
        flood.stop()
        part.kill()
        self.act(f"revoke('{session.device.device_id}', 'stolen')")
        part.start()
        within(8 + LIMIT_S, "the broker follows", lambda: self.query(
            f"SELECT FROM registry.access_changes WHERE device_id = '{session.device.device_id}' AND broker_applied_at IS NOT NULL"))
        self.assert_kept_out(session.device)
        self.use_a_password("after")
        within(8 + LIMIT_S, "what it left behind is gone", lambda: self.logins_at_the_broker(hostile) <= 2)
