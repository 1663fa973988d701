"""Smile, brows and lids, from 146 landmarks. Source: MediaPipe's `face_blendshapes_graph.cc` (Apache-2.0)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coach_desktop.practice.seeing.tasks import Network

if TYPE_CHECKING:
    from coach_desktop.practice.seeing.landmarks import Landmarks

# fmt: off
_SUBSET = np.array([
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70,
    78, 80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149,
    150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195,
    197, 234, 246, 249, 251, 263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300,
    308, 310, 311, 312, 314, 317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375,
    377, 378, 379, 380, 381, 382, 384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454,
    466, 468, 469, 470, 471, 472, 473, 474, 475, 476, 477,
])
# fmt: on
_OUTPUTS = 52
# The order is that of ARKit's names, behind a neutral one; the person's left before the right.
_BROW_INNER, _BROW_OUTER = (3,), (4, 5)
_BLINK, _LOOK_DOWN, _LOOK_UP = (9, 10), (11, 12), (17, 18)
_SMILE, _UPPER_LIP = (44, 45), (48, 49)


@dataclass(frozen=True)
class Expression:
    """What the face does, 0 to 1 each, both sides together.

    `smile`: the corners of the mouth; `lip_raise`: the upper lip, from over the teeth; `blink`, `look_down` and
    `look_up`: the lids; `brow_raise`: the brows, inner and outer parts alike.
    """

    smile: float
    lip_raise: float
    blink: float
    look_down: float
    look_up: float
    brow_raise: float


class BlendshapesNetwork:
    """Reads expression from landmarks."""

    def __init__(self, content: bytes) -> None:
        """Load the network. Raises `ValueError` or `RuntimeError` where `content` is not that network."""
        self._network = Network(content, (1, len(_SUBSET), 2), [(_OUTPUTS,)])

    def read(self, landmarks: Landmarks) -> Expression:
        """Return the expression of one face's landmarks (in pixels)."""
        (values,) = self._network.run(landmarks[_SUBSET, :2].astype(np.float32)[np.newaxis])

        def mean(shapes: tuple[int, ...]) -> float:
            return float(sum(values[shape] for shape in shapes)) / len(shapes)

        return Expression(
            smile=mean(_SMILE),
            lip_raise=mean(_UPPER_LIP),
            blink=mean(_BLINK),
            look_down=mean(_LOOK_DOWN),
            look_up=mean(_LOOK_UP),
            brow_raise=(mean(_BROW_INNER) + mean(_BROW_OUTER)) / 2,
        )
