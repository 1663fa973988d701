"""Finding faces in a whole picture: MediaPipe's short-range BlazeFace (128 x 128 pixels, 896 anchors).

Only run while no face is tracked. Source of the constants: MediaPipe's `face_detector_graph.cc` (Apache-2.0).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coach_desktop.practice.seeing.ssd import Found, SsdNetwork

if TYPE_CHECKING:
    from coach_desktop.practice.seeing.frames import Rgb

INPUT_SIDE = 128
LAYERS = ((8, 2), (16, 6))
_VALUES = 16


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


class Detector:
    """Finds faces from about 45 pixels up (in a picture 640 wide) to the full height of the picture."""

    def __init__(self, content: bytes) -> None:
        """Load the network. Raises `ValueError` or `RuntimeError` where `content` is not that network."""
        self._network = SsdNetwork(content, INPUT_SIDE, LAYERS, _VALUES, low=-1.0)

    def find(self, rgb: Rgb) -> list[Detection]:
        """Return the faces of a picture (height x width x 3, uint8), largest first."""
        return sorted((_detection(found) for found in self._network.find(rgb)), key=Detection.area, reverse=True)


def _detection(found: Found) -> Detection:
    x0, y0, x1, y1, ax, ay, bx, by = (float(value) for value in found.values[:8])
    return Detection(found.score, (x0, y0, x1 - x0, y1 - y0), ((ax, ay), (bx, by)))
