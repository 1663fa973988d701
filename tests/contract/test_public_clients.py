"""What public clients of the API send and read, each in its own way: SDKs, plugins, connectors, templates, samples.

Written after their sources, most of which cannot run here: other languages, or rooms of their own. `raw` sends what
they send, header for header.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.practice.client import Api
from tests.practice.conftest import running_service

JSON = {"Content-Type": "application/json"}
FACE = "r90bbd427f71"
PROMPT = "You are a coach."
# Airbyte's connector reads its cursor with this and nothing else.
CURSOR_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


@pytest.fixture
def own_api(tmp_path: Path) -> Iterator[Api]:
    """A service for a test whose conversations go on."""
    with running_service(tmp_path / "models") as client:
        yield client


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_service(tmp_path_factory.mktemp("models"), documents_ready_after_s=0.0) as client:
        yield client


def raw(
    api: Api, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
) -> requests.Response:
    data = None if body is None else json.dumps(body).encode()
    return api.call(method, path, data=data, headers=headers)


def accepted(answer: requests.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    "body",
    [
        # Pipecat's transport and video service, and their default personas.
        {"replica_id": "rf4703150052", "persona_id": "pipecat0"},
        {"replica_id": FACE, "persona_id": "pipecat-stream"},
        # LiveKit's plugins: without anything, with a face, and Tavus' own example.
        {"pal_id": "pb87e71797da", "properties": {}, "conversation_name": "lk_conversation_1"},
        {"pal_id": "pb87e71797da", "face_id": "r4067604db72", "properties": {"livekit_ws_url": "wss://x"}},
        {"face_id": "rc39f215e8cb", "pal_id": "p192574ecb04", "properties": {"livekit_room_token": "marked"}},
        # Tavus' templates and skills.
        {"persona_id": "pd43ffef", "custom_greeting": "", "conversational_context": ""},
        {"replica_id": "re8e740a42", "persona_id": "p24293d6", "conversation_name": "Practice Session"},
        {"persona_id": "p3bb4745d4f9"},
        {"persona_id": "p48fdf065d6b", "properties": {"apply_greenscreen": True}},
        {"replica_id": "rb17cf590e15", "conversation_name": "Follow-up Chat", "memory_stores": ["user_123"]},
        # The field of old, a document that is not there, and a language by its code.
        {"persona_id": "p9a95912", "properties": {"enable_transcription": True, "language": "en"}},
        {"persona_id": "pcb7a34da5fe", "document_ids": ["TODO"], "document_retrieval_strategy": "balanced"},
    ],
)
def test_conversations_of_samples_can_be_created(api: Api, body: dict[str, Any]) -> None:
    created = accepted(raw(api, "POST", "/conversations", body | {"test_mode": True}, JSON))
    assert created["conversation_id"].startswith("c")
    assert created["conversation_url"].startswith("http")


def test_pipecat_names_its_persona_and_ends_with_a_content_type_but_no_content(own_api: Api) -> None:
    created = accepted(raw(own_api, "POST", "/conversations", {"replica_id": FACE, "persona_id": "pipecat0"}, JSON))
    assert accepted(raw(own_api, "GET", "/personas/pipecat0", headers=JSON))["persona_name"]
    assert raw(own_api, "POST", f"/conversations/{created['conversation_id']}/end", headers=JSON).status_code == 200


def test_livekit_makes_a_pal_and_a_persona_of_old(api: Api) -> None:
    transport = {"pipeline_mode": "echo", "layers": {"transport": {"transport_type": "livekit"}}}
    pal = accepted(raw(api, "POST", "/pals", transport | {"pal_name": "lk_pal_1", "default_face_id": FACE}, JSON))
    persona = accepted(raw(api, "POST", "/personas", transport | {"persona_name": "lk_persona_1"}, JSON))
    assert pal["pal_id"]
    assert persona["persona_id"]


@pytest.mark.parametrize(
    ("path", "first", "key"),
    [
        ("/replicas", 1, "replica_id"),
        ("/personas", 1, "persona_id"),
        ("/conversations", 1, "conversation_id"),
        ("/videos", 0, "video_id"),
        ("/speech", 1, "speech_id"),
    ],
)
def test_a_connector_reads_every_stream_to_its_end(api: Api, path: str, first: int, key: str) -> None:
    api.create(test_mode=True)
    seen: list[str] = []
    for page in range(first, first + 20):
        rows = accepted(api.get(path, params={"page": page, "limit": 5}))["data"]
        for row in rows:
            datetime.strptime(row["updated_at"], CURSOR_FORMAT).replace(tzinfo=UTC)
        seen += [row[key] for row in rows]
        if len(rows) < 5:
            break
    assert len(set(seen)) == len(seen) == accepted(api.get(path))["total_count"]


@pytest.mark.parametrize("path", ["/videos", "/lipsync", "/speech", "/voices", "/guardrails", "/objectives", "/tools"])
def test_a_catalogue_of_all_that_an_account_has_is_read(api: Api, path: str) -> None:
    assert accepted(api.get(path)) == {"data": [], "total_count": 0}


def test_what_was_never_set_is_still_text(api: Api) -> None:
    """Checked by clients that know no null here, in whatever they get from create, list and get."""
    bare = {"persona_name": "Bare", "default_replica_id": FACE}
    echo = accepted(raw(api, "POST", "/personas", bare | {"pipeline_mode": "echo"}, JSON))
    full = accepted(raw(api, "POST", "/personas", bare | {"system_prompt": PROMPT}, JSON))
    listed = accepted(api.get("/personas", params={"limit": 100}))["data"]
    for persona in (echo, full, *listed, accepted(api.get(f"/pals/{full['persona_id']}"))):
        assert isinstance(persona["system_prompt"], str)
        assert isinstance(persona["context"], str)
    assert all(persona["system_prompt"] for persona in listed if persona["pipeline_mode"] == "full")


def test_an_echo_is_made_of_a_pal_by_emptying_its_words(api: Api) -> None:
    pal_id = accepted(raw(api, "POST", "/pals", {"pal_name": "Tutor", "system_prompt": PROMPT}, JSON))["pal_id"]
    emptied = {"/pipeline_mode": "echo", "/system_prompt": "", "/greeting": ""}
    patch = [{"op": "replace", "path": path, "value": value} for path, value in emptied.items()]
    changed = accepted(raw(api, "PATCH", f"/pals/{pal_id}?target=live", patch, JSON))
    assert (changed["pipeline_mode"], changed["system_prompt"], changed["greeting"]) == ("echo", "", "")


def test_layers_are_read_first_and_added_or_replaced_after_that(api: Api) -> None:
    pal_id = accepted(raw(api, "POST", "/pals", {"pal_name": "Bank", "system_prompt": PROMPT}, JSON))["pal_id"]
    for patience in ("high", "low"):
        layers = accepted(raw(api, "GET", f"/pals/{pal_id}?source=draft"))["layers"]
        op = "replace" if "conversational_flow" in layers else "add"
        step = {"op": op, "path": "/layers/conversational_flow", "value": {"turn_taking_patience": patience}}
        changed = accepted(raw(api, "PATCH", f"/pals/{pal_id}?target=live", [step], JSON))
        assert changed["layers"]["conversational_flow"] == {"turn_taking_patience": patience}
    # And once more, as scripts do that are run again and again.
    assert raw(api, "PATCH", f"/pals/{pal_id}", [step], JSON).status_code == 304


def test_a_patch_from_a_shell_says_it_is_a_form(api: Api) -> None:
    persona_id = accepted(raw(api, "POST", "/personas", {"system_prompt": PROMPT}))["persona_id"]
    patch = [{"op": "add", "path": "/layers/llm", "value": {"tools": []}}]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert accepted(raw(api, "PATCH", f"/personas/{persona_id}/", patch, form))["layers"] == {"llm": {"tools": []}}


@pytest.mark.parametrize("key", ["document_id", "uuid"])
def test_a_document_is_known_by_its_older_name_too(api: Api, key: str) -> None:
    body = {"document_url": "https://example.com/guide.pdf", "document_name": "Guide", "properties": {"k": "v"}}
    document_id = accepted(raw(api, "POST", "/documents", body, JSON))[key]
    found = [row for row in accepted(api.get("/documents"))["data"] if row[key] == document_id]
    assert [row["document_name"] for row in found] == ["Guide"]
    changed = accepted(raw(api, "PATCH", f"/documents/{document_id}", {"document_name": "Other"}, JSON))
    assert (changed[key], changed["document_name"]) == (document_id, "Other")
    assert api.call("DELETE", f"/documents/{document_id}", headers=JSON).status_code == 204


def test_leftovers_are_ended_before_a_new_one_begins(own_api: Api) -> None:
    for _ in range(2):
        raw(own_api, "POST", "/conversations", {"pal_id": "pcb7a34da5fe"}, JSON)
    for row in accepted(raw(own_api, "GET", "/conversations?status=active&limit=20", headers=JSON))["data"]:
        assert row["status"] == "active"
        ended = raw(own_api, "POST", f"/conversations/{row['conversation_id']}/end", {"reason": "left over"}, JSON)
        # Clients parse what says it is JSON.
        assert (ended.status_code, ended.headers.get("Content-Type")) == (200, None)
        assert raw(own_api, "DELETE", f"/conversations/{row['conversation_id']}", headers=JSON).status_code == 204
    assert accepted(own_api.get("/conversations", params={"status": "active"}))["total_count"] == 0
