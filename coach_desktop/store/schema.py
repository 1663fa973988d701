"""How the history's database came to look as it does, and how an older one is brought up to date."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

# Each step, a list of statements, takes the database from the version before it to its own; a step that has shipped
# never changes.
STEPS: tuple[tuple[str, ...], ...] = (
    (
        """
    CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        profile_id TEXT NOT NULL,
        profile_name TEXT NOT NULL,
        provider TEXT NOT NULL,
        name_token TEXT NOT NULL,
        conversation_id TEXT,
        status TEXT NOT NULL CHECK (status IN ('running', 'done', 'interrupted', 'failed')),
        started_at TEXT NOT NULL,
        duration_s REAL,
        snapshot TEXT,
        report TEXT
    ) STRICT
        """,
        "CREATE INDEX sessions_by_start ON sessions (started_at DESC, id DESC)",
    ),
    (
        "ALTER TABLE sessions ADD COLUMN remote_open INTEGER NOT NULL DEFAULT 0 CHECK (remote_open IN (0, 1))",
        """
    ALTER TABLE sessions ADD COLUMN analysis TEXT NOT NULL DEFAULT 'none'
        CHECK (analysis IN ('none', 'pending', 'done', 'missing'))
        """,
        "ALTER TABLE sessions ADD COLUMN created_at REAL",
        "ALTER TABLE sessions ADD COLUMN ended_at REAL",
    ),
    # The ledger stands apart from the sessions: whoever forgets a session has paid for it all the same.
    (
        """
    CREATE TABLE ledger (
        session_id TEXT PRIMARY KEY,
        profile_id TEXT NOT NULL,
        profile_name TEXT NOT NULL,
        created_at REAL NOT NULL,
        longest_s REAL NOT NULL CHECK (longest_s >= 0),
        billed_s REAL CHECK (billed_s >= 0)
    ) STRICT
        """,
        # Of what was held before there was a ledger, the report knows the cost best. No conversation of this app was
        # ever allowed to last longer than an hour.
        """
    INSERT INTO ledger (session_id, profile_id, profile_name, created_at, longest_s, billed_s)
    SELECT id, profile_id, profile_name,
        COALESCE(created_at, CAST(strftime('%s', started_at) AS REAL), 0.0),
        3600.0,
        CASE WHEN remote_open = 1 THEN NULL ELSE MAX(0.0, MIN(3600.0, COALESCE(
            CASE
                WHEN NOT json_valid(report) THEN NULL
                WHEN json_type(report, '$.session.billed_s') NOT IN ('real', 'integer') THEN NULL
                ELSE CAST(json_extract(report, '$.session.billed_s') AS REAL)
            END,
            ended_at - created_at, duration_s, 0.0
        ))) END
    FROM sessions WHERE provider = 'tavus' AND (remote_open = 1 OR conversation_id IS NOT NULL)
        """,
    ),
    # Apart from the sessions, whose list is read far more often than a timeline of up to a megabyte.
    (
        """
    CREATE TABLE timelines (
        session_id TEXT PRIMARY KEY,
        timeline TEXT NOT NULL
    ) STRICT
        """,
        # A trigger and no foreign key: those hold only where a connection asks for them.
        """
    CREATE TRIGGER timeline_goes_with_its_session AFTER DELETE ON sessions
    BEGIN DELETE FROM timelines WHERE session_id = OLD.id; END
        """,
    ),
)


def version_of(db: sqlite3.Connection) -> int:
    """Return how many steps a database has come."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def step_up(db: sqlite3.Connection, path: Path, steps: Sequence[Sequence[str]]) -> None:
    """Bring the database at `path` up to date, with a copy of what it was beside it.

    One transaction for all steps: a crash in the middle leaves the version before, and no other process ever sees one
    in between.
    """
    with db:
        db.execute("BEGIN IMMEDIATE")
        # Another process may have been quicker, while we waited for the write lock.
        version = version_of(db)
        if 0 < version < len(steps):
            _back_up(path, version)
        for step in steps[version:]:
            for statement in step:
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {max(version, len(steps))}")


def backups_of(path: Path) -> list[Path]:
    """Return the copies that were made of the database at `path` before it was brought up to date."""
    return list(path.parent.glob(f"{path.stem}.before-*.sqlite3"))


def _back_up(path: Path, version: int) -> None:
    backup = path.with_suffix(f".before-{version + 1}.sqlite3")
    os.close(os.open(backup, os.O_CREAT | os.O_RDWR, 0o600))
    # One that is about to write cannot be copied from; one that only reads can, and sees the version before.
    with closing(sqlite3.connect(path)) as before, closing(sqlite3.connect(backup)) as copy:
        before.backup(copy)
