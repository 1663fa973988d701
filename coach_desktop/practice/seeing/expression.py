"""Smiles and raised brows over time, against the face's own neutral. What they mean is nobody's to say here.

The neutral comes from a calibration or, after 10 s with a face, from the time in which the face did least. It only
ever raises the bar: a face whose mouth turns up at rest has to do more than rest, but a small smile stays a small one.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from coach_desktop.practice.seeing.histogram import TimeHistogram

if TYPE_CHECKING:
    from coach_desktop.practice.seeing.readings import FaceReading

SMILE_FROM = 0.3
"""Smile score of a smiling face: happy against neutral ones, precision 0.97, recall 0.72."""
NEUTRAL_AFTER_S = 10.0
"""So long a face is watched before its neutral is known."""

_BINS = 100
# What is a neutral face and no lasting smile, or brows that are up all the time.
_HIGHEST_NEUTRAL = 0.5
_SMILE_ABOVE, _SMILE_NEUTRAL_QUANTILE = 0.2, 0.1
# Of 66 labelled faces half read below 0.05 and nine in ten below 0.3.
_BROW_UP_ABOVE, _BROW_DOWN_ABOVE, _BROW_NEUTRAL_QUANTILE = 0.2, 0.1, 0.25
_BROW_LASTS_S = 0.3
# A blink takes 0.1 to 0.4 s.
_BLINK_AT_MOST_S = 0.5
# In a film of a woman who weeps with her lips closed the upper lip reads 0.10 at most, where she laughs 0.8 to 0.9.
_TEETH_FROM = 0.3
# A face that was not seen for so long may have done anything meanwhile.
_BROKEN_OFF_S = 0.5
# Ten seconds at 60 frames a second.
_MOST_WAITING = 600


class ShutEyes:
    """Takes the smile off a face whose eyes stay shut: who weeps or strains draws the mouth as who smiles does.

    Not where teeth are shown: that is a laugh, or a smile with the eyes cast down.
    """

    def __init__(self) -> None:
        """Begin with open eyes."""
        self._since: float | None = None
        self._last_s = 0.0

    def judged(self, at_s: float, reading: FaceReading) -> FaceReading:
        """Return what a picture at `at_s` shows, without a smile where the eyes are shut for longer than a blink."""
        if not reading.eyes_closed or reading.lip_raise >= _TEETH_FROM:
            self._since = None
            return reading
        if self._since is None or at_s - self._last_s > _BROKEN_OFF_S:
            self._since = at_s
        self._last_s = at_s
        return replace(reading, smile=0.0) if at_s - self._since > _BLINK_AT_MOST_S else reading


class SmileTime:
    """How much of the time a face smiles."""

    def __init__(self) -> None:
        """Begin with no time and no neutral."""
        self.neutral: float | None = None
        self._levels = TimeHistogram(0.0, 1.0, _BINS)

    def add(self, level: float, seconds: float) -> None:
        """Add the time for which a face had a smile score; a negative time takes back what was added."""
        self._levels.add(level, seconds)

    def bar(self) -> float:
        """Return the score from which this face smiles."""
        neutral = self.neutral
        if neutral is None:
            if self._levels.total_s < NEUTRAL_AFTER_S:
                return SMILE_FROM
            neutral = self._levels.quantile(_SMILE_NEUTRAL_QUANTILE)
        return max(SMILE_FROM, min(neutral, _HIGHEST_NEUTRAL) + _SMILE_ABOVE)

    def smiling_s(self) -> float:
        """Return the seconds with a smile, the time before the neutral was known included."""
        return self._levels.seconds_from(self.bar())


class BrowRaises:
    """Counts how often the brows go up for 0.3 s and more."""

    def __init__(self) -> None:
        """Begin with nothing seen and no neutral."""
        self._neutral: float | None = None
        self._levels = TimeHistogram(0.0, 1.0, _BINS)
        self._waiting: deque[tuple[float, float]] = deque(maxlen=_MOST_WAITING)
        self._count = 0
        self._last_s: float | None = None
        self._up_since: float | None = None
        self._counted = False

    @property
    def neutral(self) -> float | None:
        """Where this face's brows rest, None while that is not known."""
        if self._neutral is not None:
            return self._neutral
        if self._levels.total_s < NEUTRAL_AFTER_S:
            return None
        return min(self._levels.quantile(_BROW_NEUTRAL_QUANTILE), _HIGHEST_NEUTRAL)

    @neutral.setter
    def neutral(self, level: float) -> None:
        self._neutral = level

    @property
    def count(self) -> int | None:
        """How often they went up; None while the neutral is not known."""
        return None if self.neutral is None else self._count

    def add(self, at_s: float, level: float, seconds: float) -> None:
        """Take what a frame at `at_s` shows; `seconds` have passed with a face since the one before."""
        self._levels.add(level, seconds)
        neutral = self.neutral
        if neutral is None:
            self._waiting.append((at_s, level))
            return
        while self._waiting:
            self._judge(*self._waiting.popleft(), neutral)
        self._judge(at_s, level, neutral)

    def _judge(self, at_s: float, level: float, neutral: float) -> None:
        if self._last_s is not None and at_s - self._last_s > _BROKEN_OFF_S:
            self._up_since = None
        self._last_s = at_s
        if level < neutral + (_BROW_DOWN_ABOVE if self._up_since is not None else _BROW_UP_ABOVE):
            self._up_since = None
            return
        if self._up_since is None:
            self._up_since, self._counted = at_s, False
        if not self._counted and at_s - self._up_since >= _BROW_LASTS_S:
            self._count, self._counted = self._count + 1, True
