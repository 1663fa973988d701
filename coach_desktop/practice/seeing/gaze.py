"""Where the eyes look, from head pose, iris and the lids' own movement; and how surely that is the camera.

    gaze_x = yaw + 180 h            gaze_y = pitch + 25 (down - up) - 7            in degrees off the camera

h is how far the irises are along the line of the eye corners (`EyeOffset`, in eye widths): an eye of 12 mm radius in a
lid gap of 29 mm turns by about 160 degrees an eye width. Across that line the iris tells little, because the lids go
with it; what tells is how they go, which the blendshapes `eyeLookDown` and `eyeLookUp` (0 to 1) read. Over 37 labelled
faces that look into the camera, gaze_y so has a standard deviation of 5.8 degrees; with the iris between the lids, as
before, 7.6; with the head alone 8.1. Seven degrees are what a level head with its eyes on the camera reads.

The zone that counts as the camera is half an ellipse upwards and half of one downwards. Viewers notice gaze beside or
above the eyes far sooner than below them (Chen 2002), so about 7 degrees sideways and up and 15 down are meant; to each
comes a part of what the reading errs by, which is more up and down than sideways, and less after a calibration.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from coach_desktop.practice.seeing.blendshapes import Expression
    from coach_desktop.practice.seeing.landmarks import Landmarks
    from coach_desktop.practice.seeing.pose import HeadPose
    from coach_desktop.tavus.delivery import Direction

_PER_ALONG, _PER_LID = 180.0, 25.0
_LEVEL_DEG = 7.0

# Mean of both eyes. Closed eyes gave 0.45-0.77 (5 pictures), eyes on the camera at most 0.28 (38).
_BLINK_CLOSED = 0.4
# A lid half down is no contact either. A squint that belongs to a smile keeps a gap of 0.22 and more (labelled
# faces and clips); half-closed eyes have 0.20 and less.
_BLINK_HALF, _GAP_HALF = 0.3, 0.2


@dataclass(frozen=True)
class Zone:
    """How far off the gaze may be, in degrees, and still count as on the camera."""

    aside_deg: float
    up_deg: float
    down_deg: float

    def off(self, gaze: Gaze) -> float:
        """Return how far off a gaze is, in units of the border: below 1 is inside."""
        return math.hypot(gaze.x_deg / self.aside_deg, gaze.y_deg / self._reach(gaze.y_deg))

    def direction(self, gaze: Gaze) -> Direction:
        """Return where a gaze goes, as the person who looks would say it: the picture is not mirrored."""
        if abs(gaze.x_deg) / self.aside_deg > abs(gaze.y_deg) / self._reach(gaze.y_deg):
            return "left" if gaze.x_deg > 0 else "right"
        return "down" if gaze.y_deg > 0 else "up"

    def _reach(self, y_deg: float) -> float:
        return self.down_deg if y_deg > 0 else self.up_deg


ZONE = Zone(aside_deg=8.4, up_deg=16.0, down_deg=21.0)
"""Without a calibration: one and a half standard deviations of gaze_y come to the 7 degrees up, one to the 15 down."""
CALIBRATED_ZONE = Zone(aside_deg=8.4, up_deg=10.0, down_deg=18.0)
"""What remains with one's own zero is what the reading trembles by."""
CONTACT_FROM = 0.5
"""The score at the border of the zone."""
DOUBTFUL = (0.35, 0.65)
"""Between these scores a gaze is as near to the border as the reading trembles: by two degrees and some."""


@dataclass(frozen=True)
class Gaze:
    """Where a face looks, in degrees off the camera: x positive to the picture's right, y positive downwards."""

    x_deg: float
    y_deg: float


@dataclass(frozen=True)
class EyeOffset:
    """The irises and the lids, in eye widths, mean of both eyes.

    `along`: the irises off the middle of the eyes, along the line of the eye corners, positive towards the picture's
    right. `gap`: how far the lids are apart.
    """

    along: float
    gap: float


# (corner on the picture's left, corner on its right, upper lid, lower lid, iris centre) of each eye.
_EYES = ((33, 133, 159, 145, 468), (362, 263, 386, 374, 473))


def eye_offset(landmarks: Landmarks) -> EyeOffset | None:
    """Return irises and lids of one face's landmarks, or None where an eye has no width."""
    flat = landmarks[:, :2]
    along, gaps = [], []
    for left, right, upper, lower, iris in _EYES:
        axis = flat[right] - flat[left]
        width = float(np.hypot(*axis))
        if width < 1e-6:
            return None
        axis = axis / width
        normal = np.array([-axis[1], axis[0]])
        along.append(float((flat[iris] - (flat[left] + flat[right]) / 2) @ axis) / width)
        gaps.append(float((flat[lower] - flat[upper]) @ normal) / width)
    return EyeOffset(sum(along) / 2, sum(gaps) / 2)


def gaze(pose: HeadPose, eyes: EyeOffset, expression: Expression) -> Gaze:
    """Return where a face looks; see the formula above."""
    lids = expression.look_down - expression.look_up
    return Gaze(pose.yaw_deg + _PER_ALONG * eyes.along, pose.pitch_deg + _PER_LID * lids - _LEVEL_DEG)


def eyes_closed(eyes: EyeOffset, expression: Expression) -> bool:
    """Return whether the eyes are closed, or half closed and more."""
    return expression.blink >= _BLINK_CLOSED or (expression.blink >= _BLINK_HALF and eyes.gap < _GAP_HALF)


def contact_score(off: float) -> float:
    """Return 1 for straight into the camera, 0.5 at the border of the zone (`off` = 1), towards 0 far from it."""
    return 1 / (1 + off**2)


def likely_contact(score: float) -> float:
    """Return how likely a score is contact, 0 to 1: a doubtful one in part."""
    least, most = DOUBTFUL
    return min(1.0, max(0.0, (score - least) / (most - least)))
