"""From the wish for a calibration to what is kept of it, with the real network on a real face."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from coach_desktop.practice.calibrating import Calibrating, CalibrationFile, CalibrationNews
from coach_desktop.practice.room_protocol import RGBA, VideoFrame
from coach_desktop.practice.seeing import calibration as reasons
from coach_desktop.practice.seeing.calibration import Calibration
from coach_desktop.practice.seeing.face import FacePipeline
from coach_desktop.practice.seeing.sight import Sight
from coach_desktop.practice.senses import Eyes
from coach_desktop.store.model_files import FACE_LANDMARKER, find
from tests.practice.client import Api, Rgb, astronaut, wait_until
from tests.practice.talking import FPS, play

MINE = Calibration(gaze_x_deg=4.5, gaze_y_deg=-9.0, smile=0.25, brow_raise=0.1)
CAMERA = "a1" * 16


@pytest.fixture(scope="module")
def face() -> Rgb:
    return astronaut()


@pytest.fixture
def pipeline(tmp_path: Path) -> FacePipeline:
    return FacePipeline(find(FACE_LANDMARKER, tmp_path).path)


@pytest.fixture
def file(tmp_path: Path) -> CalibrationFile:
    return CalibrationFile(tmp_path / "calibrations.json")


def looked(calibrating: Calibrating, pipeline: FacePipeline, at: Rgb, seconds: float, from_s: float = 0.0) -> None:
    sight = Sight()
    for frame in range(round(seconds * FPS)):
        calibrating.take(from_s + frame / FPS, pipeline.read(at), pipeline, sight)


def told(calibrating: Calibrating) -> CalibrationNews:
    news = calibrating.news
    assert news is not None
    return news


def test_three_seconds_make_a_calibration_that_is_kept_for_the_camera(
    pipeline: FacePipeline, face: Rgb, file: CalibrationFile
) -> None:
    calibrating = Calibrating(file)
    calibrating.camera_is(CAMERA)
    assert calibrating.news is None
    calibrating.begin()
    looked(calibrating, pipeline, face, 1.5)
    assert told(calibrating).state == "looking"
    assert told(calibrating).share == pytest.approx(0.45, abs=0.05)
    before = pipeline.read(face)
    assert before is not None
    looked(calibrating, pipeline, face, 2.5, from_s=1.5)
    assert told(calibrating).state == "done"
    made = pipeline.calibration
    assert made is not None
    assert file.find(CAMERA) == made
    assert file.find("b2" * 16) is None
    reading = pipeline.read(face)
    assert reading is not None
    assert reading.eye_contact_score > max(0.95, before.eye_contact_score)


def test_a_camera_that_comes_back_has_its_calibration_and_another_has_none(
    pipeline: FacePipeline, face: Rgb, file: CalibrationFile
) -> None:
    file.keep(CAMERA, MINE)
    calibrating = Calibrating(file)
    calibrating.camera_is(CAMERA)
    looked(calibrating, pipeline, face, 0.25)
    assert pipeline.calibration == MINE
    calibrating.camera_is("c3" * 16)
    looked(calibrating, pipeline, face, 0.25)
    assert pipeline.calibration is None


def test_one_that_fails_leaves_what_was(pipeline: FacePipeline, file: CalibrationFile) -> None:
    file.keep(CAMERA, MINE)
    calibrating = Calibrating(file)
    calibrating.camera_is(CAMERA)
    nobody = np.full((240, 320, 3), 128, np.uint8)
    looked(calibrating, pipeline, nobody, 0.25)
    calibrating.begin()
    looked(calibrating, pipeline, nobody, 4, from_s=1)
    assert (told(calibrating).state, told(calibrating).text) == ("failed", reasons.NOT_SEEN)
    assert pipeline.calibration == file.find(CAMERA) == MINE


def test_asking_again_in_between_begins_anew_and_forgets_nothing(pipeline: FacePipeline, face: Rgb) -> None:
    pipeline.calibration = MINE
    calibrating = Calibrating(None)
    calibrating.begin()
    looked(calibrating, pipeline, face, 2)
    calibrating.begin()
    looked(calibrating, pipeline, face, 2, from_s=2)
    assert told(calibrating).state == "looking"
    calibrating.give_up("No new pictures came.")
    looked(calibrating, pipeline, face, 0.25, from_s=4)
    assert pipeline.calibration == MINE
    assert (told(calibrating).state, told(calibrating).text) == ("failed", "No new pictures came.")


def test_what_is_over_cannot_be_given_up(pipeline: FacePipeline, face: Rgb) -> None:
    calibrating = Calibrating(None)
    calibrating.give_up("never asked")
    assert calibrating.news is None
    calibrating.begin()
    looked(calibrating, pipeline, face, 4)
    calibrating.give_up("too late")
    assert told(calibrating).state == "done"


def test_sixteen_cameras_are_remembered(file: CalibrationFile) -> None:
    for number in range(20):
        file.keep(f"{number:016x}", MINE)
    assert [file.find(f"{number:016x}") is not None for number in range(20)] == [False] * 4 + [True] * 16


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=300), st.recursive(
    st.none() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
).map(lambda value: json.dumps(value).encode())))  # fmt: skip
def test_a_file_that_is_none_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "calibrations.json"
    path.write_bytes(content)
    file = CalibrationFile(path)
    assert file.find(CAMERA) is None
    file.keep(CAMERA, MINE)
    assert file.find(CAMERA) == MINE


def test_impossible_figures_are_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "calibrations.json"
    path.write_text(json.dumps({CAMERA: {"gaze_x_deg": 1e9, "gaze_y_deg": 0, "smile": 0, "brow_raise": 0}}))
    assert CalibrationFile(path).find(CAMERA) is None


@pytest.mark.expects_warnings("the calibration cannot be kept")
def test_a_folder_that_is_not_there_costs_the_memory_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        CalibrationFile(tmp_path / "none" / "calibrations.json").keep(CAMERA, MINE)
    assert "cannot be kept" in caplog.text


def test_a_page_asks_and_hears_of_it_and_the_next_session_has_it(api: Api, face: Rgb, tmp_path: Path) -> None:
    kept = tmp_path / "calibrations.json"
    kept.unlink(missing_ok=True)
    with api.enter(api.create()) as page:
        page.send({"type": "devices", "camera": "on", "microphone": "denied", "camera_id": CAMERA})
        play(page, seconds=1, picture=face)
        page.send({"type": "calibrate"})
        assert page.until("calibration") == {"type": "calibration", "state": "looking", "share": 0.0, "text": ""}
        play(page, seconds=5, picture=face, from_s=1)
        wait_until(lambda: bool(page.until("meter")) and page.of("calibration")[-1]["state"] == "done")
    assert CalibrationFile(kept).find(CAMERA) is not None
    CalibrationFile(kept).keep(CAMERA, Calibration(14.0, 0.0, 0.1, 0.1))
    with api.enter(api.create()) as page:
        page.send({"type": "devices", "camera": "on", "microphone": "denied", "camera_id": CAMERA})
        play(page, seconds=4, picture=face)
        # She looks into the camera, but whoever calibrated looks 14 degrees past it: her gaze is off by that now.
        wait_until(lambda: page.until("meter")["eye_contact"] is False)
    kept.unlink()


def test_the_body_is_compared_with_its_pose_in_the_calibration(face: Rgb, tmp_path: Path) -> None:
    leaning = np.asarray(Image.fromarray(face).rotate(8, Image.Resampling.BILINEAR, fillcolor=(196, 189, 187)))

    def tilt_deg(*, calibrate: bool) -> float:
        eyes = Eyes(tmp_path)
        for frame in range(6 * 22):
            at_s = frame / 6
            rgb = leaning if at_s < 7 else face
            if calibrate and at_s == 7:
                wait_until(lambda: eyes.latest is not None and eyes.latest.at_s > 6.7)
                eyes.calibrating.begin()
            height, width, _ = rgb.shape
            pixels = np.dstack([rgb, np.full((height, width), 255, np.uint8)])
            eyes.offer(at_s, VideoFrame(frame, at_s, RGBA, width, height, memoryview(pixels.tobytes())))
        assert eyes.finish(60)
        assert (told(eyes.calibrating).state == "done") if calibrate else eyes.calibrating.news is None
        found = eyes.measures(22.0, "-")["shoulder_tilt"].value
        assert found is not None
        return found

    # Against the first seconds the shoulders were tilted from second 7 on; against the calibration they hardly were.
    against_first, against_calibration = tilt_deg(calibrate=False), tilt_deg(calibrate=True)
    assert against_first > 3
    assert against_calibration < against_first - 1


def test_without_pictures_the_page_is_told_so(api: Api, face: Rgb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coach_desktop.practice.live._CALIBRATED_WITHIN_S", 0.2)
    with api.enter(api.create()) as page:
        page.devices("on", "denied")
        play(page, seconds=1, picture=face)
        page.send({"type": "calibrate"})
        wait_until(lambda: page.until("calibration")["state"] == "failed")
        assert page.of("calibration")[-1]["text"] == "No new pictures came from the camera."
