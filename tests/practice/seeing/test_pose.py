from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.practice.seeing.landmarks import COUNT
from coach_desktop.practice.seeing.pose import eye_offset, head_pose
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
    found = head_pose(photographed(face_task, yaw, pitch, roll, away_cm), WIDTH, HEIGHT, face_task.shape)
    assert found is not None
    # The network's z is a weak-perspective one, which the fit cannot make quite good at arm's length.
    assert found.yaw_deg == pytest.approx(yaw, abs=5)
    assert found.pitch_deg == pytest.approx(pitch, abs=5)


def test_landmarks_in_one_point_have_no_pose(face_task: FaceTask) -> None:
    assert head_pose(np.ones((COUNT, 3)), WIDTH, HEIGHT, face_task.shape) is None
    assert eye_offset(np.ones((COUNT, 3))) is None


def eyes(iris_x: float, iris_y: float) -> Landmarks:
    """Two level eyes, 60 pixels wide, with the irises off the middle by the given pixels."""
    landmarks = np.zeros((COUNT, 3))
    for left, right, upper, lower, iris, x in ((33, 133, 159, 145, 468, 100), (362, 263, 386, 374, 473, 200)):
        landmarks[left, :2], landmarks[right, :2] = (x, 50), (x + 60, 50)
        landmarks[upper, :2], landmarks[lower, :2] = (x + 30, 40), (x + 30, 62)
        landmarks[iris, :2] = (x + 30 + iris_x, 51 + iris_y)
    return landmarks


@given(st.floats(-20, 20), st.floats(-10, 10), st.floats(-3, 3), st.floats(0.1, 9))
def test_the_iris_offset_does_not_depend_on_lean_or_size(x: float, y: float, lean: float, size: float) -> None:
    landmarks = eyes(x, y)
    turn = size * np.array([[math.cos(lean), -math.sin(lean)], [math.sin(lean), math.cos(lean)]])
    landmarks[:, :2] = landmarks[:, :2] @ turn.T
    found = eye_offset(landmarks)
    assert found is not None
    assert found.along == pytest.approx(x / 60, abs=1e-9)
    assert found.across == pytest.approx(y / 60, abs=1e-9)
