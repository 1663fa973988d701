"""33 points on a body: MediaPipe's BlazePose, a detector of persons and the landmarks network in a turned square.

Source of the constants: MediaPipe's `pose_detection_cpu.pbtxt`, `pose_landmarks_to_roi.pbtxt` and
`refine_landmarks_from_heatmap_calculator.cc` (Apache-2.0).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from coach_desktop.practice.seeing.cropping import crop, set_upright
from coach_desktop.practice.seeing.detector import Roi
from coach_desktop.practice.seeing.landmarks import project
from coach_desktop.practice.seeing.ssd import SsdNetwork
from coach_desktop.practice.seeing.tasks import Floats, Network

if TYPE_CHECKING:
    from coach_desktop.practice.seeing.frames import Rgb

Points = npt.NDArray[np.float64]

COUNT = 33
DETECTOR_SIDE, LANDMARKS_SIDE = 224, 256
DETECTOR_LAYERS = ((8, 2), (16, 2), (32, 6))
DETECTOR_VALUES = 12
# Two points beyond the 33 say where the body is: the middle of the hips, and the edge of the circle round it.
_ALL_POINTS = COUNT + 6
_CENTRE, _EDGE = 33, 34
LANDMARKS_OUTPUTS = ((1, 5 * _ALL_POINTS), (1, 1), (1, 256, 256, 1), (1, 64, 64, _ALL_POINTS))
_ROI_SCALE = 1.25
_HEATMAP_REACH, _HEATMAP_SURE = 3, 0.5


@dataclass(frozen=True)
class Person:
    """A person that the detector found: the middle of the head's box and its side in pixels, and where to look."""

    score: float
    head_x: float
    head_y: float
    head_side: float
    roi: Roi


class Pose(NamedTuple):
    """One body: 33 x 3 points in pixels of the picture, how likely each can be seen (33), and where to look next."""

    points: Points
    visibility: Points
    presence: float
    roi: Roi


class PersonDetector:
    """Finds persons whose head is in the picture."""

    def __init__(self, content: bytes) -> None:
        """Load the network. Raises `ValueError` or `RuntimeError` where `content` is not that network."""
        self._network = SsdNetwork(content, DETECTOR_SIDE, DETECTOR_LAYERS, DETECTOR_VALUES, low=-1.0)

    def find(self, rgb: Rgb) -> list[Person]:
        """Return the persons in a picture (height x width x 3, uint8), the surest first."""
        return [
            Person(
                score=score,
                head_x=float(row[0] + row[2]) / 2,
                head_y=float(row[1] + row[3]) / 2,
                head_side=float(max(row[2] - row[0], row[3] - row[1])),
                roi=_roi(row[4:6], row[6:8]),
            )
            for score, row in self._network.find(rgb)
        ]


class PoseNetwork:
    """Finds the points of the body in a region, and says how sure it is that a body is there."""

    def __init__(self, content: bytes) -> None:
        """Load the network. Raises `ValueError` or `RuntimeError` where `content` is not that network."""
        self._network = Network(content, (1, LANDMARKS_SIDE, LANDMARKS_SIDE, 3), LANDMARKS_OUTPUTS)

    def read(self, rgb: Rgb, roi: Roi) -> Pose:
        """Return the body in `roi`, with the probability that there is one."""
        roi = set_upright(roi)
        tensor = crop(rgb, roi, LANDMARKS_SIDE, continued=True).astype(np.float32)
        tensor *= 1 / 255
        flat, presence, _, heatmap = self._network.run(tensor[np.newaxis])
        values = flat.reshape(_ALL_POINTS, 5).astype(np.float64)
        places = refined(values[:, :3] / LANDMARKS_SIDE, heatmap[0])
        points = project(places, roi)
        visibility = 1 / (1 + np.exp(-np.clip(values[:COUNT, 3], -100, 100)))
        following = _roi(points[_CENTRE, :2], points[_EDGE, :2])
        return Pose(points[:COUNT], visibility, float(presence.item()), following)


def refined(points: Points, heatmap: Floats) -> Points:
    """Move points (n x 3, 0 to 1) to the centre of what the heatmap (rows x columns x n, logits) shows around them."""
    rows, columns, _ = heatmap.shape
    inside = np.flatnonzero(((points[:, :2] >= 0) & (points[:, :2] < 1)).all(axis=1))
    # Windows of one size about each point; where they reach beyond the heatmap, nothing counts.
    near = np.arange(-_HEATMAP_REACH, _HEATMAP_REACH + 1)
    across = (points[inside, 0] * columns).astype(np.intp)[:, None] + near
    down = (points[inside, 1] * rows).astype(np.intp)[:, None] + near
    there = ((down >= 0) & (down < rows))[:, :, None] & ((across >= 0) & (across < columns))[:, None, :]
    logits = heatmap[down.clip(0, rows - 1)[:, :, None], across.clip(0, columns - 1)[:, None, :], inside[:, None, None]]
    weights = there / (1 + np.exp(-np.clip(logits, -100, 100)))
    sure = weights.max(axis=(1, 2)) >= _HEATMAP_SURE
    weights, total = weights[sure], weights[sure].sum(axis=(1, 2))
    found = points.copy()
    found[inside[sure], 0] = (weights.sum(axis=1) * across[sure]).sum(axis=1) / total / columns
    found[inside[sure], 1] = (weights.sum(axis=2) * down[sure]).sum(axis=1) / total / rows
    return found


def _roi(centre: Points, edge: Points) -> Roi:
    along_x, along_y = float(edge[0] - centre[0]), float(edge[1] - centre[1])
    # Of an upright body the edge of the circle lies straight above its centre.
    angle = math.pi / 2 + math.atan2(along_y, along_x)
    return Roi(float(centre[0]), float(centre[1]), _ROI_SCALE * 2 * math.hypot(along_x, along_y), angle)
