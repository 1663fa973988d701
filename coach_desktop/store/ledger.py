"""What paid conversations have cost, in time: one entry for each, which stays when its session is forgotten."""

from __future__ import annotations

import codecs
import csv
import io
import math
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final

LONGEST_S: Final = 3600.0
"""No conversation of this app is allowed to last longer."""
_FORMULA: Final = ("=", "+", "-", "@")


@dataclass(frozen=True)
class LedgerEntry:
    """One paid conversation. `created_at` is in epoch seconds of our clock.

    `billed_s` is None while it is not known how long it lasted: it may still run, for `longest_s` in all.
    """

    session_id: str
    profile_id: str
    profile_name: str
    created_at: float
    billed_s: float | None
    longest_s: float = LONGEST_S

    @property
    def at_most_s(self) -> float:
        """The seconds it has cost or, where that is not known yet, can still come to cost."""
        return self.longest_s if self.billed_s is None else self.billed_s


@dataclass(frozen=True)
class MonthMinutes:
    """What one profile has cost in one month. `month` is like "2026-11", by the user's own time.

    `minutes` are those of conversations whose length is known; of `conversations`, `open` may still run.
    """

    month: str
    profile_id: str
    profile_name: str
    minutes: float
    conversations: int
    open: int


def month_of(epoch_s: float, zone: tzinfo | None = None) -> str:
    """Return the month of a moment (epoch s), like "2026-11", in `zone` or the user's own time."""
    try:
        moment = datetime.fromtimestamp(epoch_s, UTC)
    except (ValueError, OverflowError, OSError):
        # A damaged entry still counts, in a month of its own.
        moment = datetime.fromtimestamp(0, UTC)
    # At the very ends of what a calendar holds, and with some systems before 1970, there is no local time.
    with suppress(ValueError, OverflowError, OSError):
        moment = moment.astimezone(zone)
    return f"{moment.year:04d}-{moment.month:02d}"


def by_month(entries: Iterable[LedgerEntry], zone: tzinfo | None = None) -> list[MonthMinutes]:
    """Return what each profile has cost in each month, the newest month first, within it by the profile's name.

    A conversation counts in the month in which it was created. A profile goes by the name it had last.
    """
    months: dict[tuple[str, str], list[LedgerEntry]] = {}
    for entry in sorted(entries, key=lambda entry: entry.created_at):
        months.setdefault((month_of(entry.created_at, zone), entry.profile_id), []).append(entry)
    rows = [
        MonthMinutes(
            month,
            profile_id,
            found[-1].profile_name,
            math.fsum(entry.billed_s for entry in found if entry.billed_s is not None) / 60,
            len(found),
            sum(entry.billed_s is None for entry in found),
        )
        for (month, profile_id), found in months.items()
    ]
    rows.sort(key=lambda row: (row.profile_name.casefold(), row.profile_id))
    return sorted(rows, key=lambda row: row.month, reverse=True)


def as_csv(rows: Iterable[MonthMinutes]) -> bytes:
    """Return a table that spreadsheets open: with a header, and marked as UTF-8, without which they guess."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(("month", "profile_id", "profile_name", "minutes", "conversations", "may_still_run"))
    for row in rows:
        name = row.profile_name
        if name.startswith(_FORMULA):
            # A profile may come from anybody, and a spreadsheet would take this for a formula.
            name = f"'{name}"
        table.writerow((row.month, row.profile_id, name, f"{row.minutes:.2f}", row.conversations, row.open))
    return codecs.BOM_UTF8 + text.getvalue().encode("utf-8", "replace")


def open_entry(db: sqlite3.Connection, entry: LedgerEntry) -> None:
    """Write down a conversation that is about to be asked for."""
    db.execute(
        "INSERT INTO ledger (session_id, profile_id, profile_name, created_at, longest_s) VALUES (?, ?, ?, ?, ?)",
        (entry.session_id, entry.profile_id, entry.profile_name, entry.created_at, entry.longest_s),
    )


def set_created(db: sqlite3.Connection, session_id: str, created_at: float) -> None:
    """Write down when it came to be."""
    db.execute("UPDATE ledger SET created_at = ? WHERE session_id = ?", (created_at, session_id))


def set_billed(db: sqlite3.Connection, session_id: str, billed_s: float) -> None:
    """Write down how long it was billed, in place of what was known before."""
    db.execute("UPDATE ledger SET billed_s = ? WHERE session_id = ?", (max(0.0, billed_s), session_id))


def close_entry(db: sqlite3.Connection, session_id: str, ended_at: float | None, billed_s: float | None) -> None:
    """Write down that it has ended; where there never was one, forget it. A length that is known already stays.

    Where `billed_s` is None, it lasted to `ended_at` (epoch s) at most. One that is seen only late to have ended counts
    as long as it was allowed to last: too much rather than too little, until the account's own figure comes.
    """
    db.execute(
        "DELETE FROM ledger WHERE session_id = ?"
        " AND EXISTS (SELECT 1 FROM sessions WHERE id = session_id AND conversation_id IS NULL)",
        (session_id,),
    )
    db.execute(
        "UPDATE ledger SET billed_s = CASE"
        " WHEN ?1 IS NOT NULL THEN MAX(0.0, ?1)"
        " WHEN ?2 IS NULL OR ?2 < created_at THEN longest_s"
        " ELSE MIN(longest_s, ?2 - created_at) END"
        " WHERE session_id = ?3 AND billed_s IS NULL",
        (billed_s, ended_at, session_id),
    )


def entries(db: sqlite3.Connection) -> list[LedgerEntry]:
    """Return all entries, the newest first."""
    rows = db.execute(
        "SELECT session_id, profile_id, profile_name, created_at, billed_s, longest_s FROM ledger"
        " ORDER BY created_at DESC, session_id DESC"
    )
    return [LedgerEntry(*row) for row in rows]
