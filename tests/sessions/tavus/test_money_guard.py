"""A paid conversation ends by itself: when its time is up, when the computer slept, when the network is gone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coach_desktop.sessions import following, tavus
from coach_desktop.sessions.budget import BudgetSpentError
from coach_desktop.sessions.limits import Warnings
from coach_desktop.sessions.session import SessionState, SessionUpdate
from coach_desktop.tavus.client import TavusClient
from tests.sessions.tavus_stage import PACE, TavusStage
from tests.standin import Moment, Operation, Recorded, Reset, StandIn, Status

LIVE, ENDING, DONE, FAILED = SessionState.LIVE, SessionState.ENDING, SessionState.DONE, SessionState.FAILED
SIGHT_S = 5.0


class Looks:
    """Lets `step_s` go by with each look, and does something with the nth of them (from 1)."""

    def __init__(self, stage: TavusStage, step_s: float) -> None:
        self.stage = stage
        self.step_s = step_s
        self.count = 0
        stage.tavus.hook = self._on_moment

    def _on_moment(self, moment: Moment, request: Recorded) -> None:
        if moment == "received" and request.operation == "get" and not self.stage.tavus.ends:
            self.count += 1
            self.stage.clock.now += self.step_s
            self.then(self.count)

    def then(self, number: int) -> None:
        """Do nothing more."""


@pytest.fixture
def guarded(stage: TavusStage) -> TavusStage:
    """Return a stage on which the time is the test's, and nobody ends what goes on."""
    stage.pace = replace(PACE, patience_s=tavus.PACE.patience_s)
    stage.warnings = Warnings(before_end_s=(300, 60))
    stage.prepare(end_after_s=None, time_is_the_tests=True)
    return stage


def notices(stage: TavusStage) -> list[str | None]:
    """Return what was said while live, each once."""
    told = [update.notice for update in stage.updates if update.state is LIVE]
    return [notice for number, notice in enumerate(told) if number == 0 or told[number - 1] != notice]


def ending(stage: TavusStage) -> str:
    return next(update.message for update in stage.updates if update.state is ENDING)


# --- time ----------------------------------------------------------------------------------------------------------


def test_its_longest_time_is_announced_and_then_kept_by_the_app_itself(guarded: TavusStage) -> None:
    Looks(guarded, 20.0)
    last = guarded.run()
    assert notices(guarded) == [
        None,
        "This conversation ends in about 5 minutes.",
        None,
        "This conversation ends in about 1 minute.",
        None,
    ]
    assert ending(guarded) == "The longest time of this conversation is over. Ending the conversation…"
    assert (last.state, last.message) == (DONE, "The longest time of this conversation is over. Your report is ready.")
    assert last.billed_since is not None
    assert last.ends_at == pytest.approx(last.billed_since + 600.0)
    assert guarded.clock.epoch() - last.billed_since == pytest.approx(600.0, abs=SIGHT_S)
    assert (len(guarded.tavus.creates), len(guarded.tavus.ends), guarded.tavus.active()) == (1, 1, [])
    assert (guarded.row().status, guarded.row().remote_open) == ("done", False)


def test_who_sets_the_clock_gains_and_loses_nothing(guarded: TavusStage) -> None:
    class Set(Looks):
        def then(self, number: int) -> None:
            self.stage.clock.set_forward_s = {3: 86_400.0, 6: -86_400.0}.get(number, self.stage.clock.set_forward_s)

    looks = Set(guarded, 50.0)
    assert "longest time" in guarded.run().message
    assert looks.count == 12


@pytest.mark.expects_warnings("the session failed")
def test_spent_budget_lets_nothing_be_asked(guarded: TavusStage) -> None:
    def refuse() -> None:
        raise BudgetSpentError("Your limit is used up.", safe="Nothing was started.")

    guarded.make_request = refuse  # type: ignore[assignment]
    guarded.prepare()
    last = guarded.run()
    assert last.state is FAILED
    assert isinstance(last.error, BudgetSpentError)
    assert guarded.tavus.requests == []
    assert guarded.rows() == []


def test_what_is_left_of_the_month_is_said_at_the_start(guarded: TavusStage) -> None:
    guarded.warnings = Warnings(month="Of your 60 minutes for this month 12 are left.")
    guarded.prepare(end_after_s=None, time_is_the_tests=True)
    Looks(guarded, 20.0)
    guarded.run()
    assert notices(guarded) == ["Of your 60 minutes for this month 12 are left.", None]


def test_ledger_holds_what_the_account_says(guarded: TavusStage) -> None:
    open_while_live: list[float | None] = []
    guarded.on_live(lambda: open_while_live.append(guarded.ledger().billed_s))
    Looks(guarded, 100.0)
    guarded.run()
    entry = guarded.ledger()
    assert open_while_live == [None]
    assert (entry.profile_name, entry.longest_s) == ("Chuck", 600.0)
    # The stand-in's clock runs on, and knows nothing of ours.
    assert entry.billed_s == pytest.approx(guarded.tavus.conversations[0].billed_s, abs=0.01)
    assert entry.billed_s == guarded.report().session.billed_s


# --- sleep ---------------------------------------------------------------------------------------------------------


def test_computer_that_slept_ends_it_and_its_time_counts(guarded: TavusStage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "billed_by_account", lambda _conversation: None)

    class Sleep(Looks):
        def then(self, number: int) -> None:
            if number == 3:
                self.stage.clock.asleep_s += 400.0

    looks = Sleep(guarded, 10.0)
    last = guarded.run()
    assert looks.count == 3
    assert ending(guarded).startswith("The computer was asleep")
    assert last.message.startswith("The computer was asleep")
    assert (guarded.tavus.active(), guarded.row().remote_open) == ([], False)
    assert guarded.ledger().billed_s == pytest.approx(430.0, abs=SIGHT_S)


def test_short_nap_ends_nothing(guarded: TavusStage) -> None:
    class Nap(Looks):
        def then(self, number: int) -> None:
            if number == 2:
                self.stage.clock.asleep_s += 9.0

    Nap(guarded, 60.0)
    assert "longest time" in guarded.run().message


def test_system_that_says_it_goes_to_sleep_is_believed_at_once(guarded: TavusStage) -> None:
    guarded.on_live(guarded.session.computer_slept)
    last = guarded.run()
    assert last.message.startswith("The computer was asleep")
    assert guarded.tavus.active() == []


def test_sleep_while_it_is_created_ends_it_as_soon_as_it_is_there(guarded: TavusStage) -> None:
    def doze(moment: Moment, request: Recorded) -> None:
        if moment == "carried out" and request.operation == "create":
            guarded.session.computer_slept()

    guarded.tavus.hook = doze
    assert guarded.run().message.startswith("The computer was asleep")
    assert (len(guarded.tavus.creates), guarded.tavus.active()) == (1, [])


# --- network -------------------------------------------------------------------------------------------------------


GOES_ON = "The network is gone. The conversation goes on at Tavus, and the app keeps trying."
LOST = ("the conversation was lost", "could not be ended")


CALLS: tuple[Operation, ...] = ("get", "verbose", "end", "list")


def lose(stage: TavusStage) -> None:
    """Break every connection from now on."""
    for operation in CALLS:
        stage.tavus.plan(operation, *[Reset()] * 200)


def come_back(stage: TavusStage) -> None:
    for operation in CALLS:
        while stage.tavus.next_fault(operation) is not None:
            pass


class Counting(Looks):
    """Lets time go by with questions that nobody answers, too, until the session gives up."""

    def _on_moment(self, moment: Moment, request: Recorded) -> None:
        if moment == "received" and request.operation == "get" and not any(u.state is ENDING for u in self.updates):
            self.count += 1
            self.stage.clock.now += self.step_s

    @property
    def updates(self) -> list[SessionUpdate]:
        return self.stage.updates


@pytest.mark.expects_warnings(*LOST)
def test_lasting_loss_of_the_network_is_told_and_ended_when_it_is_back(guarded: TavusStage) -> None:
    guarded.on_live(lambda: lose(guarded))
    Counting(guarded, 15.0)
    last = guarded.run()
    assert last.billed_since is not None
    # A question that fails is asked twice.
    assert 120.0 < guarded.clock.epoch() - last.billed_since <= 120.0 + 2 * 15.0 + SIGHT_S
    assert [notice for notice in notices(guarded) if notice] == [
        f"{GOES_ON} After 2 min without a network it ends the session."
    ]
    assert ending(guarded).startswith("The network was gone for more than 2 min")
    assert last.state is DONE
    assert last.message.startswith("The network was gone for more than 2 min, so the session was ended here.")
    assert "may still be running" in (last.notice or "")
    assert "10 min after its start" in (last.notice or "")
    assert (guarded.row().status, guarded.row().remote_open, guarded.ledger().billed_s) == ("interrupted", True, None)
    assert len(guarded.tavus.active()) == 1

    aftercare = guarded.aftercare()
    aftercare.look_once()
    assert guarded.told() == ["cannot_end"]
    come_back(guarded)
    guarded.clock.now += 60.0
    aftercare.look_once()
    assert guarded.tavus.active() == []
    assert guarded.told() == ["cannot_end", "ended_leftover"]
    assert not guarded.row().remote_open
    assert guarded.ledger().billed_s == pytest.approx(guarded.tavus.conversations[0].billed_s, abs=0.01)
    assert len(guarded.tavus.creates) == 1


@pytest.mark.expects_warnings(*LOST)
def test_what_no_network_let_end_is_ended_after_the_next_start(guarded: TavusStage) -> None:
    guarded.on_live(lambda: lose(guarded))
    Counting(guarded, 15.0)
    guarded.run()
    with StandIn() as gone:
        nobody = gone.base_url
    # The app was closed; at its next start there is still no network.
    next_run = guarded.aftercare(lambda: TavusClient(address[0], guarded.tavus.key))
    address = [nobody]
    wait_s = next_run.look_once()
    assert wait_s is not None
    assert guarded.told() == ["cannot_end"]
    assert len(guarded.tavus.active()) == 1
    come_back(guarded)
    address[0] = guarded.tavus.base_url
    guarded.clock.now += wait_s
    next_run.look_once()
    assert guarded.tavus.active() == []
    assert guarded.told() == ["cannot_end", "ended_leftover"]


def test_short_losses_change_nothing(guarded: TavusStage) -> None:
    for _ in range(3):
        guarded.tavus.plan("get", *[Reset()] * 4, None)
    Looks(guarded, 25.0)
    last = guarded.run()
    assert "longest time" in last.message
    assert (guarded.row().status, last.notice) == ("done", None)
    assert len(guarded.tavus.ends) == 1


def test_api_that_answers_with_errors_ends_no_talk_before_its_time(guarded: TavusStage) -> None:
    guarded.tavus.plan("get", *[Status(code=503)] * 9)
    Looks(guarded, 60.0)
    assert "longest time" in guarded.run().message
    assert guarded.row().status == "done"
