"""Timelines lie beside the sessions, go with them, and an older history gets room for them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from coach_desktop.store.history import History, SessionRow
from coach_desktop.store.schema import STEPS

BEFORE = STEPS[:3]
"""As it was before there were timelines."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite3"


def hold(history: History, session_id: str) -> None:
    row = SessionRow(session_id, "chuck-local", "Chuck", "local", "running", "2026-11-01T10:00:00Z", None)
    history.begin(row, session_id)
    history.finish(session_id, "done", 5.0, '{"kept": true}')


def test_a_timeline_is_kept_and_the_newest_counts(path: Path) -> None:
    with closing(History(path)) as history:
        hold(history, "s1")
        assert history.timeline("s1") is None
        history.keep_timeline("s1", '{"n": 1}')
        history.keep_timeline("s1", '{"n": 2}')
        history.keep_timeline("unknown", '{"n": 3}')
        assert history.timeline("unknown") is None
    with closing(History(path)) as history:
        assert history.timeline("s1") == '{"n": 2}'


def test_it_goes_with_its_session(path: Path) -> None:
    with closing(History(path)) as history:
        for session_id in ("s1", "s2", "s3"):
            hold(history, session_id)
            history.keep_timeline(session_id, f'{{"secret-{session_id}": 1}}')
        history.delete("s1")
        assert [history.timeline(session_id) is None for session_id in ("s1", "s2", "s3")] == [True, False, False]
        history.delete_all()
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT COUNT(*) FROM timelines").fetchone() == (0,)
    assert b"secret-" not in path.read_bytes()


def test_it_goes_from_backups_too(path: Path) -> None:
    with closing(History(path)) as history:
        hold(history, "s1")
        history.keep_timeline("s1", '{"secret": 1}')
    with closing(History(path, steps=(*STEPS, ("CREATE TABLE later (n INTEGER) STRICT",)))) as history:
        history.delete("s1")
    (backup,) = path.parent.glob("history.before-*.sqlite3")
    assert b"secret" not in backup.read_bytes()


def test_an_older_history_is_brought_up_to_date_and_keeps_its_sessions(path: Path) -> None:
    with closing(History(path, steps=BEFORE)) as history:
        hold(history, "s1")
    with closing(History(path)) as history:
        assert history.report("s1") == '{"kept": true}'
        assert history.timeline("s1") is None
        history.keep_timeline("s1", '{"n": 1}')
        assert history.timeline("s1") == '{"n": 1}'
        # From the backup, which knows of no timelines, it goes all the same.
        assert history.delete("s1")
    with closing(sqlite3.connect(path.with_name(f"history.before-{len(BEFORE) + 1}.sqlite3"))) as backup:
        assert backup.execute("SELECT COUNT(*) FROM sessions").fetchone() == (0,)
