"""A device that floods with requests for passwords takes neither revocation nor passwords from the others."""

from __future__ import annotations

import time

from password_flood_case import MOST_LOGINS, PasswordFlood


class Quick(PasswordFlood):
    def test_others_are_revoked_and_get_passwords_while_one_device_floods(self) -> None:
        sessions = self.sessions(4)
        hostile, flood = self.attack()
        took, logins = [], []
        try:
            for session in sessions:
                time.sleep(1.5)  # over one look at the broker's list in all
                took.append(self.revoke(session))
                logins.append(self.logins_at_the_broker(hostile))
            passwords = [self.use_a_password("other")]
        finally:
            flood.stop()
        self.tell("cut off", took)
        self.tell("password", passwords)
        print(f"{flood.per_second:.0f} requests/s, {self.granted(hostile)} granted, {max(logins)} at the broker at once")
        self.assertLess(took[-1], 1.0)
        self.assertLessEqual(max(logins), MOST_LOGINS)
