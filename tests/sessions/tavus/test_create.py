"""Creating a conversation with Tavus: asked for once, found again if the answer is lost, never left behind."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from coach_desktop.sessions.provider import MayExistError
from coach_desktop.sessions.session import SessionState
from coach_desktop.store.history import History
from tests.sessions.tavus_stage import CARRIED_OUT, NOT_CARRIED_OUT, PROFILE, REFUSED, TavusStage
from tests.standin import (
    Html,
    Moment,
    Recorded,
    Reset,
    StandIn,
    Status,
    Truncated,
)

IDLE, STARTING, LIVE = SessionState.IDLE, SessionState.STARTING, SessionState.LIVE
ENDING, REPORTING, DONE = SessionState.ENDING, SessionState.REPORTING, SessionState.DONE
FAILED = SessionState.FAILED


@pytest.mark.expects_warnings("the session failed")
@pytest.mark.parametrize("kind", REFUSED)
def test_refused_create_is_told_and_leaves_nothing_open(stage: TavusStage, kind: str) -> None:
    fault, expected = REFUSED[kind]
    stage.tavus.plan("create", fault)
    last = stage.run()
    assert last.state is FAILED
    assert isinstance(last.error, expected)
    assert [request.operation for request in stage.tavus.requests] == ["create"]
    row = stage.row()
    assert (row.status, row.remote_open, row.analysis) == ("failed", False, "none")


@pytest.mark.expects_warnings("the session failed")
def test_unreachable_service_is_told_and_leaves_nothing_open(tmp_path: Path) -> None:
    with StandIn() as tavus:
        stage = TavusStage(tavus, tmp_path / "history.sqlite3")
    last = stage.run()
    assert last.state is FAILED
    assert last.error is not None
    assert "cannot be reached" in last.error.what
    assert (stage.row().status, stage.row().remote_open) == ("failed", False)


@pytest.mark.expects_warnings("not known whether the conversation was created")
@pytest.mark.parametrize("kind", CARRIED_OUT)
def test_conversation_whose_answer_is_lost_is_found_and_held(stage: TavusStage, kind: str) -> None:
    foreign = stage.tavus.add_foreign("Coach [another]")
    stage.expect(kind)
    stage.tavus.plan("create", CARRIED_OUT[kind])
    assert stage.run().state is DONE
    assert len(stage.tavus.creates) == 1
    assert stage.tavus.active() == []
    assert foreign.status == "active"
    assert (stage.row().status, stage.row().remote_open) == ("done", False)
    assert stage.updates[-1].room_url == stage.tavus.conversations[0].url


@pytest.mark.expects_warnings("not known whether the conversation was created", "the session failed")
@pytest.mark.parametrize("kind", NOT_CARRIED_OUT)
def test_create_of_unknown_outcome_is_not_repeated_and_stays_in_the_journal(stage: TavusStage, kind: str) -> None:
    stage.expect(kind)
    stage.tavus.plan("create", NOT_CARRIED_OUT[kind])
    last = stage.run()
    assert last.state is FAILED
    assert isinstance(last.error, MayExistError)
    assert "not known" in last.error.what
    assert "not asked for twice" in last.error.safe
    assert len(stage.tavus.creates) == 1
    row = stage.row()
    assert (row.status, row.remote_open) == ("failed", True)
    # Forgotten, it could not be looked for any more.
    with closing(History(stage.history_path)) as history:
        assert not history.delete(row.id)
        assert history.delete_all() == 1
    aftercare = stage.aftercare()
    assert aftercare.look_once() == 5.0
    assert stage.row().remote_open
    assert len(stage.tavus.creates) == 1


@pytest.mark.expects_warnings("not known whether", "could not be looked for", "the session failed")
def test_lookup_that_fails_leaves_the_journal_open_and_the_conversation_is_ended_later(stage: TavusStage) -> None:
    stage.tavus.plan("create", Reset(after=True))
    stage.tavus.plan("list", Status(code=500), Reset(), Html(code=200))
    assert stage.run().state is FAILED
    assert len(stage.tavus.active()) == 1
    stage.aftercare().look_once()
    assert stage.tavus.active() == []
    assert not stage.row().remote_open
    assert stage.told() == ["ended_leftover"]
    assert stage.report().session.billed_s > 0


@pytest.mark.expects_warnings("not known whether the conversation was created", "the session failed")
def test_conversation_that_shows_up_late_is_ended(stage: TavusStage) -> None:
    stage.expect("silence")
    may_go_on = threading.Event()

    def work_late(moment: Moment, request: Recorded) -> None:
        if (moment, request.operation) == ("received", "create"):
            may_go_on.wait(60)

    stage.tavus.hook = work_late
    foreign = stage.tavus.add_foreign("Coach [another]")
    assert stage.run().state is FAILED
    aftercare = stage.aftercare()
    aftercare.look_once()
    assert stage.row().remote_open
    may_go_on.set()
    while not stage.tavus.active():
        time.sleep(0.02)
    stage.clock.now += 5.0
    assert aftercare.look_once() is None
    assert stage.tavus.active() == []
    assert foreign.status == "active"
    assert not stage.row().remote_open
    assert len(stage.tavus.creates) == 1


@pytest.mark.expects_warnings("not known whether the conversation was created")
def test_second_conversation_of_the_same_token_is_ended(stage: TavusStage) -> None:
    def twice(moment: Moment, request: Recorded) -> None:
        if moment == "carried out" and request.operation == "create":
            stage.tavus.create(request.json())

    stage.tavus.hook = twice
    stage.tavus.plan("create", Reset(after=True))
    assert stage.run().state is DONE
    assert len(stage.tavus.conversations) == 2
    assert stage.tavus.active() == []


@pytest.mark.expects_warnings("not known whether the conversation was created", "the session failed")
@pytest.mark.parametrize("end_works", [True, False])
def test_private_room_whose_pass_is_lost_is_ended(stage: TavusStage, end_works: bool) -> None:
    stage.profile = PROFILE.model_copy(update={"require_auth": True})
    stage.prepare()
    stage.tavus.plan("create", Truncated())
    stage.tavus.plan("end", *([] if end_works else [Status(code=500)] * 4))
    last = stage.run()
    assert last.state is FAILED
    assert last.error is not None
    assert "pass" in last.error.what
    assert stage.row().remote_open != end_works
    stage.aftercare().look_once()
    assert stage.tavus.active() == []
    assert not stage.row().remote_open


def test_cancel_while_it_is_created_ends_it_and_keeps_nothing(stage: TavusStage) -> None:
    def cancel(moment: Moment, request: Recorded) -> None:
        if request.operation == "create":
            stage.session.cancel()

    stage.tavus.hook = cancel
    assert stage.run().state is IDLE
    assert stage.states() == [STARTING, IDLE]
    assert len(stage.tavus.creates) == len(stage.tavus.ends) == 1
    assert stage.tavus.active() == []
    assert stage.rows() == []


@pytest.mark.expects_warnings("could not be ended", "the session failed")
def test_cancel_whose_end_is_not_confirmed_is_told_and_ended_later(stage: TavusStage) -> None:
    def cancel(moment: Moment, request: Recorded) -> None:
        if request.operation == "create":
            stage.session.cancel()

    stage.tavus.hook = cancel
    stage.tavus.plan("end", *[Status(code=500)] * 4)
    last = stage.run()
    assert last.state is FAILED
    assert last.error is not None
    assert "may still be running" in last.error.safe
    assert stage.row().remote_open
    stage.aftercare().look_once()
    assert stage.tavus.active() == []
    assert not stage.row().remote_open


@pytest.mark.expects_warnings("not known whether the conversation was created", "the session failed")
def test_cancel_while_it_is_looked_for_gives_up_at_once(stage: TavusStage) -> None:
    def cancel(moment: Moment, request: Recorded) -> None:
        if request.operation == "list":
            stage.session.cancel()

    stage.tavus.hook = cancel
    stage.tavus.plan("create", Reset())
    last = stage.run()
    assert isinstance(last.error, MayExistError)
    assert len(stage.tavus.requests_of("list")) == 1
    assert stage.row().remote_open
