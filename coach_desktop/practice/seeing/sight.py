"""What was seen over a whole session, from one reading a frame: shares, spans and the state of the moment.

Only sums, histograms, the last seconds and the spans worth naming are kept, so that an hour costs no more
memory than a minute.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from dataclasses import dataclass
from itertools import islice
from statistics import median
from typing import TYPE_CHECKING, Literal, NamedTuple

from coach_desktop.practice.seeing.expression import NEUTRAL_AFTER_S, BrowRaises, SmileTime
from coach_desktop.practice.seeing.gaze import ZONE, Gaze, likely_contact
from coach_desktop.practice.seeing.histogram import TimeHistogram
from coach_desktop.practice.seeing.nods import Nods, bridge_height
from coach_desktop.tavus.delivery import (
    SIGHT_MEASURES,
    Direction,
    Measure,
    MeasureName,
    Span,
    measured,
    not_measured,
)

if TYPE_CHECKING:
    from coach_desktop.practice.seeing.calibration import Calibration
    from coach_desktop.practice.seeing.readings import FaceReading

NO_FACE_REASON = "No face was seen."
TOO_DARK_REASON = "The picture was too dark to see a face."
HARDLY_A_FACE_REASON = "A face was seen for less than a second."
NO_NEUTRAL_REASON = f"A face was seen for less than {NEUTRAL_AFTER_S:.0f} seconds, too little to know how it rests."

# A frame stands for the time until the next one, but a camera that hangs shows nothing new.
_FRAME_HOLDS_S = 0.5
# Beyond this gap between frames nothing is known of what went on, so nothing that was going on is continued.
_GAP_S = 2.0
# Whether there is eye contact is the vote of this much time, in which a picture at the border of the zone weighs less
# than a clear one; a change needs a majority, so that single misreadings and the flicker at the border do not count as
# looking away.
_VOTE_S = 0.7
_VOTES_KEPT = 64
_CHANGE_TO_CONTACT, _CHANGE_TO_AWAY = 0.55, 0.45
# The share of eye contact counts the pictures themselves, doubtful ones in part, by the median of so many, in which
# single misreadings are lost: it depends less than the vote on which pictures of a film are looked at.
_MEDIAN_OF = 3
# A face that is missed for a moment (a hand, a fast turn) has not left.
_FACE_HOLDS_S = 0.5
_MIN_FACE_S = 1.0
_SPAN_FROM_S = 2.0
_LOOK_AWAY_FROM_S = 0.5
# Labelled faces made smaller keep an AUC of 0.87 down to 35 pixels of width, at 25 of 0.7: an iris is one pixel then.
_SMALL_FACE_PX = 40.0
# Other faces are looked for every two seconds, small ones in one part of the picture at a time: in 1280 x 720 one as
# large as the user's was found a third of the times. What is found much less often goes past, or is none.
_COMPANY_TIMES, _COMPANY_SHARE = 2, 0.05
_YAW_LIMIT_DEG = 90
_YAW_BINS = 360
# As far back as `forget_since` may reach, in seconds and frames.
_REMEMBERED_S, _MOST_REMEMBERED = 8.0, 512


@dataclass(frozen=True)
class SightState:
    """The moment: is a face there, does it look at the camera (None: no face), for how many seconds not.

    `too_dark_for_s`: for how long no face could have been seen, because the picture was too dark.
    """

    face: bool
    eye_contact: bool | None
    looking_away_for_s: float
    no_face_for_s: float
    too_dark_for_s: float = 0.0


_Phase = Literal["contact", "look_away", "no_face"]
_UNSEEN = SightState(face=False, eye_contact=None, looking_away_for_s=0.0, no_face_for_s=0.0)


class _Credit(NamedTuple):
    """What the time up to a frame was taken for: the reading that stood for it, and how much of it was contact."""

    at_s: float
    seconds: float
    stood: FaceReading | None
    contact: float
    has_face: bool


class Sight:
    """Gathers a session's readings. Times are seconds from live; not for use by several threads at once."""

    def __init__(self, calibration: Calibration | None = None) -> None:
        """Begin with nothing seen. With a `calibration` the face's neutral is known from the start."""
        self._frames = 0
        self._frames_with_face = 0
        self._dark_frames = 0
        self._face_s = 0.0
        self._small_face_s = 0.0
        self._looked_for_others = self._found_others = 0
        self._contact_s = 0.0
        self._smile = SmileTime()
        self._brows = BrowRaises()
        self._nods = Nods()
        self._yaw = TimeHistogram(-_YAW_LIMIT_DEG, _YAW_LIMIT_DEG, _YAW_BINS)
        self._credits: deque[_Credit] = deque(maxlen=_MOST_REMEMBERED)
        self._votes: deque[tuple[float, float]] = deque(maxlen=_VOTES_KEPT)
        self._last_s: float | None = None
        self._last: FaceReading | None = None
        self._last_contact = 0.0
        self._missing_since: float | None = None
        self._dark_since: float | None = None
        self._phase: _Phase | None = None
        self._since = 0.0
        self._directions: Counter[Direction] = Counter()
        self._look_aways = 0
        self._longest_away_s = 0.0
        self._spans: list[Span] = []
        self._dark: list[tuple[float, float]] = []
        if calibration is not None:
            self.calibrated(calibration)

    def calibrated(self, calibration: Calibration) -> None:
        """Take smile and brows of the face at rest from now on; gaze is the pipeline's."""
        self._smile.neutral = calibration.smile
        self._brows.neutral = calibration.brow_raise

    def add(self, at_s: float, reading: FaceReading | None, *, too_dark: bool = False) -> None:
        """Take the reading of one frame at `at_s` (None: no face in it, perhaps because it was too dark).

        Frames come in order; one that is dated before the last counts as simultaneous with it. Raises
        `ValueError` where `at_s` is not a finite time from 0.
        """
        if not (math.isfinite(at_s) and at_s >= 0):
            raise ValueError(f"a frame at {at_s} s")
        passed = 0.0
        if self._last_s is not None:
            at_s = max(at_s, self._last_s)
            passed = min(at_s - self._last_s, _FRAME_HOLDS_S)
            if at_s - self._last_s > _GAP_S:
                self._forget(self._last_s + _FRAME_HOLDS_S)
        self._credit(_Credit(at_s, passed, self._last, self._last_contact, reading is not None))
        self._last_s, self._last = at_s, reading
        self._darkened(at_s, dark=reading is None and too_dark)
        if reading is None:
            self._missed(at_s)
        else:
            self._seen(at_s, reading, passed)

    def forget_since(self, since_s: float) -> None:
        """Take back what was made of the frames after `since_s`, some seconds ago: they showed nothing new.

        Until the next frame nothing is known. What lies further back than 8 s stays.
        """
        while self._credits and (self._credits[-1].at_s > since_s or self._frames == 1):
            # Of a single picture that never changed nobody knows whether it was one.
            self._account(self._credits.pop(), -1)
        self._forget(max(since_s, self._since))
        self._last_s, self._last = None, None

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
            too_dark_for_s=0.0 if self._dark_since is None else max(0.0, self._last_s - self._dark_since),
        )

    def measures(self, reason_if_none: str, until_s: float | None = None) -> dict[MeasureName, Measure]:
        """Return the measures of sight; `reason_if_none` says why, where not a single frame arrived.

        `face_present` is a share of the frames received; `eye_contact` and `smile` are shares of the time in
        which a face was seen, doubtful contact in part; `head_yaw_spread` is the distance in degrees between
        the 10th and the 90th percentile of yaw over that time, which a single glance aside or a misread
        frame hardly moves. `look_aways` counts the stretches of half a second and more in which a visible face
        did not look at the camera, one that is going on at `until_s` included. `brow_raises` takes the face's
        neutral, which is known after 10 s with a face.
        """
        if not self._frames:
            return {name: not_measured(name, reason_if_none) for name in SIGHT_MEASURES}
        found = {name: not_measured(name, self._why_no_face()) for name in SIGHT_MEASURES}
        found["face_present"] = measured("face_present", self._frames_with_face / self._frames)
        if self._face_s >= _MIN_FACE_S:
            going_on_s = self._going_on_s(until_s)
            found["eye_contact"] = measured("eye_contact", _share(self._contact_s, self._face_s))
            found["smile"] = measured("smile", _share(self._smile.smiling_s(), self._face_s))
            found["head_yaw_spread"] = measured("head_yaw_spread", self._yaw.quantile(0.9) - self._yaw.quantile(0.1))
            found["look_aways"] = measured("look_aways", self._look_aways + (going_on_s >= _LOOK_AWAY_FROM_S))
            found["look_away_longest"] = measured("look_away_longest", max(self._longest_away_s, going_on_s))
            found["nods"] = measured("nods", self._nods.count)
            raises = self._brows.count
            found["brow_raises"] = (
                not_measured("brow_raises", NO_NEUTRAL_REASON) if raises is None else measured("brow_raises", raises)
            )
        return found

    def smile_bar(self) -> float:
        """Return the score from which this face smiles, by what is known of it so far."""
        return self._smile.bar()

    def is_small(self) -> bool:
        """Return whether most of the time the face was too small for its eyes to be read well."""
        return self._face_s >= _MIN_FACE_S and 2 * self._small_face_s > self._face_s

    def was_in_company(self) -> bool:
        """Return whether other faces were there for more than a moment, of which one could be taken for the user's."""
        return self._found_others >= max(_COMPANY_TIMES, _COMPANY_SHARE * self._looked_for_others)

    def dark_stretches(self) -> list[tuple[float, float]]:
        """Return from when to when it was too dark to see a face, in stretches of two seconds and more."""
        found = list(self._dark)
        if self._dark_since is not None and self._last_s is not None:
            found.append((self._dark_since, self._last_s))
        return [(start_s, end_s) for start_s, end_s in found if end_s - start_s >= _SPAN_FROM_S]

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
        if self._frames_with_face:
            return HARDLY_A_FACE_REASON
        return TOO_DARK_REASON if 2 * self._dark_frames >= self._frames else NO_FACE_REASON

    def _going_on_s(self, until_s: float | None) -> float:
        """Return how long the look away lasts that is going on, 0 where none is."""
        if self._phase != "look_away" or self._last_s is None:
            return 0.0
        seen_until_s = self._last_s if until_s is None else min(until_s, self._last_s + _FRAME_HOLDS_S)
        lasted_s = seen_until_s - self._since
        return lasted_s if lasted_s >= _LOOK_AWAY_FROM_S else 0.0

    def _credit(self, credit: _Credit) -> None:
        while self._credits and self._credits[0].at_s < credit.at_s - _REMEMBERED_S:
            self._credits.popleft()
        self._credits.append(credit)
        self._account(credit, 1)

    def _account(self, credit: _Credit, sign: Literal[1, -1]) -> None:
        """Credit the time up to a frame to what the frame before it showed, or take that back."""
        self._frames += sign
        self._frames_with_face += sign * credit.has_face
        if credit.stood is None:
            return
        seconds = sign * credit.seconds
        self._face_s += seconds
        self._contact_s += seconds * credit.contact
        self._small_face_s += seconds if _width_px(credit.stood) < _SMALL_FACE_PX else 0.0
        if credit.stood.has_company is not None:
            self._looked_for_others += sign
            self._found_others += sign * credit.stood.has_company
        self._smile.add(credit.stood.smile, seconds)
        self._yaw.add(credit.stood.yaw_deg, seconds)

    def _darkened(self, at_s: float, *, dark: bool) -> None:
        self._dark_frames += dark
        if dark:
            self._dark_since = at_s if self._dark_since is None else self._dark_since
        elif self._dark_since is not None:
            if at_s - self._dark_since >= _SPAN_FROM_S:
                self._dark.append((self._dark_since, at_s))
            self._dark_since = None

    def _seen(self, at_s: float, reading: FaceReading, passed_s: float) -> None:
        self._missing_since = None
        # Closed eyes do not vote: a blink leaves the verdict to the frames around it.
        if not reading.eyes_closed:
            self._votes.append((at_s, likely_contact(reading.eye_contact_score)))
        while self._votes and self._votes[0][0] < at_s - _VOTE_S:
            self._votes.popleft()
        vote = self._vote()
        self._last_contact = median(self._newest_votes()) if self._votes else 0.0
        self._enter("contact" if self._is_contact(vote) else "look_away", at_s)
        if self._phase == "look_away" and not reading.eyes_closed and not reading.eye_contact:
            self._directions[ZONE.direction(Gaze(reading.gaze_x_deg, reading.gaze_y_deg))] += 1
        self._brows.add(at_s, reading.brow_raise, passed_s)
        self._nods.add(at_s, reading.pitch_deg, reading.yaw_deg, bridge_height(reading.points))

    def _vote(self) -> float:
        if not self._votes:
            # Eyes that stay closed longer than a blink, or are closed when the face comes into view.
            return 0.0
        return sum(contact for _, contact in self._votes) / len(self._votes)

    def _newest_votes(self) -> list[float]:
        return [contact for _, contact in islice(reversed(self._votes), _MEDIAN_OF)]

    def _is_contact(self, vote: float) -> bool:
        if self._phase == "contact":
            return vote >= _CHANGE_TO_AWAY
        if self._phase == "look_away":
            return vote > _CHANGE_TO_CONTACT
        return vote >= 0.5

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
        if self._dark_since is not None:
            self._darkened(seen_until_s, dark=False)
        self._close(seen_until_s)
        self._phase, self._missing_since = None, None
        self._votes.clear()

    def _close(self, until_s: float) -> None:
        ended = self._span(until_s)
        self._directions.clear()
        if ended is None:
            return
        if ended.kind == "look_away" and ended.duration_s >= _LOOK_AWAY_FROM_S:
            self._look_aways += 1
            self._longest_away_s = max(self._longest_away_s, ended.duration_s)
        if ended.duration_s >= _SPAN_FROM_S:
            self._spans.append(ended)

    def _span(self, until_s: float) -> Span | None:
        if self._phase is None or self._phase == "contact":
            return None
        direction = self._direction() if self._phase == "look_away" else None
        return Span(kind=self._phase, start_s=self._since, end_s=max(self._since, until_s), direction=direction)

    def _direction(self) -> Direction | None:
        """Return where more than half of the look away went that is going on."""
        ((direction, count),) = self._directions.most_common(1) or [("up", 0)]
        return direction if 2 * count > self._directions.total() else None


def _width_px(reading: FaceReading) -> float:
    return float(reading.points[:, 0].max() - reading.points[:, 0].min())


def _share(part_s: float, whole_s: float) -> float:
    return min(1.0, max(0.0, part_s / whole_s))
