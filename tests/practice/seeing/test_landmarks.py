from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.practice.seeing.detector import Roi
from coach_desktop.practice.seeing.landmarks import COUNT, next_roi, project

rois = st.builds(
    Roi,
    centre_x=st.floats(0, 300),
    centre_y=st.floats(0, 200),
    side=st.floats(1, 500),
    angle=st.floats(-math.pi, math.pi),
)


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
