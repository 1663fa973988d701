"""What was seen over a whole session, from one reading a frame: shares, spans and the state of the moment.

Only sums, a histogram of the head's yaw, the last second of votes and the spans worth naming are kept, so
that an hour costs no more memory than a minute.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from coach_desktop.tavus.delivery import (
    SIGHT_MEASURES,
    Measure,
    MeasureName,
    Span,
    measured,
    not_measured,
)

if TYPE_CHECKING:
    from coach_desktop.practice.seeing.readings import FaceReading

NO_FACE_REASON = "No face was seen."
HARDLY_A_FACE_REASON = "A face was seen for less than a second."

SMILE_FROM = 0.3
"""Smile score of a smiling face: happy against neutral ones, precision 0.97, recall 0.72."""

# A frame stands for the time until the next one, but a camera that hangs shows nothing new.
_FRAME_HOLDS_S = 0.5
# Beyond this gap between frames nothing is known of what went on, so nothing that was going on is continued.
_GAP_S = 2.0
# Eye contact is the vote of this much time; a change needs a clear majority, so that single misreadings and
# the flicker at the threshold do not count as looking away.
_VOTE_S = 0.7
_VOTES_KEPT = 64
_CHANGE_TO_CONTACT, _CHANGE_TO_AWAY = 0.6, 0.4
# A face that is missed for a moment (a hand, a fast turn) has not left.
_FACE_HOLDS_S = 0.5
_MIN_FACE_S = 1.0
_SPAN_FROM_S = 2.0
_YAW_LIMIT_DEG = 90
_BINS_PER_DEG = 2


@dataclass(frozen=True)
class SightState:
    """The moment: is a face there, does it look at the camera (None: no face), for how many seconds not."""

    face: bool
    eye_contact: bool | None
    looking_away_for_s: float
    no_face_for_s: float


_Phase = Literal["contact", "look_away", "no_face"]
_UNSEEN = SightState(face=False, eye_contact=None, looking_away_for_s=0.0, no_face_for_s=0.0)


class Sight:
    """Gathers a session's readings. Times are seconds from live; not for use by several threads at once."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._frames = 0
        self._frames_with_face = 0
        self._face_s = 0.0
        self._contact_s = 0.0
        self._smile_s = 0.0
        self._yaw = _YawHistogram()
        self._votes: deque[tuple[float, bool]] = deque(maxlen=_VOTES_KEPT)
        self._last_s: float | None = None
        self._last: FaceReading | None = None
        self._missing_since: float | None = None
        self._phase: _Phase | None = None
        self._since = 0.0
        self._spans: list[Span] = []

    def add(self, at_s: float, reading: FaceReading | None) -> None:
        """Take the reading of one frame (None: no face in it) at `at_s`.

        Frames come in order; one that is dated before the last counts as simultaneous with it. Raises
        `ValueError` where `at_s` is not a finite time from 0.
        """
        if not (math.isfinite(at_s) and at_s >= 0):
            raise ValueError(f"a frame at {at_s} s")
        if self._last_s is not None:
            at_s = max(at_s, self._last_s)
            self._account(min(at_s - self._last_s, _FRAME_HOLDS_S))
            if at_s - self._last_s > _GAP_S:
                self._forget(self._last_s + _FRAME_HOLDS_S)
        self._frames += 1
        self._last_s, self._last = at_s, reading
        if reading is None:
            self._missed(at_s)
        else:
            self._frames_with_face += 1
            self._seen(at_s, reading)

    def state(self, at_s: float) -> SightState:
        """Return the state at `at_s`; with no frame in the last two seconds, nothing is claimed."""
        if self._last_s is None or self._phase is None or at_s - self._last_s > _GAP_S:
            return _UNSEEN
        lasted = max(0.0, min(at_s, self._last_s + _FRAME_HOLDS_S) - self._since)
        return SightState(
            face=self._phase != "no_face",
            eye_contact=None if self._phase == "no_face" else self._phase == "contact",
            looking_away_for_s=lasted if self._phase == "look_away" else 0.0,
            no_face_for_s=lasted if self._phase == "no_face" else 0.0,
        )

    def measures(self, reason_if_none: str) -> dict[MeasureName, Measure]:
        """Return the four measures of sight; `reason_if_none` says why, where not a single frame arrived.

        `face_present` is a share of the frames received; `eye_contact` (after the vote) and `smile` are
        shares of the time in which a face was seen; `head_yaw_spread` is the distance in degrees between
        the 10th and the 90th percentile of yaw over that time, which a single glance aside or a misread
        frame hardly moves.
        """
        if not self._frames:
            return {name: not_measured(name, reason_if_none) for name in SIGHT_MEASURES}
        found = {name: not_measured(name, self._why_no_face()) for name in SIGHT_MEASURES}
        found["face_present"] = measured("face_present", self._frames_with_face / self._frames)
        if self._face_s >= _MIN_FACE_S:
            found["eye_contact"] = measured("eye_contact", min(1.0, self._contact_s / self._face_s))
            found["smile"] = measured("smile", min(1.0, self._smile_s / self._face_s))
            found["head_yaw_spread"] = measured("head_yaw_spread", self._yaw.spread_deg())
        return found

    def spans(self, until_s: float) -> list[Span]:
        """Return the stretches of two seconds and more without eye contact or a face, up to `until_s`."""
        found = list(self._spans)
        if self._last_s is not None:
            going_on = self._span(min(until_s, self._last_s + _FRAME_HOLDS_S))
            found += [going_on] if going_on else []
        clipped = [span.model_copy(update={"end_s": min(span.end_s, until_s)}) for span in found]
        return [span for span in clipped if span.duration_s >= _SPAN_FROM_S]

    def longest_look_away(self, until_s: float) -> Span | None:
        """Return the longest stretch without eye contact, or None where there was none of two seconds."""
        away = [span for span in self.spans(until_s) if span.kind == "look_away"]
        return max(away, key=lambda span: span.duration_s, default=None)

    def _why_no_face(self) -> str:
        return HARDLY_A_FACE_REASON if self._frames_with_face else NO_FACE_REASON

    def _account(self, seconds: float) -> None:
        """Credit the time since the last frame to what that frame showed."""
        if self._last is None:
            return
        self._face_s += seconds
        self._contact_s += seconds if self._phase == "contact" else 0.0
        self._smile_s += seconds if self._last.smile >= SMILE_FROM else 0.0
        self._yaw.add(self._last.yaw_deg, seconds)

    def _seen(self, at_s: float, reading: FaceReading) -> None:
        self._missing_since = None
        # Closed eyes do not vote: a blink leaves the verdict to the frames around it.
        if not reading.eyes_closed:
            self._votes.append((at_s, reading.eye_contact))
        while self._votes and self._votes[0][0] < at_s - _VOTE_S:
            self._votes.popleft()
        self._enter("contact" if self._verdict() else "look_away", at_s)

    def _verdict(self) -> bool:
        if not self._votes:
            # Eyes that stay closed longer than a blink, or are closed when the face comes into view.
            return False
        share = sum(contact for _, contact in self._votes) / len(self._votes)
        if self._phase == "contact":
            return share >= _CHANGE_TO_AWAY
        if self._phase == "look_away":
            return share > _CHANGE_TO_CONTACT
        return share >= 0.5

    def _missed(self, at_s: float) -> None:
        if self._missing_since is None:
            self._missing_since = at_s
        if self._phase is None or at_s - self._missing_since >= _FACE_HOLDS_S:
            self._votes.clear()
            self._enter("no_face", self._missing_since)

    def _enter(self, phase: _Phase, at_s: float) -> None:
        if phase == self._phase:
            return
        self._close(at_s)
        self._phase, self._since = phase, at_s

    def _forget(self, seen_until_s: float) -> None:
        self._close(seen_until_s)
        self._phase, self._missing_since = None, None
        self._votes.clear()

    def _close(self, until_s: float) -> None:
        ended = self._span(until_s)
        if ended and ended.duration_s >= _SPAN_FROM_S:
            self._spans.append(ended)

    def _span(self, until_s: float) -> Span | None:
        if self._phase is None or self._phase == "contact":
            return None
        return Span(kind=self._phase, start_s=self._since, end_s=max(self._since, until_s))


class _YawHistogram:
    """Time spent at each half degree of yaw, from -90 to 90."""

    def __init__(self) -> None:
        self._seconds = [0.0] * (2 * _YAW_LIMIT_DEG * _BINS_PER_DEG)

    def add(self, yaw_deg: float, seconds: float) -> None:
        index = math.floor((yaw_deg + _YAW_LIMIT_DEG) * _BINS_PER_DEG)
        self._seconds[min(len(self._seconds) - 1, max(0, index))] += seconds

    def spread_deg(self) -> float:
        return self._percentile(0.9) - self._percentile(0.1)

    def _percentile(self, share: float) -> float:
        target = share * sum(self._seconds)
        passed = 0.0
        for index, seconds in enumerate(self._seconds):
            if seconds and passed + seconds >= target:
                return (index + (target - passed) / seconds) / _BINS_PER_DEG - _YAW_LIMIT_DEG
            passed += seconds
        return float(_YAW_LIMIT_DEG)
