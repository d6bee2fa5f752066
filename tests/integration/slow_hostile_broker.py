"""Ten thousand random steps of a hostile broker; LATCHKEY_SEED repeats the attacker's part of a run."""

from __future__ import annotations

import secrets

from hostile_case import HostileBrokerTest


class SlowHostileBroker(HostileBrokerTest):
    def test_ten_thousand_steps(self) -> None:
        self.hostile(seed=secrets.randbelow(2**32), rounds=10, steps=1000, pause_s=0.02, comes_back_s=300)
