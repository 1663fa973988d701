"""478 points on one face, out of a turned square of the picture. Source: MediaPipe's face landmarks graph."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from coach_desktop.practice.seeing.cropping import crop, set_upright
from coach_desktop.practice.seeing.detector import Roi
from coach_desktop.practice.seeing.tasks import Network

if TYPE_CHECKING:
    from coach_desktop.practice.seeing.frames import Rgb

Landmarks = npt.NDArray[np.float64]
"""478 x 3: x and y in pixels of the picture, z in the same unit, smaller nearer to the camera."""

COUNT = 478
INPUT_SIDE = 256
# The outer corners of the two eyes; the line between them gives the lean of the head.
_OUTER_CORNERS = (33, 263)
_ROI_SCALE = 1.5


class LandmarksNetwork:
    """Finds the 478 points of the face in a region, and says how sure it is that a face is there."""

    def __init__(self, content: bytes) -> None:
        """Load the network. Raises `ValueError` or `RuntimeError` where `content` is not that network."""
        self._network = Network(content, (1, INPUT_SIDE, INPUT_SIDE, 3), [(1, 1, 1, 3 * COUNT), (1, 1, 1, 1)])

    def read(self, rgb: Rgb, roi: Roi) -> tuple[Landmarks, float]:
        """Return the landmarks of the face in `roi` and the probability that there is one."""
        roi = set_upright(roi)
        tensor = crop(rgb, roi, INPUT_SIDE).astype(np.float32)
        tensor *= 1 / 255
        flat, presence = self._network.run(tensor[np.newaxis])
        points = flat.reshape(COUNT, 3).astype(np.float64) / INPUT_SIDE
        logit = min(100.0, max(-100.0, float(presence.item())))
        return project(points, roi), 1 / (1 + math.exp(-logit))


def project(points: Landmarks, roi: Roi) -> Landmarks:
    """Bring points of a region (0 to 1 across it) back into the picture's pixels."""
    centred = (points[:, :2] - 0.5) * roi.side
    cos, sin = math.cos(roi.angle), math.sin(roi.angle)
    x = roi.centre_x + cos * centred[:, 0] - sin * centred[:, 1]
    y = roi.centre_y + sin * centred[:, 0] + cos * centred[:, 1]
    return np.stack([x, y, points[:, 2] * roi.side], axis=1)


def next_roi(landmarks: Landmarks) -> Roi:
    """Return where to look for this face in the next frame: a square 1.5 times the landmarks' box."""
    (x0, y0), (x1, y1) = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
    start, end = landmarks[_OUTER_CORNERS[0]], landmarks[_OUTER_CORNERS[1]]
    angle = math.atan2(float(end[1] - start[1]), float(end[0] - start[0]))
    side = _ROI_SCALE * max(float(x1 - x0), float(y1 - y0))
    return Roi(float(x0 + x1) / 2, float(y0 + y1) / 2, side, angle)
