"""Finding faces in a whole picture: MediaPipe's short-range BlazeFace (128 x 128 pixels, 896 anchors).

Only run while no face is tracked. Source of the constants: MediaPipe's `face_detector_graph.cc` (Apache-2.0).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

from coach_desktop.practice.seeing.tasks import Network

if TYPE_CHECKING:
    from coach_desktop.practice.seeing.frames import Rgb

Points = npt.NDArray[np.float32]

INPUT_SIDE = 128
_STRIDES = ((8, 2), (16, 6))
_ANCHORS = 896
_VALUES = 16
_MIN_SCORE = 0.5
_SAME_FACE_IOU = 0.3


@dataclass(frozen=True)
class Roi:
    """A square region of a picture, turned about its centre. All in pixels.

    `angle` is in radians, positive when the face leans clockwise as the picture shows it.
    """

    centre_x: float
    centre_y: float
    side: float
    angle: float


@dataclass(frozen=True)
class Detection:
    """One face: its box (x, y, width, height) and its eyes ((x, y) each, the picture's left one first)."""

    score: float
    box: tuple[float, float, float, float]
    eyes: tuple[tuple[float, float], tuple[float, float]]

    def area(self) -> float:
        """Return the area of the box in square pixels."""
        return self.box[2] * self.box[3]

    def moved(self, x: float, y: float) -> Detection:
        """Return the same face in a picture of which the one searched is the part that begins at (x, y)."""
        (ax, ay), (bx, by) = self.eyes
        box = (self.box[0] + x, self.box[1] + y, self.box[2], self.box[3])
        return Detection(self.score, box, ((ax + x, ay + y), (bx + x, by + y)))

    def roi(self) -> Roi:
        """Return the region for the landmarks network: the box about its centre, 1.5 times as large."""
        x, y, width, height = self.box
        (left_x, left_y), (right_x, right_y) = self.eyes
        angle = math.atan2(right_y - left_y, right_x - left_x)
        return Roi(x + width / 2, y + height / 2, 1.5 * max(width, height), angle)


def anchors() -> Points:
    """Return the centres of the 896 anchors, (x, y) from 0 to 1."""
    grids = []
    for stride, per_cell in _STRIDES:
        cells = INPUT_SIDE // stride
        steps = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        centres = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
        grids.append(np.repeat(centres, per_cell, axis=0))
    return np.concatenate(grids)


class Detector:
    """Finds faces from about 45 pixels up (in a picture 640 wide) to the full height of the picture."""

    def __init__(self, content: bytes) -> None:
        """Load the network. Raises `ValueError` or `RuntimeError` where `content` is not that network."""
        self._network = Network(content, (1, INPUT_SIDE, INPUT_SIDE, 3), [(1, _ANCHORS, _VALUES), (1, _ANCHORS, 1)])
        self._anchors = anchors()

    def find(self, rgb: Rgb) -> list[Detection]:
        """Return the faces of a picture (height x width x 3, uint8), largest first."""
        height, width, _ = rgb.shape
        scale = INPUT_SIDE / max(width, height)
        small = max(1, round(width * scale)), max(1, round(height * scale))
        picture = Image.fromarray(rgb).resize(small, Image.Resampling.BOX)
        left, top = (INPUT_SIDE - small[0]) // 2, (INPUT_SIDE - small[1]) // 2
        tensor = np.full((1, INPUT_SIDE, INPUT_SIDE, 3), -1.0, dtype=np.float32)
        tensor[0, top : top + small[1], left : left + small[0]] = np.asarray(picture, dtype=np.float32) / 127.5 - 1
        values, scores = self._network.run(tensor)
        boxes, weights = decode(values[0], scores[0, :, 0], self._anchors)
        boxes[:, 0::2] = (boxes[:, 0::2] * INPUT_SIDE - left) * (width / small[0])
        boxes[:, 1::2] = (boxes[:, 1::2] * INPUT_SIDE - top) * (height / small[1])
        return sorted(merge(boxes, weights), key=Detection.area, reverse=True)


def decode(values: Points, scores: Points, centres: Points) -> tuple[Points, Points]:
    """Turn raw outputs (896 x 16, 896) into corners and eyes, n x 8 (x0 y0 x1 y1, two eyes), and scores (n).

    Only anchors with a probability of at least 0.5 are kept; coordinates run from 0 to 1 over the network's
    input.
    """
    keep = scores >= math.log(_MIN_SCORE / (1 - _MIN_SCORE))
    chosen = values[keep] / INPUT_SIDE
    centre = centres[keep]
    middle, half = chosen[:, 0:2] + centre, chosen[:, 2:4] / 2
    eyes = chosen[:, 4:8] + np.tile(centre, 2)
    probability = 1 / (1 + np.exp(-np.clip(scores[keep], -100, 100)))
    return np.concatenate([middle - half, middle + half, eyes], axis=1), probability.astype(np.float32)


def merge(boxes: Points, weights: Points) -> list[Detection]:
    """Weighted non-maximum suppression: boxes that overlap the best one are averaged with it, by score."""
    found = []
    left = np.argsort(-weights, kind="stable")
    while len(left):
        overlap = _iou(boxes[left[0]], boxes[left])
        # The best box is its own cluster even where it is degenerate and overlaps nothing, itself included.
        overlap[0] = 1.0
        same = left[overlap > _SAME_FACE_IOU]
        mean = np.average(boxes[same].astype(np.float64), axis=0, weights=weights[same].astype(np.float64))
        x0, y0, x1, y1, ax, ay, bx, by = (float(value) for value in mean)
        eyes = ((ax, ay), (bx, by))
        if x1 > x0 and y1 > y0:
            found.append(Detection(float(weights[left[0]]), (x0, y0, x1 - x0, y1 - y0), eyes))
        left = left[overlap <= _SAME_FACE_IOU]
    return found


def _iou(one: Points, many: Points) -> Points:
    sides = np.minimum(one[2:4], many[:, 2:4]) - np.maximum(one[0:2], many[:, 0:2])
    common = np.prod(np.clip(sides, 0, None), axis=1)
    areas = np.prod(np.clip(many[:, 2:4] - many[:, 0:2], 0, None), axis=1)
    own = float(np.prod(np.clip(one[2:4] - one[0:2], 0, None)))
    return np.asarray(common / np.maximum(areas + own - common, 1e-9), dtype=np.float32)
