from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.practice.seeing.detector import Roi
from coach_desktop.practice.seeing.landmarks import COUNT, INPUT_SIDE, crop, next_roi, project

rois = st.builds(
    Roi,
    centre_x=st.floats(0, 300),
    centre_y=st.floats(0, 200),
    side=st.floats(1, 500),
    angle=st.floats(-math.pi, math.pi),
)


@given(rois)
def test_a_crop_shows_at_a_point_what_projecting_that_point_back_finds(roi: Roi) -> None:
    columns, rows = np.meshgrid(np.arange(300), np.arange(200))
    picture = np.stack([columns * 255 // 300, rows * 255 // 200, np.full_like(rows, 200)], axis=-1).astype(np.uint8)
    cut = crop(picture, roi)
    assert cut.shape == (INPUT_SIDE, INPUT_SIDE, 3)
    pixels = np.array([(x, y) for x in range(8, 256, 48) for y in range(8, 256, 48)])
    points = np.column_stack([(pixels + 0.5) / INPUT_SIDE, np.zeros(len(pixels))])
    for (x, y), (there_x, there_y, _) in zip(pixels, project(points, roi), strict=True):
        if 2 < there_x < 298 and 2 < there_y < 198:
            red, green, blue = cut[y, x].astype(float)
            assert blue == 200
            assert red == pytest.approx((there_x - 0.5) * 255 / 300, abs=2.5)
            assert green == pytest.approx((there_y - 0.5) * 255 / 200, abs=2.5)
        elif not (-2 < there_x < 302 and -2 < there_y < 202):
            assert not cut[y, x].any(), "beyond the picture all is black"


def test_a_region_beside_the_picture_is_black() -> None:
    assert not crop(np.full((10, 10, 3), 255, dtype=np.uint8), Roi(500, 500, 20, 0.3)).any()


@given(rois, st.floats(-1.5, 1.5))
def test_the_next_region_follows_the_points(roi: Roi, lean: float) -> None:
    flat = np.full((COUNT, 3), 0.5)
    flat[0, :2], flat[1, :2] = (0.5 - math.cos(lean) / 4, 0.5 - math.sin(lean) / 4), (0.5, 0.5)
    flat[2, :2] = (0.5 + math.cos(lean) / 4, 0.5 + math.sin(lean) / 4)
    flat[33], flat[263] = flat[0], flat[2]
    upright = Roi(roi.centre_x, roi.centre_y, roi.side, 0.0)
    found = next_roi(project(flat, upright))
    assert (found.centre_x, found.centre_y) == pytest.approx((roi.centre_x, roi.centre_y), abs=1e-6)
    assert found.angle == pytest.approx(lean, abs=1e-6)
    extent = 0.5 * max(abs(math.cos(lean)), abs(math.sin(lean)))
    assert found.side == pytest.approx(1.5 * extent * roi.side)
