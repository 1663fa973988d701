"""The networks against what mediapipe 0.10.21 finds in the same picture, and what no picture may do to them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from coach_desktop.practice.seeing.body import hand_networks
from coach_desktop.practice.seeing.body.pose_networks import refined
from coach_desktop.practice.seeing.body.tracking import BodyTracker, Head, is_sensible, shoulder_line
from coach_desktop.practice.seeing.detector import Roi
from coach_desktop.practice.seeing.landmarks import project

ASTRONAUT_HEAD = Head(225, 115, 110)
# mediapipe 0.10.21, pose_landmarker_full.task, tracked until it stood still; pixels of the picture of 512 x 512.
ASTRONAUT = {
    0: (222, 130), 2: (248, 110), 5: (204, 104), 7: (268, 122), 8: (185, 109), 9: (234, 153), 10: (206, 150),
    11: (302, 243), 12: (111, 236),
}  # fmt: skip


def test_the_body_is_where_mediapipe_finds_it(pose_model: Path, astronaut: Image.Image) -> None:
    tracker, rgb = BodyTracker(pose_model), np.asarray(astronaut)
    for turn in range(12):
        pose = tracker.follow(turn / 6, rgb, ASTRONAUT_HEAD)
    assert pose is not None
    width = shoulder_line(pose)[2]
    for point, place in ASTRONAUT.items():
        assert float(np.hypot(*(pose.points[point, :2] - place))) < 0.07 * width, point


def test_a_heatmap_moves_a_point_to_its_middle_where_it_is_sure() -> None:
    heatmap = np.full((64, 64, 2), -20.0, dtype=np.float32)
    heatmap[33, 31:34, 0] = 5.0
    found = refined(np.array([[0.5, 0.5, 0.1], [0.5, 0.5, 0.1]]), heatmap)
    assert found[0] == pytest.approx((32 / 64, 33 / 64, 0.1))
    assert found[1] == pytest.approx((0.5, 0.5, 0.1))


@given(st.floats(-3, 3), st.floats(20, 200))
def test_the_region_of_a_hand_turns_and_grows_with_it(angle: float, size: float) -> None:
    flat = np.full((21, 3), 0.5)
    flat[hand_networks.WRIST, 1] = 0.9
    flat[[5, 9, 13, 17], 0], flat[[5, 9, 13, 17], 1] = (0.35, 0.45, 0.55, 0.65), 0.5
    turned = project(flat, Roi(300, 200, size, angle))
    roi = hand_networks.next_roi(turned)
    # Of this hand the knuckles lie a little to one side of the wrist.
    lean = np.arctan2(-0.05, 0.4)
    assert np.cos(roi.angle - angle - lean) == pytest.approx(1, abs=1e-3)
    assert roi.side == pytest.approx(2 * 0.4 * size, rel=0.05)


@pytest.mark.parametrize("side", [0.0, -1.0, float("nan"), float("inf"), 1e6])
def test_regions_without_sense_are_not_looked_at(side: float) -> None:
    assert not is_sensible(Roi(10, 10, side, 0.0))
    assert is_sensible(Roi(10, 10, 20, 0.0))
