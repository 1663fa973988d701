"""Cutting a turned square out of a picture, where the picture's edge goes on beyond it.

The network of the pose was trained on such squares: on black ones it sees the shoulders of people who are only half in
the picture at another place (measured against mediapipe 0.10.21: 0.07 instead of 0.02 widths of the shoulders).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from coach_desktop.practice.seeing.detector import Roi
from coach_desktop.practice.seeing.landmarks import crop

if TYPE_CHECKING:
    from coach_desktop.practice.seeing.frames import Rgb

_KEPT_STEP = 1.5
"""A picture is made smaller before it is continued, as long as that leaves so many of its pixels for one of the cut."""


def crop_with_edges(rgb: Rgb, roi: Roi, side: int) -> Rgb:
    """Cut a region out of a picture, upright, side x side x 3; what reaches beyond the picture repeats its edge."""
    height, width, _ = rgb.shape
    reach = roi.side * (abs(math.cos(roi.angle)) + abs(math.sin(roi.angle))) / 2 + 2
    over = (reach - roi.centre_x, roi.centre_x + reach - width, reach - roi.centre_y, roi.centre_y + reach - height)
    if max(over) <= 0:
        return crop(rgb, roi, side)
    factor = max(1, min(int(roi.side / side / _KEPT_STEP), width, height))
    small = np.asarray(Image.fromarray(rgb).reduce(factor)) if factor > 1 else rgb
    # No more than the region reaches over: it may lie far beside the picture, where all is edge.
    most = 2 * reach / factor
    pads = [math.ceil(min(most, max(0.0, each / factor))) + 1 for each in over]
    continued = np.pad(small, ((pads[2], pads[3]), (pads[0], pads[1]), (0, 0)), mode="edge")
    moved = Roi(roi.centre_x / factor + pads[0], roi.centre_y / factor + pads[2], roi.side / factor, roi.angle)
    return crop(continued, moved, side)
