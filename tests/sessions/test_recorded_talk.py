"""A recorded talk through a real child process: its report, what is kept, errors in words, and a cancel."""

from __future__ import annotations

import sqlite3
import sys
import threading
import wave
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from coach_desktop.coaching import labels
from coach_desktop.coaching.report import SessionFacts, build_report
from coach_desktop.core.errors import Cancelled, CoachError
from coach_desktop.core.paths import DataFolder
from coach_desktop.sessions import recorded_talk
from coach_desktop.sessions.archive import Archive
from coach_desktop.sessions.recorded_talk import AnalysedTalk, RecordedTalk, TalkProgress
from coach_desktop.store.history import History
from coach_desktop.tavus.timeline import STEP_S, Timeline, packed, unpacked

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
    return written(path, np.asarray(3000 * hum * (np.sin(2 * np.pi * 0.7 * at) > 0), np.float64))


def written(path: Path, samples: NDArray[np.float64]) -> Path:
    """Write mono sound of 16 bit."""
    with closing(wave.open(str(path), "wb")) as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
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


def test_a_silent_recording_is_told_of_as_a_recording(tmp_path: Path, data: DataFolder) -> None:
    talk = RecordedTalk(written(tmp_path / "silent.wav", np.zeros(3 * RATE)), data.root).run(lambda _: None)
    (warning,) = labels.warnings(talk.report)
    assert warning.startswith("The recording is silent from beginning to end.")
    assert "?" not in warning


@pytest.fixture(scope="module")
def long_talk() -> AnalysedTalk:
    """A talk of half an hour, as its analysis hands it over."""
    chance = np.random.default_rng(1)
    smiles = tuple(round(float(one), 2) for one in chance.random(round(1800 / STEP_S)))
    facts = SessionFacts(
        id="20261128T060000-00000001", profile_id="recording", provider="recording",
        started_at="2026-11-28T06:00:00Z", duration_s=1800.0, billed_s=0.0, status="done",
    )  # fmt: skip
    report = build_report(facts, None, [], [], "Nothing was measured.")
    return AnalysedTalk("talk.mp4", report, packed(Timeline(STEP_S, {"smile": smiles})))


def assert_kept(talk: AnalysedTalk, database: Path) -> None:
    with Archive(database) as archive:
        (row,) = archive.sessions()
        assert (row.id, row.profile_name, row.status) == (talk.report.session.id, talk.name, "done")
        assert archive.report(row.id) == talk.report
        timeline = archive.timeline(row.id)
    assert timeline == unpacked(talk.timeline)


def assert_nothing_kept(database: Path) -> None:
    with closing(sqlite3.connect(database)) as db:
        for table in ("sessions", "timelines"):
            assert db.execute(f"SELECT COUNT(*) FROM {table}").fetchone() == (0,)  # noqa: S608


@pytest.mark.parametrize("table", ["sessions", "timelines"])
def test_a_save_that_fails_half_way_keeps_nothing_and_can_be_done_again(
    long_talk: AnalysedTalk, data: DataFolder, table: str
) -> None:
    History(data.database).close()
    with closing(sqlite3.connect(data.database)) as db:
        db.execute(f"CREATE TRIGGER fault AFTER INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'fault'); END")
        db.commit()
        with pytest.raises(sqlite3.IntegrityError, match="fault"):
            recorded_talk.keep(long_talk, data.database)
        assert_nothing_kept(data.database)
        db.execute("DROP TRIGGER fault")
        db.commit()
    recorded_talk.keep(long_talk, data.database)
    assert_kept(long_talk, data.database)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_save_without_room_on_the_disk_can_be_done_again(long_talk: AnalysedTalk, data: DataFolder) -> None:
    import resource

    History(data.database).close()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Room for the small files that SQLite works with, and for half of the timeline.
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, before[1]))
    try:
        with pytest.raises(CoachError, match="cannot be used just now") as caught:
            recorded_talk.keep(long_talk, data.database)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "room on the disk" in caught.value.do
    assert_nothing_kept(data.database)
    recorded_talk.keep(long_talk, data.database)
    assert_kept(long_talk, data.database)


def test_a_save_while_another_program_holds_the_history_can_be_done_again(
    long_talk: AnalysedTalk, data: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coach_desktop.store.history._BUSY_TIMEOUT_S", 0.1)
    History(data.database).close()
    with closing(sqlite3.connect(data.database)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(CoachError, match="cannot be used just now"):
            recorded_talk.keep(long_talk, data.database)
        other.rollback()
    assert_nothing_kept(data.database)
    recorded_talk.keep(long_talk, data.database)
    # Whoever is not sure that it was kept may keep it once more.
    recorded_talk.keep(long_talk, data.database)
    assert_kept(long_talk, data.database)


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
