from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from coach_desktop.practice.seeing.blendshapes import Expression
from coach_desktop.practice.seeing.face import FacePipeline, scan_parts
from coach_desktop.practice.seeing.gaze import (
    CALIBRATED_ZONE,
    ZONE,
    EyeOffset,
    Gaze,
    Zone,
    contact_score,
    eye_offset,
    eyes_closed,
    gaze,
)
from coach_desktop.practice.seeing.landmarks import COUNT
from coach_desktop.practice.seeing.pose import HeadPose
from coach_desktop.practice.seeing.readings import FaceReading

Landmarks = npt.NDArray[np.float64]
OPEN = EyeOffset(along=0.0, gap=0.33)
STILL = Expression(smile=0.0, lip_raise=0.0, blink=0.1, look_down=0.15, look_up=0.1, brow_raise=0.1)
angles = st.floats(-80, 80)
zones = st.sampled_from([ZONE, CALIBRATED_ZONE])


def eyes(iris_x: float, gap: float) -> Landmarks:
    """Two level eyes, 60 pixels wide, with the irises off the middle and the lids apart by the given pixels."""
    landmarks = np.zeros((COUNT, 3))
    for left, right, upper, lower, iris, x in ((33, 133, 159, 145, 468, 100), (362, 263, 386, 374, 473, 200)):
        landmarks[left, :2], landmarks[right, :2] = (x, 50), (x + 60, 50)
        landmarks[upper, :2], landmarks[lower, :2] = (x + 30, 50 - gap / 2), (x + 30, 50 + gap / 2)
        landmarks[iris, :2] = (x + 30 + iris_x, 51)
    return landmarks


@given(st.floats(-20, 20), st.floats(0, 30), st.floats(-3, 3), st.floats(0.1, 9))
def test_irises_and_lids_do_not_depend_on_lean_or_size(x: float, gap: float, lean: float, size: float) -> None:
    landmarks = eyes(x, gap)
    turn = size * np.array([[math.cos(lean), -math.sin(lean)], [math.sin(lean), math.cos(lean)]])
    landmarks[:, :2] = landmarks[:, :2] @ turn.T
    found = eye_offset(landmarks)
    assert found is not None
    assert found.along == pytest.approx(x / 60, abs=1e-9)
    assert found.gap == pytest.approx(gap / 60, abs=1e-9)


def test_eyes_without_extent_have_no_offset() -> None:
    assert eye_offset(np.ones((COUNT, 3))) is None


@given(zones, angles, angles, st.floats(1.0, 3.0))
def test_the_score_falls_with_the_angle_off_the_camera(zone: Zone, x: float, y: float, further: float) -> None:
    near, far = contact_score(zone.off(Gaze(x, y))), contact_score(zone.off(Gaze(further * x, further * y)))
    assert 0 < far <= near <= 1
    assert contact_score(0.0) == 1.0


@pytest.mark.parametrize("zone", [ZONE, CALIBRATED_ZONE])
def test_the_score_is_a_half_at_the_border_on_all_four_sides(zone: Zone) -> None:
    for x, y in ((zone.aside_deg, 0), (-zone.aside_deg, 0), (0, -zone.up_deg), (0, zone.down_deg)):
        assert contact_score(zone.off(Gaze(x, y))) == pytest.approx(0.5)
    assert zone.aside_deg < zone.up_deg < zone.down_deg


def test_a_turned_head_with_the_eyes_on_the_camera_looks_at_it() -> None:
    for yaw in (-25.0, 0.0, 25.0):
        found = gaze(HeadPose(yaw, 5.0), EyeOffset(along=-yaw / 180, gap=0.3), STILL)
        assert ZONE.off(found) < 0.5
        assert ZONE.off(gaze(HeadPose(yaw, 5.0), EyeOffset(along=-yaw / 180 + 0.1, gap=0.3), STILL)) > 1


def test_lids_that_go_down_look_down() -> None:
    level = gaze(HeadPose(0.0, 5.0), OPEN, STILL)
    down = gaze(HeadPose(0.0, 5.0), OPEN, Expression(0.0, 0.0, blink=0.2, look_down=0.8, look_up=0.0, brow_raise=0.1))
    up = gaze(HeadPose(0.0, 5.0), OPEN, Expression(0.0, 0.0, blink=0.0, look_down=0.0, look_up=0.6, brow_raise=0.1))
    assert up.y_deg < level.y_deg < down.y_deg


@pytest.mark.parametrize(
    ("x", "y", "direction"), [(30, 0, "left"), (-30, 5, "right"), (2, 40, "down"), (-2, -40, "up"), (10, 40, "down")]
)
def test_directions_are_the_users_own(x: float, y: float, direction: str) -> None:
    """The picture is not mirrored: its right is where the user's left hand is."""
    assert ZONE.direction(Gaze(x, y)) == direction


@pytest.mark.parametrize(
    ("blink", "gap", "closed"), [(0.6, 0.05, True), (0.35, 0.15, True), (0.35, 0.25, False), (0.1, 0.15, False)]
)
def test_half_closed_is_closed_and_a_squint_is_not(blink: float, gap: float, closed: bool) -> None:
    expression = Expression(smile=0.9, lip_raise=0.0, blink=blink, look_down=0.3, look_up=0.0, brow_raise=0.0)
    assert eyes_closed(EyeOffset(along=0.0, gap=gap), expression) is closed


def placed(pipeline: FacePipeline, face: Image.Image, x: int, y: int) -> FaceReading:
    frame = Image.new("RGB", (640, 480), (96, 104, 112))
    frame.paste(face, (x, y))
    for _ in range(len(scan_parts(640, 480))):
        reading = pipeline.read(np.asarray(frame))
        if reading is not None:
            return reading
    raise AssertionError("no face was found")


def test_a_face_at_the_edge_that_looks_at_the_camera_has_contact(
    pipeline: FacePipeline, astronaut: Image.Image
) -> None:
    face = astronaut.crop((130, 20, 330, 240))
    middle = placed(pipeline, face, 220, 130)
    for x, y in ((0, 130), (440, 130), (220, 0), (220, 260), (0, 0), (440, 260)):
        at_edge = placed(pipeline, face, x, y)
        assert at_edge.eye_contact
        assert at_edge.yaw_deg == pytest.approx(middle.yaw_deg, abs=3)
        assert at_edge.pitch_deg == pytest.approx(middle.pitch_deg, abs=3)
        assert at_edge.gaze_x_deg == pytest.approx(middle.gaze_x_deg, abs=5)
