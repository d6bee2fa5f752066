"""A line through samples by least squares, and whether it rises."""

from __future__ import annotations

import math
from dataclasses import dataclass

HOUR_S = 3600.0


@dataclass(frozen=True)
class Line:
    """Through a thing's samples. `doubt`: the standard error of the slope."""

    mean: float
    per_hour: float
    doubt: float

    def rises_beyond(self, most: float) -> bool:
        """More an hour than that, by more than noise alone makes likely."""
        return self.per_hour - 2 * self.doubt > most


def line_through(times: list[float], values: list[float]) -> Line:
    """`times` in seconds; at least three samples."""
    n = len(times)
    at, mean = sum(times) / n, sum(values) / n
    spread = sum((t - at) ** 2 for t in times)
    slope = sum((t - at) * (value - mean) for t, value in zip(times, values)) / spread
    off = sum((value - mean - slope * (t - at)) ** 2 for t, value in zip(times, values))
    return Line(mean, slope * HOUR_S, math.sqrt(off / (n - 2) / spread) * HOUR_S)
