"""/v2/documents, as the contract says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coach_desktop.coaching import knowledge
from coach_desktop.practice.documents import Documents
from coach_desktop.practice.reading import Refusal
from coach_desktop.tavus.document_models import CreateDocument
from tests.practice.client import Api
from tests.practice.conftest import running_service

PDF = "https://example.com/talks/a.pdf"
SITE = {"document_url": "https://docs.example.com/", "crawl": {"depth": 2, "max_pages": 10}}
LIMIT_REACHED = {"error": "Crawl document limit reached (100). Contact support@tavus.io to increase your limit."}


class Clock:
    """A clock that goes on when it is told to."""

    now = 1_000_000.0

    def monotonic(self) -> float:
        return self.now

    def epoch(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def documents(clock: Clock) -> Documents:
    return Documents(ready_after_s=6.0, clock=clock)


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Api]:
    """A service whose documents are ready at once."""
    with running_service(tmp_path / "models", documents_ready_after_s=0.0) as api:
        yield api


def made(api: Api, **fields: Any) -> dict[str, Any]:
    answer = api.post("/documents", json={"document_url": PDF} | fields)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def said(answer: requests.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json()


def test_a_document_has_the_documented_shape(quick: Api) -> None:
    started = made(quick, document_name="Talk", tags=["a"], callback_url="https://example.com/hook")
    assert re.fullmatch(r"d\d+-[0-9a-f]{12}", started["document_id"])
    assert started["status"] == "started"
    ready = quick.get(f"/documents/{started['document_id']}/", params={"verbose": "true"}).json()
    assert ready == started | {"status": "ready", "updated_at": ready["updated_at"]}
    assert {name: ready[name] for name in ("document_name", "document_url", "tags", "callback_url")} == {
        "document_name": "Talk",
        "document_url": PDF,
        "tags": ["a"],
        "callback_url": "https://example.com/hook",
    }
    unset = ("progress", "error_message", "crawl_config", "crawled_urls", "last_crawled_at")
    assert {name: ready[name] for name in unset} == dict.fromkeys(unset)
    assert ready["crawl_count"] == 0


@pytest.mark.parametrize(
    ("url", "name"),
    [(PDF, "a.pdf"), ("https://docs.example.com/", "docs.example.com"), ("http://[", "http://["), ("talk", "talk")],
)
def test_an_unnamed_one_is_named_after_its_address(shared_api: Api, url: str, name: str) -> None:
    assert made(shared_api, document_url=url)["document_name"] == name


def test_it_becomes_ready_by_the_clock(documents: Documents, clock: Clock) -> None:
    document = documents.get(documents.create(SITE)["document_id"])
    seen = []
    for _ in range(5):
        row = documents.row(document)
        seen.append((row["status"], row["crawl_count"], row["crawled_urls"]))
        clock.now += 2.0
    url = SITE["document_url"]
    assert seen == [("started", 0, None), *[("processing", 0, None)] * 2, *[("ready", 1, [url])] * 2]
    row = documents.row(document)
    assert row["crawl_config"] == SITE["crawl"]
    assert row["created_at"] < row["last_crawled_at"] == row["updated_at"]


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("ftp://example.com/a.pdf", "invalid_file_url"),
        ("a.pdf", "invalid_file_url"),
        ("https://", "invalid_file_url"),
        ("http://[", "invalid_file_url"),
        ("https://example.com/a.MP3?x=1", "file_format_unsupported"),
        ("https://example.com/v1.2", None),
        ("https://example.com/a.docx?signature=x.zip", None),
    ],
)
def test_what_cannot_be_read_ends_in_an_error(quick: Api, url: str, problem: str | None) -> None:
    document = quick.get(f"/documents/{made(quick, document_url=url)['document_id']}").json()
    assert (document["status"], document["error_message"]) == ("error" if problem else "ready", problem)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "Invalid request: document_url is required"),
        ({"document_url": None}, "Invalid request: document_url is required"),
        ({"document_url": ""}, "Invalid request: document_url is required"),
        ({"document_url": 7}, "Invalid request: document_url: "),
        ({"document_url": PDF, "tags": "a"}, "Invalid request: tags: "),
        ({"document_url": PDF, "tags": [1]}, "Invalid request: tags.0: "),
        ({"document_url": PDF, "crawl": {"depth": 11}}, "Invalid request: crawl.depth: "),
        ({"document_url": PDF, "crawl": {"max_pages": 0}}, "Invalid request: crawl.max_pages: "),
        ({"document_url": PDF, "is_customer_support_document": "no"}, "Invalid request: is_customer_support_document"),
        ([], "Invalid request: the body must be a JSON object"),
    ],
)
def test_a_wrong_document_is_refused(shared_api: Api, body: Any, error: str) -> None:
    status, answer = said(shared_api.post("/documents", json=body))
    assert (status, list(answer)) == (400, ["error"])
    assert answer["error"].startswith(error)


def test_unknown_fields_and_those_of_the_official_client_are_taken(shared_api: Api) -> None:
    client = {"is_customer_support_document": False, "font_size_aware_extraction": False, "participant_tags": ["p"]}
    made(shared_api, **client, custom_description="A picture.", properties={}, invented=[1])


def test_the_list_counts_pages_from_0_and_is_sorted(quick: Api) -> None:
    ids = [made(quick, document_name=f"n{n}")["document_id"] for n in range(5)]

    def page(**query: Any) -> list[str]:
        answer = quick.get("/documents/", params=query).json()
        assert answer["total_count"] == 5
        assert (answer["page"], answer["limit"]) == (query.get("page", 0), query.get("limit", 10))
        return [row["document_id"] for row in answer["data"]]

    assert page() == page(sort="asc") == page(sort="ascending") == ids
    assert page(sort="desc") == page(sort="descending", invented=1) == ids[::-1]
    assert (page(limit=2, page=0), page(limit=2, page=1), page(limit=2, page=2)) == (ids[:2], ids[2:4], ids[4:])
    assert page(limit=2, page=3) == []
    assert said(quick.get("/documents", params={"limit": 0})) == (
        400,
        {"error": "Invalid request: limit must be a positive integer"},
    )
    assert quick.get("/documents", params={"sort": "up"}).status_code == 400


def test_the_list_is_filtered(quick: Api) -> None:
    notes = made(quick, document_name="Notes", tags=["a", "b"])["document_id"]
    film = made(quick, document_url="https://example.com/film.mp4", tags=["b", "c"])["document_id"]

    def found(**query: Any) -> list[str]:
        answer = quick.get("/documents", params=query).json()
        assert answer["total_count"] == len(answer["data"])
        return [row["document_id"] for row in answer["data"]]

    assert (found(status="ready"), found(status="error"), found(status="deleted")) == ([notes], [film], [])
    assert (found(tags="a"), found(tags="b"), found(tags="a, c"), found(tags="x")) == (
        [notes],
        [notes, film],
        [notes, film],
        [],
    )
    assert (found(name_or_uuid="note"), found(name_or_uuid=film), found(name_or_uuid="?")) == ([notes], [film], [])
    assert said(quick.get("/documents/tags")) == (200, {"tags": ["a", "b", "c"], "total_count": 3})
    assert quick.get("/documents/tags/", params={"search": "B"}).json() == {"tags": ["b"], "total_count": 1}


def test_a_change_is_no_json_patch(quick: Api) -> None:
    document_id = made(quick, tags=["a", "b"])["document_id"]
    status, renamed = said(quick.call("PATCH", f"/documents/{document_id}", json={"document_name": "New", "x": 1}))
    assert (status, renamed["document_name"], renamed["tags"]) == (200, "New", ["a", "b"])
    assert quick.call("PATCH", f"/documents/{document_id}", json={"tags": ["c"]}).json()["tags"] == ["c"]
    for wrong in ([{"op": "remove", "path": "/tags"}], {"tags": "c"}, {"document_name": 1}):
        assert quick.call("PATCH", f"/documents/{document_id}", json=wrong).status_code == 400
    kept = quick.get(f"/documents/{document_id}").json()
    assert (kept["document_name"], kept["tags"]) == ("New", ["c"])


def test_what_is_not_there_is_404(api: Api) -> None:
    document_id = made(api)["document_id"]
    answer = api.call("DELETE", f"/documents/{document_id}")
    assert (answer.status_code, answer.content) == (204, b"")
    calls = [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/chunks"), ("POST", "/recrawl")]
    for method, path in calls:
        assert said(api.call(method, f"/documents/{document_id}{path}")) == (404, {"message": "Document not found"})
    assert api.get("/documents").json()["total_count"] == 0


def test_there_are_no_chunks_of_what_was_never_read(shared_api: Api) -> None:
    document_id = made(shared_api)["document_id"]
    answer = shared_api.get(f"/documents/{document_id}/chunks", params={"collection": "regular", "limit": 100})
    assert said(answer) == (200, {"data": [], "total_count": 0})


def test_a_recrawl(documents: Documents, clock: Clock) -> None:
    document_id = documents.create(SITE)["document_id"]
    with pytest.raises(Refusal, match=r"409.*current status: started"):
        documents.recrawl(document_id, {})
    clock.now += 10
    document = documents.recrawl(document_id, {"crawl": {"depth": 3}})
    row = documents.row(document)
    assert (row["status"], row["crawl_config"], row["crawl_count"]) == ("recrawling", {"depth": 3}, 1)
    first = row["last_crawled_at"]
    clock.now += 10
    row = documents.row(document)
    assert (row["status"], row["crawl_count"]) == ("ready", 2)
    assert row["last_crawled_at"] > first
    with pytest.raises(Refusal, match=r"429.*please wait 60 minutes before recrawling this document\."):
        documents.recrawl(document_id, {})
    clock.now += 3600
    documents.recrawl(document_id, {})


def test_a_recrawl_over_the_wire(quick: Api) -> None:
    plain = made(quick)["document_id"]
    assert said(quick.post(f"/documents/{plain}/recrawl")) == (
        400,
        {"error": "Document was not created with crawl configuration"},
    )
    assert quick.post(f"/documents/{plain}/recrawl", json={"crawl": {"depth": 0}}).status_code == 400
    answer = quick.post(f"/documents/{plain}/recrawl/", json={"crawl": {"depth": 1}})
    assert (answer.status_code, answer.json()["crawl_config"]) == (202, {"depth": 1})
    assert quick.post(f"/documents/{plain}/recrawl").status_code == 429


def test_only_so_many_websites_are_crawled(documents: Documents) -> None:
    first = documents.create(SITE)["document_id"]
    for _ in range(99):
        documents.create(SITE)
    with pytest.raises(Refusal) as refused:
        documents.create(SITE)
    assert (refused.value.status, refused.value.body) == (429, LIMIT_REACHED)
    documents.create({"document_url": PDF})
    documents.delete(first)
    documents.create(SITE)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from([PDF, "http://[::1", "//a"]),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=6,
)


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(st.dictionaries(st.sampled_from(list(CreateDocument.model_fields)), VALUES))
def test_any_body_is_answered_in_the_contracts_words(shared_api: Api, body: dict[str, Any]) -> None:
    answer = shared_api.post("/documents", json=body)
    if answer.status_code == 200:
        assert shared_api.get(f"/documents/{answer.json()['document_id']}").status_code == 200
    else:
        assert answer.status_code == 400
        assert list(answer.json()) == ["error"]


def test_chuck_has_a_document_of_the_house_which_belongs_to_no_client(api: Api) -> None:
    assert api.get("/personas/pchuck0local").json()["document_ids"] == ["dchuck0keys"]
    document = api.get("/documents/dchuck0keys").json()
    assert (document["document_name"], document["status"]) == (knowledge.load().title, "ready")
    assert document["tags"] == ["public-speaking"]
    assert api.get("/documents").json()["data"] == []
    for method, path in (("PATCH", ""), ("DELETE", ""), ("POST", "/recrawl")):
        answer = api.call(method, f"/documents/dchuck0keys{path}", json={})
        assert (answer.status_code, answer.json()) == (404, {"message": "Document not found"})
