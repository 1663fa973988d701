"""What runs: ours by id, by token or by mark, all others only counted; ends reach nobody else's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.core import ids
from coach_desktop.sessions import running
from coach_desktop.sessions.running import OwnConversation, Running, end_ours, running_now
from coach_desktop.store.history import RemoteSession, SessionRow
from coach_desktop.tavus.client import TavusClient
from coach_desktop.tavus.models import ConversationProperties, CreateConversation
from tests.standin import Reset, StandIn, Status

STARTED = "2026-11-01T10:00:00.000000Z"


@pytest.fixture
def tavus() -> Iterator[StandIn]:
    with StandIn() as standin:
        yield standin


@pytest.fixture
def client(tavus: StandIn) -> Iterator[TavusClient]:
    with TavusClient(tavus.base_url, tavus.key) as made:
        yield made


def start(client: TavusClient, name: str) -> str:
    properties = ConversationProperties(max_call_duration=600)
    request = CreateConversation(replica_id="r90bbd427f71", conversation_name=name, properties=properties)
    return client.create_conversation(request).conversation_id


def item(session_id: str, conversation_id: str | None, token: str, *, remote_open: bool = True) -> RemoteSession:
    row = SessionRow(session_id, "anna", "Anna", "tavus", "done", STARTED, 10.0, remote_open=remote_open)
    return RemoteSession(row, conversation_id, token, created_at=1.8e9, ended_at=None)


def test_ours_are_known_by_id_token_or_mark_and_others_are_counted(tavus: StandIn, client: TavusClient) -> None:
    by_id = start(client, "Renamed by hand")
    by_token = start(client, "Talk [aaaaaaaaaaaa]")
    by_mark = start(client, "Check [bbbbbbbbbbbb]")
    for name in (
        "Sales call",
        "Talk [draft]",
        "Talk [AAAAAAAAAAAA]",
        "Talk [aaaaaaaaaaaab]",
        "[cccccccccccc] notes",
        "",
    ):
        tavus.add_foreign(name)
    client.end_conversation(start(client, "Over [dddddddddddd]"))
    journal = [item("s1", by_id, "token-1", remote_open=False), item("s2", None, "aaaaaaaaaaaa"), item("s3", None, "")]
    found = running_now(client, journal)
    assert found.foreign_count == 6
    assert [(one.conversation_id, one.name, one.session_id, one.profile_name) for one in found.ours] == [
        (by_id, "Renamed by hand", "s1", "Anna"),
        (by_token, "Talk", "s2", "Anna"),
        (by_mark, "Check", None, None),
    ]
    assert all(one.created_at is not None for one in found.ours)


def test_an_account_at_rest_runs_nothing(client: TavusClient) -> None:
    assert running_now(client, []) == Running((), 0)


def test_the_end_of_ours_is_confirmed_and_nobody_elses_is_touched(tavus: StandIn, client: TavusClient) -> None:
    ids_ = [start(client, f"Talk [{number:012x}]") for number in range(3)]
    foreign = tavus.add_foreign("Sales call")
    tavus.plan("end", Status(500), Reset(after=True))
    found = running_now(client, [])
    results = end_ours(client, found.ours, pauses_s=(0.01, 0.01))
    assert [(one.conversation.conversation_id, one.error) for one in results] == [(made, None) for made in ids_]
    assert tavus.active() == []
    assert foreign.status == "active"
    assert running_now(client, []) == Running((), 1)
    again = end_ours(client, found.ours, pauses_s=())
    assert [one.error for one in again] == [None] * 3, "ending what has ended is no error"


def test_an_end_that_is_not_confirmed_is_said_and_the_others_go_on(tavus: StandIn, client: TavusClient) -> None:
    first, second = start(client, "A [00000000000a]"), start(client, "B [00000000000b]")
    tavus.plan("end", Status(500))
    results = {
        one.conversation.conversation_id: one.error for one in end_ours(client, running_now(client, []).ours, ())
    }
    problem = results[first]
    assert problem is not None
    assert "not known whether the conversation has ended" in problem.safe
    assert results[second] is None


def test_a_refused_key_is_the_same_for_all(tavus: StandIn, client: TavusClient) -> None:
    for number in range(3):
        start(client, f"Talk [{number:012x}]")
    found = running_now(client, [])
    with TavusClient(tavus.base_url, "another") as stranger:
        results = end_ours(stranger, found.ours, ())
    assert len(results) == 3
    assert len({type(one.error) for one in results}) == 1
    assert len(tavus.ends) == 1


def test_one_that_is_unknown_and_still_listed_may_run(tavus: StandIn, client: TavusClient) -> None:
    start(client, "A [00000000000a]")
    (own,) = running_now(client, []).ours
    tavus.plan("end", Status(400, {"error": "Invalid conversation_id"}))
    tavus.plan("get", Status(400, {"error": "Invalid conversation_id"}))
    (result,) = end_ours(client, [own], ())
    assert result.error is not None
    gone = OwnConversation("c-gone", "Gone", None)
    assert end_ours(client, [gone], ())[0].error is None, "not known and not listed: nothing runs"


@given(st.text(max_size=20))
def test_every_name_that_we_give_bears_the_mark(name: str) -> None:
    assert running._OUR_MARK.search(f"{name} [{ids.new_name_token()}]")  # noqa: SLF001 - what is read is what is written
