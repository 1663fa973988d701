"""What goes wrong twice at once: the conversation is ended all the same, or the user is told that it may run on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from coach_desktop.sessions import conversation_log, following
from coach_desktop.sessions.ending import OWN_END_S
from coach_desktop.sessions.provider import MayExistError
from coach_desktop.sessions.session import SessionState
from coach_desktop.store import history as history_module
from coach_desktop.store.history import History, HistoryError
from coach_desktop.tavus.client import TavusClient
from coach_desktop.tavus.models import Conversation
from tests.sessions.tavus_stage import PROFILE, TavusStage
from tests.standin import Reset, Status

DONE, FAILED = SessionState.DONE, SessionState.FAILED


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """Return the writes to the journal that fail, as on a full disk, while their name is true."""
    failing: dict[str, bool] = {}

    def spoil(name: str) -> None:
        real = getattr(History, name)

        def write(instance: History, *args: Any, **more: Any) -> Any:
            if failing.get(name):
                raise HistoryError("Your history cannot be used just now.", details="database or disk is full")
            return real(instance, *args, **more)

        monkeypatch.setattr(History, name, write)

    for name in ("begin", "set_conversation", "mark_ended", "checkpoint", "finish"):
        spoil(name)
    return failing


@pytest.mark.expects_warnings("the session failed")
def test_journal_that_cannot_be_begun_lets_nothing_be_asked(stage: TavusStage, full: dict[str, bool]) -> None:
    full["begin"] = True
    assert stage.run().state is FAILED
    assert stage.tavus.requests == []


@pytest.mark.expects_warnings("the session failed", "was not written down", "could not be ended")
@pytest.mark.parametrize("end_works", [True, False])
def test_id_that_cannot_be_written_down_ends_it_at_once(
    stage: TavusStage, full: dict[str, bool], end_works: bool
) -> None:
    full.update(set_conversation=True, finish=True)
    stage.tavus.plan("end", *([] if end_works else [Status(code=500)] * 4))
    last = stage.run()
    assert last.state is FAILED
    assert last.error is not None
    assert ("may still be running" in last.error.safe) != end_works
    assert isinstance(last.error, MayExistError) != end_works
    assert (stage.tavus.active() == []) == end_works
    full.clear()
    stage.aftercare().look_once()
    assert stage.tavus.active() == []
    row = stage.row()
    assert (row.status, row.remote_open) == ("interrupted", False)
    assert len(stage.tavus.creates) == 1


@pytest.mark.expects_warnings("the session failed", "could not be ended", "was not written down")
def test_cancelled_start_that_can_be_neither_ended_nor_written_down_is_told(
    stage: TavusStage, full: dict[str, bool]
) -> None:
    def cancel(moment: object, request: Any) -> None:
        if request.operation == "create":
            stage.session.cancel()

    stage.tavus.hook = cancel
    stage.tavus.plan("end", *[Status(code=500)] * 4)
    full["finish"] = True
    last = stage.run()
    assert last.error is not None
    assert "may still be running" in last.error.safe


@pytest.mark.expects_warnings("could not be ended", "the report was not kept")
def test_session_that_could_be_neither_ended_nor_kept_is_looked_after_in_the_same_run(
    stage: TavusStage, full: dict[str, bool]
) -> None:
    full["finish"] = True
    stage.tavus.plan("end", *[Status(code=500)] * 4)
    last = stage.run()
    assert last.state is DONE
    assert "may still be running" in (last.notice or "")
    assert stage.row().status == "running"
    full.clear()
    aftercare = stage.aftercare()
    aftercare.look_once()
    assert stage.tavus.active() == []
    assert (stage.row().status, stage.row().remote_open) == ("interrupted", False)
    aftercare.look_once()
    assert len(stage.report().transcript) == 2


@pytest.mark.parametrize("where", ["before it is asked for", "after it was created", "while it is live"])
@pytest.mark.parametrize("error", [RuntimeError, MemoryError, KeyboardInterrupt, RecursionError])
@pytest.mark.parametrize("end_works", [True, False])
def test_bug_anywhere_ends_it_at_once_or_by_whoever_looks_after_it(
    stage: TavusStage,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    error: type[BaseException],
    end_works: bool,
) -> None:
    def bug(*_: object, **__: object) -> Any:
        raise error("a bug")

    owner, name = {
        "before it is asked for": (following.Moment, "now"),
        "after it was created": (following.Following, "created_between"),
        "while it is live": (conversation_log, "read"),
    }[where]
    stage.tavus.plan("end", *([] if end_works else [Reset()] * 2))
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, bug)
        with pytest.raises(error):
            stage.session.run()
    assert stage.session.is_over.is_set()
    asked = where != "before it is asked for"
    assert len(stage.tavus.creates) == asked
    assert len(stage.tavus.active()) == (asked and not end_works)
    aftercare = stage.aftercare()
    aftercare.look_once()
    assert stage.tavus.active() == []
    assert stage.row().status == "interrupted"
    # Without an id in the journal, and with nothing running under its token, it is looked for as long as it could run.
    assert stage.row().remote_open == (where != "while it is live" and (end_works or not asked))


def test_bug_while_the_answer_is_read_is_found_again_by_its_token(
    stage: TavusStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bug(*_: object) -> Any:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(TavusClient, "_parsed", bug)
        with pytest.raises(MemoryError):
            stage.session.run()
    assert len(stage.tavus.active()) == 1
    stage.aftercare().look_once()
    assert stage.tavus.active() == []
    assert not stage.row().remote_open


@pytest.mark.expects_warnings("the session failed", "not written down")
def test_database_that_is_locked_from_the_create_on_ends_it(stage: TavusStage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_module, "_BUSY_TIMEOUT_S", 0.05)
    connect = sqlite3.connect
    with closing(connect(stage.history_path, isolation_level=None, check_same_thread=False)) as other:

        def lock(moment: object, request: Any) -> None:
            if (moment, request.operation) == ("received", "create"):
                other.execute("BEGIN IMMEDIATE")

        stage.tavus.hook = lock
        last = stage.run()
    assert isinstance(last.error, HistoryError)
    assert stage.tavus.active() == []
    aftercare = stage.aftercare()
    aftercare.look_once()
    # Its id could not be written down, so that nobody can ask for it by that.
    assert stage.row().remote_open
    stage.clock.now += OWN_END_S + 60.0
    aftercare.look_once()
    assert not stage.row().remote_open


def test_answer_about_another_conversation_is_no_end_of_ours(
    stage: TavusStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Conversation(conversation_id="cother", status="ended").model_dump(mode="json", exclude_none=True)
    stage.prepare(end_after_s=None)
    stage.tavus.plan("get", Status(code=200, body=other), Status(code=200, body=other))
    told: list[str | None] = []

    def watch(update: Any) -> None:
        told.append(update.notice)
        if update.state is SessionState.LIVE and update.notice is None and any(told):
            stage.session.request_end()

    stage.on_update = watch
    assert stage.run().state is DONE
    assert len(stage.tavus.ends) == 1
    assert stage.tavus.active() == []


def test_pass_to_a_private_room_stands_in_nothing_that_is_told(stage: TavusStage) -> None:
    stage.profile = PROFILE.model_copy(update={"require_auth": True})
    stage.prepare()
    stage.run()
    token = stage.tavus.conversations[0].meeting_token
    assert token is not None
    assert all(token not in repr(update) for update in stage.updates)
    assert any(token in (update.room_url or "") for update in stage.updates)
