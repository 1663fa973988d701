"""21 points on a hand: MediaPipe's detector of palms and the landmarks network in a turned square.

Source of the constants: MediaPipe's `palm_detection_cpu.pbtxt`, `palm_detection_detection_to_roi.pbtxt` and
`hand_landmark_landmarks_to_roi.pbtxt` (Apache-2.0).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from coach_desktop.practice.seeing.cropping import crop
from coach_desktop.practice.seeing.detector import Roi
from coach_desktop.practice.seeing.landmarks import project
from coach_desktop.practice.seeing.ssd import SsdNetwork
from coach_desktop.practice.seeing.tasks import Network

if TYPE_CHECKING:
    from coach_desktop.practice.seeing.frames import Rgb

Points = npt.NDArray[np.float64]

COUNT = 21
WRIST, INDEX, MIDDLE, RING = 0, 5, 9, 13
DETECTOR_SIDE, LANDMARKS_SIDE = 192, 224
DETECTOR_LAYERS = ((8, 2), (16, 6))
DETECTOR_VALUES = 18
LANDMARKS_OUTPUTS = ((1, 3 * COUNT), (1, 1))
# Without the tips of the fingers, which come and go.
_PALM = [0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18]
_FROM_PALM, _FROM_POINTS = (2.6, -0.5), (2.0, -0.1)
"""How much larger the region is than the box, and how far it is shifted towards the wrist, in sides of the box."""


class Palm(NamedTuple):
    """A palm that the detector found: its score and where to look for the hand."""

    score: float
    roi: Roi


class Hand(NamedTuple):
    """One hand: 21 x 3 points in pixels of the picture, how sure that there is one, and where to look next."""

    points: Points
    presence: float
    roi: Roi


class PalmDetector:
    """Finds palms."""

    def __init__(self, content: bytes) -> None:
        """Load the network. Raises `ValueError` or `RuntimeError` where `content` is not that network."""
        self._network = SsdNetwork(content, DETECTOR_SIDE, DETECTOR_LAYERS, DETECTOR_VALUES, low=0.0)

    def find(self, rgb: Rgb) -> list[Palm]:
        """Return the palms in a picture (height x width x 3, uint8), the surest first."""
        return [Palm(score, _palm_roi(row)) for score, row in self._network.find(rgb)]


class HandNetwork:
    """Finds the points of the hand in a region, and says how sure it is that a hand is there."""

    def __init__(self, content: bytes) -> None:
        """Load the network. Raises `ValueError` or `RuntimeError` where `content` is not that network."""
        self._network = Network(content, (1, LANDMARKS_SIDE, LANDMARKS_SIDE, 3), LANDMARKS_OUTPUTS)

    def read(self, rgb: Rgb, roi: Roi) -> Hand:
        """Return the hand in `roi`, with the probability that there is one."""
        tensor = crop(rgb, roi, LANDMARKS_SIDE).astype(np.float32)
        tensor *= 1 / 255
        flat, presence = self._network.run(tensor[np.newaxis])
        points = project(flat.reshape(COUNT, 3).astype(np.float64) / LANDMARKS_SIDE, roi)
        return Hand(points, float(presence.item()), next_roi(points))


def next_roi(points: Points) -> Roi:
    """Return where to look for this hand (21 x 3, pixels) in the next frame."""
    knuckles = ((points[INDEX] + points[RING]) / 2 + points[MIDDLE]) / 2
    angle = _upright(points[WRIST], knuckles)
    cos, sin = math.cos(angle), math.sin(angle)
    palm = points[_PALM, :2]
    middle = (palm.min(axis=0) + palm.max(axis=0)) / 2
    turned = (palm - middle) @ np.array([[cos, -sin], [sin, cos]])
    low, high = turned.min(axis=0), turned.max(axis=0)
    x, y = (float(value) for value in (low + high) / 2)
    centre = float(middle[0]) + x * cos - y * sin, float(middle[1]) + x * sin + y * cos
    return _scaled(centre, float(high[0] - low[0]), float(high[1] - low[1]), angle, *_FROM_POINTS)


def _palm_roi(row: Points) -> Roi:
    angle = _upright(row[4:6], row[8:10])
    centre = float(row[0] + row[2]) / 2, float(row[1] + row[3]) / 2
    return _scaled(centre, float(row[2] - row[0]), float(row[3] - row[1]), angle, *_FROM_PALM)


def _upright(wrist: Points, knuckles: Points) -> float:
    """Return the angle by which a hand is turned against one that points up."""
    return math.pi / 2 + math.atan2(float(knuckles[1] - wrist[1]), float(knuckles[0] - wrist[0]))


def _scaled(centre: tuple[float, float], width: float, height: float, angle: float, scale: float, shift: float) -> Roi:
    x = centre[0] - height * shift * math.sin(angle)
    y = centre[1] + height * shift * math.cos(angle)
    return Roi(x, y, scale * max(width, height), angle)
