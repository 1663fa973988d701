"""What an account holds, asked of a real server: every page, in whatever way the server counts, and none too often."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach_desktop.core.errors import Cancelled, CoachError
from coach_desktop.sessions.directory import KEPT_S, MOST_PAGES, Directory, Entry, Kind, Listing, matches, tags_of
from coach_desktop.tavus.client import TavusClient
from tests.practice.conftest import running_service
from tests.standin import Answer, StandIn, Status
from tests.standin.library import JSON, persona_row, replica_row


class Odd(StandIn):
    """Counts its pages from `first`, and may know nothing of own and stock."""

    def __init__(self) -> None:
        super().__init__()
        self.first: int | None = None
        self.sorts_out = True

    def people(self, kind: str, query: dict[str, str], *, new_names: bool) -> Answer:
        query = dict(query)
        if not self.sorts_out:
            query.pop(f"{kind}_type", None)
        answer = super().people(kind, self._counted(query, 1), new_names=new_names)
        if not self.sorts_out:
            for row in answer.body["data"]:
                del row[f"{kind}_type"]
        return answer

    def list_documents(self, query: dict[str, str]) -> Answer:
        return super().list_documents(self._counted(query, 0))

    def _counted(self, query: dict[str, str], usual: int) -> dict[str, str]:
        first = usual if self.first is None else self.first
        page = int(query["page"]) - first + usual
        # Page 0 is the first page where pages count from 1.
        return query | {"page": str(max(usual, page))}

    def fill_documents(self, number: int, **fields: object) -> None:
        self.documents = []
        for each in range(number):
            self.create_document({"document_url": f"https://example.org/{each}", "document_name": f"Paper {each}"})
            self.documents[-1].update(fields)


@dataclass
class Asked:
    """A directory, and what it told while it loaded."""

    tavus: Odd
    now: float = 1000.0
    pages: list[Listing] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.directory = Directory(lambda: TavusClient(self.tavus.base_url, self.tavus.key), clock=lambda: self.now)

    def load(self, kind: Kind, *, refresh: bool = False) -> Listing:
        return self.directory.load(kind, self.pages.append, threading.Event(), refresh=refresh)


@pytest.fixture(scope="module")
def server() -> Iterator[Odd]:
    with Odd() as tavus:
        yield tavus


@pytest.fixture
def asked() -> Iterator[Asked]:
    with Odd() as tavus:
        yield Asked(tavus)


class TestPages:
    def test_every_replica_comes_and_the_first_page_at_once(self, asked: Asked) -> None:
        stock = [replica_row(f"r{number:011x}", f"Face {number}") for number in range(249)]
        asked.tavus.replicas = [*stock, replica_row("rmine", "Me", "user")]
        listing = asked.load("replicas")
        assert len(listing.entries) == 250
        assert listing.complete
        assert not listing.capped
        assert [len(page.entries) for page in asked.pages] == [1, 101, 201, 250]
        assert not any(page.complete for page in asked.pages)
        assert [request.query["page"] for request in asked.tavus.requests] == ["1", "1", "2", "3"]
        assert {request.query["verbose"] for request in asked.tavus.requests} == {"true"}

    @settings(max_examples=40)
    @given(
        number=st.integers(0, 14),
        most=st.none() | st.integers(1, 6),
        first=st.none() | st.sampled_from([0, 1]),
        kind=st.sampled_from(["personas", "replicas", "documents"]),
        sorts_out=st.booleans(),
    )
    def test_nothing_is_missing_however_a_server_counts(
        self, server: Odd, number: int, most: int | None, first: int | None, kind: Kind, *, sorts_out: bool
    ) -> None:
        server.page_limit, server.first, server.sorts_out = most, first, sorts_out
        server.personas = [persona_row(f"p{each}", "P", "system" if each % 3 else "user") for each in range(number)]
        server.replicas = [replica_row(f"r{each}", "R", "system" if each % 3 else "user") for each in range(number)]
        server.fill_documents(number)
        listing = Asked(server).load(kind)
        assert len({entry.id for entry in listing.entries}) == len(listing.entries) == number
        assert not listing.capped

    def test_without_a_total_a_short_page_is_the_last(self, asked: Asked) -> None:
        asked.tavus.counts_total = False
        asked.tavus.fill_documents(130)
        assert len(asked.load("documents").entries) == 130
        assert len(asked.tavus.requests_of("documents")) == 2

    def test_an_account_without_end_is_asked_for_so_much_and_no_more(self, asked: Asked) -> None:
        asked.tavus.page_limit = 1
        asked.tavus.fill_documents(MOST_PAGES + 5)
        listing = asked.load("documents")
        assert (len(listing.entries), listing.capped) == (MOST_PAGES, True)

    def test_it_stops_between_two_pages(self, asked: Asked) -> None:
        asked.tavus.page_limit = 1
        asked.tavus.fill_documents(9)
        stop = threading.Event()
        with pytest.raises(Cancelled):
            asked.directory.load("documents", lambda _page: stop.set(), stop)
        assert len(asked.tavus.requests_of("documents")) == 1
        assert asked.directory.known("documents") is None

    def test_an_error_on_the_way_is_told_and_nothing_of_it_is_kept(self, asked: Asked) -> None:
        asked.tavus.page_limit = 4
        asked.tavus.fill_documents(9)
        asked.tavus.plan("documents", None, Status(code=500))
        with pytest.raises(CoachError, match="fault"):
            asked.load("documents")
        assert [len(page.entries) for page in asked.pages] == [4]
        assert asked.directory.known("documents") is None
        assert len(asked.load("documents").entries) == 9

    def test_a_key_that_is_refused_is_told(self, asked: Asked) -> None:
        asked.directory = Directory(lambda: TavusClient(asked.tavus.base_url, "another-key"))
        with pytest.raises(CoachError, match="key"):
            asked.load("personas")


class TestKept:
    def test_a_list_is_asked_for_again_only_after_a_while(self, asked: Asked) -> None:
        asked.load("personas")
        asked.tavus.personas.append(persona_row("pnew", "New"))
        assert asked.load("personas").find("pnew") is None
        assert len(asked.tavus.requests) == 2
        asked.now += KEPT_S
        assert asked.directory.known("personas") is None
        assert asked.directory.name_of("personas", "pcb7a34da5fe") == "Sales Development Rep"
        assert asked.load("personas").find("pnew") is not None

    def test_it_is_asked_for_anew_where_the_user_wants_that(self, asked: Asked) -> None:
        asked.load("personas")
        asked.tavus.personas.append(persona_row("pnew", "New"))
        assert asked.load("personas", refresh=True).find("pnew") is not None
        assert asked.directory.name_of("personas", "pnew") == "New"

    def test_of_another_account_nothing_is_known(self, asked: Asked) -> None:
        asked.load("personas")
        asked.directory.forget()
        assert asked.directory.known("personas") is None
        assert asked.directory.name_of("personas", "pcb7a34da5fe") == ""

    def test_what_was_being_loaded_when_the_account_changed_is_not_kept(self, asked: Asked) -> None:
        asked.directory.load("personas", lambda _page: asked.directory.forget(), threading.Event())
        assert asked.directory.known("personas") is None


def test_the_local_service_is_asked_like_any_other(tmp_path: Path) -> None:
    with running_service(tmp_path / "models", documents_ready_after_s=0.0) as api:
        for number in range(120):
            body = {"document_url": f"https://example.com/{number}.pdf", "tags": ["keys"]}
            api.post("/documents", json=body | {"document_name": f"Paper {number}"})
        api.post("/personas", json={"persona_name": "Mine", "system_prompt": "Be kind."})
        directory = Directory(lambda: TavusClient(api.base_url, api.api_key))
        kinds: tuple[Kind, ...] = ("personas", "replicas", "documents")
        personas, replicas, documents = (directory.load(kind, lambda _page: None, threading.Event()) for kind in kinds)
    assert (personas.entries[0].name, personas.entries[0].own) == ("Mine", True)
    assert personas.find("pcb7a34da5fe") is not None
    assert {entry.own for entry in replicas.entries} == {False}
    assert not any(entry.refusal for entry in replicas.entries)
    assert len(documents.entries) == 120
    assert [(tag.id, tag.more) for tag in tags_of(documents).entries] == [("keys", "120 documents")]


class TestEntries:
    def test_own_ones_come_first_the_newest_of_them_on_top(self, asked: Asked) -> None:
        asked.tavus.personas = [
            persona_row("p1", "Zoe", "system", created_at="2026-05-01T00:00:00Z"),
            persona_row("p2", "anna", "system", created_at="2024-05-01T00:00:00Z"),
            persona_row("p3", "Old", created_at="2025-01-01T00:00:00Z"),
            persona_row("p4", "New", created_at="2026-01-01T00:00:00Z"),
            persona_row("p5", "Undated", created_at=None),
        ]
        listing = asked.load("personas")
        assert [entry.name for entry in listing.entries] == ["New", "Old", "Undated", "anna", "Zoe"]
        assert [entry.own for entry in listing.entries] == [True, True, True, False, False]

    def test_whose_they_are_is_not_guessed(self, asked: Asked) -> None:
        asked.tavus.sorts_out = False
        asked.tavus.personas = [persona_row("p1", "Somebody")]
        assert [entry.own for entry in asked.load("personas").entries] == [None]

    @pytest.mark.parametrize(
        ("fields", "state", "refusal"),
        [
            ({}, "", ""),
            ({"status": "ready"}, "", ""),
            ({"status": None}, "", ""),
            (
                {"status": "started", "training_progress": "40/100"},
                "In training",
                "It is still in training: 40/100",
            ),
            ({"status": "started", "training_progress": None}, "In training", "It is still in training"),
            (
                {"status": "error", "error_message": "Too dark"},
                "Cannot be used",
                "Its training has failed: Too dark",
            ),
            ({"status": "error"}, "Cannot be used", "Its training has failed"),
        ],
    )
    def test_a_replica_that_cannot_be_used_says_why(self, asked: Asked, fields: JSON, state: str, refusal: str) -> None:
        asked.tavus.replicas = [replica_row("r1", "Me", "user", **fields)]
        entry = asked.load("replicas").entries[0]
        assert (entry.state, entry.refusal, entry.more) == (state, refusal, "phoenix-4")

    @pytest.mark.parametrize(
        ("status", "problem", "state", "refusal"),
        [
            ("processing", None, "Being read", ""),
            ("recrawling", None, "Being read again", ""),
            ("error", "file_empty", "Cannot be used", "The file is empty"),
            ("error", None, "Cannot be used", "Tavus could not read it"),
            (None, None, "", ""),
        ],
    )
    def test_so_does_a_document(
        self, asked: Asked, status: str | None, problem: str | None, state: str, refusal: str
    ) -> None:
        asked.tavus.fill_documents(1, status=status, error_message=problem, tags=["keys"])
        entry = asked.load("documents").entries[0]
        assert (entry.name, entry.state, entry.refusal, entry.tags) == ("Paper 0", state, refusal, ("keys",))

    def test_a_document_that_is_gone_is_not_shown(self, asked: Asked) -> None:
        asked.tavus.fill_documents(2)
        asked.tavus.documents[0]["status"] = "deleted"
        assert [entry.name for entry in asked.load("documents").entries] == ["Paper 1"]

    def test_a_persona_that_only_echoes_says_so(self, asked: Asked) -> None:
        asked.tavus.personas = [persona_row("p1", "Parrot", pipeline_mode="echo")]
        assert asked.load("personas").entries[0].state == "Has no words of its own"

    def test_tags_are_those_of_all_documents(self) -> None:
        papers = (Entry("d1", "A", tags=("keys", "sales", "keys")), Entry("d2", "B", tags=("Keys", "sales")))
        tags = tags_of(Listing(papers, complete=True))
        assert [(tag.id, tag.more) for tag in tags.entries] == [
            ("Keys", "1 document"), ("keys", "1 document"), ("sales", "2 documents"),
        ]  # fmt: skip
        assert tags.complete


class TestSearch:
    @given(st.text(max_size=30), st.text(max_size=20), st.data())
    def test_any_piece_of_a_name_or_an_id_finds_it(self, name: str, entry_id: str, data: st.DataObject) -> None:
        text = data.draw(st.sampled_from([name, entry_id]))
        start = data.draw(st.integers(0, len(text)))
        assert matches(Entry(entry_id, name), text[start : data.draw(st.integers(start, len(text)))])

    def test_every_word_has_to_be_there(self) -> None:
        entry = Entry("r90bbd427f71", "Anna - Casual", more="phoenix-4", tags=("keys",))
        for text in ("ANNA", "cas ann", "bbd4", "phoenix anna", "keys", "  "):
            assert matches(entry, text), text
        for text in ("anna office", "annacasual", "lucas"):
            assert not matches(entry, text), text
