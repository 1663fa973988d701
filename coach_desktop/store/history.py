"""The history of sessions in SQLite: what is running, what had arrived so far, and the finished reports.

Reports and snapshots are kept as JSON text; what they mean is known on the floors above.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from coach_desktop.core.errors import CoachError

SessionStatus = Literal["running", "done", "interrupted", "failed"]
EndStatus = Literal["done", "interrupted", "failed"]

_BUSY_TIMEOUT_S = 5.0

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
)


class HistoryError(CoachError):
    """The history cannot be read or written."""


@dataclass(frozen=True)
class SessionRow:
    """One session as a list shows it. `started_at` is ISO 8601 in UTC, `duration_s` is None before live."""

    id: str
    profile_id: str
    profile_name: str
    provider: Literal["local", "tavus", "recording"]
    status: SessionStatus
    started_at: str
    duration_s: float | None


@dataclass(frozen=True)
class UnfinishedSession:
    """A session that nobody ended: what a crash left."""

    row: SessionRow
    conversation_id: str | None
    name_token: str
    snapshot: str | None


_ROW = "id, profile_id, profile_name, provider, status, started_at, duration_s"


class History:
    """One connection to the history. Use it only in the thread that made it, and close it."""

    def __init__(self, path: Path, *, steps: Sequence[Sequence[str]] = STEPS) -> None:
        """Open the history at `path`, private to this user, made and brought up to date by `steps` where needed.

        Raises `HistoryError` where the file is damaged, comes from a newer version or cannot be opened.
        """
        self._path = path
        self._steps = steps
        with self._plain_words():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._db = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S)
            try:
                self._migrate()
                self._db.execute("PRAGMA journal_mode = WAL")
                # What the user deletes is overwritten, not only unlinked.
                self._db.execute("PRAGMA secure_delete = ON")
            except BaseException:
                self._db.close()
                raise

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def begin(self, row: SessionRow, name_token: str) -> None:
        """Write down a session that is about to start, before anything is asked of a provider."""
        with self._plain_words(), self._db:
            self._db.execute(
                "INSERT INTO sessions (id, profile_id, profile_name, provider, name_token, status, started_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    row.id,
                    row.profile_id,
                    row.profile_name,
                    row.provider,
                    name_token,
                    row.status,
                    row.started_at,
                ),
            )

    def set_conversation(self, session_id: str, conversation_id: str) -> None:
        """Write down the provider's id, before the room opens."""
        with self._plain_words(), self._db:
            self._db.execute("UPDATE sessions SET conversation_id = ? WHERE id = ?", (conversation_id, session_id))

    def checkpoint(self, session_id: str, duration_s: float, snapshot: str) -> None:
        """Keep what has arrived up to `duration_s` seconds from live, in place of the checkpoint before."""
        with self._plain_words(), self._db:
            self._db.execute(
                "UPDATE sessions SET duration_s = ?, snapshot = ? WHERE id = ? AND status = 'running'",
                (duration_s, snapshot, session_id),
            )

    def finish(self, session_id: str, status: EndStatus, duration_s: float | None, report: str) -> None:
        """Keep the report of a session that has ended; its snapshot is no longer needed."""
        with self._plain_words(), self._db:
            self._db.execute(
                "UPDATE sessions SET status = ?, duration_s = ?, report = ?, snapshot = NULL WHERE id = ?",
                (status, duration_s, report, session_id),
            )

    def sessions(self) -> list[SessionRow]:
        """Return all sessions, the newest first."""
        with self._plain_words():
            rows = self._db.execute(f"SELECT {_ROW} FROM sessions ORDER BY started_at DESC, id DESC")  # noqa: S608
            return [SessionRow(*row) for row in rows]

    def unfinished(self) -> list[UnfinishedSession]:
        """Return the sessions that are down as running. Right after a start, those are what a crash left."""
        with self._plain_words():
            rows = self._db.execute(
                f"SELECT conversation_id, name_token, snapshot, {_ROW} FROM sessions WHERE status = 'running'"  # noqa: S608
            )
            return [UnfinishedSession(SessionRow(*row[3:]), row[0], row[1], row[2]) for row in rows]

    def report(self, session_id: str) -> str | None:
        """Return the report of a session as JSON text, or None where there is no such session or report."""
        with self._plain_words():
            row = self._db.execute("SELECT report FROM sessions WHERE id = ?", (session_id,)).fetchone()
            return None if row is None or row[0] is None else str(row[0])

    def delete(self, session_id: str) -> None:
        """Forget one session. A session that is running is kept."""
        with self._plain_words(), self._db:
            self._db.execute("DELETE FROM sessions WHERE id = ? AND status <> 'running'", (session_id,))

    def delete_all(self) -> None:
        """Forget every session that is not running."""
        with self._plain_words(), self._db:
            self._db.execute("DELETE FROM sessions WHERE status <> 'running'")

    def _migrate(self) -> None:
        version = self._version()
        if version > len(self._steps):
            raise HistoryError(
                "Your history was written by a newer version of this app.",
                safe="Nothing in it was changed.",
                do="Install the newer version again to read it.",
            )
        if 0 < version < len(self._steps):
            self._back_up(version)
        while (version := self._version()) < len(self._steps):
            self._step_up(version)
        # A database of another make is told apart before anything in it is changed.
        self._db.execute(f"SELECT {_ROW} FROM sessions LIMIT 0")  # noqa: S608

    def _version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    def _step_up(self, version: int) -> None:
        # One transaction a step: a crash in the middle leaves the version before.
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            if self._version() != version:
                # Another process was quicker, while we waited for the write lock.
                return
            for statement in self._steps[version]:
                self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {version + 1}")

    def _back_up(self, version: int) -> None:
        path = self._path.with_suffix(f".before-{version + 1}.sqlite3")
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(path)) as copy:
            self._db.backup(copy)

    @contextmanager
    def _plain_words(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
            # A wrong use of ours says nothing about the file, and must not send the user to move it away.
            raise
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:
                # A table or a column is missing: this is not, or no longer, our database.
                raise self._damaged(error) from error
            raise HistoryError(
                "Your history cannot be used just now.",
                safe="What is in it was not changed.",
                do="Close other copies of the app, see that there is room on the disk, and try again.",
                details=str(error),
            ) from error
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error
        except OSError as error:
            raise HistoryError(
                f"Your history, {self._path.name}, cannot be opened: {error.strerror}.",
                safe="Nothing was changed.",
                do="Check the permissions of the data folder.",
            ) from error

    def _damaged(self, error: sqlite3.Error) -> HistoryError:
        return HistoryError(
            f"Your history, {self._path.name}, is damaged and cannot be read.",
            safe="The file was left as it is.",
            do=f"Move {self._path.name} out of the data folder; the app then starts a new history.",
            details=str(error),
        )
