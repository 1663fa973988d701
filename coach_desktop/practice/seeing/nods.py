"""Nods: the head goes down and comes up again within a moment, and the nose goes with it.

The second condition is what keeps talking apart from nodding: a jaw that drops moves the landmarks of the chin, and
with them the pitch that is fitted to all of them, by several degrees, but not the bridge of the nose.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from coach_desktop.practice.seeing.landmarks import Landmarks

# A nod in conversation is some 5-15 degrees deep and takes 0.3-1 s. The head turns about the neck, so that at 7 degrees
# the bridge of the nose sinks by some 2 cm, 0.2 of what the eyes are apart; half of that is asked for. Of two clips of
# people who grimace as they talk, and nod not once by eye, 10 were counted in 15 s and 12 in 34 s at 4.5 degrees, 3 and
# 6 at 6 degrees with any drop, now 1 and 2.
_DEPTH_DEG = 7.0
_DROP = 0.12
_LASTS_S = 1.2
# Who turns aside meanwhile looks at something.
_MOST_YAW_DEG = 10.0
_BRIDGE, _OUTER_CORNERS = 168, (33, 263)
_MOST_KEPT = 128


def bridge_height(points: Landmarks) -> float:
    """Return how far down in the picture the bridge of the nose is, in distances between the outer corners of the eyes.

    Only differences between pictures of the same size mean something.
    """
    left, right = (points[corner, :2] for corner in _OUTER_CORNERS)
    apart = float(((right - left) ** 2).sum() ** 0.5)
    return float(points[_BRIDGE, 1]) / apart if apart > 0 else 0.0


class _Moment(NamedTuple):
    at_s: float
    pitch_deg: float
    height: float
    yaw_deg: float


class Nods:
    """Counts the nods of one face."""

    def __init__(self) -> None:
        """Begin with none."""
        self.count = 0
        self._recent: deque[_Moment] = deque(maxlen=_MOST_KEPT)

    def add(self, at_s: float, pitch_deg: float, yaw_deg: float, height: float) -> None:
        """Take what a frame at `at_s` shows; `height` as of `bridge_height`."""
        now = _Moment(at_s, pitch_deg, height, yaw_deg)
        self._recent.append(now)
        while self._recent[0].at_s < at_s - _LASTS_S:
            self._recent.popleft()
        lowest = max(self._recent, key=lambda one: one.pitch_deg)
        before = [one for one in self._recent if one.at_s < lowest.at_s]
        if not before or not _is_below(lowest, now):
            return
        yaws = [one.yaw_deg for one in self._recent]
        if max(yaws) - min(yaws) <= _MOST_YAW_DEG and any(_is_below(lowest, one) for one in before):
            self.count += 1
            # The way up of one nod is not the way down of the next.
            self._recent.clear()
            self._recent.append(now)


def _is_below(one: _Moment, other: _Moment) -> bool:
    return one.pitch_deg - other.pitch_deg >= _DEPTH_DEG and one.height - other.height >= _DROP
