"""The body is looked at where there is time for it, and what is missing for it costs nothing else."""

from __future__ import annotations

import dataclasses
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from coach_desktop.practice.room_protocol import RGBA, VideoFrame
from coach_desktop.practice.seeing.body.turns import Allowance, BodyTurns
from coach_desktop.practice.seeing.body.watching import BodyWatch
from coach_desktop.practice.seeing.face import FacePipeline
from coach_desktop.practice.seeing.tasks import BrokenModelError
from coach_desktop.practice.senses import Eyes
from coach_desktop.store import model_files
from coach_desktop.tavus.delivery import BODY_MEASURES

PARTS = ("pose_detector.tflite", "pose_landmarks_detector.tflite")
HANDS = ("hands_visible", "hand_at_face", "gesture_activity")


def turns_granted(cost_s: float, seconds: float = 20.0, fps: int = 12) -> int:
    allowance, granted = Allowance(0.4), 0
    for frame in range(round(seconds * fps)):
        turn = allowance.has_turn(frame / fps)
        granted += turn
        allowance.spend(cost_s * (2 if turn else 1))
    return granted


def test_a_quick_computer_looks_at_the_body_in_every_picture() -> None:
    assert turns_granted(0.01) == 240


def test_a_slow_one_looks_less_often_and_keeps_within_its_share() -> None:
    granted = turns_granted(0.024)
    assert 30 < granted < 240
    assert (240 + granted) * 0.024 <= 0.4 * 20 + 0.5


def test_even_where_the_face_alone_is_too_much_the_body_is_looked_at_now_and_then() -> None:
    assert 20 <= turns_granted(0.2) <= 40


def test_a_clock_that_goes_back_brings_no_allowance() -> None:
    allowance = Allowance(0.4)
    allowance.has_turn(100.0)
    allowance.spend(10.0)
    assert allowance.has_turn(1.0), "more than the longest wait lies between"
    assert not allowance.has_turn(1.1)


def other(model: model_files.ModelFile) -> model_files.ModelFile:
    return dataclasses.replace(model, sha256="0" * 64)


def seen_by(eyes: Eyes, picture: Image.Image, frames: int = 6) -> None:
    rgba = np.asarray(picture.convert("RGBA"))
    for n in range(frames):
        eyes.offer(n / 6, VideoFrame(n, n / 6, RGBA, picture.width, picture.height, memoryview(rgba.tobytes())))
    assert eyes.finish(60)


@pytest.mark.expects_warnings("the body is not watched whole")
def test_without_the_model_of_the_pose_the_face_is_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, astronaut: Image.Image
) -> None:
    monkeypatch.setattr(model_files, "POSE_LANDMARKER", other(model_files.POSE_LANDMARKER))
    eyes = Eyes(tmp_path, live=False)
    seen_by(eyes, astronaut)
    measures = eyes.measures(1.0, "-")
    assert measures["face_present"].value == 1
    for name in BODY_MEASURES:
        assert "pose_landmarker_full.task was not found" in str(measures[name].reason)
    assert eyes.latest is not None
    assert eyes.latest.body is None


@pytest.mark.expects_warnings("the body is not watched whole")
def test_without_the_model_of_hands_the_rest_of_the_body_is_watched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, astronaut: Image.Image
) -> None:
    monkeypatch.setattr(model_files, "HAND_LANDMARKER", other(model_files.HAND_LANDMARKER))
    eyes = Eyes(tmp_path, live=False)
    seen_by(eyes, astronaut)
    measures = eyes.measures(1.0, "-")
    assert {name for name in BODY_MEASURES if "hand_landmarker.task" in str(measures[name].reason)} == set(HANDS)
    assert eyes.latest is not None
    assert eyes.latest.body is not None
    assert eyes.latest.body.shoulders is not None
    assert eyes.latest.body.hands_visible is None


def test_a_person_before_the_eyes_has_a_body(tmp_path: Path, astronaut: Image.Image) -> None:
    eyes = Eyes(tmp_path, live=False)
    seen_by(eyes, astronaut, frames=40)
    measures = eyes.measures(7.0, "-")
    assert measures["hands_visible"].value == 0
    assert measures["hand_at_face"].value == 0
    assert eyes.latest is not None
    assert eyes.latest.posture is not None
    assert eyes.latest.posture.hands is False


@pytest.mark.expects_warnings("the body could not be looked at")
def test_a_body_that_cannot_be_looked_at_is_told_once_and_costs_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, astronaut: Image.Image
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no such instruction")

    monkeypatch.setattr(BodyWatch, "look", fail)
    eyes = Eyes(tmp_path, live=False)
    seen_by(eyes, astronaut)
    measures = eyes.measures(1.0, "-")
    assert measures["face_present"].value == 1
    assert {measures[name].reason for name in BODY_MEASURES} == {"The body could not be looked at on this computer."}


def test_the_networks_are_let_go_of_and_what_was_found_stays(tmp_path: Path, astronaut: Image.Image) -> None:
    body, pipeline = BodyTurns(tmp_path), FacePipeline(model_files.find(model_files.FACE_LANDMARKER, tmp_path).path)
    rgb = np.asarray(astronaut)
    for n in range(40):
        body.keep(n / 6, body.look(n / 6, rgb, pipeline.read(rgb)))
    before = body.measures("-")
    body.unload()
    assert body.look(9.0, rgb, None) is None
    assert body.measures("-") == before
    assert before["hands_visible"].value == 0


def packed(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as task:
        for name, content in parts.items():
            task.writestr(name, content)
    return path


@pytest.mark.parametrize("damage", ["missing", "no zip", "cut", "bomb", "no network", "swapped"])
def test_a_model_file_that_is_none_is_a_broken_model(damage: str, pose_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "pose.task"
    with zipfile.ZipFile(pose_model) as task:
        detector, landmarks = (task.read(name) for name in PARTS)
    if damage == "no zip":
        path.write_bytes(b"not a zip" * 1000)
    elif damage == "cut":
        path.write_bytes(pose_model.read_bytes()[:4_000_000])
    elif damage == "bomb":
        packed(path, dict(zip(PARTS, (detector, bytes(80 * 2**20)), strict=True)))
    elif damage == "no network":
        packed(path, dict(zip(PARTS, (detector, b"not a network" * 99), strict=True)))
    elif damage == "swapped":
        packed(path, dict(zip(PARTS, (landmarks, detector), strict=True)))
    with pytest.raises(BrokenModelError) as caught:
        BodyWatch(path, None)
    assert "pose.task cannot be read" in caught.value.what
    if damage == "bomb":
        assert "claims" in caught.value.details
