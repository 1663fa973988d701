"""Cutting a square out of a picture for a network, upright or turned.

Beyond the picture all is black, as the networks of face and hands know it, or the picture's edge goes on: the network
of the pose was trained on such squares. On black ones it sees the shoulders of people who are only half in the picture
at another place (measured against mediapipe 0.10.21: 0.07 instead of 0.02 widths of the shoulders).
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from coach_desktop.practice.seeing.detector import Roi
    from coach_desktop.practice.seeing.frames import Rgb

_KEPT_STEP = 1.5
"""A picture is made smaller before it is turned or scaled, as long as that leaves so many of its pixels for one cut."""
_UPRIGHT_RAD = math.radians(4)


def set_upright(roi: Roi) -> Roi:
    """Return a region that leans a little as one that does not lean: it is cut in half the time.

    The networks see faces and bodies as well that lean by so much.
    """
    return replace(roi, angle=0.0) if abs(roi.angle) < _UPRIGHT_RAD else roi


def crop(rgb: Rgb, roi: Roi, side: int, *, continued: bool = False) -> Rgb:
    """Cut a region out of a picture, turned until it stands upright, side x side x 3.

    What reaches beyond the picture is black, or repeats its edge where it is `continued`.
    """
    if roi.angle == 0 and (cut := _upright(rgb, roi, side, continued=continued)) is not None:
        return cut
    height, width, _ = rgb.shape
    reach = roi.side * (abs(math.cos(roi.angle)) + abs(math.sin(roi.angle))) / 2 + 2
    over = (reach - roi.centre_x, roi.centre_x + reach - width, reach - roi.centre_y, roi.centre_y + reach - height)
    if not continued or max(over) <= 0:
        return _turned(rgb, roi, side)
    factor = max(1, min(int(roi.side / side / _KEPT_STEP), width, height))
    small = np.asarray(Image.fromarray(rgb).reduce(factor)) if factor > 1 else rgb
    # No more than the region reaches over: it may lie far beside the picture, where all is edge.
    most = 2 * reach / factor
    pads = [math.ceil(min(most, max(0.0, each / factor))) + 1 for each in over]
    padded = np.pad(small, ((pads[2], pads[3]), (pads[0], pads[1]), (0, 0)), mode="edge")
    x, y = roi.centre_x / factor + pads[0], roi.centre_y / factor + pads[2]
    return _turned(padded, replace(roi, centre_x=x, centre_y=y, side=roi.side / factor), side)


def _turned(rgb: Rgb, roi: Roi, side: int) -> Rgb:
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


def _upright(rgb: Rgb, roi: Roi, side: int, *, continued: bool) -> Rgb | None:
    """Return what `crop` does for a region that is not turned; None where it holds no whole pixel of the picture."""
    height, width, _ = rgb.shape
    (left, right, x0, x1), (top, bottom, y0, y1) = (
        _shown(centre - roi.side / 2, roi.side / side, side, length)
        for centre, length in ((roi.centre_x, width), (roi.centre_y, height))
    )
    if left >= right or top >= bottom:
        return None
    first_x, first_y = math.floor(x0), math.floor(y0)
    part = Image.fromarray(rgb[first_y : math.ceil(y1), first_x : math.ceil(x1)])
    box = (x0 - first_x, y0 - first_y, x1 - first_x, y1 - first_y)
    scaled = part.resize((right - left, bottom - top), Image.Resampling.BILINEAR, box=box, reducing_gap=_KEPT_STEP)
    shown = np.asarray(scaled)
    if shown.shape[:2] == (side, side):
        return shown
    around = ((top, side - bottom), (left, side - right), (0, 0))
    return np.pad(shown, around, mode="edge") if continued else np.pad(shown, around)


def _shown(start: float, step: float, side: int, length: int) -> tuple[int, int, float, float]:
    """Return which pixels of the cut lie whole within the picture, and from where to where there, along one side."""
    first = min(side, max(0, math.ceil(-start / step)))
    last = min(side, max(0, math.floor((length - start) / step)))
    return first, last, max(0.0, start + first * step), min(float(length), start + last * step)


def _bounds(centre: float, reach: float, side: int) -> tuple[int, int]:
    return max(0, math.floor(centre - reach)), min(side, math.ceil(centre + reach))
