"""A hundred devices revoked one after the other, each while it is connected: how long until the broker cuts it off (G13)."""

from __future__ import annotations

import statistics

from access_case import LIMIT_S, AccessTest

REPETITIONS = 100


class Revocation(AccessTest):
    def test_a_hundred_open_sessions(self) -> None:
        cut, noted = [], []
        for n in range(REPETITIONS):
            device = self.provisioned(f"{self.name}-{n}", wants="password" if n % 4 == 3 else "x509")
            session = self.session(device)
            seconds = self.cut_off_after(session, f"revoke('{device.device_id}', 'stolen')")
            change = self.change(device.device_id)
            self.assertLess(seconds, LIMIT_S)
            self.assertLess(change["took_s"], LIMIT_S)
            cut.append(seconds)
            noted.append(change["took_s"])
            print(f"{device.device_id}: cut off {seconds * 1000:.0f} ms after psql began, noted {change['took_s'] * 1000:.0f} ms after the command", flush=True)
            if n % 10 == 0:
                self.assert_kept_out(device)
        for what, times in {"cut off": cut, "noted": noted}.items():
            times.sort()
            print(f"{what}: median {statistics.median(times) * 1000:.0f} ms, 95th {times[94] * 1000:.0f} ms, "
                  f"longest {times[-1] * 1000:.0f} ms of {len(times)}", flush=True)
