"""The history keeps what was committed, whatever happens to its writers, and says plainly what is wrong with a file."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach_desktop.store.history import History, HistoryError
from coach_desktop.store.schema import STEPS
from tests.store.history_rows import ROW, finished, paid, row


def test_session_is_kept_from_begin_to_report_and_over_a_restart(history: History, path: Path) -> None:
    history.begin(ROW, "a-token")
    history.set_conversation("s1", "c1")
    history.checkpoint("s1", 10.5, '{"snapshot": 1}')
    (left,) = history.unfinished()
    assert (left.conversation_id, left.name_token, left.snapshot) == ("c1", "a-token", '{"snapshot": 1}')
    assert left.row == dataclasses.replace(ROW, duration_s=10.5)
    assert history.report("s1") is None

    history.finish("s1", "done", 20.0, '{"report": "é🎤"}')
    history.close()
    with closing(History(path)) as again:
        assert again.sessions() == [dataclasses.replace(ROW, status="done", duration_s=20.0)]
        assert again.report("s1") == '{"report": "é🎤"}'
        assert again.unfinished() == []


def test_checkpoint_after_the_end_changes_nothing(history: History) -> None:
    finished(history, "s1")
    history.checkpoint("s1", 99.0, "late")
    assert history.sessions()[0].duration_s == 20.0
    assert history.unfinished() == []


def test_sessions_are_listed_newest_first(history: History) -> None:
    for session_id, moment in (("b", "2026-01-02"), ("a", "2026-01-03"), ("d", "2026-01-01"), ("c", "2026-01-03")):
        history.begin(row(session_id, moment), "token")
    assert [session.id for session in history.sessions()] == ["c", "a", "b", "d"]


def test_one_session_is_found_by_its_id(history: History) -> None:
    history.begin(ROW, "a-token")
    history.begin(row("other"), "b-token")
    assert history.session(ROW.id) == ROW
    assert history.session("nobody") is None


def test_unknown_session_has_no_report(history: History) -> None:
    assert history.report("never") is None
    history.delete("never")


def test_deleting_spares_what_is_running(history: History) -> None:
    history.begin(row("running"), "token")
    for session_id in ("one", "two", "three"):
        finished(history, session_id)
    history.delete("running")
    history.delete("two")
    assert {session.id for session in history.sessions()} == {"running", "one", "three"}
    history.delete_all()
    assert {session.id for session in history.sessions()} == {"running"}


def test_what_was_deleted_is_not_left_in_the_file(history: History, path: Path) -> None:
    for number in range(20):
        finished(history, f"s{number}", "private words " * 500)
    history.delete_all()
    history.close()
    assert b"private words" not in path.read_bytes()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_files_are_private(history: History, path: Path) -> None:
    history.begin(ROW, "token")
    files = list(path.parent.iterdir())
    assert len(files) == 3  # the database and what SQLite keeps beside it
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


# --- paid conversations --------------------------------------------------------------------------------------------


def test_paid_conversation_is_open_from_before_its_request_until_its_end_is_confirmed(history: History) -> None:
    history.begin(paid(), "a-token")
    history.begin(row("local"), "another")
    assert {session.id: session.remote_open for session in history.sessions()} == {"s1": True, "local": False}
    # Whether it looks after its conversation itself is known to those alone who run it.
    assert [left.row.status for left in history.leftovers()] == ["running"]
    history.set_conversation("s1", "c1", 1.8e9)
    history.finish("s1", "interrupted", 20.0, "{}", "pending")
    (left,) = history.leftovers()
    assert (left.row.id, left.conversation_id, left.name_token, left.created_at) == ("s1", "c1", "a-token", 1.8e9)
    assert history.pending_analyses() == []

    history.mark_ended("s1", 1.8e9 + 30)
    assert history.leftovers() == []
    assert [one.conversation_id for one in history.paid_sessions()] == ["c1"], "also when it has ended"
    (pending,) = history.pending_analyses()
    assert (pending.row.id, pending.row.analysis, pending.ended_at) == ("s1", "pending", 1.8e9 + 30)
    history.set_analysis("s1", "done", '{"more": true}')
    assert history.pending_analyses() == []
    assert history.report("s1") == '{"more": true}'
    assert [session.analysis for session in history.sessions()] == ["done", "none"]


def test_what_is_not_told_again_stays_as_it_was(history: History) -> None:
    history.begin(paid(), "a-token")
    history.set_conversation("s1", "c1", 5.0)
    history.set_conversation("s1", "c1")
    history.mark_ended("s1", 6.0)
    history.mark_ended("s1")
    history.finish("s1", "done", 1.0, "report", "pending")
    history.set_analysis("s1", "pending")
    (pending,) = history.pending_analyses()
    assert (pending.created_at, pending.ended_at) == (5.0, 6.0)
    assert history.report("s1") == "report"


def test_deleting_spares_what_may_still_cost_money(history: History) -> None:
    for session_id in ("open", "ended"):
        history.begin(paid(session_id), "token")
        history.finish(session_id, "failed", 0.0, "{}")
    history.mark_ended("ended")
    assert not history.delete("open")
    assert history.delete_all() == 1
    assert [session.id for session in history.sessions()] == ["open"]
    history.mark_ended("open")
    assert history.delete("open")
    assert history.delete_all() == 0


def test_state_of_an_analysis_that_does_not_exist_is_a_bug(history: History) -> None:
    finished(history, "s1")
    with pytest.raises(sqlite3.IntegrityError):
        history.set_analysis("s1", "perhaps")  # type: ignore[arg-type]


# --- what can be wrong with the file -------------------------------------------------------------------------------


def _newer(path: Path) -> None:
    History(path).close()
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = DELETE")
        database.execute(f"PRAGMA user_version = {len(STEPS) + 1}")


def _of_another_app(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE bookmarks (url TEXT)")
        database.execute(f"PRAGMA user_version = {len(STEPS)}")


def _overwritten(path: Path) -> None:
    with closing(History(path)) as history:
        for number in range(50):
            finished(history, f"s{number}", "x" * 2000)
    data = bytearray(path.read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    path.write_bytes(data)


def read_everything(path: Path) -> None:
    with closing(History(path)) as history:
        for session in history.sessions():
            history.report(session.id)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda path: path.write_bytes(b"this is no database, whatever its name says" * 100), "damaged"),
        (lambda path: path.write_bytes(os.urandom(8192)), "damaged"),
        (_overwritten, "damaged"),
        (_of_another_app, "damaged"),
        (_newer, "newer version"),
        (lambda path: path.mkdir(), "cannot be opened"),
        (lambda path: path.symlink_to(path.parent / "gone" / "deep"), "cannot be opened"),
    ],
)
def test_unusable_file_is_refused_in_plain_words_and_left_alone(
    path: Path, spoil: Callable[[Path], object], says: str
) -> None:
    spoil(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(HistoryError, match=says) as caught:
        read_everything(path)
    assert caught.value.safe
    assert caught.value.do
    assert (path.read_bytes() if path.is_file() else None) == before


def test_empty_file_becomes_a_history(path: Path) -> None:
    path.touch()
    with closing(History(path)) as history:
        assert history.sessions() == []


def test_file_that_may_only_be_read_is_refused(unprivileged_folder: Path, ordinary_user: None) -> None:
    path = unprivileged_folder / "history.sqlite3"
    History(path).close()
    path.chmod(0o400)
    with pytest.raises(HistoryError, match="cannot be opened: Permission denied") as caught:
        History(path)
    assert "permissions" in caught.value.do


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_full_disk_is_told_and_what_was_there_stays(path: Path, history: History) -> None:
    finished(history, "s1")
    history._db.execute("PRAGMA max_page_count = 1")  # noqa: SLF001 - SQLite's own way of having no room
    with pytest.raises(HistoryError, match="just now") as caught:
        finished(history, "s2", "x" * 100_000)
    assert "room on the disk" in caught.value.do
    assert "full" in caught.value.details
    assert [session.id for session in history.sessions()][-1] == "s1"


@pytest.mark.parametrize(
    "misuse",
    [
        lambda history: history.begin(ROW, "token"),
        lambda history: history.finish("s1", "sleeping", 1.0, "{}"),
        lambda history: (history.close(), history.sessions()),
    ],
    ids=["same id twice", "unknown status", "closed before"],
)
def test_bug_of_ours_is_not_blamed_on_the_file(history: History, misuse: Callable[[History], object]) -> None:
    history.begin(ROW, "token")
    with pytest.raises((sqlite3.IntegrityError, sqlite3.ProgrammingError)):
        misuse(history)


@settings(max_examples=40, deadline=None)
@given(data=st.binary(max_size=3000))
def test_any_bytes_are_opened_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "history.sqlite3"
    path.write_bytes(data)
    with contextlib.suppress(HistoryError), closing(History(path)) as history:
        assert history.sessions() == []
