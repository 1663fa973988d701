"""The stand-in keeps to the contract, goes wrong where it is told to, and leaves nothing behind."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.standin import (
    ENDED,
    ENDED_BY_CALL,
    NOT_ALLOWED,
    UNSUPPORTED,
    Delay,
    Drip,
    Empty,
    Fault,
    Html,
    Huge,
    Moment,
    Recorded,
    Reset,
    Silence,
    StandIn,
    Status,
    Truncated,
    WrongTypes,
)

CAST = {"persona_id": "p1", "replica_id": "r1"}


@pytest.fixture
def tavus() -> Iterator[StandIn]:
    with StandIn() as standin:
        yield standin


def call(
    tavus: StandIn, method: str, path: str, *, key: str | None = None, timeout_s: float = 60.0, **rest: Any
) -> requests.Response:
    headers = {"x-api-key": tavus.key if key is None else key}
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, tavus.base_url + path, headers=headers, timeout=timeout_s, **rest)


def made(tavus: StandIn, **fields: Any) -> dict[str, Any]:
    answer = call(tavus, "POST", "/conversations", json=CAST | fields)
    assert answer.status_code == 200, answer.text
    created: dict[str, Any] = answer.json()
    return created


def verbose(tavus: StandIn, conversation_id: str) -> dict[str, Any]:
    conversation: dict[str, Any] = call(tavus, "GET", f"/conversations/{conversation_id}?verbose=true").json()
    return conversation


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/conversations"), ("GET", "/conversations"), ("GET", "/pals"), ("DELETE", "/conversations/c1")],
)
def test_a_wrong_key_is_refused_everywhere(tavus: StandIn, method: str, path: str) -> None:
    answer = call(tavus, method, path, key="wrong", json=CAST)
    assert (answer.status_code, answer.json()) == (401, {"message": "Invalid access token"})
    assert tavus.conversations == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, {"error": "Invalid replica_uuid"}),
        ({"replica_id": "p1"}, {"error": "Invalid replica_uuid"}),
        ({"persona_id": "stranger"}, {"error": "Invalid persona_id"}),
        ({"persona_id": "p1", "replica_id": "stranger"}, {"error": "Invalid replica_uuid"}),
        ({"persona_id": "p1", "pal_id": "p1"}, {"message": "Cannot have both persona_id and pal_id"}),
        ({"persona_id": "p1", "test_mode": "yes"}, {"error": "Invalid request"}),
        ({"persona_id": "p1", "properties": {"max_call_duration": True}}, {"error": "Invalid request: properties"}),
    ],
)
def test_a_create_that_cannot_be(tavus: StandIn, body: dict[str, Any], said: dict[str, str]) -> None:
    tavus.known_personas, tavus.known_replicas = {"p1"}, {"r1"}
    answer = call(tavus, "POST", "/conversations", json=body)
    assert (answer.status_code, answer.json()) == (400, said)
    assert tavus.conversations == []
    assert not tavus.creates[0].carried_out


def test_credit_and_concurrency(tavus: StandIn) -> None:
    tavus.max_concurrent = 1
    first = made(tavus)["conversation_id"]
    refused = call(tavus, "POST", "/conversations", json=CAST)
    assert (refused.status_code, refused.json()["message"]) == (
        400,
        "User has reached maximum concurrent conversations",
    )
    assert made(tavus, test_mode=True)["status"] == "ended"
    call(tavus, "POST", f"/conversations/{first}/end")
    tavus.credits = False
    broke = call(tavus, "POST", "/conversations", json=CAST)
    assert (broke.status_code, broke.json()["message"]) == (402, "The user is out of conversational credits.")


def test_a_conversation_from_start_to_end(tavus: StandIn) -> None:
    tavus.perception_after_s = 3600
    created = made(tavus, conversation_name="A", require_auth=True)
    assert created["status"] == "active"
    assert created["meeting_token"].startswith("eyJ")
    [held] = tavus.active()
    assert verbose(tavus, held.conversation_id)["events"][1]["event_type"] == "system.pal_joined"
    for _ in range(2):
        answer = call(tavus, "POST", f"/conversations/{held.conversation_id}/end")
        assert (answer.status_code, answer.content) == (200, b"")
    ended = verbose(tavus, held.conversation_id)
    assert (ended["status"], ended["shutdown_reason"]) == ("ended", ENDED_BY_CALL)
    types = [event["event_type"] for event in ended["events"]]
    assert types[-2:] == ["system.shutdown", "application.transcription_ready"]
    tavus.perception_after_s = 0
    assert verbose(tavus, held.conversation_id)["events"][-1]["properties"] == {"analysis": tavus.analysis}
    assert "events" not in call(tavus, "GET", f"/conversations/{held.conversation_id}").json()
    assert call(tavus, "DELETE", f"/conversations/{held.conversation_id}").status_code == 204
    gone = call(tavus, "GET", f"/conversations/{held.conversation_id}")
    assert (gone.status_code, gone.json()) == (400, {"error": "Invalid conversation_id"})
    assert tavus.active() == []
    assert len(tavus.ends) == 2


def test_limits_that_have_passed_end_a_conversation(tavus: StandIn) -> None:
    made(tavus, properties={"participant_absent_timeout": 0})
    made(tavus, properties={"max_call_duration": 0})
    assert tavus.active() == []
    reasons = [held.shutdown_reason for held in tavus.conversations]
    assert reasons == ["participant_absent_timeout reached", "max_call_duration reached"]


def test_lists_have_pages_filters_and_both_vocabularies(tavus: StandIn) -> None:
    ids = [made(tavus)["conversation_id"] for _ in range(3)]
    tavus.add_foreign("somebody else's")
    call(tavus, "POST", f"/conversations/{ids[0]}/end")
    page = call(tavus, "GET", "/conversations?limit=2&page=2&status=active").json()
    assert (page["total_count"], len(page["data"])) == (3, 1)
    assert page["data"][0]["conversation_name"] == "somebody else's"
    rows = call(tavus, "GET", "/conversations").json()["data"]
    assert ["persona_id" in row for row in rows] == [True, False, True, False]
    assert rows[1]["pal_id"] == "p1"
    assert [held.conversation_id for held in tavus.active()] == ids[1:]
    assert call(tavus, "GET", "/pals?pal_type=user").json()["data"][0]["pal_name"] == "Interviewer of my own"
    assert call(tavus, "GET", "/replicas?replica_type=system").json()["total_count"] == 2


def test_a_persona_is_kept_patched_whole_or_not_at_all_and_forgotten(tavus: StandIn) -> None:
    body = {"persona_name": "Coach", "system_prompt": "You are a coach.", "default_replica_id": "r90bbd427f71"}
    persona_id = call(tavus, "POST", "/personas", json=body).json()["persona_id"]
    path = f"/personas/{persona_id}"
    query = {"op": "add", "path": "/layers/perception/visual_awareness_queries", "value": ["Is it?"]}
    layer = {"op": "add", "path": "/layers/perception", "value": {}}
    name = {"op": "replace", "path": "/persona_name", "value": "Chuck"}
    # The layer that a query is added to has to be there.
    assert call(tavus, "PATCH", path, json=[name, query]).status_code == 422
    assert call(tavus, "GET", path).json()["persona_name"] == "Coach"
    assert call(tavus, "PATCH", path, json=[name, layer, query]).status_code == 200
    assert call(tavus, "PATCH", path, json=[name]).status_code == 304
    tavus.wraps_one_persona = True
    (row,) = call(tavus, "GET", path).json()["data"]
    assert row["layers"] == {"perception": {"visual_awareness_queries": ["Is it?"]}}
    assert call(tavus, "DELETE", path).status_code == 204
    for method in ("GET", "DELETE"):
        assert call(tavus, method, path).json() == {"error": "Invalid persona_id"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"persona_name": "Coach"}, "system_prompt is required"),
        ({"system_prompt": "x", "default_replica_id": "r1"}, "Invalid replica_uuid"),
        ({"system_prompt": "x", "layers": {"sight": {}}}, "layers"),
    ],
)
def test_a_persona_that_cannot_be_is_refused(tavus: StandIn, body: dict[str, Any], said: str) -> None:
    answer = call(tavus, "POST", "/personas", json=body)
    assert (answer.status_code, said in answer.json()["error"]) == (400, True)
    assert len(tavus.personas) == 2


def test_a_document_starts_is_ready_in_its_time_and_is_found_by_name_tag_and_status(tavus: StandIn) -> None:
    tavus.document_ready_after_s = 3600
    body = {"document_url": "https://example.com/a.pdf", "document_name": "Keys", "tags": ["talks"]}
    document_id = call(tavus, "POST", "/documents", json=body).json()["document_id"]
    call(tavus, "POST", "/documents", json={"document_url": "https://example.com/b.pdf"})
    assert call(tavus, "GET", f"/documents/{document_id}").json()["status"] == "started"
    tavus.document_ready_after_s = 0
    assert call(tavus, "GET", f"/documents/{document_id}").json()["status"] == "ready"
    for query in ("name_or_uuid=key", "tags=talks,others", f"name_or_uuid={document_id}", "page=0&limit=1"):
        assert [row["document_id"] for row in call(tavus, "GET", f"/documents?{query}").json()["data"]] == [document_id]
    assert call(tavus, "GET", "/documents?status=error").json()["data"] == []
    assert call(tavus, "GET", "/documents?limit=0").status_code == 400
    assert call(tavus, "PATCH", f"/documents/{document_id}", json={"tags": []}).json()["tags"] == []
    assert call(tavus, "DELETE", f"/documents/{document_id}").status_code == 204
    assert call(tavus, "GET", f"/documents/{document_id}").status_code == 404


def when_answered(tavus: StandIn) -> threading.Event:
    """Return what is set when the next request is done with, whether or not its client has waited."""
    answered = threading.Event()

    def hook(moment: Moment, _request: Recorded) -> None:
        if moment == "answered":
            answered.set()

    tavus.hook = hook
    return answered


@pytest.mark.parametrize(
    ("fault", "made_one"),
    [
        (Status(500, {"message": "internal"}), False),
        (Status(500, "oops", after=True), True),
        (Html(), False),
        (Html(200, after=True), True),
        (Reset(), False),
        (Reset(after=True), True),
        (Silence(), False),
        (Silence(after=True), True),
        (Delay(0.05), True),
        (Delay(0.05, late_work=True), True),
        (Empty(), True),
        (Truncated(), True),
        (WrongTypes(), True),
        (Huge(300_000), True),
        (Drip(0.05), True),
        (Drip(0.002, of="head"), True),
    ],
    ids=repr,
)
def test_faults_strike_before_or_after_the_work_and_once(tavus: StandIn, fault: Fault, made_one: bool) -> None:
    tavus.plan("create", fault, None)
    answered = when_answered(tavus)
    timeout_s = 0.3 if isinstance(fault, Silence) else 60.0
    try:
        answer = call(tavus, "POST", "/conversations", timeout_s=timeout_s, json=CAST, stream=isinstance(fault, Drip))
    except requests.RequestException:
        assert isinstance(fault, Reset | Silence | Truncated | Drip)
    else:
        assert answer.status_code == getattr(fault, "code", 200)
        answer.close()
    assert answered.wait(60), "a client that gave up is ahead of the stand-in"
    assert len(tavus.conversations) == made_one
    assert [create.carried_out for create in tavus.creates] == [made_one]
    made(tavus)
    assert len(tavus.creates) == 2


def test_the_hook_sees_every_moment(tavus: StandIn) -> None:
    seen: list[tuple[Moment, str, int]] = []
    answered = threading.Event()

    def hook(moment: Moment, request: Recorded) -> None:
        seen.append((moment, request.operation, len(tavus.conversations)))
        if moment == "answered":
            answered.set()

    tavus.hook = hook
    made(tavus)
    assert answered.wait(60)
    assert seen == [("received", "create", 0), ("carried out", "create", 1), ("answered", "create", 1)]
    assert tavus.creates[0].json() == CAST
    assert tavus.creates[0].headers["x-api-key"] == tavus.key


def room_text(url: str) -> str:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, timeout=60).text


def test_a_room_lets_in_who_has_the_token(tavus: StandIn) -> None:
    created = made(tavus, require_auth=True)
    url, token = created["conversation_url"], created["meeting_token"]
    assert NOT_ALLOWED in room_text(url)
    assert NOT_ALLOWED in room_text(f"{url}?t=wrong")
    assert "getUserMedia" in room_text(f"{url}?t={token}")
    assert [visit.token for visit in tavus.visits] == [None, "wrong", token]
    tavus.conversations[0].token_expires_at = time.time()
    assert NOT_ALLOWED in room_text(f"{url}?t={token}")
    tavus.conversations[0].token_expires_at += 60
    tavus.room = "unsupported"
    assert UNSUPPORTED in room_text(f"{url}?t={token}")
    tavus.room = "working"
    call(tavus, "POST", f"/conversations/{created['conversation_id']}/end")
    assert ENDED in room_text(f"{url}?t={token}")


def test_whoever_leaves_the_room_is_counted_out_and_the_limit_runs(tavus: StandIn) -> None:
    made(tavus, properties={"participant_left_timeout": 0})
    [held] = tavus.active()
    host = tavus.origin.removeprefix("http://")
    page = http.client.HTTPConnection(host, timeout=60)
    page.request("GET", f"/rooms/{held.conversation_id}/presence")
    presence = page.getresponse()
    assert presence.readline().strip() == b": here"
    assert held.present == 1
    assert held.status == "active"
    presence.close()
    page.close()
    give_up = time.monotonic() + 60
    while tavus.active() and time.monotonic() < give_up:
        time.sleep(0.02)
    assert held.shutdown_reason == "participant_left_timeout reached"


def test_it_runs_as_a_program_of_its_own(project_root: Path) -> None:
    command = [sys.executable, "-m", "tests.standin", "--port", "0", "--key", "k-12345678"]
    with subprocess.Popen(command, cwd=project_root, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        base_url = program.stdout.readline().strip()
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(f"{base_url}/conversations", headers={"x-api-key": "k-12345678"}, timeout=60)
        program.kill()
    assert json.loads(answer.text) == {"data": [], "total_count": 0}
