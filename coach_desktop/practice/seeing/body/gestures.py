"""Whether hands move, and for how long they have not: the speed of each hand against the shoulders."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from coach_desktop.practice.seeing.body.gathering import Timed

if TYPE_CHECKING:
    from coach_desktop.practice.seeing.readings import BodyReading

STILL_FROM_S = 20.0
"""No hand movement for so long is worth saying (our proposal, grade P)."""
MOVING_WIDTHS_S = 0.5
"""A hand that is faster than this, in widths of the shoulders a second, moves: about 18 cm/s (our proposal)."""

_HOLDS_S = 1.0
# The wrist and the knuckles: the fingers come and go, and a finger that taps is no gesture.
_PALM = (0, 5, 9, 13, 17)
# A hand that is found this far from where it was last seen is the other one, or another's.
_SAME_HAND_WIDTHS = 1.2

Place = tuple[float, float]


class Gestures:
    """Gathers when hands moved. Times are seconds from live."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self.moving_s = self.watched_s = 0.0
        self.still = Timed("still_hands", STILL_FROM_S, STILL_FROM_S)
        self._places: list[Place] = []
        self._looked_s: float | None = None
        self._quiet_since: float | None = None

    def add(self, at_s: float, reading: BodyReading | None) -> None:
        """Take one reading; hands that were not looked at anew tell nothing."""
        if reading is None or reading.hands_visible is None:
            self.forget(at_s)
            return
        if reading.hands_at_s is None or reading.hands_at_s == self._looked_s:
            return
        places = _places(reading)
        between_s = at_s - self._looked_s if self._looked_s is not None else math.inf
        speed = _speed(self._places, places, between_s) if 0 < between_s <= _HOLDS_S else None
        self._places, self._looked_s = places, reading.hands_at_s
        if speed is not None:
            self.watched_s += between_s
            self.moving_s += between_s if speed >= MOVING_WIDTHS_S else 0.0
        if speed is not None and speed >= MOVING_WIDTHS_S:
            self._quiet_since = None
        self.still.add(at_s, bool(places) and (speed is None or speed < MOVING_WIDTHS_S))
        self._quiet_since = at_s if self._quiet_since is None else self._quiet_since

    def still_for_s(self, at_s: float) -> float | None:
        """Return for how long no hand has moved, as far as one could be seen; None while nobody is watched."""
        return None if self._quiet_since is None else max(0.0, at_s - self._quiet_since)

    def forget(self, at_s: float) -> None:
        """Let nothing go on beyond `at_s`: nobody was in the picture."""
        self.still.end(at_s)
        self._places, self._looked_s, self._quiet_since = [], None, None


def _places(reading: BodyReading) -> list[Place]:
    """Return the middle of each palm, from the middle of the shoulders, in widths of the shoulders."""
    if reading.shoulders is None or reading.shoulders[2] < 1:
        return []
    x, y, width = reading.shoulders
    middles = (hand[list(_PALM), :2].mean(axis=0) for hand in reading.hands)
    return [((float(middle[0]) - x) / width, (float(middle[1]) - y) / width) for middle in middles]


def _speed(before: list[Place], now: list[Place], seconds: float) -> float | None:
    """Return the speed of the fastest hand that was seen both times, None where there was none."""
    ways = [min(math.dist(place, was) for was in before) for place in now] if before else []
    near = [way for way in ways if way <= _SAME_HAND_WIDTHS]
    return max(near) / seconds if near else None
