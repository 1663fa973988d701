from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from coach_desktop.practice.seeing.face import FacePipeline, scan_parts
from coach_desktop.practice.seeing.frames import FrameFormat, to_rgb
from coach_desktop.practice.seeing.readings import FaceReading
from tests.practice.seeing.heads import heads_at

Rgb = npt.NDArray[np.uint8]


def framed(picture: Image.Image, scale: float = 1.0, left: int = 64, top: int = 0) -> Rgb:
    """A 640 x 480 camera frame with the picture in it, on grey."""
    frame = Image.new("RGB", (640, 480), (96, 104, 112))
    side = round(picture.width * scale)
    frame.paste(picture.resize((side, side), Image.Resampling.BILINEAR), (left, top))
    return np.asarray(frame)


def seen(pipeline: FacePipeline, rgb: Rgb) -> FaceReading:
    reading = pipeline.read(rgb)
    assert reading is not None
    return reading


def test_the_astronaut_smiles_into_the_camera(pipeline: FacePipeline, astronaut: Image.Image) -> None:
    reading = seen(pipeline, np.asarray(astronaut))
    # Her face spans about x 170-280, y 60-200 of the 512 x 512 picture.
    assert 0.3 < reading.box_x < 0.4
    assert 0.1 < reading.box_y < 0.2
    assert 0.15 < reading.box_w < 0.25
    assert 0.18 < reading.box_h < 0.32
    assert reading.eye_contact
    assert not reading.eyes_closed
    assert reading.smile > 0.5


def turned_left(picture: Image.Image) -> Image.Image:
    """The astronaut with the half of her face on the picture's left foreshortened, as when she turns that way."""
    near_half = picture.crop((0, 0, 222, 512)).resize((133, 512))
    turned = Image.new("RGB", (133 + 290, 512))
    turned.paste(near_half, (0, 0))
    turned.paste(picture.crop((222, 0, 512, 512)), (133, 0))
    return turned


def test_a_head_that_turns_left_has_a_negative_yaw_and_mirrored_a_positive_one(
    face_model: Path, astronaut: Image.Image
) -> None:
    picture = turned_left(astronaut)
    left = seen(FacePipeline(face_model), np.asarray(picture))
    right = seen(FacePipeline(face_model), np.asarray(ImageOps.mirror(picture)))
    straight = seen(FacePipeline(face_model), np.asarray(astronaut))
    assert left.yaw_deg < -5 < abs(straight.yaw_deg) < 5 < right.yaw_deg
    assert left.gaze_x_deg < straight.gaze_x_deg < right.gaze_x_deg
    assert straight.eye_contact
    assert not left.eye_contact


def test_mirroring_changes_sides_and_nothing_else(face_model: Path, astronaut: Image.Image) -> None:
    straight = seen(FacePipeline(face_model), np.asarray(astronaut))
    mirrored = seen(FacePipeline(face_model), np.asarray(ImageOps.mirror(astronaut)))
    assert mirrored.yaw_deg == pytest.approx(-straight.yaw_deg, abs=4)
    assert mirrored.gaze_x_deg == pytest.approx(-straight.gaze_x_deg, abs=4)
    assert mirrored.pitch_deg == pytest.approx(straight.pitch_deg, abs=4)
    assert mirrored.box_x + mirrored.box_w == pytest.approx(1 - straight.box_x, abs=0.03)
    assert mirrored.eye_contact
    assert mirrored.smile == pytest.approx(straight.smile, abs=0.2)


@pytest.mark.parametrize("degrees", [-40, -20, 20, 40])
def test_a_head_on_one_side_is_read_the_same(degrees: int, face_model: Path, astronaut: Image.Image) -> None:
    straight = seen(FacePipeline(face_model), np.asarray(astronaut))
    leaning = seen(FacePipeline(face_model), np.asarray(astronaut.rotate(degrees, Image.Resampling.BILINEAR)))
    assert leaning.eye_contact
    assert leaning.smile > 0.5
    assert math.hypot(leaning.gaze_x_deg - straight.gaze_x_deg, leaning.gaze_y_deg - straight.gaze_y_deg) < 8


@pytest.mark.parametrize("scale", [0.25, 0.35, 0.5, 0.65, 0.8, 1.0, 1.6, 2.5])
def test_faces_near_and_far_are_read(scale: float, pipeline: FacePipeline, astronaut: Image.Image) -> None:
    face_x, face_y = 225 * scale, 130 * scale
    frame = framed(astronaut, scale, round(320 - face_x), round(240 - face_y))
    # Where the whole picture shows nothing, a part of it is searched with every frame.
    parts = len(scan_parts(640, 480))
    readings = [pipeline.read(frame) for _ in range(parts)]
    last = readings[-1]
    assert last is not None
    assert last.box_x + last.box_w / 2 == pytest.approx(0.5, abs=0.05)
    if scale >= 0.5:
        assert last.smile > 0.5
    if scale >= 0.8:
        assert None not in readings
        assert last.eye_contact


def test_a_face_that_moves_and_zooms_is_found_in_every_frame(pipeline: FacePipeline, astronaut: Image.Image) -> None:
    missed = []
    for index in range(96):
        turn = 2 * math.pi * index / 96
        scale = 1.15 + 0.3 * math.cos(turn)
        frame = framed(astronaut, scale, round(60 + 110 * math.sin(turn)) - 60, round(-20 + 40 * math.sin(2 * turn)))
        reading = pipeline.read(frame)
        centre = (225 * scale + round(60 + 110 * math.sin(turn)) - 60) / 640
        if reading is None or abs(reading.box_x + reading.box_w / 2 - centre) > 0.05:
            missed.append(index)
    assert not missed


def test_a_face_that_jumps_is_found_in_the_same_frame(pipeline: FacePipeline, astronaut: Image.Image) -> None:
    assert seen(pipeline, framed(astronaut, 0.9, -120, 0)).box_x < 0.2
    assert seen(pipeline, framed(astronaut, 0.9, 300, 60)).box_x > 0.6


def test_a_face_leaves_and_returns(pipeline: FacePipeline, astronaut: Image.Image) -> None:
    with_face, black = framed(astronaut), np.zeros((480, 640, 3), dtype=np.uint8)
    frames = [with_face] * 3 + [black] * 8 + [with_face] * 3
    assert [pipeline.read(frame) is not None for frame in frames] == [True] * 3 + [False] * 8 + [True] * 3


def test_no_face_is_seen_where_there_is_none(pipeline: FacePipeline, without_face: list[Rgb]) -> None:
    for number, picture in enumerate(without_face):
        # As often as there are parts to search, so that every part has its turn.
        for _ in range(len(scan_parts(picture.shape[1], picture.shape[0])) + 1):
            assert pipeline.read(picture) is None, f"picture {number}"


def test_the_larger_of_two_faces_is_read_whatever_its_place(face_model: Path) -> None:
    for large_left in (True, False):
        frame = heads_at((10 if large_left else 315, 60, 315), (450 if large_left else 20, 60, 160))
        reading = seen(FacePipeline(face_model), np.asarray(frame))
        assert (reading.box_x < 0.4) == large_left


def test_someone_much_nearer_takes_over_and_someone_behind_does_not(pipeline: FacePipeline) -> None:
    far, near, another_far = (20, 60, 140), (280, 40, 350), (20, 200, 140)
    assert seen(pipeline, np.asarray(heads_at(far))).box_x < 0.3
    frame = heads_at(far, near)
    places = [seen(pipeline, np.asarray(frame)).box_x for _ in range(60)]
    assert places[0] < 0.3, "the face that is followed stays until faces are compared"
    assert places[-1] > 0.4
    frame = heads_at(far, near, another_far)
    assert all(seen(pipeline, np.asarray(frame)).box_x > 0.4 for _ in range(60))


@pytest.mark.parametrize(("others", "company"), [([(400, 100, 210)], True), ([(400, 100, 84)], False), ([], False)])
def test_other_faces_are_looked_for_at_times_and_those_far_behind_are_no_company(
    others: list[tuple[int, int, int]], company: bool, pipeline: FacePipeline
) -> None:
    frame = heads_at((20, 60, 280), *others)
    found = [seen(pipeline, np.asarray(frame)).has_company for _ in range(60)]
    assert [one for one in found if one is not None] == [company] * 2


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(width=st.integers(1, 70), height=st.integers(1, 70), shade=st.integers(0, 255))
def test_tiny_pictures_have_no_face_and_do_no_harm(
    width: int, height: int, shade: int, pipeline: FacePipeline, astronaut: Image.Image
) -> None:
    assert pipeline.read(np.full((height, width, 3), shade, dtype=np.uint8)) is None
    shrunk = np.asarray(astronaut.resize((width, height)))
    reading = pipeline.read(shrunk)
    assert reading is None or math.isfinite(reading.yaw_deg)


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((4, 4), dtype=np.uint8),
        np.zeros((4, 4, 4), dtype=np.uint8),
        np.zeros((4, 4, 3), dtype=np.float32),
        np.zeros((0, 4, 3), dtype=np.uint8),
    ],
)
def test_what_is_no_picture_is_refused(picture: Rgb, pipeline: FacePipeline) -> None:
    with pytest.raises(ValueError, match="height x width x 3"):
        pipeline.read(picture)


def test_a_picture_that_changes_its_size_does_no_harm(pipeline: FacePipeline, astronaut: Image.Image) -> None:
    for side in (512, 300, 512, 200, 640):
        assert pipeline.read(np.asarray(astronaut.resize((side, side)))) is not None


def test_frames_from_the_wire_read_like_pictures(pipeline: FacePipeline, astronaut: Image.Image) -> None:
    frame = framed(astronaut)
    rgba = np.dstack([frame, np.zeros(frame.shape[:2], dtype=np.uint8)])
    reading = seen(pipeline, to_rgb(FrameFormat.RGBA, 640, 480, rgba.tobytes()))
    assert reading.eye_contact


def test_memory_does_not_grow_with_frames(pipeline: FacePipeline, astronaut: Image.Image) -> None:
    frames = [framed(astronaut), np.zeros((480, 640, 3), dtype=np.uint8)]

    def run(count: int) -> int:
        for index in range(count):
            pipeline.read(frames[index % 2])
        return int(psutil.Process().memory_info().rss)

    before = run(60)
    # A frame is 0.9 MB and its crop 0.2 MB: keeping even one in ten would show.
    assert run(200) - before < 16 * 2**20


@given(st.integers(1, 640), st.integers(1, 640))
def test_the_parts_searched_cover_the_picture_and_stay_in_it(width: int, height: int) -> None:
    parts = scan_parts(width, height)
    if not parts:
        assert max(width, height) < 192
        return
    covered = np.zeros((height, width), dtype=bool)
    for x, y, side in parts:
        assert x >= 0
        assert y >= 0
        assert x + side <= max(width, side)
        covered[y : y + side, x : x + side] = True
    assert covered.all()
    assert len(parts) <= 16 + 36
