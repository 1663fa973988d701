"""What may have been created is found by its token, on whatever page it stands, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach_desktop.tavus import lookup
from coach_desktop.tavus.client import TavusClient
from coach_desktop.tavus.errors import ServerFaultError, UnknownOutcomeError
from coach_desktop.tavus.lookup import find_by_token, own_personas
from coach_desktop.tavus.models import Conversation, ConversationList, CreateConversation
from tests.standin import (
    Drip,
    Empty,
    Fault,
    Html,
    Huge,
    Reset,
    Silence,
    StandIn,
    Status,
    Truncated,
    WrongTypes,
)
from tests.standin.library import persona_row
from tests.tavus.misbehaving_server import Answer, Server, answer


@pytest.fixture
def tavus() -> Iterator[StandIn]:
    with StandIn() as standin:
        yield standin


@pytest.fixture
def client(tavus: StandIn) -> Iterator[TavusClient]:
    with TavusClient(tavus.base_url, tavus.key) as made:
        yield made


def named(client: TavusClient, name: str) -> str:
    return client.create_conversation(CreateConversation(persona_id="p1", conversation_name=name)).conversation_id


@pytest.mark.parametrize("counts_total", [True, False])
def test_it_is_found_on_the_last_page_and_nobody_elses_is(
    tavus: StandIn, client: TavusClient, counts_total: bool
) -> None:
    tavus.counts_total = counts_total
    for number in range(205):
        tavus.add_foreign(f"talk {number} [token-{number}] token-ours")
    ended = named(client, "done [token-ours]")
    client.end_conversation(ended)
    wanted = [named(client, "A talk [token-ours]"), named(client, "[token-ours]")]
    assert [row.conversation_id for row in find_by_token(client, "token-ours")] == wanted
    assert find_by_token(client, "token-nobody") == []
    assert len(tavus.requests_of("list")) == (6 if counts_total else 8)


def test_a_page_that_fails_is_no_empty_page(tavus: StandIn, client: TavusClient) -> None:
    for number in range(101):
        tavus.add_foreign(f"talk {number}")
    tavus.plan("list", None, Status(503))
    with pytest.raises(ServerFaultError):
        find_by_token(client, "token-ours")


@pytest.mark.parametrize(
    "fault",
    [
        Status(500, {"message": "internal"}, after=True),
        Status(504, after=True),
        Html(502, after=True),
        Html(200, after=True),
        Reset(after=True),
        Silence(after=True),
        Empty(),
        Truncated(),
        WrongTypes(),
        Huge(),
        Drip(0.02),
        Drip(0.02, of="head"),
    ],
    ids=repr,
)
def test_what_a_fault_hides_is_found_and_was_made_once(tavus: StandIn, client: TavusClient, fault: Fault) -> None:
    tavus.add_foreign("theirs [token-theirs]")
    tavus.plan("create", fault)
    impatient = isinstance(fault, Silence | Drip)
    with (
        TavusClient(tavus.base_url, tavus.key, read_timeout_s=0.3 if impatient else 20.0) as unlucky,
        pytest.raises((ServerFaultError, UnknownOutcomeError)) as caught,
    ):
        named(unlucky, "A talk [token-ours]")
    assert "not known whether a conversation was started" in caught.value.safe
    (held,) = tavus.active()
    assert [row.conversation_id for row in find_by_token(client, "token-ours")] == [held.conversation_id]
    assert len(tavus.creates) == 1


@pytest.mark.parametrize("fault", [Status(500), Reset(), Html()], ids=repr)
def test_what_was_never_made_is_not_found(tavus: StandIn, client: TavusClient, fault: Fault) -> None:
    tavus.plan("create", fault)
    with pytest.raises((ServerFaultError, UnknownOutcomeError)):
        named(client, "A talk [token-ours]")
    assert find_by_token(client, "token-ours") == []
    assert tavus.conversations == []


@pytest.mark.parametrize("token", ["", "  "])
def test_without_a_token_nothing_is_looked_for(client: TavusClient, token: str) -> None:
    with pytest.raises(ValueError, match="token"):
        find_by_token(client, token)


def test_a_server_that_knows_neither_pages_nor_filters_is_asked_twice() -> None:
    rows = [{"conversation_id": f"c{n}", "conversation_name": "[t1]", "status": "ended"} for n in range(100)]
    rows[7]["status"] = "active"
    with (
        Server(answer(200, {"data": rows})) as server,
        TavusClient(server.base_url, "k-12345678") as client,
    ):
        assert [row.conversation_id for row in find_by_token(client, "t1")] == ["c7"]
    assert len(server.requests) == 2


class _Paged(TavusClient):
    """Lists what a test says; sends nothing."""

    def __init__(self, pages: list[list[str]], total: int | None) -> None:
        super().__init__("http://127.0.0.1:9/v2", "k-12345678")
        self.pages, self.total, self.asked = pages, total, 0

    def list_conversations(self, *, status: str | None = None, page: int = 1, limit: int = 100) -> ConversationList:
        assert (status, limit) == ("active", 100)
        self.asked += 1
        ids = self.pages[page - 1] if page <= len(self.pages) else []
        data = [Conversation(conversation_id=row, conversation_name="[t1]") for row in ids]
        return ConversationList(data=data, total_count=self.total)


def test_a_list_without_end_is_said_and_not_taken_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "_MAX_PAGES", 3)
    pages = [[f"c{page}-{row}" for row in range(100)] for page in range(9)]
    with _Paged(pages, None) as client, pytest.raises(ServerFaultError) as caught:
        find_by_token(client, "t1")
    assert "goes on" in caught.value.details
    assert client.asked == 3


@settings(max_examples=50)
@given(st.integers(0, 230), st.sampled_from(["all", "page", None]), st.integers(10, 100))
def test_every_row_of_every_page_is_seen(count: int, total: str | None, size: int) -> None:
    # A server may cap its pages below what was asked for, and may tell a total or none; one that tells the total of
    # the page does so of full ones.
    size = 100 if total == "page" else size
    ids = [f"c{number}" for number in range(count)]
    pages = [ids[at : at + size] for at in range(0, count, size)]
    with _Paged(pages, {"all": count, "page": min(count, size), None: None}[total]) as client:
        found = find_by_token(client, "t1") if len(pages) < 50 else None
    assert found is None or [row.conversation_id for row in found] == ids


OWN = {"persona_id": "p1", "persona_name": "Mine", "persona_type": "user"}
STOCK = {"persona_id": "p2", "persona_name": "Anna", "persona_type": "system"}


@pytest.mark.parametrize(
    "answers",
    [
        # A server that counts its pages from 0, with and without a total; one that knows no kinds; one that refuses 0.
        [answer(200, {"data": [], "total_count": 1}), answer(200, {"data": [OWN], "total_count": 1})],
        [answer(200, {"data": []}), answer(200, {"data": [OWN]})],
        [answer(200, {"data": [OWN, STOCK], "total_count": 2})],
        [answer(200, {"data": [OWN]}), answer(200, {"data": []}), answer(400, {"error": "Invalid request: page"})],
    ],
    ids=["from 0", "from 0 without a total", "all kinds", "0 is refused"],
)
def test_ones_own_personas_are_found_however_pages_are_counted(answers: list[Answer]) -> None:
    with Server(*answers) as server, TavusClient(server.base_url, "k-12345678") as client:
        assert [persona.persona_id for persona in own_personas(client)] == ["p1"]
    assert len(server.requests) == len(answers)


def test_a_list_of_personas_without_an_end_is_no_answer(tavus: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "_MAX_PAGES", 2)
    tavus.personas = [persona_row(f"p{number}", "Somebody") for number in range(201)]
    with TavusClient(tavus.base_url, tavus.key) as client, pytest.raises(ServerFaultError):
        own_personas(client)


@pytest.mark.parametrize("fault", [Reset(), Html(), Truncated(), Status(500)], ids=lambda fault: type(fault).__name__)
def test_a_page_of_personas_that_cannot_be_had_is_no_answer(tavus: StandIn, client: TavusClient, fault: Fault) -> None:
    tavus.personas = [persona_row(f"p{number}", "Somebody") for number in range(150)]
    tavus.plan("personas", None, fault)
    with pytest.raises((ServerFaultError, UnknownOutcomeError)):
        own_personas(client)
