"""Eye contact, blinks and presence on labelled material. The floors lie a little under what was measured."""

from __future__ import annotations

import csv
import math
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from coach_desktop.practice.seeing.face import FacePipeline
from coach_desktop.practice.seeing.readings import FaceReading
from coach_desktop.practice.seeing.sight import Sight

Rgb = npt.NDArray[np.uint8]


@dataclass
class Tally:
    """Counts of a yes-or-no judgement; a face that was not found counts as "no"."""

    hits: int = 0
    false_alarms: int = 0
    misses: int = 0
    rejections: int = 0

    def add(self, said: bool, is_so: bool) -> None:
        if said:
            self.hits, self.false_alarms = self.hits + is_so, self.false_alarms + (not is_so)
        else:
            self.misses, self.rejections = self.misses + is_so, self.rejections + (not is_so)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.hits + other.hits,
            self.false_alarms + other.false_alarms,
            self.misses + other.misses,
            self.rejections + other.rejections,
        )

    def figures(self) -> dict[str, float]:
        precision, recall = self.hits / (self.hits + self.false_alarms), self.hits / (self.hits + self.misses)
        yes, no = self.hits + self.false_alarms, self.misses + self.rejections
        so, not_so = self.hits + self.misses, self.false_alarms + self.rejections
        mcc = (self.hits * self.rejections - self.false_alarms * self.misses) / math.sqrt(yes * no * so * not_so)
        return {"P": precision, "R": recall, "F1": 2 * precision * recall / (precision + recall), "MCC": mcc}


def analysed(picture: Image.Image) -> Rgb:
    factor = -(-max(picture.size) // 640)
    return np.asarray(picture.reduce(factor) if factor > 1 else picture)


def wider_faces(folder: Path) -> list[tuple[Rgb, bool]]:
    found = []
    for row in csv.DictReader((folder / "labels.csv").read_text(encoding="utf-8").splitlines()):
        x1, y1, x2, y2 = (int(row[side]) for side in ("x1", "y1", "x2", "y2"))
        # The labelled face with its surroundings: some pictures show others beside it.
        room = round(0.6 * max(x2 - x1, y2 - y1))
        with Image.open(folder / row["picture"]) as picture:
            box = (max(0, x1 - room), max(0, y1 - room), min(picture.width, x2 + room), min(picture.height, y2 + room))
            found.append((analysed(picture.convert("RGB").crop(box)), row["looking_at_camera"] == "1"))
    return found


def webcam_frames(folder: Path) -> list[tuple[Rgb, str]]:
    found = []
    for row in csv.DictReader((folder / "synthetic" / "labels.csv").read_text(encoding="utf-8").splitlines()):
        with Image.open(folder / "synthetic" / row["picture"]) as picture:
            found.append((analysed(picture.convert("RGB")), row["gaze"]))
    return found


def judged(model: Path, rgb: Rgb) -> FaceReading | None:
    return FacePipeline(model).read(rgb)


@pytest.fixture(scope="module")
def wider(shared_data: Path, face_model: Path) -> Tally:
    tally = Tally()
    for rgb, looking in wider_faces(shared_data / "data" / "eye_contact"):
        reading = judged(face_model, rgb)
        tally.add(reading is not None and reading.eye_contact, looking)
    return tally


@pytest.fixture(scope="module")
def webcam(shared_data: Path, face_model: Path) -> Tally:
    tally = Tally()
    for rgb, gaze in webcam_frames(shared_data / "data" / "eye_contact"):
        reading = judged(face_model, rgb)
        tally.add(reading is not None and reading.eye_contact, gaze == "Camera")
    return tally


def test_eye_contact_of_real_faces(wider: Tally) -> None:
    figures = wider.figures()
    assert figures["P"] > 0.85, wider
    assert figures["R"] > 0.82, wider
    assert figures["MCC"] > 0.75, wider


def test_eye_contact_of_generated_webcam_frames(webcam: Tally) -> None:
    figures = webcam.figures()
    assert figures["P"] > 0.85, webcam
    assert figures["R"] > 0.88, webcam
    assert figures["MCC"] > 0.8, webcam


def test_eye_contact_over_all(wider: Tally, webcam: Tally) -> None:
    both = wider + webcam
    assert both.figures()["MCC"] > 0.8, both
    assert both.figures()["F1"] > 0.88, both


def test_closed_eyes_are_told_from_open_ones(shared_data: Path, face_model: Path) -> None:
    closed = Tally()
    for rgb, gaze in webcam_frames(shared_data / "data" / "eye_contact"):
        reading = judged(face_model, rgb)
        if reading is not None and gaze != "Not_Camera":
            closed.add(reading.eyes_closed, gaze == "Eyes_Closed")
    assert closed.misses == 0
    assert closed.false_alarms <= 1


def decoded(video: Path) -> list[Rgb]:
    from imageio_ffmpeg import get_ffmpeg_exe

    picture = "fps=12,scale=640:480:force_original_aspect_ratio=decrease,pad=640:480:-1:-1"
    command = [get_ffmpeg_exe(), "-v", "error", "-i", str(video), "-vf", picture, "-f", "rawvideo", "-pix_fmt", "rgb24"]
    done = subprocess.run([*command, "pipe:1"], capture_output=True, check=True, timeout=120)
    return list(np.frombuffer(done.stdout, dtype=np.uint8).reshape(-1, 480, 640, 3))


def session(model: Path, video: Path) -> tuple[Sight, float]:
    pipeline, sight = FacePipeline(model), Sight()
    frames = decoded(video)
    for index, frame in enumerate(frames):
        sight.add(index / 12, pipeline.read(frame))
    return sight, len(frames) / 12


@pytest.mark.parametrize("name", ["single_face.mp4", "driving_d10.mp4", "source_s29.mp4"])
def test_a_person_before_the_camera_is_present(name: str, shared_data: Path, face_model: Path) -> None:
    sight, _ = session(face_model, shared_data / "data" / "video" / name)
    measures = sight.measures("-")
    assert (measures["face_present"].value or 0) > 0.9
    assert {one.status for one in measures.values()} == {"measured"}


def test_nobody_is_present_where_nobody_is(shared_data: Path, face_model: Path) -> None:
    sight, end = session(face_model, shared_data / "data" / "video" / "no_face.mp4")
    measures = sight.measures("-")
    assert measures["face_present"].value is not None
    assert measures["face_present"].value < 0.05
    assert measures["eye_contact"].status == measures["smile"].status == "not_measured"
    assert [span.kind for span in sight.spans(end)] == ["no_face"]


def test_a_speaker_who_looks_aside_is_noticed(shared_data: Path, face_model: Path) -> None:
    """She looks into the camera but for 3 s from about 7.7 s on (seen by eye in the frames)."""
    sight, end = session(face_model, shared_data / "data" / "video" / "driving_d10.mp4")
    longest = sight.longest_look_away(end)
    assert longest is not None
    assert longest.start_s == pytest.approx(7.7, abs=1.0)
    assert 2 < longest.duration_s < 4
    assert 0.6 < (sight.measures("-")["eye_contact"].value or 0) < 0.9
