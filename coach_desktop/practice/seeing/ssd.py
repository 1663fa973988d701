"""What MediaPipe's detectors of faces, bodies and palms share: a square input, fixed anchors, boxes with key points.

Source of the scheme: MediaPipe's `ssd_anchors_calculator.cc` and `tensors_to_detections_calculator.cc` (Apache-2.0).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from coach_desktop.practice.seeing.tasks import Network

if TYPE_CHECKING:
    from collections.abc import Iterable

    from coach_desktop.practice.seeing.frames import Rgb

Points = npt.NDArray[np.float32]

_MIN_SCORE = 0.5
_SAME_IOU = 0.3


class Found(NamedTuple):
    """One detection: its probability, and its values: x0 y0 x1 y1 of the box, then x and y of each key point."""

    score: float
    values: npt.NDArray[np.float64]


def anchors(side: int, layers: Iterable[tuple[int, int]]) -> Points:
    """Return the centres of all anchors, (x, y) from 0 to 1; a layer is a stride in pixels and anchors a cell."""
    grids = []
    for stride, per_cell in layers:
        cells = side // stride
        steps = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        centres = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
        grids.append(np.repeat(centres, per_cell, axis=0))
    return np.concatenate(grids)


class SsdNetwork:
    """A detector's network with its anchors."""

    def __init__(self, content: bytes, side: int, layers: Iterable[tuple[int, int]], values: int, low: float) -> None:
        """Load a network that takes pictures of side x side with values from `low` to 1 and gives so many an anchor.

        Raises `ValueError` or `RuntimeError` where `content` is not that network.
        """
        self._anchors = anchors(side, layers)
        count = len(self._anchors)
        self._network = Network(content, (1, side, side, 3), [(1, count, values), (1, count, 1)])
        self._side, self._low = side, low

    def find(self, rgb: Rgb) -> list[Found]:
        """Return what is found in a picture (height x width x 3, uint8) in its pixels, in the order of the scores."""
        height, width, _ = rgb.shape
        side, low = self._side, self._low
        scale = side / max(width, height)
        small = max(1, round(width * scale)), max(1, round(height * scale))
        picture = Image.fromarray(rgb).resize(small, Image.Resampling.BOX)
        left, top = (side - small[0]) // 2, (side - small[1]) // 2
        tensor = np.full((1, side, side, 3), low, dtype=np.float32)
        shown = np.asarray(picture, dtype=np.float32) * ((1 - low) / 255) + low
        tensor[0, top : top + small[1], left : left + small[0]] = shown
        values, scores = self._network.run(tensor)
        rows, weights = decode(values[0], scores[0, :, 0], self._anchors, side)
        rows[:, 0::2] = (rows[:, 0::2] * side - left) * (width / small[0])
        rows[:, 1::2] = (rows[:, 1::2] * side - top) * (height / small[1])
        return merge(rows, weights)


def decode(values: Points, scores: Points, centres: Points, side: int) -> tuple[Points, Points]:
    """Turn raw outputs (anchors x values, anchors) into rows (n x values; see `Found`) and probabilities (n).

    Only anchors with a probability of at least 0.5 are kept; coordinates run from 0 to 1 over the network's input.
    """
    keep = scores >= math.log(_MIN_SCORE / (1 - _MIN_SCORE))
    chosen = values[keep] / side
    centre = centres[keep]
    middle, half = chosen[:, 0:2] + centre, chosen[:, 2:4] / 2
    keys = chosen[:, 4:] + np.tile(centre, (values.shape[1] - 4) // 2)
    probability = 1 / (1 + np.exp(-np.clip(scores[keep], -100, 100)))
    return np.concatenate([middle - half, middle + half, keys], axis=1), probability.astype(np.float32)


def merge(rows: Points, weights: Points) -> list[Found]:
    """Weighted non-maximum suppression: boxes that overlap the best one are averaged with it, by score."""
    found = []
    left = np.argsort(-weights, kind="stable")
    while len(left):
        overlap = _iou(rows[left[0]], rows[left])
        # The best box is its own cluster even where it is degenerate and overlaps nothing, itself included.
        overlap[0] = 1.0
        same = left[overlap > _SAME_IOU]
        mean = np.average(rows[same].astype(np.float64), axis=0, weights=weights[same].astype(np.float64))
        if mean[2] > mean[0] and mean[3] > mean[1]:
            found.append(Found(float(weights[left[0]]), mean))
        left = left[overlap <= _SAME_IOU]
    return found


def _iou(one: Points, many: Points) -> Points:
    sides = np.minimum(one[2:4], many[:, 2:4]) - np.maximum(one[0:2], many[:, 0:2])
    common = np.prod(np.clip(sides, 0, None), axis=1)
    areas = np.prod(np.clip(many[:, 2:4] - many[:, 0:2], 0, None), axis=1)
    own = float(np.prod(np.clip(one[2:4] - one[0:2], 0, None)))
    return np.asarray(common / np.maximum(areas + own - common, 1e-9), dtype=np.float32)
