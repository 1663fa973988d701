"""What a session asks for stays within the user's own limit, also where it was settled before."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from coach_desktop.core.clock import iso_utc
from coach_desktop.sessions.asking import Asking
from coach_desktop.sessions.budget import BudgetSpentError
from coach_desktop.sessions.requests import request_of, token_of
from coach_desktop.store.history import History, SessionRow
from coach_desktop.store.settings import Settings
from tests.sessions.scripted import ManualClock
from tests.sessions.tavus_stage import PROFILE

LIMIT = Settings(minutes_per_month=30, warn_before_end_s=(120,))
MONTH = "for this month"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 15, 12, tzinfo=UTC).timestamp())


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite3"


def spend(database: Path, clock: ManualClock, minutes: float) -> None:
    now = clock.epoch()
    with closing(History(database)) as history:
        row = SessionRow("earlier", "p", "P", "tavus", "running", iso_utc(now), duration_s=None)
        history.begin(row, "0123456789ab", asked_at=now)
        history.set_conversation("earlier", "c1", now)
        history.mark_ended("earlier", now, minutes * 60)


def longest(asking: Asking) -> int | None:
    properties = asking.request().properties
    return properties.max_call_duration if properties else None


def test_what_is_left_bounds_what_is_asked_for(database: Path, clock: ManualClock) -> None:
    spend(database, clock, 25.5)
    asking = Asking(PROFILE, LIMIT, database, clock)
    assert longest(asking) == 270
    assert MONTH in (asking.warnings().month or "")
    assert asking.warnings().before_end_s == (120,)


def test_with_enough_left_the_profile_says_it_all(database: Path, clock: ManualClock) -> None:
    spend(database, clock, 1.0)
    asking = Asking(PROFILE, LIMIT, database, clock)
    request = asking.request()
    assert request == request_of(PROFILE, token_of(request))
    assert asking.warnings().month is None


def test_each_request_has_a_token_of_its_own_but_for_the_settled_one(database: Path, clock: ManualClock) -> None:
    asking = Asking(PROFILE, Settings(), database, clock)
    settled = asking.request()
    assert asking.request().body() != settled.body()
    asking = Asking(PROFILE, Settings(), database, clock, settled)
    assert asking.request().body() == settled.body()


def test_settled_request_that_does_not_fit_any_more_is_not_asked_for(database: Path, clock: ManualClock) -> None:
    settled = Asking(PROFILE, LIMIT, database, clock).request()
    spend(database, clock, 25.5)
    with pytest.raises(BudgetSpentError, match="could last longer"):
        Asking(PROFILE, LIMIT, database, clock, settled).request()


def test_nothing_left_is_nothing_asked_for(database: Path, clock: ManualClock) -> None:
    spend(database, clock, 29.5)
    with pytest.raises(BudgetSpentError, match="Less than a minute is left"):
        Asking(PROFILE, LIMIT, database, clock).request()


def test_local_coach_needs_no_ledger(tmp_path: Path, clock: ManualClock) -> None:
    local = PROFILE.model_copy(update={"provider": "local"})
    asking = Asking(local, LIMIT, tmp_path / "no such folder" / "history.sqlite3", clock)
    assert longest(asking) == PROFILE.max_call_duration
    assert asking.warnings().month is None
