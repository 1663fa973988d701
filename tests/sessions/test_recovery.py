"""What a crash left becomes an interrupted session with a report of what had arrived."""

from __future__ import annotations

import dataclasses
import signal
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path

import pytest

from coach_desktop.coaching.report import Report, ReportEvent, Turn
from coach_desktop.core.errors import CoachError
from coach_desktop.sessions.archive import Archive, Snapshot
from coach_desktop.sessions.provider import IN_WORDS
from coach_desktop.sessions.recovery import recover
from coach_desktop.store.history import SessionRow
from coach_desktop.tavus.delivery import Delivery
from tests.sessions.scripted import VALUES, delivery

SNAPSHOT = Snapshot(
    delivery=Delivery.model_validate(delivery(12.0, final=False)),
    transcript=[Turn(role="replica", text="Look up 🎤", start_s=3.0, end_s=3.0, words=[])],
    events=[ReportEvent(at_s=1.0, type="system.replica_joined", properties={"n": None})],
)


def row(session_id: str) -> SessionRow:
    return SessionRow(session_id, "chuck-local", "Chuck", "local", "running", "2026-11-01T10:00:00.000000Z", None)


def report_of(archive: Archive, session_id: str) -> Report:
    report = archive.report(session_id)
    assert report is not None
    return report


def test_session_with_a_checkpoint_keeps_what_had_arrived(tmp_path: Path) -> None:
    with Archive(tmp_path / "h.sqlite3") as archive:
        archive.history.begin(row("s1"), "token")
        archive.checkpoint("s1", 12.5, SNAPSHOT)
        assert recover(archive) == 1
        report = report_of(archive, "s1")
        assert (report.session.status, report.session.duration_s) == ("interrupted", 12.5)
        assert {name: measure.value for name, measure in report.measures.items()} == VALUES
        assert [turn.text for turn in report.transcript] == ["Look up 🎤"]
        assert [(kept.status, kept.duration_s) for kept in archive.sessions()] == [("interrupted", 12.5)]
        assert recover(archive) == 0


@pytest.mark.parametrize("conversation_id", ["c1", None])
def test_paid_session_stays_in_the_journal_and_waits_for_what_comes_later(
    tmp_path: Path, conversation_id: str | None
) -> None:
    with Archive(tmp_path / "h.sqlite3") as archive:
        archive.history.begin(dataclasses.replace(row("s1"), provider="tavus"), "token")
        if conversation_id is not None:
            archive.history.set_conversation("s1", conversation_id, 1.8e9)
        archive.checkpoint("s1", 12.5, Snapshot())
        assert recover(archive) == 1
        (kept,) = archive.sessions()
        assert (kept.status, kept.duration_s, kept.remote_open) == ("interrupted", 12.5, True)
        # Into a room whose id the journal does not know nobody was let.
        assert kept.analysis == ("none" if conversation_id is None else "pending")
        report = report_of(archive, "s1")
        assert report.session.billed_s == 12.5
        assert {measure.reason for measure in report.measures.values()} == {IN_WORDS}


@pytest.mark.expects_warnings("cannot be read")
@pytest.mark.parametrize("snapshot", [None, "", "{", "[]", '{"delivery": 5}', '{"transcript": [{}]}', "\x00"])
def test_session_without_a_usable_checkpoint_measured_nothing(tmp_path: Path, snapshot: str | None) -> None:
    with Archive(tmp_path / "h.sqlite3") as archive:
        archive.history.begin(row("s1"), "token")
        if snapshot is not None:
            archive.history.checkpoint("s1", 3.0, snapshot)
        assert recover(archive) == 1
        report = report_of(archive, "s1")
        assert report.session.status == "interrupted"
        for measure in report.measures.values():
            assert (measure.status, measure.value) == ("not_measured", None)
            assert "before anything was stored" in (measure.reason or "")


def test_all_that_was_left_is_recovered_and_what_had_ended_is_not_touched(tmp_path: Path) -> None:
    with Archive(tmp_path / "h.sqlite3") as archive:
        for session_id in ("a", "b", "c"):
            archive.history.begin(row(session_id), "token")
        archive.history.finish("b", "done", 20.0, "its own report")
        assert recover(archive) == 2
        assert archive.history.report("b") == "its own report"
        assert {kept.id: kept.status for kept in archive.sessions()} == {
            "a": "interrupted",
            "b": "done",
            "c": "interrupted",
        }


@pytest.mark.expects_warnings("cannot be recovered")
@pytest.mark.parametrize("damage", ["started_at = 'now'", "provider = 'zoom'", "duration_s = -5.0", "profile_id = ''"])
def test_damaged_row_keeps_no_other_from_its_report(tmp_path: Path, damage: str) -> None:
    with Archive(tmp_path / "h.sqlite3") as archive:
        for session_id in ("a", "b"):
            archive.history.begin(row(session_id), "token")
        with closing(sqlite3.connect(tmp_path / "h.sqlite3")) as other, other:
            other.execute(f"UPDATE sessions SET {damage} WHERE id = 'a'")  # noqa: S608 - the test's own words
        assert recover(archive) == 1
        assert report_of(archive, "b").session.status == "interrupted"


def test_newest_report_passes_over_sessions_without_one(tmp_path: Path) -> None:
    with Archive(tmp_path / "h.sqlite3") as archive:
        assert archive.newest_report() is None
        archive.history.begin(row("s1"), "token")
        recover(archive)
        archive.history.begin(row("s2"), "token")
        newest = archive.newest_report()
        assert newest is not None
        assert newest.session.id == "s1"
        assert archive.report("s2") is None


@pytest.mark.parametrize("text", ["", "{}", "no JSON", '{"schema": 2}'])
def test_report_that_cannot_be_read_is_told(tmp_path: Path, text: str) -> None:
    with Archive(tmp_path / "h.sqlite3") as archive:
        archive.history.begin(row("s1"), "token")
        archive.history.finish("s1", "done", 1.0, text)
        with pytest.raises(CoachError, match="cannot be read") as caught:
            archive.report("s1")
    assert caught.value.safe
    assert caught.value.do


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_app_that_is_killed_in_a_session_leaves_its_last_checkpoint(tmp_path: Path) -> None:
    code = """
        import sys, time
        from pathlib import Path
        from tests.sessions.conftest import Stage
        from coach_desktop.sessions.session import SessionState
        stage = Stage(Path(sys.argv[1]))
        stage.prepare(end_after_s=None)
        def fetched(number):
            if number == 20:
                print("here", flush=True)
                time.sleep(60)
        stage.provider.on["fetch"] = fetched
        stage.run()
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "h.sqlite3")],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "here\n"
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    with Archive(tmp_path / "h.sqlite3") as archive:
        assert recover(archive) == 1
        (kept,) = archive.sessions()
        report = report_of(archive, kept.id)
    assert report.session.status == "interrupted"
    assert report.session.duration_s >= 10.0
    assert report.measures["eye_contact"].value == VALUES["eye_contact"]
