"""One face in a stream of pictures: where it is, where it looks, whether it smiles.

Eye contact is judged a picture at a time, by `gaze`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coach_desktop.practice.seeing.blendshapes import BlendshapesNetwork
from coach_desktop.practice.seeing.detector import Detection, Detector, Roi
from coach_desktop.practice.seeing.gaze import (
    CALIBRATED_ZONE,
    CONTACT_FROM,
    DOUBTFUL,
    ZONE,
    contact_score,
    eye_offset,
    eyes_closed,
    gaze,
)
from coach_desktop.practice.seeing.landmarks import Landmarks, LandmarksNetwork, next_roi
from coach_desktop.practice.seeing.pose import head_pose
from coach_desktop.practice.seeing.readings import FaceReading
from coach_desktop.practice.seeing.tasks import BrokenModelError, read_face_task

if TYPE_CHECKING:
    from pathlib import Path

    from coach_desktop.practice.seeing.calibration import Calibration
    from coach_desktop.practice.seeing.frames import Rgb

# A face already followed is believed longer than a new one: things that merely resemble a face (a colour
# wheel, a cup of coffee) reach 0.5 at times, and once followed they would stay.
_TRACKED_PRESENCE, _NEW_PRESENCE = 0.5, 0.8
# Seen enlarged, many textures are candidates. Looked at once more, cells under a microscope reach 0.69; 95
# % of the labelled faces 0.77 and more.
_SURE_SCORE = 0.75
_CANDIDATES = 3
# Of 68 labelled faces made 45, 35 and 25 pixels wide in 640 x 480 the halves show 94, 82 and 22 %, with the thirds it
# is 99, 99 and 87 %: people 2-3 m away.
_PARTS = (2, 3)
# Together they cost what a face costs that is tracked, and all parts of 640 x 480 have had their turn within a second.
_PARTS_A_FRAME = 3
# Below this many pixels a side, enlarging a part shows the detector nothing new.
_SMALLEST_PART = 96
# Two seconds at 12 frames a second: how often a tracked face is compared with the others in the picture.
_COMPARE_EVERY = 24
_MUCH_LARGER = 1.5
# Somebody far behind, or in a picture on the wall, is hardly taken for the user.
_COMPANY_FROM = 0.5


class FacePipeline:
    """Follows one face: the largest one found, until it is lost or another is much larger.

    Holds three networks and the last position; not for use by several threads at once.
    """

    def __init__(self, model: Path, calibration: Calibration | None = None) -> None:
        """Load a verified face landmarker. Raises `BrokenModelError` where it cannot be read or run.

        With a `calibration`, which may be changed at any time, gaze is relative to it.
        """
        self.calibration = calibration
        task = read_face_task(model)
        try:
            self._detector = Detector(task.detector)
            self._landmarks = LandmarksNetwork(task.landmarks)
            self._blendshapes = BlendshapesNetwork(task.blendshapes)
        except (ValueError, RuntimeError) as error:
            raise BrokenModelError(model, repr(error)) from error
        self._shape = task.shape
        self._roi: Roi | None = None
        self._since_compared = 0
        self._scanned = 0

    def read(self, rgb: Rgb) -> FaceReading | None:
        """Return what a picture (height x width x 3, uint8) shows of the face, or None where none is seen.

        Raises `ValueError` for an array of another shape or type.
        """
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or 0 in rgb.shape:
            raise ValueError(f"a picture is height x width x 3 of uint8, not {rgb.shape} of {rgb.dtype}")
        tracked, has_company = self._tracked(rgb)
        points = self._found(rgb) if tracked is None else tracked
        if points is None:
            self._roi = None
            return None
        height, width, _ = rgb.shape
        self._roi = next_roi(points)
        reading = self._reading(points, width, height, has_company)
        if tracked is not None and reading is not None and DOUBTFUL[0] <= reading.eye_contact_score <= DOUBTFUL[1]:
            # Seen in the region of the picture before, a moving face reads some degrees off: 2.0 of gaze_x (rms) at ten
            # pictures a second, 0.9 when it is looked at once more in its own region.
            once_more = self._at(rgb, self._roi, _TRACKED_PRESENCE)
            if once_more is not None:
                self._roi = next_roi(once_more)
                reading = self._reading(once_more, width, height, has_company)
        return reading

    def _tracked(self, rgb: Rgb) -> tuple[Landmarks | None, bool | None]:
        """Return the face that is followed, and whether it has company where the others were looked at."""
        tracked, has_company = self._roi, None
        if tracked is None:
            return None, None
        self._since_compared += 1
        if self._since_compared >= _COMPARE_EVERY:
            self._since_compared = 0
            found = self._detector.find(rgb)
            rival = next((one for one in found if _is_larger(one, tracked)), None)
            has_company = any(_is_company(one, tracked) for one in [*found, *self._scan(rgb, 1)])
            points = self._acquired(rgb, rival) if rival else None
            if points is not None:
                return points, has_company
        return self._at(rgb, tracked, _TRACKED_PRESENCE), has_company

    def _found(self, rgb: Rgb) -> Landmarks | None:
        self._since_compared = 0
        for detection in self._detector.find(rgb)[:_CANDIDATES]:
            points = self._acquired(rgb, detection)
            if points is not None:
                return points
        for detection in self._scan(rgb, _PARTS_A_FRAME)[:_CANDIDATES]:
            points = self._acquired(rgb, detection, doubtful=True)
            if points is not None:
                return points
        return None

    def _scan(self, rgb: Rgb, most: int) -> list[Detection]:
        """Look for small faces in so many parts of the picture, others with every call."""
        parts = scan_parts(rgb.shape[1], rgb.shape[0])
        found: list[Detection] = []
        for _ in range(min(most, len(parts))):
            x, y, side = parts[self._scanned % len(parts)]
            self._scanned += 1
            found += [one.moved(x, y) for one in self._detector.find(rgb[y : y + side, x : x + side])]
        return sorted(found, key=Detection.area, reverse=True)

    def _looks_like_a_face(self, rgb: Rgb, roi: Roi) -> bool:
        """Look again with the detector, at the size at which it knows faces best."""
        x0, x1 = (max(0, round(roi.centre_x + sign * roi.side)) for sign in (-1, 1))
        y0, y1 = (max(0, round(roi.centre_y + sign * roi.side)) for sign in (-1, 1))
        around = rgb[y0:y1, x0:x1]
        return around.size > 0 and any(one.score >= _SURE_SCORE for one in self._detector.find(around))

    def _acquired(self, rgb: Rgb, detection: Detection, *, doubtful: bool = False) -> Landmarks | None:
        # The detector's box is rough, at times so rough that the first look finds nothing; the region of the
        # landmarks themselves is what the network was trained on.
        rough, presence = self._landmarks.read(rgb, detection.roi())
        points = self._at(rgb, next_roi(rough), _NEW_PRESENCE)
        if points is None or not (doubtful or presence < _TRACKED_PRESENCE):
            return points
        return points if self._looks_like_a_face(rgb, next_roi(points)) else None

    def _at(self, rgb: Rgb, roi: Roi, min_presence: float) -> Landmarks | None:
        height, width, _ = rgb.shape
        if not (0 <= roi.centre_x <= width and 0 <= roi.centre_y <= height and roi.side >= 1):
            return None
        points, presence = self._landmarks.read(rgb, roi)
        return points if presence >= min_presence else None

    def _reading(self, points: Landmarks, width: int, height: int, has_company: bool | None) -> FaceReading | None:
        pose = head_pose(points, height, self._shape)
        eyes = eye_offset(points)
        if pose is None or eyes is None:
            return None
        expression = self._blendshapes.read(points)
        looks, zone = gaze(pose, eyes, expression), ZONE
        if self.calibration is not None:
            looks, zone = self.calibration.relative(looks), CALIBRATED_ZONE
        closed = eyes_closed(eyes, expression)
        score = 0.0 if closed else contact_score(zone.off(looks))
        (x0, y0), (x1, y1) = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
        return FaceReading(
            box_x=float(x0) / width,
            box_y=float(y0) / height,
            box_w=float(x1 - x0) / width,
            box_h=float(y1 - y0) / height,
            yaw_deg=pose.yaw_deg,
            pitch_deg=pose.pitch_deg,
            gaze_x_deg=looks.x_deg,
            gaze_y_deg=looks.y_deg,
            eye_contact=score >= CONTACT_FROM,
            eye_contact_score=score,
            eyes_closed=closed,
            smile=expression.smile,
            lip_raise=expression.lip_raise,
            brow_raise=expression.brow_raise,
            points=points,
            has_company=has_company,
        )


def scan_parts(width: int, height: int) -> list[tuple[int, int, int]]:
    """Return overlapping squares (x, y, side), in pixels, of a half and of a third of the picture's longest side.

    The detector sees them at two and three times the size of the whole picture; those of each size cover it. None for
    pictures that it sees in full anyway.
    """
    sides = [max(width, height) // part for part in _PARTS]
    return [
        (x, y, side)
        for side in sides
        if side >= _SMALLEST_PART
        for y in _starts(height, side)
        for x in _starts(width, side)
    ]


def _starts(length: int, side: int) -> list[int]:
    room = max(0, length - side)
    count = -(-room // max(1, side // 2)) + 1
    return [round(room * index / max(1, count - 1)) for index in range(count)]


def _is_larger(found: Detection, tracked: Roi) -> bool:
    """Return whether it is a face beside the tracked one that is much larger."""
    return _apart(found, tracked) > tracked.side / 3 and found.roi().side > _MUCH_LARGER * tracked.side


def _is_company(found: Detection, tracked: Roi) -> bool:
    """Return whether it surely is another face, near enough to be taken for the tracked one."""
    # Farther apart than above: of a face at the edge of a part, the detector's box is off by up to half a face.
    is_other = _apart(found, tracked) > 2 * tracked.side / 3
    return is_other and found.score >= _SURE_SCORE and found.roi().side >= _COMPANY_FROM * tracked.side


def _apart(found: Detection, tracked: Roi) -> float:
    x, y, width, height = found.box
    return max(abs(x + width / 2 - tracked.centre_x), abs(y + height / 2 - tracked.centre_y))
