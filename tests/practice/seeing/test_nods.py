from __future__ import annotations

import math
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.practice.seeing.face import FacePipeline
from coach_desktop.practice.seeing.nods import Nods, bridge_height

FPS = 12


def counted(seconds: float, depth_deg: float, hz: float, *, drop: float = 0.25, yaw_deg: float = 0.0) -> int:
    """A head that swings down from rest and back, as a cosine; the nose drops with it by `drop` at most."""
    nods = Nods()
    for frame in range(round(seconds * FPS)):
        at_s = frame / FPS
        down = (1 - math.cos(2 * math.pi * hz * at_s)) / 2
        nods.add(at_s, depth_deg * down, yaw_deg * down, 1.0 + drop * down)
    return nods.count


@pytest.mark.parametrize("hz", [1.0, 1.5, 2.0])
def test_each_way_down_and_up_is_a_nod(hz: float) -> None:
    assert counted(6, 12, hz) == pytest.approx(6 * hz, abs=1)


def test_a_head_that_trembles_or_sinks_slowly_does_not_nod() -> None:
    assert counted(10, 3, 1.5) == 0
    assert counted(20, 15, 0.2) == 0


def test_a_jaw_that_drops_is_no_nod() -> None:
    assert counted(10, 12, 1.5, drop=0.0) == 0


def test_a_look_aside_is_no_nod() -> None:
    assert counted(10, 12, 1.0, yaw_deg=30) == 0


def test_a_head_that_goes_down_and_stays_does_not_nod() -> None:
    nods = Nods()
    for frame in range(60):
        down = 1.0 if frame > 20 else 0.0
        nods.add(frame / FPS, 15 * down, 0.0, 1 + 0.3 * down)
    assert nods.count == 0


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(-40, 40), st.floats(0, 5)), max_size=60))
def test_whatever_the_head_does_there_are_not_more_nods_than_time_for_them(
    moves: list[tuple[float, float, float]],
) -> None:
    nods, now = Nods(), 0.0
    for step, pitch, height in moves:
        now += step
        nods.add(now, pitch, 0.0, height)
    assert 0 <= nods.count <= len(moves) // 2


def test_the_bridge_is_measured_in_distances_between_the_eyes() -> None:
    points = np.zeros((478, 3))
    points[33], points[263], points[168] = (100, 50, 0), (200, 50, 0), (150, 60, 0)
    assert bridge_height(points) == pytest.approx(0.6)
    assert bridge_height(np.ones((478, 3))) == 0.0


@pytest.mark.parametrize(
    ("name", "most"), [("driving_d10.mp4", 2), ("driving_d6.mp4", 3), ("single_face.mp4", 0), ("source_s29.mp4", 0)]
)
def test_people_who_talk_are_not_said_to_nod_all_the_time(
    name: str, most: int, shared_data: Path, face_model: Path
) -> None:
    """15 s, 34 s, 2 s and 5 s of people who talk and grimace, none of whom nods for an answer."""
    from imageio_ffmpeg import get_ffmpeg_exe

    video = shared_data / "data" / "video" / name
    picture = "fps=12,scale=320:240:force_original_aspect_ratio=decrease,pad=320:240:-1:-1"
    command = [get_ffmpeg_exe(), "-v", "error", "-i", str(video), "-vf", picture, "-f", "rawvideo", "-pix_fmt", "rgb24"]
    done = subprocess.run([*command, "pipe:1"], capture_output=True, check=True, timeout=120)
    pipeline, nods = FacePipeline(face_model), Nods()
    for index, frame in enumerate(np.frombuffer(done.stdout, dtype=np.uint8).reshape(-1, 240, 320, 3)):
        reading = pipeline.read(frame)
        if reading is not None:
            nods.add(index / FPS, reading.pitch_deg, reading.yaw_deg, bridge_height(reading.points))
    assert nods.count <= most
