"""Sums over a session that do not grow with it: time of stretches, a histogram of degrees, sway, the first pose."""

from __future__ import annotations

import math
import statistics
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coach_desktop.tavus.delivery import Span, SpanKind

if TYPE_CHECKING:
    from coach_desktop.practice.seeing.readings import BodyReading


class Timed:
    """How long something went on, in stretches; what is missed for half a second has not ended."""

    HOLDS_S = 0.5

    def __init__(self, kind: SpanKind, counts_from_s: float, named_from_s: float) -> None:
        """Count stretches from one length on and name them from another."""
        self._kind = kind
        self._counts_from_s, self._named_from_s = counts_from_s, named_from_s
        self._since: float | None = None
        self._missing_since: float | None = None
        self._ended_s = 0.0
        self._spans: list[Span] = []

    def add(self, at_s: float, going_on: bool) -> None:
        """Say whether it goes on at `at_s`."""
        if going_on:
            self._since = at_s if self._since is None else self._since
            self._missing_since = None
        elif self._since is not None:
            self._missing_since = at_s if self._missing_since is None else self._missing_since
            if at_s - self._missing_since >= self.HOLDS_S:
                self.end(self._missing_since)

    def end(self, at_s: float) -> None:
        """Let what goes on end at `at_s`, or where it was missed first."""
        span = self._going_on(at_s)
        self._since = self._missing_since = None
        if span is None:
            return
        if span.duration_s >= self._counts_from_s:
            self._ended_s += span.duration_s
        if span.duration_s >= self._named_from_s:
            self._spans.append(span)

    def total_s(self, until_s: float) -> float:
        """Return the seconds of all stretches that are long enough to count."""
        span = self._going_on(until_s)
        lasted = span.duration_s if span is not None else 0.0
        return self._ended_s + (lasted if lasted >= self._counts_from_s else 0.0)

    def lasted_s(self, until_s: float) -> float:
        """Return for how long it has gone on, 0 where it does not."""
        span = self._going_on(until_s)
        return span.duration_s if span is not None else 0.0

    def spans(self, until_s: float) -> list[Span]:
        """Return the stretches worth naming, as far as they lie before `until_s`."""
        going_on = self._going_on(until_s)
        every = [*self._spans, *([going_on] if going_on else [])]
        clipped = [span.model_copy(update={"end_s": min(span.end_s, until_s)}) for span in every]
        return [span for span in clipped if span.duration_s >= self._named_from_s]

    def _going_on(self, until_s: float) -> Span | None:
        if self._since is None:
            return None
        end_s = until_s if self._missing_since is None else min(until_s, self._missing_since)
        return Span(kind=self._kind, start_s=self._since, end_s=max(self._since, end_s))


class Histogram:
    """Time spent at each quarter of a degree, from 0 to 90."""

    _MOST_DEG, _BINS_PER_DEG = 90, 4

    def __init__(self) -> None:
        """Begin with nothing."""
        self._bins = [0.0] * (self._MOST_DEG * self._BINS_PER_DEG)
        self.seconds = 0.0

    def add(self, degrees: float, seconds: float) -> None:
        """Add time at an angle, whichever its sign."""
        self._bins[min(len(self._bins) - 1, int(abs(degrees) * self._BINS_PER_DEG))] += seconds
        self.seconds += seconds

    def percentile(self, share: float) -> float:
        """Return the angle that this share of the time was not above; 0 where no time was spent."""
        passed = 0.0
        for index, seconds in enumerate(self._bins):
            if seconds and passed + seconds >= share * self.seconds:
                return (index + (share * self.seconds - passed) / seconds) / self._BINS_PER_DEG
            passed += seconds
        return 0.0


class Sway:
    """How far the shoulders move from side to side: the standard deviation within windows of 10 s, in their widths.

    Windows, so that a change of place in a long talk is no swaying.
    """

    WINDOW_S = 10.0
    _LEAST_READINGS = 10
    _GAP_S = 2.0

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._window: list[float] = []
        self._since = self._last_s = -math.inf
        self._variances, self._windows = 0.0, 0

    def add(self, at_s: float, place: float) -> None:
        """Take the middle of the shoulders in their widths."""
        if at_s - self._last_s > self._GAP_S:
            self._window, self._since = [], at_s
        elif at_s - self._since >= self.WINDOW_S:
            if len(self._window) >= self._LEAST_READINGS:
                self._variances += statistics.pvariance(self._window)
                self._windows += 1
            self._window, self._since = [], at_s
        self._last_s = at_s
        self._window.append(place)

    def spread(self) -> float | None:
        """Return the standard deviation over all whole windows, None before the first."""
        return math.sqrt(self._variances / self._windows) if self._windows else None


@dataclass(frozen=True)
class Upright:
    """The pose to compare with: the tilt of the shoulders, the height of the ears above them in their widths, the lean.

    None stands for what was not seen of it.
    """

    tilt_deg: float | None
    neck: float | None
    lean_deg: float | None
    width: float


class FirstPose:
    """The upright pose: the median of the readings with shoulders of the first seconds, or of a calibration."""

    NEEDS_S = 5.0
    _LEAST_READINGS, _MOST_READINGS = 8, 200
    _CALIBRATION_S = 4.0

    def __init__(self, upright: Upright | None) -> None:
        """Take a pose that is known already, or begin with none."""
        self.upright = upright
        self._readings: list[BodyReading] = []
        self._newest: deque[tuple[float, BodyReading]] = deque(maxlen=self._MOST_READINGS)
        self._seen_s = 0.0
        self._last_s: float | None = None

    def add(self, at_s: float, reading: BodyReading) -> None:
        """Take one reading with shoulders; after the first seconds only a calibration changes the pose any more."""
        self._newest.append((at_s, reading))
        while at_s - self._newest[0][0] > self._CALIBRATION_S:
            self._newest.popleft()
        if self.upright is not None:
            return
        self._seen_s += 0.0 if self._last_s is None else min(at_s - self._last_s, 1.0)
        self._last_s = at_s
        if len(self._readings) < self._MOST_READINGS:
            self._readings.append(reading)
        if self._seen_s >= self.NEEDS_S:
            self._take(self._readings)

    def calibrated(self, since_s: float) -> None:
        """Take the pose of the readings from `since_s` on, of the last four seconds, where there are enough."""
        self._take([reading for at_s, reading in self._newest if at_s >= since_s])

    def _take(self, readings: list[BodyReading]) -> None:
        if len(readings) < self._LEAST_READINGS:
            return
        self.upright = Upright(
            tilt_deg=_median([one.shoulder_tilt_deg for one in readings], self._LEAST_READINGS),
            neck=_median([one.neck for one in readings], self._LEAST_READINGS),
            lean_deg=_median([one.lean_deg for one in readings], self._LEAST_READINGS),
            width=statistics.median(one.shoulders[2] for one in readings if one.shoulders is not None),
        )
        self._readings = []


def _median(values: list[float | None], least: int) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if len(known) >= least else None
