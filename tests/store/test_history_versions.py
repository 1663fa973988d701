"""A history of an older version is backed up, then brought up to date; what is deleted is in no backup either."""

from __future__ import annotations

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from coach_desktop.store.history import History, HistoryError
from coach_desktop.store.schema import STEPS
from tests.store.history_rows import finished, paid

ADDED = ("ALTER TABLE sessions ADD COLUMN stars INTEGER", "UPDATE sessions SET stars = 3")


def columns(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as database:
        return {name for _, name, *_ in database.execute("PRAGMA table_info(sessions)")}


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute("PRAGMA user_version").fetchone()[0])


def test_older_history_is_backed_up_and_brought_up_to_date(path: Path) -> None:
    with closing(History(path)) as history:
        finished(history, "s1", '{"kept": true}')
    with closing(History(path, steps=(*STEPS, ADDED))) as history:
        assert history.report("s1") == '{"kept": true}'
    assert version(path) == len(STEPS) + 1
    assert "stars" in columns(path)

    backup = path.with_name(f"history.before-{len(STEPS) + 1}.sqlite3")
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert version(backup) == len(STEPS)
    with closing(History(backup)) as history:
        assert history.report("s1") == '{"kept": true}'


def write_first_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        for statement in STEPS[0]:
            database.execute(statement)
        database.execute("PRAGMA user_version = 1")
        database.executemany(
            "INSERT INTO sessions VALUES (?, 'chuck-local', 'Chück', 'local', 't0', ?, ?, '2026-11-01', ?, ?, ?)",
            [("one", None, "done", 20.0, None, '{"kept": "é🎤"}'), ("two", "c2", "running", 5.0, '{"at": 5}', None)],
        )


def test_history_of_the_first_version_is_brought_up_to_date_with_all_that_is_in_it(path: Path) -> None:
    write_first_version(path)
    with closing(History(path)) as history:
        assert [(row.id, row.status, row.remote_open, row.analysis) for row in history.sessions()] == [
            ("two", "running", False, "none"),
            ("one", "done", False, "none"),
        ]
        assert history.report("one") == '{"kept": "é🎤"}'
        (left,) = history.unfinished()
        assert (left.conversation_id, left.name_token, left.snapshot) == ("c2", "t0", '{"at": 5}')
        assert history.leftovers() == history.pending_analyses() == []
        history.begin(paid("three"), "t3")
    backup = path.with_name("history.before-2.sqlite3")
    assert version(backup) == 1
    with closing(sqlite3.connect(backup)) as database:
        assert database.execute("SELECT report FROM sessions WHERE id = 'one'").fetchone() == ('{"kept": "é🎤"}',)


def test_processes_that_bring_it_up_to_date_at_once_back_it_up_once(path: Path) -> None:
    write_first_version(path)
    with ThreadPoolExecutor(6) as pool:
        for opened in [pool.submit(lambda: History(path).close()) for _ in range(6)]:
            opened.result()
    with closing(History(path)) as history:
        assert history.report("one") == '{"kept": "é🎤"}'
    assert version(path.with_name("history.before-2.sqlite3")) == 1


@pytest.mark.parametrize("all_of_them", [True, False])
def test_what_is_deleted_is_not_left_in_a_backup(path: Path, all_of_them: bool) -> None:
    write_first_version(path)
    with closing(History(path)) as history:
        if all_of_them:
            assert history.delete_all() == 1
        else:
            assert history.delete("one")
    for file in path.parent.iterdir():
        assert b"kept" not in file.read_bytes(), file.name
    with closing(sqlite3.connect(path.with_name("history.before-2.sqlite3"))) as backup:
        assert [name for (name,) in backup.execute("SELECT id FROM sessions")] == ["two"]


@pytest.mark.expects_warnings("a backup of the history was removed")
def test_backup_that_cannot_be_tidied_is_not_kept(path: Path, history: History) -> None:
    finished(history, "s1")
    backup = path.with_name("history.before-2.sqlite3")
    backup.write_bytes(b"no database" * 500)
    assert history.delete("s1")
    assert not backup.exists()


def test_new_history_needs_no_backup(path: Path) -> None:
    History(path, steps=(*STEPS, ADDED)).close()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_step_that_fails_half_way_leaves_the_version_before(path: Path) -> None:
    with closing(History(path)) as history:
        finished(history, "s1", '{"kept": true}')
    with pytest.raises(HistoryError):
        History(path, steps=(*STEPS, (ADDED[0], "UPDATE nothing SET stars = 3")))
    assert version(path) == len(STEPS)
    assert "stars" not in columns(path)
    with closing(History(path, steps=(*STEPS, ADDED))) as history:
        assert history.report("s1") == '{"kept": true}'


def test_schema_of_the_shipped_version_is_what_its_reports_were_written_with(path: Path) -> None:
    History(path).close()
    assert columns(path) == {
        "id", "profile_id", "profile_name", "provider", "name_token", "conversation_id", "status", "started_at",
        "duration_s", "snapshot", "report", "remote_open", "analysis", "created_at", "ended_at",
    }  # fmt: skip
