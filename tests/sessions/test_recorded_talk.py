"""A recorded talk through a real child process: its report, what is kept, errors in words, and a cancel."""

from __future__ import annotations

import threading
import wave
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from coach_desktop.core.errors import Cancelled, CoachError
from coach_desktop.core.paths import DataFolder
from coach_desktop.sessions import recorded_talk
from coach_desktop.sessions.archive import Archive
from coach_desktop.sessions.recorded_talk import RecordedTalk, TalkProgress
from coach_desktop.store.history import History
from coach_desktop.tavus.timeline import unpacked

RATE = 16000


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "data")
    folder.create()
    return folder


def sound(path: Path, seconds: float) -> Path:
    """Write a humming voice that comes and goes."""
    at = np.arange(round(seconds * RATE)) / RATE
    hum = sum(np.sin(2 * np.pi * 120 * harmonic * at) / harmonic for harmonic in range(1, 12))
    samples = (3000 * hum * (np.sin(2 * np.pi * 0.7 * at) > 0)).astype("<i2")
    with closing(wave.open(str(path), "wb")) as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return path


def test_its_report_comes_and_nothing_is_kept_unasked(tmp_path: Path, data: DataFolder) -> None:
    told: list[TalkProgress] = []
    talk = RecordedTalk(sound(tmp_path / "-- my talk.wav", 4.0), data.root).run(told.append)
    assert talk.name == "-- my talk.wav"
    assert talk.report.session.duration_s == pytest.approx(4.0, abs=0.1)
    assert talk.report.measures["loudness_range"].unit == "dB"
    assert talk.report.measures["eye_contact"].reason == "There are no moving pictures in this recording."
    assert told
    assert all(one.of_s == pytest.approx(4.0, abs=0.1) for one in told)
    with Archive(data.database) as archive:
        assert archive.sessions() == []

    recorded_talk.keep(talk, data.database)
    with Archive(data.database) as archive:
        (row,) = archive.sessions()
        assert (row.profile_name, row.provider, row.status) == ("-- my talk.wav", "recording", "done")
        assert archive.report(row.id) == talk.report
    with closing(History(data.database)) as history:
        kept = history.timeline(row.id)
    assert kept is not None
    assert unpacked(talk.timeline).end_s == pytest.approx(4.0, abs=0.3)


@pytest.mark.parametrize("name", ["words.mp4", "nothing.wav"])
def test_what_is_no_recording_is_told_in_words(tmp_path: Path, data: DataFolder, name: str) -> None:
    path = tmp_path / name
    path.write_text("This is not a film." if name.startswith("words") else "")
    with pytest.raises(CoachError) as caught:
        RecordedTalk(path, data.root).run(lambda _: None)
    assert name in caught.value.what
    assert caught.value.safe
    assert caught.value.do


def test_a_file_that_has_gone_is_told_in_words(tmp_path: Path, data: DataFolder) -> None:
    with pytest.raises(CoachError, match=r"gone\.mp4"):
        RecordedTalk(tmp_path / "gone.mp4", data.root).run(lambda _: None)


def test_a_cancel_ends_it_and_leaves_no_process(tmp_path: Path, data: DataFolder) -> None:
    talk = RecordedTalk(sound(tmp_path / "long.wav", 300.0), data.root)
    begun = threading.Event()

    def cancel() -> None:
        begun.wait(60)
        talk.cancel()

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(Cancelled):
        talk.run(lambda _: begun.set())
    thread.join()


def test_a_cancel_before_the_start_starts_nothing(tmp_path: Path, data: DataFolder) -> None:
    talk = RecordedTalk(tmp_path / "any.wav", data.root)
    talk.cancel()
    with pytest.raises(Cancelled):
        talk.run(lambda _: None)
