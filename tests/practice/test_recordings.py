"""A recorded talk is measured as in a session, and where one half is missing nothing is made up."""

from __future__ import annotations

import dataclasses
import json
import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from PIL import Image

from coach_desktop.coaching import labels
from coach_desktop.core.errors import Cancelled, CoachError
from coach_desktop.practice import media_file, recordings
from coach_desktop.practice.hearing import listening
from coach_desktop.practice.hearing.listening import Listening
from coach_desktop.practice.hearing.pitch import PitchNetwork
from coach_desktop.practice.hearing.trouble import RECORDING
from coach_desktop.practice.hearing.voice import VoiceActivity
from coach_desktop.practice.recordings import Progress, Task
from coach_desktop.store import model_files
from coach_desktop.tavus.delivery import LEVEL_MEASURES, SIGHT_MEASURES, SOUND_MEASURES, WORD_MEASURES
from tests.practice.client import astronaut, speech
from tests.practice.recorded import film, grey, tone, wav

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from coach_desktop.coaching.report import Report

TALK = (
    "Good morning, and thank you for coming. Today I want to tell you about one small habit that changed how I speak."
    " I used to, I used to fill every silence. Then a teacher told me to stop, and to breathe."
)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def spoken() -> NDArray[np.float32]:
    return speech(TALK).astype(np.float32) / np.float32(32768)


@pytest.fixture(scope="module")
def face() -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(astronaut()).resize((320, 320)))


def analysed(path: Path, models: Path) -> Report:
    return Task().run(path, models, lambda _: None)


def reasons(report: Report, names: tuple[str, ...]) -> set[str | None]:
    return {measure.reason for name, measure in report.measures.items() if name in names}


def value(report: Report, name: str) -> float:
    found = {str(known): measure.value for known, measure in report.measures.items()}[name]
    assert found is not None
    return found


def test_a_film_is_seen_and_heard(
    tmp_path: Path, models: Path, spoken: NDArray[np.float32], face: NDArray[np.uint8], project_root: Path
) -> None:
    seconds = len(spoken) / 16000
    told: list[Progress] = []
    path = film(tmp_path / "talk.mp4", [face] * round(seconds * 10), spoken, fps=10)
    report = Task().run(path, models, told.append)
    assert report.session.provider == "recording"
    assert report.session.profile_id == recordings.PROFILE_ID
    assert report.session.duration_s == pytest.approx(seconds, abs=0.3)
    assert report.session.billed_s == 0.0
    assert value(report, "face_present") == pytest.approx(1.0)
    assert value(report, "eye_contact") > 0.9
    [smile] = [event for event in report.events if event.type == "smile"]
    assert (smile.at_s, smile.properties["duration_s"]) == pytest.approx((0.0, seconds), abs=0.3)
    assert value(report, "smile") == pytest.approx(1.0)
    assert 0.3 * seconds < value(report, "speaking_time") < seconds
    assert value(report, "words") > 5
    assert {turn.role for turn in report.transcript} == {"user"}
    assert sum(len(turn.words) for turn in report.transcript) == pytest.approx(value(report, "words"), abs=3)
    assert all(turn.words for turn in report.transcript)
    again = [word for turn in report.transcript for word in turn.words if word.repeat is not None]
    assert value(report, "repeats") == sum(word.repeat == "start" for word in again) == 1
    assert [word.text.lower().strip(",") for word in again] == ["i", "used", "to"]
    schema = json.loads((project_root / "docs" / "report.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(json.loads(report.model_dump_json()))
    assert [one.at_s for one in told[-1:]] == pytest.approx([seconds], abs=0.3)
    assert all(one.of_s == pytest.approx(seconds, abs=0.3) for one in told)
    assert all(0 <= one.at_s <= seconds + 0.3 for one in told)


@pytest.mark.usefixtures("quick_ears")
def test_sound_alone_is_measured_as_in_a_session(tmp_path: Path, models: Path, spoken: NDArray[np.float32]) -> None:
    report = analysed(wav(tmp_path / "talk.wav", spoken), models)
    ears = Listening(
        VoiceActivity(model_files.find(model_files.VOICE_ACTIVITY, models).path),
        PitchNetwork(model_files.find(model_files.PITCH, models).path),
    )
    sound = np.round(spoken * 32767).astype(np.int16)
    for first in range(0, len(sound), 1600):
        ears.push(first / 16000, sound[first : first + 1600])
    ears.hear_no_more()
    for name, measure in ears.measures(len(sound) / 16000, "-").items():
        assert report.measures[name].status == measure.status
        if measure.value is not None:
            assert report.measures[name].value == pytest.approx(measure.value, rel=0.02, abs=0.05), name
    assert reasons(report, SIGHT_MEASURES) == {recordings.NO_PICTURES}
    assert reasons(report, LEVEL_MEASURES) == {recordings.NO_USUAL_LEVEL}


@pytest.mark.usefixtures("quick_ears")
def test_pictures_alone_are_measured_and_no_word_is_made_up(
    tmp_path: Path, models: Path, face: NDArray[np.uint8]
) -> None:
    report = analysed(film(tmp_path / "a.mp4", [face] * 20, fps=10), models)
    assert value(report, "face_present") == 1.0
    assert reasons(report, SOUND_MEASURES + LEVEL_MEASURES + WORD_MEASURES) == {recordings.NO_SOUND}
    assert report.transcript == []


@pytest.mark.usefixtures("quick_ears")
def test_the_first_seconds_calibrate_only_where_that_is_asked_for(
    tmp_path: Path, models: Path, face: NDArray[np.uint8]
) -> None:
    path = film(tmp_path / "still.mp4", [face] * 45, fps=10)
    without = analysed(path, models)
    calibrated = Task().run(path, models, lambda _: None, calibrate=True)
    # A face that stands still is measured like any other.
    assert value(without, "face_present") == 1
    # With a calibration its neutral is known before ten seconds are over.
    assert without.measures["brow_raises"].value is None
    assert value(calibrated, "brow_raises") == 0
    assert value(calibrated, "eye_contact") == 1
    assert [event.properties for event in calibrated.events if event.type == "warning"] == []


@pytest.mark.usefixtures("quick_ears")
def test_a_beginning_that_gives_no_calibration_is_told(tmp_path: Path, models: Path, face: NDArray[np.uint8]) -> None:
    nobody = [np.full_like(face, 128)] * 40
    path = film(tmp_path / "nobody.mp4", [*nobody, *[face] * 20], fps=10)
    report = Task().run(path, models, lambda _: None, calibrate=True)
    (text,) = labels.warnings(report)
    assert text.startswith("The beginning gave no calibration, so none was used. Your face was not seen")


@pytest.mark.usefixtures("quick_ears")
def test_silence_noise_and_no_face_are_no_talk(tmp_path: Path, models: Path) -> None:
    noise = np.random.default_rng(1).normal(0, 0.02, 8 * 16000).astype(np.float32)
    report = analysed(film(tmp_path / "a.mkv", [grey()] * 80, noise, fps=10), models)
    assert value(report, "speaking_time") == 0.0
    assert value(report, "face_present") == 0.0
    assert reasons(report, WORD_MEASURES) == {listening.NO_SPEECH}
    assert report.transcript == []
    assert report.findings == [] or {finding.measure for finding in report.findings} == {"face_present"}
    assert RECORDING.no_speech in [event.properties.get("text") for event in report.events]
    silent = analysed(wav(tmp_path / "b.wav", np.zeros(16000, np.float32)), models)
    assert value(silent, "speaking_time") == 0.0
    assert [event.properties.get("text") for event in silent.events] == [RECORDING.no_sound]


@pytest.mark.usefixtures("quick_ears")
def test_sound_with_values_that_are_no_numbers_is_measured_around_them(
    tmp_path: Path, models: Path, spoken: NDArray[np.float32]
) -> None:
    broken = spoken.copy()
    broken[::4000] = np.nan
    broken[2000:2100] = np.inf
    report = analysed(wav(tmp_path / "a.wav", broken, codec="pcm_f32le"), models)
    assert media_file.NO_NUMBERS_WARNING in [event.properties.get("text") for event in report.events]
    assert value(report, "speaking_time") > 0
    json.loads(report.model_dump_json())


@pytest.mark.usefixtures("quick_ears")
def test_clipping_is_told(tmp_path: Path, models: Path, spoken: NDArray[np.float32]) -> None:
    report = analysed(wav(tmp_path / "a.wav", 20 * spoken), models)
    assert RECORDING.clipping in [event.properties.get("text") for event in report.events]


@pytest.mark.usefixtures("quick_ears")
def test_a_recording_of_nothing_is_an_error(tmp_path: Path, models: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
    with pytest.raises(CoachError) as caught:
        analysed(tmp_path / "a.wav", models)
    assert "a.wav" in caught.value.what
    assert caught.value.do


@pytest.mark.usefixtures("quick_ears")
def test_a_film_of_one_pixel_is_measured(tmp_path: Path, models: Path) -> None:
    report = analysed(film(tmp_path / "a.mkv", [grey(1, 1)] * 10, codec="ffv1"), models)
    assert value(report, "face_present") == 0.0


@pytest.mark.usefixtures("quick_ears")
def test_cancelled_it_ends_at_once_and_leaves_no_thread(tmp_path: Path, models: Path) -> None:
    task = Task()
    seen: list[Progress] = []

    def cancel_soon(now: Progress) -> None:
        seen.append(now)
        if len(seen) == 20:
            task.cancel()

    with pytest.raises(Cancelled):
        task.run(wav(tmp_path / "a.wav", tone(600.0, 8000), 8000), models, cancel_soon)
    assert max(one.at_s for one in seen) < 300
    assert len(seen) == 20


@pytest.mark.usefixtures("quick_ears")
def test_a_task_cancelled_before_it_begins_does_nothing(tmp_path: Path, models: Path) -> None:
    task = Task()
    task.cancel()
    with pytest.raises(Cancelled):
        task.run(wav(tmp_path / "a.wav", tone(1.0)), models, lambda _: None)


@pytest.mark.expects_warnings("by the smaller network alone")
def test_a_broken_copy_of_the_larger_network_is_told(
    tmp_path: Path, spoken: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without the carriers, which hold a right copy where the tests run.
    alone = tuple(dataclasses.replace(one, carried=()) for one in model_files.WHISPER_BASE)
    monkeypatch.setattr(model_files, "WHISPER_BASE", alone)
    assert recordings.best_models(tmp_path) == (model_files.WHISPER_TINY_EN, None)
    (tmp_path / "whisper-base").mkdir()
    (tmp_path / alone[0].name).write_bytes(b"broken")
    report = analysed(wav(tmp_path / "a.wav", spoken), tmp_path)
    assert value(report, "words") > 0
    [told] = labels.warnings(report)
    assert "whisper-base/model.bin was not found. A copy in your model cache has other content" in told
    silent = analysed(wav(tmp_path / "b.wav", tone(3.0)), tmp_path)
    assert not [text for text in labels.warnings(silent) if "smaller network" in text]
