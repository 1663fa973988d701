from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.practice.seeing.landmarks import COUNT
from coach_desktop.practice.seeing.pose import head_pose
from coach_desktop.practice.seeing.tasks import FaceTask

WIDTH, HEIGHT = 640, 480
FOCAL = HEIGHT / (2 * math.tan(math.radians(63) / 2))
Landmarks = npt.NDArray[np.float64]


def photographed(task: FaceTask, yaw: float, pitch: float, roll: float, away_cm: float) -> Landmarks:
    """The metric face, turned and put before a pinhole camera, as 478 landmarks in pixels."""
    turns = [math.radians(angle) for angle in (yaw, pitch, roll)]
    (cy, cp, cr), (sy, sp, sr) = [math.cos(a) for a in turns], [math.sin(a) for a in turns]
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    points = task.shape.points @ (about_z @ about_y @ about_x).T
    depth = away_cm - points[:, 2]
    landmarks = np.zeros((COUNT, 3))
    landmarks[task.shape.indices, 0] = WIDTH / 2 + FOCAL * points[:, 0] / depth
    landmarks[task.shape.indices, 1] = HEIGHT / 2 - FOCAL * points[:, 1] / depth
    landmarks[task.shape.indices, 2] = -points[:, 2] * FOCAL / away_cm
    return landmarks


@given(st.floats(-40, 40), st.floats(-25, 25), st.floats(-30, 30), st.floats(35, 200))
def test_a_known_pose_is_found_again(
    face_task: FaceTask, yaw: float, pitch: float, roll: float, away_cm: float
) -> None:
    found = head_pose(photographed(face_task, yaw, pitch, roll, away_cm), HEIGHT, face_task.shape)
    assert found is not None
    # The network's z is a weak-perspective one, which the fit cannot make quite good at arm's length.
    assert found.yaw_deg == pytest.approx(yaw, abs=5)
    assert found.pitch_deg == pytest.approx(pitch, abs=5)


def test_landmarks_in_one_point_have_no_pose(face_task: FaceTask) -> None:
    assert head_pose(np.ones((COUNT, 3)), HEIGHT, face_task.shape) is None


@given(st.floats(-40, 40), st.floats(-25, 25), st.floats(-300, 300), st.floats(-200, 200))
def test_the_place_in_the_picture_makes_no_difference(
    face_task: FaceTask, yaw: float, pitch: float, x: float, y: float
) -> None:
    landmarks = photographed(face_task, yaw, pitch, 0.0, 60.0)
    here = head_pose(landmarks, HEIGHT, face_task.shape)
    there = head_pose(landmarks + np.array([x, y, 0.0]), HEIGHT, face_task.shape)
    assert here is not None
    assert there is not None
    assert there.yaw_deg == pytest.approx(here.yaw_deg, abs=1e-6)
    assert there.pitch_deg == pytest.approx(here.pitch_deg, abs=1e-6)
