"""A short time under a hostile broker; slow_hostile_broker.py takes longer."""

from __future__ import annotations

from hostile_case import HostileBrokerTest


class HostileBroker(HostileBrokerTest):
    every = 2

    def test_hundreds_of_steps(self) -> None:
        self.hostile(seed=1, rounds=1, steps=250, pause_s=0.01, comes_back_s=90)
