"""Documents of an account, at the local service and the stand-in: added, followed, changed, removed, and told of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.core.errors import CoachError
from coach_desktop.practice.plays import Play, Plays
from coach_desktop.sessions import documents
from coach_desktop.sessions.documents import checked_address, is_file, name_for, new_document, standing_of, wait_s
from coach_desktop.tavus.client import TavusClient
from coach_desktop.tavus.document_models import Document
from coach_desktop.tavus.errors import KeyRefusedError, UnknownIdError, UnknownOutcomeError
from tests.practice.conftest import running_service
from tests.standin.faults import Reset, Status
from tests.standin.server import StandIn

PDF = "https://example.com/talks/keys.pdf"
Connect = Callable[[], TavusClient]


@pytest.fixture
def tavus() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def connect(tavus: StandIn) -> Connect:
    return lambda: TavusClient(tavus.base_url, tavus.key, read_timeout_s=5.0)


@pytest.fixture(scope="module")
def plays() -> Plays:
    return Plays()


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory, plays: Plays) -> Iterator[Connect]:
    folder = tmp_path_factory.mktemp("models")
    with running_service(folder, documents_ready_after_s=0.0, plays=plays) as api:
        yield lambda: TavusClient(api.base_url, api.api_key)


def test_a_document_is_added_found_changed_and_removed(local: Connect) -> None:
    made = documents.add(local, new_document(PDF, "Keys", ["a", " a ", "", "b"]))
    assert standing_of(made).words == "Waiting its turn"
    (found,) = documents.look(local, [made.document_id]).values()
    assert found is not None
    assert (standing_of(found).words, found.tags) == ("Ready", ["a", "b"])
    documents.change(local, made.document_id, "Keys 2", ["c"])
    shelf = documents.load(local)
    assert [(one.document_name, one.tags) for one in shelf.documents] == [("Keys 2", ["c"])]
    documents.remove(local, made.document_id)
    documents.remove(local, made.document_id)
    assert documents.load(local) == documents.Shelf()
    assert documents.look(local, [made.document_id]) == {made.document_id: None}


def test_what_cannot_be_read_says_so_and_what_to_do(local: Connect, plays: Plays) -> None:
    plays.left[Play.DOCUMENT] = 1
    made = documents.add(local, new_document("https://example.com/"))
    (found,) = documents.look(local, [made.document_id]).values()
    assert found is not None
    standing = standing_of(found)
    assert (standing.state, standing.words) == ("error", "Cannot be used")
    assert "could not read this website" in standing.note
    documents.remove(local, made.document_id)


def test_as_many_websites_as_there_may_be(local: Connect, plays: Plays) -> None:
    plays.left[Play.CRAWL] = 1
    with pytest.raises(CoachError, match="as many websites") as caught:
        documents.add(local, new_document("https://example.com/", depth=2, pages=10))
    assert "Nothing was added" in caught.value.safe
    assert "100" in caught.value.details
    assert documents.load(local) == documents.Shelf()


def test_all_pages_are_loaded_and_the_newest_comes_first(tavus: StandIn, connect: Connect) -> None:
    for number in range(203):
        tavus.create_document({"document_url": PDF, "document_name": f"Document {number}"})
    shelf = documents.load(connect)
    assert len(shelf.documents) == 203
    assert not shelf.is_capped
    stamps = [document.created_at or "" for document in shelf.documents]
    assert stamps == sorted(stamps, reverse=True)
    assert [request.query["page"] for request in tavus.requests_of("documents")] == ["0", "1", "2"]


def test_many_are_looked_at_with_one_question(tavus: StandIn, connect: Connect) -> None:
    for number in range(6):
        tavus.create_document({"document_url": PDF, "document_name": f"Document {number}"})
    ids = [document.document_id for document in documents.load(connect).documents]
    found = documents.look(connect, [*ids, "d9-gone"])
    assert {key for key, value in found.items() if value is None} == {"d9-gone"}
    assert not tavus.requests_of("get_document")


def test_a_lost_answer_is_looked_up_and_nothing_is_added_twice(tavus: StandIn, connect: Connect) -> None:
    tavus.plan("create_document", Reset(after=True))
    made = documents.add(connect, new_document(PDF, "Keys"))
    assert made.document_name == "Keys"
    assert len(tavus.requests_of("create_document")) == 1
    assert len(documents.load(connect).documents) == 1


def test_a_lost_answer_to_what_was_not_carried_out_stays_an_error(tavus: StandIn, connect: Connect) -> None:
    known = documents.add(connect, new_document(PDF, "Keys"))
    tavus.plan("create_document", Reset())
    with pytest.raises(UnknownOutcomeError) as caught:
        documents.add(connect, new_document(PDF, "Keys"), [known.document_id])
    assert "not asked for twice" in caught.value.safe
    assert len(tavus.requests_of("create_document")) == 2


def test_where_nobody_can_say_what_became_of_it_the_first_error_counts(tavus: StandIn, connect: Connect) -> None:
    tavus.plan("create_document", Reset(after=True))
    tavus.plan("documents", Status(code=503))
    with pytest.raises(UnknownOutcomeError):
        documents.add(connect, new_document(PDF, "Keys"))


def test_a_key_that_is_refused_is_told_as_such(tavus: StandIn) -> None:
    with pytest.raises(KeyRefusedError):
        documents.load(lambda: TavusClient(tavus.base_url, "another-key"))


def test_a_change_to_what_is_gone_is_an_error(tavus: StandIn, connect: Connect) -> None:
    with pytest.raises(UnknownIdError):
        documents.change(connect, "d9-gone", "Name", [])


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": "started"}, "Waiting its turn"),
        ({}, "Waiting its turn"),
        ({"status": "processing"}, "Being read"),
        ({"status": "processing", "progress": 40}, "Being read, 40 %"),
        ({"status": "processing", "progress": 0.4}, "Being read, 40 %"),
        ({"status": "processing", "progress": {"done": 1}}, "Being read"),
        ({"status": "recrawling", "progress": True}, "Being read again"),
        ({"status": "ready"}, "Ready"),
        ({"status": "error", "error_message": "file_empty"}, "Cannot be used"),
        ({"status": "in_quarantine"}, "In quarantine"),
    ],
)
def test_each_status_has_its_words(fields: dict[str, object], words: str) -> None:
    document = Document.model_validate({"document_id": "d1"} | fields)
    standing = standing_of(document)
    assert standing.words == words
    assert standing.is_settled == (words in {"Ready", "Cannot be used"})
    assert bool(standing.note) == (standing.state == "error")


CODES = (
    "file_size_too_large file_format_unsupported invalid_file_url file_empty website_processing_failed chunking_failed "
    "embedding_failed vector_store_failed s3_storage_failed contact_support"
).split()  # fmt: skip


@pytest.mark.parametrize("code", [*CODES, "something_new", None])
def test_each_problem_is_told_in_plain_words(code: str | None) -> None:
    what, do = documents.problem_of(code)
    assert what.endswith(".")
    assert do.endswith(".")
    assert "_" not in what or code == "something_new"


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("", "Enter the address"),
        ("   ", "Enter the address"),
        ("keys.pdf", "begin with https"),
        ("ftp://example.com/keys.pdf", "begin with https"),
        ("file:///home/me/keys.pdf", "begin with https"),
        ("https:///keys.pdf", "begin with https"),
        ("https://example.com/my keys.pdf", "blanks"),
        ("https://example.com/" + "x" * 2000, "too long"),
        ("https://me:secret@example.com/keys.pdf", "password"),
        ("http://localhost/keys.pdf", "public"),
        ("http://127.0.0.1:8000/keys.pdf", "public"),
        ("http://192.168.1.4/keys.pdf", "public"),
        ("http://[::1]/keys.pdf", "public"),
        ("http://nas/keys.pdf", "public"),
        ("http://nas.local./keys.pdf", "public"),
        ("https://example.com/talk.mp4", "cannot read .mp4"),
        ("https://[example.com/", "no address"),
        ("https://example.com:port/", "no address"),
    ],
)
def test_an_address_that_tavus_cannot_use_is_refused_with_the_reason(address: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        checked_address(address)
    assert "secret" not in str(caught.value)


def test_a_good_address_says_whether_it_is_a_file_and_what_it_may_be_called() -> None:
    assert checked_address(f"  {PDF}\n") == PDF
    assert is_file(PDF)
    assert not is_file("https://example.com/about.html")
    assert name_for(PDF) == "keys.pdf"
    assert name_for("https://example.com/my%20keys.pdf?signed=1") == "my keys.pdf"
    assert name_for("https://example.com/") == "example.com"
    assert documents.shown_address("https://example.com/a.pdf?signature=abc") == "https://example.com/a.pdf?…"
    assert documents.shown_address(PDF) == PDF
    request = new_document("https://example.com/", "", ["x"], depth=2, pages=10)
    assert request.model_dump(exclude_none=True) == {
        "document_url": "https://example.com/", "document_name": "example.com", "tags": ["x"],
        "crawl": {"depth": 2, "max_pages": 10},
    }  # fmt: skip


@given(st.text(max_size=60) | st.text(max_size=30).map(lambda text: f"https://{text}"))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        address = checked_address(text)
    except ValueError:
        return
    parts = urlsplit(address)
    assert parts.scheme in {"http", "https"}
    assert parts.hostname
    assert name_for(address)
    assert is_file(address) in {True, False}


def test_it_is_asked_less_and_less_often() -> None:
    waits = [wait_s(times) for times in range(40)]
    assert waits[0] == 2.0
    assert waits == sorted(waits)
    assert waits[-1] == 30.0
