"""A line through samples: what rises is told from what only varies."""

from __future__ import annotations

import random
import unittest

from slopes import line_through

HALF_MINUTES = [30.0 * n for n in range(90)]


class Slopes(unittest.TestCase):
    def noisy(self, per_hour: float, noise: float) -> list[float]:
        chance = random.Random(1)
        return [1000 + per_hour * at / 3600 + chance.gauss(0, noise) for at in HALF_MINUTES]

    def test_a_straight_line(self) -> None:
        line = line_through(HALF_MINUTES, self.noisy(80, 0))
        self.assertAlmostEqual(line.per_hour, 80)
        self.assertAlmostEqual(line.doubt, 0, places=6)

    def test_what_only_varies_does_not_rise(self) -> None:
        self.assertFalse(line_through(HALF_MINUTES, self.noisy(0, 100)).rises_beyond(10))

    def test_what_rises_in_noise_is_seen(self) -> None:
        self.assertTrue(line_through(HALF_MINUTES, self.noisy(300, 100)).rises_beyond(10))
        self.assertFalse(line_through(HALF_MINUTES, self.noisy(300, 100)).rises_beyond(400))


if __name__ == "__main__":
    unittest.main()
