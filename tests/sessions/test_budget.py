"""The user's own limit of minutes per month: what is left is never given twice, whatever the clock says."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from coach_desktop.sessions.budget import Allowance, BudgetSpentError, allowance, check, spent_s
from coach_desktop.sessions.requests import request_of
from coach_desktop.store.ledger import LedgerEntry
from coach_desktop.store.profiles import Profile
from coach_desktop.store.settings import Settings

CHUCK = Profile(
    id="t", name="T", purpose="P", provider="tavus", persona_id="p1", conversation_name="C", max_call_duration=600
)
HOUR = Settings(minutes_per_month=60)
NOW = datetime(2026, 11, 15, 12, tzinfo=UTC).timestamp()
numbers = itertools.count()


def entry(billed_s: float | None, created_at: float = NOW - 3600, longest_s: float = 3600.0) -> LedgerEntry:
    return LedgerEntry(f"s{next(numbers)}", "p", "P", created_at, billed_s, longest_s)


def test_without_a_limit_the_profile_alone_says_how_long() -> None:
    assert allowance(CHUCK, Settings(), [entry(1e6)], NOW, UTC) == Allowance(600)


def test_local_coach_needs_no_minutes() -> None:
    local = CHUCK.model_copy(update={"provider": "local"})
    assert allowance(local, HOUR, [entry(3600.0)], NOW, UTC) == Allowance(600)


@pytest.mark.parametrize(
    ("spent", "longest_s", "says"),
    [
        (0.0, 600, None),
        (47.9 * 60, 600, None),
        (48.0 * 60, 600, "Of your 60 minutes for this month 12 are left."),
        (50.0 * 60, 600, "Of your 60 minutes for this month 10 are left."),
        (50.5 * 60, 570, "Of your 60 minutes for this month 9 are left: this conversation ends then."),
        (59.0 * 60, 60, "Of your 60 minutes for this month 1 is left: this conversation ends then."),
    ],
)
def test_what_is_left_is_told_and_bounds_the_conversation(spent: float, longest_s: int, says: str | None) -> None:
    assert allowance(CHUCK, HOUR, [entry(spent)], NOW, UTC) == Allowance(longest_s, says)


def test_less_than_a_minute_is_nothing() -> None:
    with pytest.raises(BudgetSpentError, match="Less than a minute is left this month of your limit of 60") as caught:
        allowance(CHUCK, HOUR, [entry(59 * 60 + 0.1)], NOW, UTC)
    assert caught.value.safe == "Nothing was started."
    assert "local coach" in caught.value.do


def test_what_may_still_run_counts_with_all_that_it_can_cost() -> None:
    assert allowance(CHUCK, HOUR, [entry(None, longest_s=900.0)], NOW, UTC) == Allowance(600)
    with pytest.raises(BudgetSpentError) as caught:
        allowance(CHUCK, HOUR, [entry(None)], NOW, UTC)
    assert "not confirmed" in caught.value.safe


def test_the_month_is_the_users_own() -> None:
    new_years_eve = datetime(2026, 12, 31, 23, 30, tzinfo=UTC).timestamp()
    spent = [entry(3600.0, new_years_eve)]
    a_little_later = new_years_eve + 3600
    assert allowance(CHUCK, HOUR, spent, a_little_later, UTC) == Allowance(600)
    with pytest.raises(BudgetSpentError):
        allowance(CHUCK, HOUR, spent, a_little_later, timezone(timedelta(hours=1)))


def test_request_of_an_earlier_preview_must_still_fit() -> None:
    request = request_of(CHUCK, "0123456789ab")
    check(request, HOUR, [entry(50 * 60.0)], NOW, UTC)
    check(request, Settings(), [entry(1e6)], NOW, UTC)
    with pytest.raises(BudgetSpentError, match="9 are left, and this conversation could last longer"):
        check(request, HOUR, [entry(50 * 60.5)], NOW, UTC)
    with pytest.raises(BudgetSpentError, match="used up"):
        check(request, HOUR, [entry(3600.0)], NOW, UTC)


LIMITS = st.integers(1, 44_640).map(lambda minutes: Settings(minutes_per_month=minutes))
MOMENTS = st.floats(NOW - 90 * 86_400, NOW + 90 * 86_400)
ENTRIES = st.lists(st.builds(entry, st.none() | st.floats(0, 3600), MOMENTS, st.floats(60, 3600)), max_size=30)
ZONES = st.timedeltas(timedelta(hours=-12), timedelta(hours=14)).map(timezone)
PROFILES = st.integers(10, 3600).map(lambda longest_s: CHUCK.model_copy(update={"max_call_duration": longest_s}))


@given(PROFILES, LIMITS, ENTRIES, MOMENTS, ZONES)
def test_no_conversation_can_go_beyond_the_limit(
    profile: Profile, settings: Settings, entries: list[LedgerEntry], now: float, zone: timezone
) -> None:
    limit_s = (settings.minutes_per_month or 0) * 60
    spent = spent_s(entries, now, zone)
    try:
        given_ = allowance(profile, settings, entries, now, zone)
    except BudgetSpentError:
        assert limit_s - spent < 60
        return
    assert 0 < given_.longest_s <= profile.max_call_duration
    assert spent + given_.longest_s <= limit_s
    assert (given_.warning is not None) == (given_.longest_s < profile.max_call_duration or spent >= 0.8 * limit_s)


@given(LIMITS, ENTRIES, MOMENTS, ZONES)
def test_starting_again_and_again_never_goes_beyond_the_limit(
    settings: Settings, entries: list[LedgerEntry], now: float, zone: timezone
) -> None:
    limit_s = (settings.minutes_per_month or 0) * 60
    assume(spent_s(entries, now, zone) < limit_s)
    for _ in range(5):
        try:
            longest_s = allowance(CHUCK, settings, entries, now, zone).longest_s
        except BudgetSpentError:
            break
        # Nobody hears how it ended, which is the worst that it can be.
        entries = [*entries, entry(None, now, float(longest_s))]
    assert spent_s(entries, now, zone) <= limit_s


@given(ENTRIES, MOMENTS, MOMENTS, ZONES)
def test_clock_that_is_set_back_gives_no_minute_back(
    entries: list[LedgerEntry], one: float, other: float, zone: timezone
) -> None:
    earlier, later = sorted((one, other))
    assert spent_s(entries, earlier, zone) >= spent_s(entries, later, zone)
