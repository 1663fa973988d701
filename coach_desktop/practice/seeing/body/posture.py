"""What was seen of the body over a whole session: shares, degrees, stretches worth naming, and the moment.

Only sums, histograms, the readings of the first seconds and the stretches worth naming are kept, so that an hour
costs no more memory than a minute. All limits that name no source are our proposals: nobody has labelled pictures of
posture or gestures that they could be judged by.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coach_desktop.practice.seeing.body.gathering import FirstPose, Histogram, Sway, Timed, Upright
from coach_desktop.practice.seeing.body.gestures import Gestures
from coach_desktop.tavus.delivery import (
    BODY_MEASURES,
    Measure,
    MeasureName,
    Span,
    measured,
    not_measured,
)

if TYPE_CHECKING:
    from coach_desktop.practice.seeing.readings import BodyReading

NO_SHOULDERS = "Your shoulders were not in the picture."
NO_HANDS = "Your hands were not in the picture."
NO_HIPS = "Your hips were not in the picture, and without them leaning cannot be told from moving aside."
NO_ARMS = "Your elbows and wrists were not in the picture."
NO_FACE = "No face was seen together with a body."
HARDLY_SEEN = "That could be seen for less than {seconds:.0f} s."

HAND_AT_FACE_FROM_S, HAND_AT_FACE_NAMED_S = 0.5, 3.0
CROSSED_FROM_S = 5.0
"""Arms crossed for longer count in open-source coaches (grade O in the coaching evidence)."""
ENOUGH_S = 5.0
"""What was seen for less than this is not measured."""

_HOLDS_S = 1.0
_GAP_S = 2.0
# The ears stand this much lower above the shoulders than in the upright pose.
_SUNK = 0.85


@dataclass(frozen=True)
class PostureState:
    """The moment: are hands in the picture, and for how many seconds has no hand moved there.

    None stands for what is not known: nobody is watched, or neither shoulders nor hands are in the picture.
    """

    hands: bool | None
    still_for_s: float | None


_UNSEEN = PostureState(None, None)


class Posture:
    """Gathers a session's readings of the body. Times are seconds from live; not for several threads at once."""

    def __init__(self, upright: Upright | None = None) -> None:
        """Begin with nothing seen; without an `upright` pose that of the first seconds is the one to compare with."""
        self._first = FirstPose(upright)
        self._turns, self._turns_with_shoulders = 0, 0
        self._last_s: float | None = None
        self._last: BodyReading | None = None
        self._shoulders_s = self._hands_s = self._face_s = self._arms_s = 0.0
        self._neck_s = self._sunk_s = 0.0
        self._tilt, self._lean = Histogram(), Histogram()
        self._sway = Sway()
        self._gestures = Gestures()
        self._at_face = Timed("hand_at_face", HAND_AT_FACE_FROM_S, HAND_AT_FACE_NAMED_S)
        self._crossed = Timed("crossed_arms", CROSSED_FROM_S, CROSSED_FROM_S)

    def add(self, at_s: float, reading: BodyReading | None) -> None:
        """Take the reading of one turn (None: nobody in the picture) at `at_s`.

        Readings come in order; one that is dated before the last counts as simultaneous with it. Raises `ValueError`
        where `at_s` is not a finite time from 0.
        """
        if not (math.isfinite(at_s) and at_s >= 0):
            raise ValueError(f"a body at {at_s} s")
        if self._last_s is not None:
            at_s = max(at_s, self._last_s)
            if self._last is not None:
                self._account(min(at_s - self._last_s, _HOLDS_S), self._last)
            if at_s - self._last_s > _GAP_S:
                self._forget(self._last_s + _HOLDS_S)
        self._turns += 1
        self._last_s, self._last = at_s, reading
        self._at_face.add(at_s, reading is not None and reading.hand_at_face is True)
        self._crossed.add(at_s, reading is not None and reading.arms_crossed is True)
        self._gestures.add(at_s, reading)
        if reading is not None and reading.shoulders is not None:
            self._turns_with_shoulders += 1
            self._first.add(at_s, reading)
            self._sway.add(at_s, reading.shoulders[0] / max(reading.shoulders[2], 1.0))

    def calibrated(self, since_s: float) -> None:
        """Compare from now on with the pose in which somebody has looked into the camera since `since_s`."""
        self._first.calibrated(since_s)

    def state(self, at_s: float) -> PostureState:
        """Return the state at `at_s`; with no turn in the last two seconds nothing is claimed."""
        if self._last_s is None or self._last is None or at_s - self._last_s > _GAP_S:
            return _UNSEEN
        return PostureState(self._last.hands_visible, self._gestures.still_for_s(at_s))

    def measures(self, reason_if_none: str, *, no_hands: str | None = None) -> dict[MeasureName, Measure]:
        """Return the measures of the body; `reason_if_none` says why, where not a single picture was looked at.

        `no_hands` says why hands were not watched at all. What the names mean is told in `docs/report.md`.
        """
        if not self._turns:
            return {name: not_measured(name, reason_if_none) for name in BODY_MEASURES}
        found = self._hand_measures() if no_hands is None else {}
        reason = no_hands or NO_HANDS
        return {name: not_measured(name, reason) for name in BODY_MEASURES} | found | self._upright_measures()

    def spans(self, until_s: float) -> list[Span]:
        """Return the stretches worth naming up to `until_s`."""
        end_s = min(until_s, (self._last_s or 0.0) + _HOLDS_S)
        every = (self._at_face, self._crossed, self._gestures.still)
        return [span for timed in every for span in timed.spans(end_s) if span.start_s <= until_s]

    def _account(self, seconds: float, was: BodyReading) -> None:
        """Credit the time since the last turn to what that turn showed."""
        self._face_s += seconds if was.hand_at_face is not None else 0.0
        self._arms_s += seconds if was.arms_crossed is not None else 0.0
        if was.shoulders is None:
            return
        if was.hands_visible is not None:
            self._shoulders_s += seconds
            self._hands_s += seconds if was.hands_visible else 0.0
        upright = self._first.upright
        if upright is None:
            return
        if was.shoulder_tilt_deg is not None and upright.tilt_deg is not None:
            self._tilt.add(was.shoulder_tilt_deg - upright.tilt_deg, seconds)
        if was.neck is not None and upright.neck is not None:
            self._neck_s += seconds
            self._sunk_s += seconds if was.neck < _SUNK * upright.neck else 0.0
        if was.lean_deg is not None and upright.lean_deg is not None:
            self._lean.add(was.lean_deg - upright.lean_deg, seconds)

    def _hand_measures(self) -> dict[MeasureName, Measure]:
        moving, watched = self._gestures.moving_s, self._gestures.watched_s
        at_face_s = self._at_face.total_s(self._end_s())
        return {
            "hands_visible": _share("hands_visible", self._hands_s, self._shoulders_s, self._why(NO_SHOULDERS)),
            "hand_at_face": _share("hand_at_face", at_face_s, self._face_s, NO_FACE),
            "gesture_activity": _share("gesture_activity", moving, watched, NO_HANDS),
        }

    def _upright_measures(self) -> dict[MeasureName, Measure]:
        """Return what is told against the upright pose of the first seconds, and the arms."""
        reason = self._why(HARDLY_SEEN.format(seconds=ENOUGH_S + self._first.NEEDS_S))
        tilt_deg = self._tilt.percentile(0.5) if self._tilt.seconds >= ENOUGH_S else None
        lean_deg = self._lean.percentile(0.9) if self._lean.seconds >= ENOUGH_S else None
        crossed_s = self._crossed.total_s(self._end_s()) if self._arms_s >= ENOUGH_S else None
        return {
            "shoulder_tilt": _or_reason("shoulder_tilt", tilt_deg, reason),
            "lean": _or_reason("lean", lean_deg, self._why(NO_HIPS)),
            "slouch": _share("slouch", self._sunk_s, self._neck_s, reason),
            "sway": _or_reason("sway", self._sway.spread(), self._why(HARDLY_SEEN.format(seconds=Sway.WINDOW_S))),
            "crossed_arms": _or_reason("crossed_arms", crossed_s, _why(self._arms_s, NO_ARMS)),
        }

    def _why(self, reason: str) -> str:
        return reason if self._turns_with_shoulders else NO_SHOULDERS

    def _end_s(self) -> float:
        return self._last_s or 0.0

    def _forget(self, seen_until_s: float) -> None:
        for timed in (self._at_face, self._crossed):
            timed.end(seen_until_s)
        self._gestures.forget(seen_until_s)


def _why(seconds: float, reason: str) -> str:
    return HARDLY_SEEN.format(seconds=ENOUGH_S) if seconds else reason


def _or_reason(name: MeasureName, value: float | None, reason: str) -> Measure:
    return not_measured(name, reason) if value is None else measured(name, value)


def _share(name: MeasureName, seconds: float, of_s: float, reason: str) -> Measure:
    return _or_reason(name, min(1.0, seconds / of_s) if of_s >= ENOUGH_S else None, _why(of_s, reason))
