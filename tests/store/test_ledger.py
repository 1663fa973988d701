"""The ledger of minutes: written with the journal, kept when a session is forgotten, summed by month and profile."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.store.history import History, SessionRow
from coach_desktop.store.ledger import LedgerEntry, MonthMinutes, as_csv, by_month, month_of
from coach_desktop.store.schema import STEPS

ROW = SessionRow("s1", "chuck-tavus", "Chuck", "tavus", "running", "2026-11-01T10:00:00.000000Z", None)
NOW = 1.8e9


def entry_of(history: History) -> LedgerEntry:
    (entry,) = history.ledger()
    return entry


# --- with the journal ----------------------------------------------------------------------------------------------


def test_conversation_is_open_until_its_end_is_known_and_costs_what_the_account_says(history: History) -> None:
    history.begin(ROW, "token", longest_s=600.0, asked_at=NOW)
    assert entry_of(history) == LedgerEntry("s1", "chuck-tavus", "Chuck", NOW, None, 600.0)
    assert entry_of(history).at_most_s == 600.0
    history.set_conversation("s1", "c1", NOW + 2)
    assert entry_of(history).created_at == NOW + 2
    history.mark_ended("s1", NOW + 62)
    assert (entry_of(history).billed_s, entry_of(history).at_most_s) == (60.0, 60.0)
    history.set_billed("s1", 58.5)
    assert entry_of(history).billed_s == 58.5
    # What is known is not forgotten for something less sure.
    history.mark_ended("s1", NOW + 500)
    assert entry_of(history).billed_s == 58.5


def test_what_never_came_to_be_costs_nothing(history: History) -> None:
    history.begin(ROW, "token", asked_at=NOW)
    history.mark_ended("s1", NOW + 5)
    assert history.ledger() == []


def test_local_sessions_cost_nothing(history: History) -> None:
    history.begin(replace(ROW, provider="local"), "token")
    history.set_conversation("s1", "c1")
    history.mark_ended("s1", NOW)
    assert history.ledger() == []


@pytest.mark.parametrize("ended_at", [NOW + 90_000, NOW - 3600, None])
def test_end_that_is_seen_late_or_by_a_clock_set_back_counts_as_long_as_it_may_have_lasted(
    history: History, ended_at: float | None
) -> None:
    history.begin(ROW, "token", longest_s=600.0, asked_at=NOW)
    history.set_conversation("s1", "c1", NOW)
    history.mark_ended("s1", ended_at)
    assert entry_of(history).billed_s == 600.0


def test_minutes_outlive_their_session(history: History, path: Path) -> None:
    for session_id in ("s1", "s2"):
        history.begin(replace(ROW, id=session_id), "token", asked_at=NOW)
        history.set_conversation(session_id, "c-very-own", NOW)
        history.mark_ended(session_id, NOW + 60)
        history.finish(session_id, "done", 50.0, '{"transcript": "private words"}')
    assert history.delete("s1")
    assert history.delete_all() == 0
    assert [entry.billed_s for entry in history.ledger()] == [60.0, 60.0]
    history.set_billed("s1", 61.0)
    assert sorted(entry.billed_s or 0.0 for entry in history.ledger()) == [60.0, 61.0]
    history.close()
    kept = path.read_bytes()
    assert b"private words" not in kept
    assert b"c-very-own" not in kept


# --- of a history that had none ------------------------------------------------------------------------------------


def report(billed_s: object) -> str:
    return json.dumps({"session": {"billed_s": billed_s}})


# id, provider, conversation, status, duration_s, report, remote_open, created_at, ended_at
BEFORE = [
    ("by report", "tavus", "c1", "done", 50.0, report(62.5), 0, NOW, NOW + 70),
    ("whole seconds", "tavus", "c2", "done", 50.0, report(62), 0, NOW, NOW + 70),
    ("damaged report", "tavus", "c3", "done", 50.0, "{damaged", 0, NOW, NOW + 70),
    ("strange report", "tavus", "c4", "done", 50.0, report("much"), 0, NOW, NOW + 70),
    ("endless report", "tavus", "c5", "done", 50.0, '{"session": {"billed_s": 1e999}}', 0, NOW, NOW + 70),
    ("less than nothing", "tavus", "c6", "done", 50.0, report(-5.0), 0, NOW, NOW + 70),
    ("by length", "tavus", "c7", "interrupted", 50.0, None, 0, None, None),
    ("may run", "tavus", "c8", "interrupted", 50.0, report(50.0), 1, NOW, None),
    ("may exist", "tavus", None, "failed", None, report(0.0), 1, None, None),
    ("refused", "tavus", None, "failed", None, report(0.0), 0, None, None),
    ("local", "local", "c9", "done", 50.0, report(0.0), 0, None, None),
]


def write_second_version(path: Path, started_at: str = "2026-11-01T10:00:00.500000Z") -> None:
    with closing(sqlite3.connect(path)) as database, database:
        for statement in (*STEPS[0], *STEPS[1]):
            database.execute(statement)
        database.execute("PRAGMA user_version = 2")
        database.executemany(
            "INSERT INTO sessions (started_at, profile_id, profile_name, name_token, id, provider, conversation_id,"
            " status, duration_s, report, remote_open, created_at, ended_at)"
            " VALUES (?, 'p', 'P', 't', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(started_at, *row) for row in BEFORE],
        )


def test_history_of_the_second_version_is_taken_into_the_ledger(path: Path) -> None:
    write_second_version(path)
    with closing(History(path)) as history:
        told = {entry.session_id: (entry.created_at, entry.billed_s, entry.longest_s) for entry in history.ledger()}
        assert len(history.sessions()) == len(BEFORE)
    started = datetime(2026, 11, 1, 10, tzinfo=UTC).timestamp()
    assert told == {
        "by report": (NOW, 62.5, 3600.0),
        "whole seconds": (NOW, 62.0, 3600.0),
        "damaged report": (NOW, 70.0, 3600.0),
        "strange report": (NOW, 70.0, 3600.0),
        "endless report": (NOW, 3600.0, 3600.0),
        "less than nothing": (NOW, 0.0, 3600.0),
        "by length": (started, 50.0, 3600.0),
        "may run": (NOW, None, 3600.0),
        "may exist": (started, None, 3600.0),
    }
    assert path.with_name("history.before-3.sqlite3").exists()


def test_row_without_a_time_still_counts(path: Path) -> None:
    write_second_version(path, started_at="some day")
    with closing(History(path)) as history:
        told = {entry.session_id: entry.created_at for entry in history.ledger()}
    assert told["by length"] == 0.0


# --- months --------------------------------------------------------------------------------------------------------


def at(zone: timezone, *when: int) -> float:
    return datetime(*when, tzinfo=zone).timestamp()  # type: ignore[misc,arg-type]


def test_month_is_that_of_the_users_own_time() -> None:
    new_year = at(UTC, 2026, 12, 31, 23, 30)
    assert month_of(new_year, UTC) == "2026-12"
    assert month_of(new_year, timezone(timedelta(hours=1))) == "2027-01"
    assert month_of(new_year, timezone(timedelta(hours=-5))) == "2026-12"
    assert month_of(new_year) == datetime.fromtimestamp(new_year).astimezone().strftime("%Y-%m")


@pytest.mark.parametrize("moment", [float("inf"), float("-inf"), float("nan"), 1e300, -1e300, -1.0, 253402300799.0])
def test_no_moment_is_too_strange_for_a_month(moment: float) -> None:
    month = month_of(moment, timezone(timedelta(hours=14)))
    assert len(month) == 7
    assert month[4] == "-"


def test_months_and_profiles_are_told_apart() -> None:
    november, december = at(UTC, 2026, 11, 5), at(UTC, 2026, 12, 5)
    entries = [
        LedgerEntry("1", "a", "Ada's coach", november, 90.0),
        LedgerEntry("2", "b", "Ben's coach", november, 60.0),
        LedgerEntry("3", "a", "Ada's old coach", november - 60, None, 600.0),
        LedgerEntry("4", "a", "Ada's coach", december, 30.0),
    ]
    rows = by_month(entries, UTC)
    assert [(row.month, row.profile_name, row.minutes, row.conversations, row.open) for row in rows] == [
        ("2026-12", "Ada's coach", 0.5, 1, 0),
        ("2026-11", "Ada's coach", 1.5, 2, 1),
        ("2026-11", "Ben's coach", 1.0, 1, 0),
    ]


ENTRIES = st.lists(
    st.builds(
        LedgerEntry,
        session_id=st.uuids().map(str),
        profile_id=st.sampled_from("abc"),
        profile_name=st.sampled_from(["Chuck", "chuck", "Émile"]),
        created_at=st.floats(at(UTC, 1990, 1, 1), at(UTC, 2090, 1, 1)),
        billed_s=st.none() | st.floats(0, 3600),
    ),
    max_size=30,
)
ZONES = st.timedeltas(timedelta(hours=-12), timedelta(hours=14)).map(timezone)


@given(ENTRIES, ZONES, st.randoms())
def test_nothing_is_lost_or_counted_twice_whatever_the_order(
    entries: list[LedgerEntry], zone: timezone, random: object
) -> None:
    rows = by_month(entries, zone)
    assert sum(row.minutes for row in rows) == pytest.approx(sum(entry.billed_s or 0.0 for entry in entries) / 60)
    assert sum(row.conversations for row in rows) == len(entries)
    assert sum(row.open for row in rows) == sum(entry.billed_s is None for entry in entries)
    assert len({(row.month, row.profile_id) for row in rows}) == len(rows)
    assert [row.month for row in rows] == sorted((row.month for row in rows), reverse=True)
    mixed = list(entries)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    numbers = [(row.month, row.profile_id, row.minutes, row.conversations, row.open) for row in by_month(mixed, zone)]
    assert sorted(numbers) == sorted(
        (row.month, row.profile_id, row.minutes, row.conversations, row.open) for row in rows
    )


# --- a table for spreadsheets --------------------------------------------------------------------------------------


@given(
    st.lists(
        st.builds(
            MonthMinutes,
            month=st.just("2026-11"),
            profile_id=st.just("p"),
            profile_name=st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1),
            minutes=st.floats(0, 1e5),
            conversations=st.integers(1, 99),
            open=st.integers(0, 9),
        )
    )
)
def test_spreadsheet_reads_what_was_written_and_runs_none_of_it(rows: list[MonthMinutes]) -> None:
    head, *table = csv.reader(io.StringIO(as_csv(rows).decode("utf-8-sig"), newline=""))
    assert head == ["month", "profile_id", "profile_name", "minutes", "conversations", "may_still_run"]
    assert len(table) == len(rows)
    for row, (_, _, name, minutes, conversations, may_run) in zip(rows, table, strict=True):
        assert name.removeprefix("'") == row.profile_name.removeprefix("'")
        assert name[0] not in "=+-@"
        assert float(minutes) == pytest.approx(row.minutes, abs=0.006)
        assert (int(conversations), int(may_run)) == (row.conversations, row.open)
