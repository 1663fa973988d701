"""How long a quantity had which value: a whole session in a few hundred numbers."""

from __future__ import annotations

import math


class TimeHistogram:
    """Seconds spent at each value, in equal bins from `low` to `high`; what lies outside goes to the ends."""

    def __init__(self, low: float, high: float, bins: int) -> None:
        """Begin with no time."""
        self._low, self._width = low, (high - low) / bins
        self._seconds = [0.0] * bins

    @property
    def total_s(self) -> float:
        """All the time there is."""
        return sum(self._seconds)

    def add(self, value: float, seconds: float) -> None:
        """Add time at a value; a negative time takes back what was added."""
        index = math.floor((value - self._low) / self._width)
        self._seconds[min(len(self._seconds) - 1, max(0, index))] += seconds

    def seconds_from(self, value: float) -> float:
        """Return the time at `value` and above; within its bin the time is taken as spread evenly."""
        place = (value - self._low) / self._width
        index = math.floor(place)
        if index < 0:
            return self.total_s
        if index >= len(self._seconds):
            return 0.0
        return sum(self._seconds[index + 1 :]) + self._seconds[index] * (1 - (place - index))

    def quantile(self, share: float) -> float:
        """Return the value below which this share of the time lies; the lowest value where there is no time."""
        target, passed = share * self.total_s, 0.0
        for index, seconds in enumerate(self._seconds):
            if seconds > 0 and passed + seconds >= target:
                return self._low + (index + (target - passed) / seconds) * self._width
            passed += seconds
        return self._low
