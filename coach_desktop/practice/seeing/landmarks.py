"""478 points on one face, out of a turned square of the picture. Source: MediaPipe's face landmarks graph."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

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
        tensor = crop(rgb, roi).astype(np.float32)
        tensor *= 1 / 255
        flat, presence = self._network.run(tensor[np.newaxis])
        points = flat.reshape(COUNT, 3).astype(np.float64) / INPUT_SIDE
        logit = min(100.0, max(-100.0, float(presence.item())))
        return project(points, roi), 1 / (1 + math.exp(-logit))


def crop(rgb: Rgb, roi: Roi, side: int = INPUT_SIDE) -> Rgb:
    """Cut a region out of a picture, upright, side x side x 3; black where it reaches beyond the picture."""
    step = roi.side / side
    along_x, along_y = step * math.cos(roi.angle), step * math.sin(roi.angle)
    half = side / 2
    # Only the part under the region goes through Pillow: copying a whole picture costs as much as turning it.
    reach = roi.side * (abs(math.cos(roi.angle)) + abs(math.sin(roi.angle))) / 2 + 2
    height, width, _ = rgb.shape
    x0, x1 = _bounds(roi.centre_x, reach, width)
    y0, y1 = _bounds(roi.centre_y, reach, height)
    if x1 <= x0 or y1 <= y0:
        return np.zeros((side, side, 3), dtype=np.uint8)
    part = Image.fromarray(rgb[y0:y1, x0:x1])
    origin_x = roi.centre_x - x0 - half * (along_x - along_y)
    origin_y = roi.centre_y - y0 - half * (along_y + along_x)
    turned = part.transform(
        (side, side),
        Image.Transform.AFFINE,
        (along_x, -along_y, origin_x, along_y, along_x, origin_y),
        Image.Resampling.BILINEAR,
    )
    return np.asarray(turned)


def _bounds(centre: float, reach: float, side: int) -> tuple[int, int]:
    return max(0, math.floor(centre - reach)), min(side, math.ceil(centre + reach))


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
