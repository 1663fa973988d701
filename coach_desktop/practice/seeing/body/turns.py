"""When the body is looked at: in every picture where there is time, and never at the cost of the face or the room."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from coach_desktop.core.errors import CoachError
from coach_desktop.practice.seeing.body.posture import Posture
from coach_desktop.practice.seeing.body.watching import BodyWatch
from coach_desktop.store import model_files
from coach_desktop.tavus.delivery import BODY_MEASURES, Measure, MeasureName, Span, not_measured

if TYPE_CHECKING:
    from pathlib import Path

    from coach_desktop.practice.seeing.body.posture import PostureState
    from coach_desktop.practice.seeing.frames import Rgb
    from coach_desktop.practice.seeing.readings import BodyReading, FaceReading

log = logging.getLogger(__name__)

LIVE_SHARE = 0.38
"""What the eyes may take of one core in a session: with the ears beside them it stays under a half."""

_FAILED = "The body could not be looked at on this computer."


class Allowance:
    """Seconds of one core that may be used, which grow with time."""

    _MOST_S, _LEAST_S = 0.25, -0.5
    # On a computer for which the face alone is too much, the body is still looked at so often.
    _AT_LEAST_EVERY_S = 0.6

    def __init__(self, share: float) -> None:
        """Grant this share of one core."""
        self._share = share
        self._left_s = self._MOST_S
        self._granted_s = self._turn_s = 0.0

    def has_turn(self, at_s: float) -> bool:
        """Return whether there is time for a turn at `at_s` seconds from live."""
        self._left_s = min(self._MOST_S, self._left_s + self._share * max(0.0, at_s - self._granted_s))
        self._granted_s = max(at_s, self._granted_s)
        if self._left_s <= 0 and 0 <= at_s - self._turn_s < self._AT_LEAST_EVERY_S:
            return False
        self._turn_s = at_s
        return True

    def spend(self, seconds: float) -> None:
        """Take off what a picture cost."""
        self._left_s = max(self._LEAST_S, self._left_s - seconds)


class BodyTurns:
    """Body and hands of a session: the networks, as far as they are there, and what they found."""

    def __init__(self, models_cache: Path) -> None:
        """Load the networks; what is missing or broken is kept as the reason why the body is not measured."""
        self._posture = Posture()
        self._watch: BodyWatch | None = None
        self._no_body: str | None = None
        self._no_hands: str | None = None
        hands = None
        try:
            hands = model_files.find(model_files.HAND_LANDMARKER, models_cache).path
        except CoachError as error:
            self._no_hands = _told(error)
        try:
            pose = model_files.find(model_files.POSE_LANDMARKER, models_cache).path
            try:
                self._watch = BodyWatch(pose, hands)
            except CoachError as error:
                # One of the two is broken; the pose is worth watching without the hands.
                self._no_hands = _told(error)
                self._watch = BodyWatch(pose, None)
        except CoachError as error:
            self._no_body = _told(error)

    def look(self, at_s: float, rgb: Rgb, face: FaceReading | None) -> BodyReading | None:
        """Take a turn on a picture and return what it shows; None where nobody is seen or nothing can be looked at."""
        if self._watch is None:
            return None
        try:
            return self._watch.look(at_s, rgb, face)
        except Exception:  # whatever a native library makes of the body, the face is measured all the same
            log.exception("the body could not be looked at, at %.2f s", at_s)
            self._watch, self._no_body = None, _FAILED
            return None

    def keep(self, at_s: float, reading: BodyReading | None) -> None:
        """Gather what a turn showed."""
        if self._watch is not None:
            self._posture.add(at_s, reading)

    def calibrated(self, since_s: float) -> None:
        """Take the pose since `since_s` as the upright one."""
        self._posture.calibrated(since_s)

    def state(self, at_s: float) -> PostureState:
        """Return the moment."""
        return self._posture.state(at_s)

    def measures(self, reason: str) -> dict[MeasureName, Measure]:
        """Return the measures of the body; `reason` holds where nothing was looked at, and all was there for it."""
        if self._no_body is not None:
            return {name: not_measured(name, self._no_body) for name in BODY_MEASURES}
        return self._posture.measures(reason, no_hands=self._no_hands)

    def spans(self, until_s: float) -> list[Span]:
        """Return the stretches worth naming."""
        return self._posture.spans(until_s)

    def unload(self) -> None:
        """Let go of the networks; what was found stays."""
        self._watch = None


def _told(error: CoachError) -> str:
    log.warning("the body is not watched whole: %s %s", error.what, error.details)
    return error.what
