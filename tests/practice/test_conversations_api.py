"""/v2/conversations, as the contract says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coach_desktop.practice.plays import Plays
from coach_desktop.tavus.client import TavusClient
from coach_desktop.tavus.errors import BadRequestError, KeyRefusedError
from coach_desktop.tavus.models import Conversation, CreateConversation
from tests.practice.client import LOCAL, Api, events, wait_until
from tests.practice.conftest import running_service

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def test_a_created_conversation_has_the_documented_shape(api: Api) -> None:
    created = api.create(conversation_name="Talk")
    assert re.fullmatch(r"c[0-9a-f]{16}", created["conversation_id"])
    assert created["conversation_url"] == f"{api.origin}/rooms/{created['conversation_id']}"
    assert (created["conversation_name"], created["status"], created["callback_url"]) == ("Talk", "active", "")
    assert created["persona_id"] == created["pal_id"] == "pchuck0local"
    assert created["replica_id"] == created["face_id"] == "rchuck0local"
    assert STAMP.fullmatch(created["created_at"])
    assert "meeting_token" not in created


def test_an_unnamed_one_gets_a_name(api: Api) -> None:
    assert re.fullmatch(r"New Conversation \d{13}", api.create()["conversation_name"])


@pytest.mark.parametrize(
    ("fields", "persona", "replica"),
    [
        ({"persona_id": "pcb7a34da5fe"}, "pcb7a34da5fe", "r90bbd427f71"),
        ({"pal_id": "pcb7a34da5fe", "face_id": "r874cc5f8a3b"}, "pcb7a34da5fe", "r874cc5f8a3b"),
        ({"replica_id": "r90bbd427f71"}, "pchuck0local", "r90bbd427f71"),
        ({"persona_id": "nobody", "pal_id": "p5317866"}, "p5317866", "r90bbd427f71"),
        ({"persona_id": "pipecat-stream", "pal_id": None}, "pipecat-stream", "r90bbd427f71"),
    ],
)
def test_both_vocabularies_are_read(shared_api: Api, fields: dict[str, Any], persona: str, replica: str) -> None:
    created = shared_api.post("/conversations", json=fields | {"test_mode": True}).json()
    assert (created["persona_id"], created["replica_id"]) == (persona, replica)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "Invalid replica_uuid"),
        ({"persona_id": "nobody"}, "Invalid persona_id"),
        ({"persona_id": ""}, "Invalid persona_id"),
        ({"persona_id": "r90bbd427f71"}, "Invalid persona_id"),
        ({"replica_id": "pcb7a34da5fe"}, "Invalid replica_uuid"),
        ({"persona_id": "pcb7a34da5fe", "replica_id": ""}, "Invalid replica_uuid"),
        (LOCAL | {"conversation_name": 7}, "Invalid request: conversation_name"),
        (LOCAL | {"test_mode": "yes"}, "Invalid request: test_mode"),
        (LOCAL | {"max_participants": 1}, "Invalid request: max_participants"),
        (LOCAL | {"properties": {"max_call_duration": 0}}, "Invalid request: properties.max_call_duration"),
        (LOCAL | {"properties": {"max_call_duration": 600.5}}, "Invalid request: properties.max_call_duration"),
        (LOCAL | {"properties": {"max_call_duration": "600"}}, "Invalid request: properties.max_call_duration"),
        (LOCAL | {"properties": {"max_call_duration": True}}, "Invalid request: properties.max_call_duration"),
        (LOCAL | {"properties": "none"}, "Invalid request: properties"),
        ([], "Invalid request: the body must be a JSON object"),
        ("text", "Invalid request: the body must be a JSON object"),
    ],
)  # fmt: skip
def test_a_wrong_body_is_refused_in_words(shared_api: Api, body: Any, error: str) -> None:
    answer = shared_api.post("/conversations", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(error)


@pytest.mark.parametrize(
    "body",
    [b"{", b"nonsense", b'{"a": NaN}', b'{"a": 1e999}', b'{"a": "\\ud800"}', b"\xff\xfe", b"[" * 100_000, b"1" * 5000],
)
def test_what_is_not_json_is_refused(shared_api: Api, body: bytes) -> None:
    answer = shared_api.post("/conversations", data=body)
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]


@pytest.mark.parametrize("seconds", [10**400, 10**18])
@pytest.mark.parametrize("field", ["participant_absent_timeout", "participant_left_timeout"])
def test_a_timeout_may_be_of_any_size(api: Api, field: str, seconds: int) -> None:
    conversation = api.create(properties={field: seconds}, require_auth=True)
    with api.enter(conversation) as page:
        page.until("welcome")
    assert api.get(f"/conversations/{conversation['conversation_id']}").json()["status"] == "active"


@pytest.mark.parametrize(("asked", "given"), [(600, 600), (600.0, 600), (7200, 3600), (10**400, 3600)])
def test_who_asks_for_more_time_than_there_is_gets_all_of_it(api: Api, asked: float, given: int) -> None:
    with api.enter(api.create(properties={"max_call_duration": asked})) as page:
        assert page.until("welcome")["max_call_duration"] == given


def test_unknown_fields_and_query_keys_are_ignored(api: Api) -> None:
    created = api.create(chat=True, invented={"deep": [1]}, properties={"livekit_ws_url": "x", "invented": 1})
    answer = api.get(f"/conversations/{created['conversation_id']}/", params={"invented": "1", "verbose": "maybe"})
    assert answer.status_code == 200
    assert "events" not in answer.json()


def test_the_list_is_paged_and_filtered(api: Api) -> None:
    ids = [api.create(test_mode=n % 2 == 0)["conversation_id"] for n in range(5)]
    every = api.get("/conversations").json()
    assert [row["conversation_id"] for row in every["data"]] == ids[::-1]
    assert every["total_count"] == 5

    def page(**query: Any) -> tuple[list[str], int]:
        answer = api.get("/conversations", params=query).json()
        return [row["conversation_id"] for row in answer["data"]], answer["total_count"]

    assert page(limit=2) == page(limit=2, page=0) == page(limit=2, page=1) == (ids[:2:-1], 5)
    assert page(limit=2, page=3) == (ids[:1], 5)
    assert page(limit=2, page=4) == ([], 5)
    assert page(status="active") == ([ids[3], ids[1]], 2)
    assert page(status="ended", limit=1) == ([ids[4]], 3)
    assert page(limit=2, page=999_999_999) == ([], 5)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=ten", "limit=1.5", "page=-1", "page=x", "status=odd", "limit=%D9%A1"]
)
def test_a_wrong_query_is_refused(shared_api: Api, query: str) -> None:
    answer = shared_api.get(f"/conversations?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("Invalid request: ")


def test_ten_are_listed_where_no_limit_is_given(api: Api) -> None:
    for _ in range(11):
        api.create(test_mode=True)
    listed = api.get("/conversations").json()
    assert (len(listed["data"]), listed["total_count"]) == (10, 11)


def test_an_end_is_answered_empty_and_may_be_repeated(api: Api) -> None:
    conversation_id = api.create()["conversation_id"]
    for _ in range(2):
        api.end(conversation_id)
    ended = api.verbose(conversation_id)
    assert (ended["status"], ended["shutdown_reason"]) == ("ended", "end_conversation_endpoint_hit")
    [shutdown] = events(ended, "system.shutdown")
    assert shutdown["properties"] == {"replica_id": "rchuck0local", "shutdown_reason": "end_conversation_endpoint_hit"}
    assert shutdown["message_type"] == "system"
    assert STAMP.fullmatch(shutdown["timestamp"])
    assert ended["updated_at"] > ended["created_at"]


def test_one_that_nobody_joined_was_never_live(api: Api) -> None:
    conversation_id = api.create()["conversation_id"]
    [running] = events(api.verbose(conversation_id), "application.delivery")
    assert running["properties"]["final"] is False
    delivery = api.final_delivery(conversation_id)
    assert delivery["at_s"] == 0.0
    assert {measure["reason"] for measure in delivery["measures"].values()} == {"Nobody joined the room."}
    assert {event["event_type"] for event in api.verbose(conversation_id)["events"]} == {
        "system.shutdown",
        "application.delivery",
    }


@pytest.mark.parametrize("hard", ["true", None])
def test_a_deleted_one_is_gone(api: Api, hard: str | None) -> None:
    conversation_id = api.create()["conversation_id"]
    answer = api.call("DELETE", f"/conversations/{conversation_id}", params={"hard": hard})
    assert (answer.status_code, answer.content) == (204, b"")
    assert api.get("/conversations").json() == {"data": [], "total_count": 0}
    for method, path in (("GET", ""), ("POST", "/end"), ("DELETE", "")):
        again = api.call(method, f"/conversations/{conversation_id}{path}")
        assert (again.status_code, again.json()) == (400, {"error": "Invalid conversation_id"})


def test_test_mode_costs_nothing(api: Api) -> None:
    created = api.create(test_mode=True)
    assert created["status"] == "ended"
    assert api.verbose(created["conversation_id"])["events"] == []


def test_any_number_runs_at_once(api: Api) -> None:
    ids = {api.create()["conversation_id"] for _ in range(12)}
    active = api.get("/conversations", params={"status": "active", "limit": 100}).json()
    assert {row["conversation_id"] for row in active["data"]} == ids


def test_only_so_many_run_at_once_where_that_is_asked_for(tmp_path: Path) -> None:
    with running_service(tmp_path / "models", plays=Plays(max_concurrent=2)) as api:
        first, _ = (api.create()["conversation_id"] for _ in range(2))
        answer = api.post("/conversations", json=LOCAL)
        assert (answer.status_code, answer.json()) == (
            400,
            {"message": "User has reached maximum concurrent conversations"},
        )
        api.create(test_mode=True)
        api.end(first)
        api.create()


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"participant_absent_timeout": 0}, "participant_absent_timeout reached"),
        ({"max_call_duration": 1}, "max_call_duration reached"),
    ],
)
def test_a_limit_ends_it(api: Api, limits: dict[str, int], reason: str) -> None:
    conversation_id = api.create(properties=limits)["conversation_id"]
    wait_until(lambda: api.get(f"/conversations/{conversation_id}").json()["status"] == "ended")
    assert api.verbose(conversation_id)["shutdown_reason"] == reason


def test_wrong_methods_and_paths_answer_in_json(api: Api) -> None:
    assert (api.call("PUT", "/conversations").status_code, api.call("PUT", "/conversations").json()) == (
        405,
        {"message": "Method Not Allowed"},
    )
    assert (api.get("/nothing").status_code, api.get("/nothing").json()) == (404, {"message": "Not Found"})


def test_the_apps_own_client_gets_along(api: Api) -> None:
    with TavusClient(api.base_url, api.api_key) as client:
        created = client.create_conversation(CreateConversation(persona_id="pchuck0local", conversation_name="Own"))
        assert client.get_conversation(created.conversation_id).status == "active"
        assert client.list_conversations(status="active").total_count == 1
        client.end_conversation(created.conversation_id)
        ended = client.get_conversation(created.conversation_id, verbose=True)
        assert ended.ended_because() == "end_conversation_endpoint_hit"
        with pytest.raises(BadRequestError):
            client.get_conversation("c0")
    with TavusClient(api.base_url, "marked-wrong-key") as stranger, pytest.raises(KeyRefusedError):
        stranger.list_conversations()


FIELDS = [*CreateConversation.model_fields, "pal_id", "face_id"]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from(["pchuck0local", "r90bbd427f71"]),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=6,
)


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(st.dictionaries(st.sampled_from(FIELDS), VALUES))
def test_any_body_is_answered_in_the_contracts_words(api: Api, body: dict[str, Any]) -> None:
    answer = api.post("/conversations", json=body)
    if answer.status_code == 200:
        created = Conversation.model_validate(answer.json())
        api.call("DELETE", f"/conversations/{created.conversation_id}")
    else:
        assert answer.status_code == 400
        assert list(answer.json()) in (["error"], ["message"])
