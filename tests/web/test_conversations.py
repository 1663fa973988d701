"""One conversation at a time, whatever its provider does: real sessions with the stand-in, at the pace of tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from coach_desktop.core.errors import CoachError
from coach_desktop.core.redact import REDACTOR
from coach_desktop.sessions.archive import Archive
from coach_desktop.sessions.budget import BudgetSpentError
from coach_desktop.sessions.session import Session
from coach_desktop.sessions.tavus import TavusProvider
from coach_desktop.sessions.updates import SessionUpdate
from coach_desktop.store.profiles import Profile
from coach_desktop.web.answers import status_of, words_of
from coach_desktop.web.conversations import BusyError, Conversations, NotEndedError, StoppingError
from tests.sessions.tavus_stage import PACE, PROFILE
from tests.standin import Fault, Moment, Recorded, Reset, Silence, StandIn, Status

PATIENCE_S = 60.0


@dataclass
class Backstage:
    """Makes real sessions that do not wait long."""

    tavus: StandIn
    history_path: Path
    timeout_s: float = 10.0
    looks: list[str] = field(default_factory=list)

    def make_session(self, profile: Profile, notify: Callable[[SessionUpdate], None]) -> Session:
        provider = TavusProvider(
            self.tavus.base_url,
            lambda: self.tavus.key,
            pace=PACE,
            call_timeout_s=self.timeout_s,
            create_timeout_s=self.timeout_s,
            look_up_pauses_s=(0.02,),
            end_pauses_s=(0.01, 0.01),
        )
        return Session(profile=profile, provider=provider, history_path=self.history_path, notify=notify)

    def look_again(self) -> None:
        self.looks.append("look")


@pytest.fixture
def tavus() -> Iterator[StandIn]:
    with StandIn() as standin:
        yield standin


@pytest.fixture
def backstage(tavus: StandIn, tmp_path: Path) -> Backstage:
    return Backstage(tavus, tmp_path / "history.sqlite3")


@pytest.fixture
def conversations(backstage: Backstage) -> Iterator[Conversations]:
    made = Conversations(backstage, lambda: True, backstage.history_path, PROFILE)
    yield made
    assert made.close(PATIENCE_S)


@pytest.mark.expects_warnings("the session failed", "it is not known whether")
@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Status(500), 502),
        (Status(503, "<html>"), 502),
        (Reset(), 504),
        (Silence(), 504),
        (Status(429), 429),
        (Status(422, {"message": "no"}), 400),
    ],
    ids=str,
)
def test_what_tavus_does_not_do_has_a_status_of_its_own(
    backstage: Backstage, conversations: Conversations, fault: Fault, status: int
) -> None:
    if isinstance(fault, Silence):
        backstage.timeout_s = 0.4
    backstage.tavus.plan("create", fault)
    with pytest.raises(CoachError) as caught:
        conversations.start()
    assert status_of(caught.value) == status
    assert len(backstage.tavus.creates) == 1
    assert conversations.standing().status == "none"
    backstage.timeout_s = 10.0
    assert conversations.start().status == "active", "the way is free again"


def test_a_month_that_is_used_up_is_like_a_lack_of_credit() -> None:
    assert status_of(BudgetSpentError("Your limit is used up for this month.")) == 402


@pytest.mark.expects_warnings("it is not known whether")
def test_lost_answer_is_found_again_and_not_asked_for_twice(tavus: StandIn, conversations: Conversations) -> None:
    tavus.plan("create", Reset(after=True))
    standing = conversations.start()
    (held,) = tavus.active()
    assert (standing.conversation_id, standing.conversation_url) == (held.conversation_id, held.url)
    assert len(tavus.creates) == 1


def test_room_behind_a_pass_is_told_with_it(backstage: Backstage) -> None:
    profile = PROFILE.model_copy(update={"require_auth": True})
    conversations = Conversations(backstage, lambda: True, backstage.history_path, profile)
    standing = conversations.start()
    (held,) = backstage.tavus.active()
    assert standing.conversation_url == f"{held.url}?t={held.meeting_token}"
    assert conversations.close(PATIENCE_S)
    assert backstage.tavus.active() == []


def test_of_many_starts_at_once_one_succeeds(tavus: StandIn, conversations: Conversations) -> None:
    together = threading.Barrier(8)
    outcomes: list[str] = []

    def start() -> None:
        together.wait()
        try:
            outcomes.append(conversations.start().status)
        except BusyError as error:
            outcomes.append(str(status_of(error)))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert sorted(outcomes) == ["409"] * 7 + ["active"]
    assert len(tavus.creates) == 1


def test_conversation_that_ends_by_itself_makes_room_for_the_next(tavus: StandIn, conversations: Conversations) -> None:
    first = conversations.start()
    (held,) = tavus.active()
    held.ended_at, held.shutdown_reason = held.created_at, "participant_left_timeout reached"
    _wait(lambda: conversations.standing().status == "none")
    assert conversations.standing().was_one
    assert first.conversation_id is not None
    conversations.end(first.conversation_id)
    assert conversations.start().conversation_id != first.conversation_id


@pytest.mark.expects_warnings("the conversation could not be ended", "a conversation may still run")
def test_end_that_is_not_confirmed_is_said(backstage: Backstage, conversations: Conversations) -> None:
    standing = conversations.start()
    assert standing.conversation_id is not None
    backstage.tavus.plan("end", *[Status(500)] * 20)
    for _ in range(2):
        with pytest.raises(NotEndedError) as caught:
            conversations.end(standing.conversation_id)
        assert status_of(caught.value) == 504
        assert "may still be running" in caught.value.safe
    assert backstage.looks
    assert "may still be running" in (conversations.standing().notice or "")
    with Archive(backstage.history_path) as archive:
        (row,) = archive.sessions()
    assert row.remote_open


@pytest.mark.expects_warnings("the session failed", "it is not known whether")
@pytest.mark.parametrize("moment", ["received", "carried out", "answered"])
def test_stop_in_the_middle_of_a_start_leaves_nothing_running(
    backstage: Backstage, conversations: Conversations, moment: Moment
) -> None:
    reached, go_on = threading.Event(), threading.Event()
    outcome: list[str] = []

    def hold(now: Moment, request: Recorded) -> None:
        if (now, request.operation) == (moment, "create"):
            reached.set()
            go_on.wait(PATIENCE_S)

    def start() -> None:
        try:
            outcome.append(conversations.start().status)
        except CoachError as error:
            outcome.append(str(status_of(error)))

    backstage.tavus.hook = hold
    starter = threading.Thread(target=start)
    starter.start()
    assert reached.wait(PATIENCE_S)
    closed: list[bool] = []
    closer = threading.Thread(target=lambda: closed.append(conversations.close(PATIENCE_S)))
    closer.start()
    go_on.set()
    closer.join(PATIENCE_S)
    starter.join(PATIENCE_S)
    assert closed == [True]
    # Either it was told in time that the server stops, or the room was known first and has been closed again.
    assert outcome in (["503"], ["active"], ["ending"], ["none"])
    assert backstage.tavus.active() == []
    with pytest.raises(StoppingError):
        conversations.start()


def test_secret_in_an_error_is_taken_out() -> None:
    secret = "tvsk_quoted-by-a-service"  # noqa: S105 - made up
    REDACTOR.add(secret)
    words = words_of(CoachError(f"It said {secret}.", safe=secret, do=secret))
    assert secret not in str(words)


def _wait(what: Callable[[], bool]) -> None:
    over = threading.Event()
    for _ in range(int(PATIENCE_S / 0.02)):
        if what():
            return
        over.wait(0.02)
    pytest.fail("it did not come about")
