from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.practice.seeing.cropping import crop, set_upright
from coach_desktop.practice.seeing.detector import Roi
from coach_desktop.practice.seeing.landmarks import project

SIDE = 256
# Upright regions are cut in another way than turned ones.
angles = st.just(0.0) | st.floats(-math.pi, math.pi)
rois = st.builds(Roi, centre_x=st.floats(0, 300), centre_y=st.floats(0, 200), side=st.floats(1, 500), angle=angles)


@given(rois)
def test_a_crop_shows_at_a_point_what_projecting_that_point_back_finds(roi: Roi) -> None:
    columns, rows = np.meshgrid(np.arange(300), np.arange(200))
    picture = np.stack([columns * 255 // 300, rows * 255 // 200, np.full_like(rows, 200)], axis=-1).astype(np.uint8)
    cut = crop(picture, roi, SIDE)
    assert cut.shape == (SIDE, SIDE, 3)
    pixels = np.array([(x, y) for x in range(8, 256, 48) for y in range(8, 256, 48)])
    points = np.column_stack([(pixels + 0.5) / SIDE, np.zeros(len(pixels))])
    # What is made smaller is averaged, and at the picture's edge there is less to average.
    near = 2 + 2 * roi.side / SIDE
    for (x, y), (there_x, there_y, _) in zip(pixels, project(points, roi), strict=True):
        if near < there_x < 300 - near and near < there_y < 200 - near:
            red, green, blue = cut[y, x].astype(float)
            assert blue == 200
            assert red == pytest.approx((there_x - 0.5) * 255 / 300, abs=2.5)
            assert green == pytest.approx((there_y - 0.5) * 255 / 200, abs=2.5)
        elif not (-near < there_x < 300 + near and -near < there_y < 200 + near):
            assert not cut[y, x].any(), "beyond the picture all is black"


@pytest.mark.parametrize("angle", [0.0, 0.3])
def test_a_region_beside_the_picture_is_black(angle: float) -> None:
    assert not crop(np.full((10, 10, 3), 255, dtype=np.uint8), Roi(500, 500, 20, angle), SIDE).any()


@pytest.mark.parametrize("angle", [0.0, 0.3])
def test_within_the_picture_nothing_is_continued(angle: float) -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    roi = Roi(150, 100, 60, angle)
    assert np.array_equal(crop(rgb, roi, SIDE, continued=True), crop(rgb, roi, SIDE))


@pytest.mark.parametrize("angle", [0.0, 0.01])
def test_beyond_the_picture_its_edge_goes_on(angle: float) -> None:
    rgb = np.zeros((100, 100, 3), dtype=np.uint8)
    rgb[:, 50:] = 200
    cut = crop(rgb, Roi(50, 50, 400, angle), SIDE, continued=True)
    assert (cut[:, :120] == 0).all()
    assert (cut[:, 136:] == 200).all()


@given(
    roi=st.builds(
        Roi,
        centre_x=st.floats(-500, 900),
        centre_y=st.floats(-500, 900),
        side=st.floats(1, 15_000),
        angle=st.just(0.0) | st.floats(-4, 4),
    ),
    width=st.integers(1, 80),
    height=st.integers(1, 80),
    continued=st.booleans(),
)
def test_any_region_of_any_picture_can_be_cut(roi: Roi, width: int, height: int, *, continued: bool) -> None:
    cut = crop(np.full((height, width, 3), 77, dtype=np.uint8), roi, SIDE, continued=continued)
    assert cut.shape == (SIDE, SIDE, 3)
    if continued and 0 < roi.centre_x < width and 0 < roi.centre_y < height:
        assert (cut == 77).all()


@given(rois)
def test_only_what_leans_little_is_set_upright(roi: Roi) -> None:
    found = set_upright(roi)
    assert found == (roi if abs(roi.angle) > math.radians(4.001) else replace(roi, angle=found.angle))
    assert found.angle in {0.0, roi.angle}
    assert abs(found.angle - roi.angle) <= math.radians(4)


def test_turned_or_not_the_same_is_seen() -> None:
    """The two ways to cut agree on a region that hardly leans."""
    columns, rows = np.meshgrid(np.arange(300), np.arange(200))
    waves = 127 + 60 * np.sin(columns / 17) + 60 * np.cos(rows / 13)
    rgb = np.repeat(waves.astype(np.uint8)[..., np.newaxis], 3, axis=-1)
    roi = Roi(150.3, 99.8, 180, 0.0)
    upright, turned = (crop(rgb, one, SIDE).astype(float) for one in (roi, replace(roi, angle=1e-9)))
    assert np.abs(upright - turned).max() <= 3
