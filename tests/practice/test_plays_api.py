"""Trouble on request: each error of the contract, in its own words, and what a client makes of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coach_desktop.practice.plays import Play, Plays, parsed
from coach_desktop.tavus.client import TavusClient
from coach_desktop.tavus.errors import (
    BadRequestError,
    ConcurrencyReachedError,
    CreditsExhaustedError,
    KeyRefusedError,
    NoSuchAddressError,
    NotAllowedError,
    NotMadeError,
    ServerFaultError,
    TavusError,
    TooManyRequestsError,
    UnknownIdError,
    UnknownOutcomeError,
)
from coach_desktop.tavus.models import CreateConversation
from tests.practice.client import LOCAL, Api
from tests.practice.conftest import running_service

CREATES: list[tuple[Play, int, dict[str, str], type[TavusError]]] = [
    (Play.KEY, 401, {"message": "Invalid access token"}, KeyRefusedError),
    (Play.CREDITS, 402, {"message": "The user is out of conversational credits."}, CreditsExhaustedError),
    (Play.CONCURRENCY, 400, {"message": "User has reached maximum concurrent conversations"}, ConcurrencyReachedError),
    (Play.FORBIDDEN, 403, {"message": "Forbidden"}, NotAllowedError),
    (Play.MISSING, 404, {"message": "Not Found"}, NoSuchAddressError),
    (Play.FIELD, 422, {"message": "Unprocessable Entity"}, BadRequestError),
    (Play.RATE, 429, {"message": "Too Many Requests"}, TooManyRequestsError),
    (Play.PERSONA, 400, {"error": "Invalid persona_id"}, UnknownIdError),
    (Play.REPLICA, 400, {"error": "Invalid replica_uuid"}, UnknownIdError),
    (
        Play.CREATE,
        400,
        {"error": "There was an error creating the conversation, please reach out to support at support@tavus.io!"},
        NotMadeError,
    ),
]


@pytest.fixture
def plays() -> Plays:
    return Plays()


@pytest.fixture
def api(plays: Plays, tmp_path: Path) -> Iterator[Api]:
    with running_service(tmp_path / "models", plays=plays, documents_ready_after_s=0.0) as client:
        yield client


def client_creates(api: Api, timeout_s: float = 30.0) -> Any:
    with TavusClient(api.base_url, api.api_key, read_timeout_s=timeout_s) as client:
        return client.create_conversation(CreateConversation(persona_id="pchuck0local"))


def active(api: Api) -> int:
    count: int = api.get("/conversations", params={"status": "active"}).json()["total_count"]
    return count


@pytest.mark.parametrize(("play", "status", "body", "error"), CREATES)
def test_a_create_is_refused_in_the_apis_words(
    api: Api, plays: Plays, play: Play, status: int, body: dict[str, str], error: type[TavusError]
) -> None:
    before = active(api)
    plays.left[play] = 2
    answer = api.post("/conversations/", json=LOCAL)
    assert (answer.status_code, answer.json()) == (status, body)
    with pytest.raises(error):
        client_creates(api)
    assert active(api) == before
    api.end(api.create()["conversation_id"])


@pytest.mark.parametrize("play", [Play.CREDITS, Play.CONCURRENCY])
def test_test_mode_costs_nothing_and_holds_no_place(api: Api, plays: Plays, play: Play) -> None:
    plays.left[play] = math.inf
    api.create(test_mode=True)
    assert api.post("/conversations", json=LOCAL).status_code in {400, 402}


def test_a_wrong_body_is_refused_before_anything_is_played(api: Api, plays: Plays) -> None:
    plays.left[Play.CREDITS] = 1
    assert api.post("/conversations", json=LOCAL | {"test_mode": 1}).status_code == 400
    assert api.post("/conversations", json=LOCAL).status_code == 402


@pytest.mark.parametrize("path", ["/conversations", "/pals", "/faces/r90bbd427f71", "/documents", "/nothing"])
def test_a_fault_is_a_page_on_every_route(api: Api, plays: Plays, path: str) -> None:
    plays.left[Play.FAULT] = 1
    answer = api.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
    plays.left[Play.KEY] = 1
    assert api.get(path).status_code == 401
    assert api.get("/pals").status_code == 200


def test_a_lost_answer_leaves_a_conversation_that_runs(api: Api, plays: Plays) -> None:
    before = active(api)
    plays.left[Play.LOST] = 1
    with pytest.raises(ServerFaultError):
        client_creates(api)
    assert active(api) == before + 1


def test_no_answer_comes_and_the_conversation_runs(api: Api, plays: Plays) -> None:
    plays.left[Play.SILENCE] = 1
    with pytest.raises(UnknownOutcomeError):
        client_creates(api, timeout_s=0.3)
    assert active(api) == 1
    client_creates(api)
    assert active(api) == 2


def test_documents_meet_trouble_too(api: Api, plays: Plays) -> None:
    site = {"document_url": "https://example.com/"}
    plays.left |= {Play.CRAWL: math.inf, Play.DOCUMENT: 1}
    refused = api.post("/documents", json=site | {"crawl": {}})
    assert (refused.status_code, list(refused.json())) == (429, ["error"])
    failed, ready = (api.post("/documents", json=site).json()["document_id"] for _ in range(2))
    seen = [api.get(f"/documents/{document_id}").json() for document_id in (failed, ready)]
    assert [(row["status"], row["error_message"]) for row in seen] == [
        ("error", "website_processing_failed"),
        ("ready", None),
    ]


def test_without_a_wish_nothing_is_played(tmp_path: Path) -> None:
    with running_service(tmp_path / "models") as api:
        assert api.create()["status"] == "active"
        assert api.get("/pals").status_code == 200


@pytest.mark.parametrize("play", Play)
def test_a_wish_is_read(play: Play) -> None:
    assert parsed(play) == (play, math.inf)
    assert parsed(f"{play}:3") == (play, 3)


@pytest.mark.parametrize("text", ["", "odd", "key:", "key:0", "key:-1", "key:x", "KEY", ":1", "key:1:1", "key:٣"])
def test_what_is_no_wish_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be one of|stands a number"):
        parsed(text)
