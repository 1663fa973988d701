"""What is one's own: where a face reads its gaze when it looks at the camera, and how it rests.

Three seconds of looking at the camera take away what differs between people and set-ups (deep eyes, a camera far above
the screen): the medians of gaze, smile and brows over that time.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coach_desktop.practice.seeing.gaze import Gaze

if TYPE_CHECKING:
    from coach_desktop.practice.seeing.readings import FaceReading

LASTS_S = 3.0
"""How long one looks at the camera."""

NOT_SEEN = "Your face was not seen for long enough. Sit in the middle of the picture, in good light."
EYES_CLOSED = "Your eyes were closed for too long."
HEAD_MOVED = "Your head moved too much. Keep it still for three seconds."
EYES_MOVED = "Your eyes moved too much. Keep them on the camera for three seconds."
TOO_FAR_OFF = "You seem to have looked somewhere else. Look straight into the camera."

_LEAST_READINGS = 12
_LEAST_SHARE_SEEN = 0.7
_MOST_SHARE_CLOSED = 0.3
# From the 10th to the 90th percentile. A head held still trembles by 1-2 degrees, irises by 3-4 (clips).
_HEAD_STILL_DEG, _EYES_STILL_DEG = 8.0, 12.0
# Labelled faces that look into the camera lie within 8 degrees sideways and 15 up and down; a camera well beside
# or above the screen, to which the head is turned, adds nothing, as the eyes are on the camera.
_MOST_ASIDE_DEG, _MOST_UP_DOWN_DEG = 15.0, 25.0


class CalibrationError(Exception):
    """No calibration can be made of what was seen; the text says why, to the user."""


@dataclass(frozen=True)
class Calibration:
    """One face before one camera: the gaze it reads when it looks at the camera, and its neutral smile and brows."""

    gaze_x_deg: float
    gaze_y_deg: float
    smile: float
    brow_raise: float

    def relative(self, gaze: Gaze) -> Gaze:
        """Return a gaze as this person means it."""
        return Gaze(gaze.x_deg - self.gaze_x_deg, gaze.y_deg - self.gaze_y_deg)


def calibrate(readings: list[FaceReading | None]) -> Calibration:
    """Return the calibration from some 3 s of readings that were made without one (None: no face).

    Raises `CalibrationError` where the face was not seen for 70 % of them, the eyes were closed for more than 30 % of
    the time, head or eyes moved, or the eyes were far from any camera.
    """
    faces = [reading for reading in readings if reading is not None]
    if len(faces) < max(_LEAST_READINGS, _LEAST_SHARE_SEEN * len(readings)):
        raise CalibrationError(NOT_SEEN)
    eyes_open = [reading for reading in faces if not reading.eyes_closed]
    if len(eyes_open) < max(2, (1 - _MOST_SHARE_CLOSED) * len(faces)):
        raise CalibrationError(EYES_CLOSED)
    if max(_spread([one.yaw_deg for one in faces]), _spread([one.pitch_deg for one in faces])) > _HEAD_STILL_DEG:
        raise CalibrationError(HEAD_MOVED)
    across, along = [one.gaze_x_deg for one in eyes_open], [one.gaze_y_deg for one in eyes_open]
    if max(_spread(across), _spread(along)) > _EYES_STILL_DEG:
        raise CalibrationError(EYES_MOVED)
    found = Calibration(
        statistics.median(across),
        statistics.median(along),
        statistics.median(one.smile for one in faces),
        statistics.median(one.brow_raise for one in faces),
    )
    if abs(found.gaze_x_deg) > _MOST_ASIDE_DEG or abs(found.gaze_y_deg) > _MOST_UP_DOWN_DEG:
        raise CalibrationError(TOO_FAR_OFF)
    return found


def _spread(values: list[float]) -> float:
    tenths = statistics.quantiles(values, n=10)
    return tenths[-1] - tenths[0]
