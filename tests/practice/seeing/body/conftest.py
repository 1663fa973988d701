"""The models of pose and hands, and bodies made up point by point."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from coach_desktop.practice.seeing.body.pose_networks import Pose
from coach_desktop.practice.seeing.body.watching import BodyWatch
from coach_desktop.practice.seeing.detector import Roi
from coach_desktop.store.model_files import HAND_LANDMARKER, POSE_LANDMARKER, find

MakePose = Callable[..., Pose]


@pytest.fixture(scope="session")
def pose_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return find(POSE_LANDMARKER, tmp_path_factory.mktemp("models")).path


@pytest.fixture(scope="session")
def hand_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return find(HAND_LANDMARKER, tmp_path_factory.mktemp("models")).path


@pytest.fixture
def watch(pose_model: Path, hand_model: Path) -> BodyWatch:
    return BodyWatch(pose_model, hand_model)


UPRIGHT: dict[int, tuple[float, float]] = {
    0: (320, 140), 7: (350, 140), 8: (290, 140), 11: (380, 220), 12: (260, 220), 13: (400, 310), 14: (240, 310),
    15: (390, 390), 16: (250, 390), 23: (360, 400), 24: (280, 400),
}  # fmt: skip
"""A person who faces a camera of 640 x 480, arms hanging: points of the pose in pixels."""


@pytest.fixture
def make_pose() -> MakePose:
    def make(
        moved: dict[int, tuple[float, float]] | None = None, hidden: tuple[int, ...] = (), shift: float = 0.0
    ) -> Pose:
        points, visibility = np.full((33, 3), -50.0), np.zeros(33)
        for n, place in (UPRIGHT | (moved or {})).items():
            points[n] = (place[0] + shift, place[1], 0.0)
            visibility[n] = 0.0 if n in hidden else 1.0
        return Pose(points, visibility, 1.0, Roi(320, 240, 400, 0.0))

    return make
