"""The history of sessions in SQLite: what is running, what had arrived so far, and the finished reports.

Reports and snapshots are kept as JSON text; what they mean is known on the floors above.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from coach_desktop.core.errors import CoachError
from coach_desktop.store import ledger, recordings
from coach_desktop.store.ledger import LONGEST_S, LedgerEntry
from coach_desktop.store.schema import STEPS, backups_of, step_up, version_of

log = logging.getLogger(__name__)

SessionStatus = Literal["running", "done", "interrupted", "failed"]
EndStatus = Literal["done", "interrupted", "failed"]
AnalysisState = Literal["none", "pending", "done", "missing"]

_BUSY_TIMEOUT_S = 5.0
_RETRY_S = 0.01


class HistoryError(CoachError):
    """The history cannot be read or written."""


@dataclass(frozen=True)
class SessionRow:
    """One session as a list shows it. `started_at` is ISO 8601 in UTC, `duration_s` is None before live.

    `remote_open`: a paid conversation of it may still run. `analysis`: whether transcript and analysis of a paid
    conversation have come.
    """

    id: str
    profile_id: str
    profile_name: str
    provider: Literal["local", "tavus", "recording"]
    status: SessionStatus
    started_at: str
    duration_s: float | None
    remote_open: bool = False
    analysis: AnalysisState = "none"


@dataclass(frozen=True)
class UnfinishedSession:
    """A session that nobody ended: what a crash left."""

    row: SessionRow
    conversation_id: str | None
    name_token: str
    snapshot: str | None


@dataclass(frozen=True)
class RemoteSession:
    """A paid conversation as the journal knows it. `created_at` and `ended_at` are in epoch seconds of our clock."""

    row: SessionRow
    conversation_id: str | None
    name_token: str
    created_at: float | None
    ended_at: float | None


_ROW = "id, profile_id, profile_name, provider, status, started_at, duration_s, remote_open, analysis"

_MAY_GO = "status <> 'running' AND remote_open = 0"


def _row(values: Sequence[Any]) -> SessionRow:
    row = SessionRow(*values)
    return replace(row, remote_open=bool(row.remote_open))


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
                self._write_ahead()
                # What the user deletes is overwritten, not only unlinked.
                self._db.execute("PRAGMA secure_delete = ON")
            except BaseException:
                self._db.close()
                raise

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def begin(
        self, row: SessionRow, name_token: str, *, longest_s: float = LONGEST_S, asked_at: float | None = None
    ) -> None:
        """Write down a session that is about to start, before anything is asked of a provider.

        From here until `mark_ended` a paid conversation of it may run, for `longest_s` at most. `asked_at` is now, in
        epoch seconds of the session's clock.
        """
        with self._plain_words(), self._db:
            self._db.execute(
                "INSERT INTO sessions"
                " (id, profile_id, profile_name, provider, name_token, status, started_at, remote_open)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    row.id,
                    row.profile_id,
                    row.profile_name,
                    row.provider,
                    name_token,
                    row.status,
                    row.started_at,
                    row.provider == "tavus",
                ),
            )
            if row.provider == "tavus":
                asked_at = time.time() if asked_at is None else asked_at
                entry = LedgerEntry(row.id, row.profile_id, row.profile_name, asked_at, None, longest_s)
                ledger.open_entry(self._db, entry)

    def set_conversation(self, session_id: str, conversation_id: str, created_at: float | None = None) -> None:
        """Write down the provider's id and when it came to be (epoch s), before the room opens."""
        with self._plain_words(), self._db:
            self._db.execute(
                "UPDATE sessions SET conversation_id = ?, created_at = COALESCE(?, created_at) WHERE id = ?",
                (conversation_id, created_at, session_id),
            )
            if created_at is not None:
                ledger.set_created(self._db, session_id, created_at)

    def mark_ended(self, session_id: str, ended_at: float | None = None, billed_s: float | None = None) -> None:
        """Write down that no paid conversation of it runs any more: its end is confirmed, or there never was one.

        Until `set_billed` tells better it was billed for `billed_s` seconds; None: to `ended_at` (epoch s) at most.
        """
        with self._plain_words(), self._db:
            self._db.execute(
                "UPDATE sessions SET remote_open = 0, ended_at = COALESCE(?, ended_at) WHERE id = ?",
                (ended_at, session_id),
            )
            ledger.close_entry(self._db, session_id, ended_at, billed_s)

    def set_billed(self, session_id: str, billed_s: float) -> None:
        """Write down how many seconds a paid conversation was billed; it may be forgotten by now but for that."""
        with self._plain_words(), self._db:
            ledger.set_billed(self._db, session_id, billed_s)

    def ledger(self) -> list[LedgerEntry]:
        """Return what every paid conversation has cost, the newest first, also of sessions that were deleted."""
        with self._plain_words():
            return ledger.entries(self._db)

    def checkpoint(self, session_id: str, duration_s: float, snapshot: str) -> None:
        """Keep what has arrived up to `duration_s` seconds from live, in place of the checkpoint before."""
        with self._plain_words(), self._db:
            self._db.execute(
                "UPDATE sessions SET duration_s = ?, snapshot = ? WHERE id = ? AND status = 'running'",
                (duration_s, snapshot, session_id),
            )

    def finish(
        self,
        session_id: str,
        status: EndStatus,
        duration_s: float | None,
        report: str,
        analysis: AnalysisState = "none",
    ) -> None:
        """Keep the report of a session that has ended; its snapshot is no longer needed."""
        with self._plain_words(), self._db:
            self._db.execute(
                "UPDATE sessions SET status = ?, duration_s = ?, report = ?, analysis = ?, snapshot = NULL"
                " WHERE id = ?",
                (status, duration_s, report, analysis, session_id),
            )

    def put(self, row: SessionRow, report: str, timeline: str | None) -> None:
        """Keep a session that this app did not hold, with its report and timeline: all of it or, on an error, nothing.

        In place of one with its id: what is put again is the same.
        """
        values = (row.id, row.profile_id, row.profile_name, row.provider, row.status, row.started_at, row.duration_s)
        with self._plain_words(), self._db:
            self._db.execute(
                "INSERT OR REPLACE INTO sessions"
                " (id, profile_id, profile_name, provider, status, started_at, duration_s, report, name_token)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, '')",
                (*values, report),
            )
            if timeline is not None:
                self._db.execute("INSERT OR REPLACE INTO timelines VALUES (?, ?)", (row.id, timeline))

    def set_analysis(self, session_id: str, analysis: AnalysisState, report: str | None = None) -> None:
        """Write down how far transcript and analysis are, with the report made of them where there is a new one."""
        with self._plain_words(), self._db:
            self._db.execute(
                "UPDATE sessions SET analysis = ?, report = COALESCE(?, report) WHERE id = ? AND status <> 'running'",
                (analysis, report, session_id),
            )

    def sessions(self) -> list[SessionRow]:
        """Return all sessions, the newest first."""
        with self._plain_words():
            rows = self._db.execute(f"SELECT {_ROW} FROM sessions ORDER BY started_at DESC, id DESC")  # noqa: S608
            return [_row(row) for row in rows]

    def session(self, session_id: str) -> SessionRow | None:
        """Return one session, or None where there is none with this id."""
        with self._plain_words():
            values = self._db.execute(f"SELECT {_ROW} FROM sessions WHERE id = ?", (session_id,)).fetchone()  # noqa: S608
            return None if values is None else _row(values)

    def unfinished(self) -> list[UnfinishedSession]:
        """Return the sessions that are down as running. Right after a start, those are what a crash left."""
        with self._plain_words():
            rows = self._db.execute(
                f"SELECT conversation_id, name_token, snapshot, {_ROW} FROM sessions WHERE status = 'running'"  # noqa: S608
            )
            return [UnfinishedSession(_row(row[3:]), row[0], row[1], row[2]) for row in rows]

    def leftovers(self) -> list[RemoteSession]:
        """Return the sessions of which a paid conversation may still run, oldest first.

        The one under way is among them, and so is one whose end could not be written down: the status alone does
        not tell the two apart.
        """
        return self._remote("remote_open = 1")

    def pending_analyses(self) -> list[RemoteSession]:
        """Return the sessions whose conversation has ended and whose transcript or analysis is awaited."""
        return self._remote("analysis = 'pending' AND remote_open = 0 AND status <> 'running'")

    def paid_sessions(self) -> list[RemoteSession]:
        """Return every session that was to be held at a cost and was not forgotten, oldest first."""
        return self._remote("provider = 'tavus'")

    def _remote(self, condition: str) -> list[RemoteSession]:
        with self._plain_words():
            rows = self._db.execute(
                f"SELECT conversation_id, name_token, created_at, ended_at, {_ROW} FROM sessions"  # noqa: S608
                f" WHERE {condition} ORDER BY started_at, id"
            )
            return [RemoteSession(_row(row[4:]), *row[:4]) for row in rows]

    def report(self, session_id: str) -> str | None:
        """Return the report of a session as JSON text, or None where there is no such session or report."""
        with self._plain_words():
            row = self._db.execute("SELECT report FROM sessions WHERE id = ?", (session_id,)).fetchone()
            return None if row is None or row[0] is None else str(row[0])

    def keep_timeline(self, session_id: str, timeline: str) -> None:
        """Keep the timeline of a session, as JSON text, in place of one before; nothing where there is no session."""
        with self._plain_words(), self._db:
            self._db.execute(
                "INSERT OR REPLACE INTO timelines (session_id, timeline) SELECT id, ? FROM sessions WHERE id = ?",
                (timeline, session_id),
            )

    def timeline(self, session_id: str) -> str | None:
        """Return the timeline of a session as JSON text, or None where there is none."""
        with self._plain_words():
            row = self._db.execute("SELECT timeline FROM timelines WHERE session_id = ?", (session_id,)).fetchone()
            return None if row is None else str(row[0])

    def delete(self, session_id: str) -> bool:
        """Forget one session, but for the minutes it has cost, and return whether it is gone; with its sound, if any.

        One that is running is kept, and so is one whose paid conversation may still run: forgotten, nobody would end
        it any more. Raises `CoachError` where its sound cannot be deleted: then it is kept whole.
        """
        if session_id in self._may_go(session_id):
            recordings.beside(self._path).remove(session_id)
        with self._plain_words(), self._db:
            self._db.execute(f"DELETE FROM sessions WHERE id = ? AND {_MAY_GO}", (session_id,))  # noqa: S608
        with self._plain_words():
            self._forget_in_backups()
            return self._db.execute("SELECT 1 FROM sessions WHERE id = ?", (session_id,)).fetchone() is None

    def delete_all(self) -> int:
        """Forget every session that `delete` would forget, and return how many were kept.

        Raises `CoachError` where the sound of some cannot be deleted: those are kept, and the others are gone.
        """
        stuck: list[CoachError] = []
        for session_id in self._may_go():
            try:
                recordings.beside(self._path).remove(session_id)
            except CoachError as error:
                stuck.append(error)
                continue
            with self._plain_words(), self._db:
                self._db.execute(f"DELETE FROM sessions WHERE id = ? AND {_MAY_GO}", (session_id,))  # noqa: S608
        with self._plain_words():
            self._forget_in_backups()
            if stuck:
                raise stuck[0]
            return int(self._db.execute("SELECT COUNT(*) FROM sessions").fetchone()[0])

    def _may_go(self, session_id: str | None = None) -> list[str]:
        """Return the ids of the sessions that may be forgotten: of all, or of this one."""
        with self._plain_words():
            rows = self._db.execute(f"SELECT id FROM sessions WHERE {_MAY_GO} AND id = COALESCE(?, id)", (session_id,))  # noqa: S608
            return [str(row[0]) for row in rows]

    def _forget_in_backups(self) -> None:
        """Take out of every backup what is not in the history any more."""
        for backup in backups_of(self._path):
            try:
                with closing(sqlite3.connect(backup, timeout=_BUSY_TIMEOUT_S)) as copy:
                    copy.execute("PRAGMA secure_delete = ON")
                    copy.execute("ATTACH DATABASE ? AS now", (str(self._path),))
                    with copy:
                        copy.execute("DELETE FROM main.sessions WHERE id NOT IN (SELECT id FROM now.sessions)")
            except sqlite3.DatabaseError as error:
                # A backup that cannot be tidied would keep what the user wanted gone.
                log.warning("a backup of the history was removed: %s", error)
                backup.unlink(missing_ok=True)

    def _migrate(self) -> None:
        version = version_of(self._db)
        if version > len(self._steps):
            raise HistoryError(
                "Your history was written by a newer version of this app.",
                safe="Nothing in it was changed.",
                do="Install the newer version again to read it.",
            )
        if version < len(self._steps):
            step_up(self._db, self._path, self._steps)
        # A database of another make is told apart before anything in it is changed.
        self._db.execute(f"SELECT {_ROW} FROM sessions LIMIT 0")  # noqa: S608

    def _write_ahead(self) -> None:
        # SQLite waits for its locks, but not for this one: another process may be doing the same at this moment.
        give_up_at = time.monotonic() + _BUSY_TIMEOUT_S
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                    raise
                time.sleep(_RETRY_S)
            else:
                return

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
