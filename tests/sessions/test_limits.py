"""Limits of a paid conversation, whatever the time does: never passed over, each warning said once and not for long."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.core.errors import CoachError
from coach_desktop.sessions.following import NETWORK_GONE_AFTER_S, Following, Moment, NetworkLostError
from coach_desktop.sessions.limits import TOLD_FOR_S, Limits, Warnings
from coach_desktop.sessions.provider import Pace
from coach_desktop.sessions.sleep import SLEPT_S, STOPPED_S, SleepWatch
from coach_desktop.tavus.errors import ServerFaultError, TavusError, UnknownOutcomeError, UnreachableError
from coach_desktop.tavus.models import Conversation
from tests.sessions.scripted import ManualClock, ScriptedProvider

STEPS = st.lists(st.sampled_from([0.0, 0.5, 4.9, 5.0, 29.9, 30.0, 61.0]) | st.floats(0, 400), max_size=40)


def limits_of(
    clock: ManualClock, longest_s: float | None, *, end_after_s: float | None = None, warnings: Warnings | None = None
) -> Limits:
    followed = Following(ScriptedProvider(clock), clock, Moment.now(clock), "c1")
    if longest_s is not None:
        followed.created = Moment.now(clock)
    followed.go_live()
    return Limits(followed, clock, end_after_s=end_after_s, longest_s=longest_s, warnings=warnings or Warnings())


@given(STEPS, st.integers(10, 3600), st.lists(st.integers(1, 3600), max_size=5), st.floats(-1e6, 1e6))
def test_the_end_comes_in_time_and_each_warning_once(
    steps: list[float], longest_s: int, before: list[int], turned_s: float
) -> None:
    clock = ManualClock()
    began = clock.now
    limits = limits_of(clock, longest_s, warnings=Warnings(tuple(before)))
    assert limits.ends_at == clock.epoch() + longest_s
    clock.set_forward_s = turned_s
    told: list[str] = []
    first_told: dict[str, float] = {}
    for step in steps:
        assert 0.0 <= limits.pause_s(5.0) <= 5.0
        assert (limits.why_over() is None) == (clock.now - began < longest_s)
        if limits.why_over() is None:
            assert clock.now + limits.pause_s(5.0) <= began + longest_s + 1e-6
        said = limits.notice()
        if said is not None and (not told or told[-1] != said):
            assert said not in told
            told.append(said)
        if said is not None:
            assert clock.now - first_told.setdefault(said, clock.now) <= TOLD_FOR_S
        clock.now += step


@given(STEPS)
def test_what_costs_nothing_has_no_end_of_its_own(steps: list[float]) -> None:
    clock = ManualClock()
    limits = limits_of(clock, None, warnings=Warnings((60,)))
    for step in steps:
        clock.now += step
        clock.asleep_s += step
        assert (limits.why_over(), limits.notice(), limits.ends_at, limits.pause_s(5.0)) == (None, None, None, 5.0)


def test_end_that_was_agreed_on_needs_no_reason() -> None:
    clock = ManualClock()
    limits = limits_of(clock, 600.0, end_after_s=3.0)
    assert (limits.why_over(), limits.pause_s(5.0)) == (None, 3.0)
    clock.now += 3.0
    assert (limits.why_over(), limits.pause_s(5.0)) == ("", 0.0)


def test_warning_as_long_as_the_conversation_tells_nothing() -> None:
    clock = ManualClock()
    limits = limits_of(clock, 300.0, warnings=Warnings((600, 300, 90, 1)))
    assert limits.notice() is None
    clock.now += 210.0
    assert limits.notice() == "This conversation ends in about 1 minute 30 seconds."
    clock.now += 89.0
    assert limits.notice() == "This conversation ends in about 1 second."


# --- sleep ---------------------------------------------------------------------------------------------------------


@dataclass
class Waits(threading.Event):
    """An event that never comes, while so many seconds go by."""

    clock: ManualClock
    takes_s: float
    asleep_s: float = 0.0
    asked: list[float | None] = field(default_factory=list)

    def wait(self, timeout: float | None = None) -> bool:
        self.asked.append(timeout)
        self.clock.now += self.takes_s
        self.clock.asleep_s += self.asleep_s
        return False


@pytest.mark.parametrize(
    ("takes_s", "asleep_s", "slept"),
    [
        (5.0, 0.0, False),
        (5.0 + STOPPED_S, 0.0, False),  # a computer that has much to do
        (5.1 + STOPPED_S, 0.0, True),
        (5.0, SLEPT_S, False),
        (5.0, SLEPT_S + 0.1, True),
        (0.0, 86_400.0, True),
    ],
)
def test_sleep_is_seen_by_the_clocks(takes_s: float, asleep_s: float, slept: bool) -> None:
    clock = ManualClock()
    watch = SleepWatch(clock)
    waits = Waits(clock, takes_s, asleep_s)
    watch.wait(waits, 5.0)
    assert watch.has_slept is slept
    assert watch.slept_s == pytest.approx(asleep_s)
    assert waits.asked == [5.0]


@given(st.lists(st.tuples(st.floats(0, 30), st.floats(-1e6, 1e6)), max_size=30))
def test_clock_that_somebody_sets_is_no_sleep(steps: list[tuple[float, float]]) -> None:
    clock = ManualClock()
    watch = SleepWatch(clock)
    for passes, turned in steps:
        clock.now += passes
        clock.set_forward_s += turned
        assert not watch.has_slept


# --- network -------------------------------------------------------------------------------------------------------

OUTCOMES: dict[str, type[TavusError] | None] = {
    "answered": None,
    "unreachable": UnreachableError,
    "no answer": UnknownOutcomeError,
    "fault": ServerFaultError,
}


class Unsteady(ScriptedProvider):
    """Answers, or fails, as it is told to."""

    pace = Pace(poll_s=5.0, patience_s=3660.0, final_wait_s=8.0, live_at_once=True)
    next: tuple[type[TavusError] | None, float] = (None, 0.0)

    def fetch(self, conversation_id: str) -> Conversation:
        failure, takes_s = self.next
        self.clock.now += takes_s
        if failure is not None:
            raise failure("It failed.")
        return Conversation(conversation_id=conversation_id, status="active")


@given(st.lists(st.tuples(st.sampled_from(sorted(OUTCOMES)), st.floats(0.1, 60.0)), max_size=40))
def test_only_a_network_that_is_gone_for_long_is_given_up(looks: list[tuple[str, float]]) -> None:
    clock = ManualClock()
    provider = Unsteady(clock)
    followed = Following(provider, clock, Moment.now(clock), "c1")
    gone_since: float | None = None
    for outcome, takes_s in looks:
        failure = OUTCOMES[outcome]
        provider.next = (failure, takes_s)
        asked_at = clock.now
        if failure not in (UnreachableError, UnknownOutcomeError):
            gone_since = None
        elif gone_since is None:
            gone_since = asked_at
        try:
            followed.look()
        except NetworkLostError:
            assert gone_since is not None
            assert clock.now - gone_since > NETWORK_GONE_AFTER_S
            return
        except CoachError as error:
            pytest.fail(f"given up for {error.what}")
        assert gone_since is None or clock.now - gone_since <= NETWORK_GONE_AFTER_S
