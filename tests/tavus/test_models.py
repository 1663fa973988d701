"""The wire models read every body that was ever seen, and refuse what is of a wrong type."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from coach_desktop.tavus.document_models import CreateDocument, Document, DocumentList
from coach_desktop.tavus.models import (
    Conversation,
    ConversationList,
    CreateConversation,
    CreatePersona,
    ErrorBody,
    Event,
    PatchStep,
    Persona,
    PersonaList,
    Replica,
    ReplicaList,
    TranscriptTurn,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=10,
)
BY_NAME = {
    "POST_conversations_200": Conversation,
    "GET_conversations.conversation_id_200": Conversation,
    "GET_conversations_200": ConversationList,
    "GET_personas.persona_id_200": Persona,
    "GET_personas_200": PersonaList,
    "POST_personas_200": Persona,
    "GET_replicas.replica_id_200": Replica,
    "GET_replicas_200": ReplicaList,
    "POST_documents_200": Document,
    "GET_documents.document_id_200": Document,
    "GET_documents_200": DocumentList,
}


def _model_for(name: str) -> Any:
    if name.startswith("W"):
        return Event
    if name.startswith("P") or "_error_" in name or name.rsplit("_", 1)[-1].startswith(("3", "4")):
        return ErrorBody
    if name.startswith("O"):
        return Conversation
    return BY_NAME.get(name.removeprefix("D_"))


def test_every_published_body_is_read(shared_data: Path) -> None:
    read = 0
    for path in sorted((shared_data / "tavus-bodies").glob("*.json")):
        model = _model_for(path.stem)
        if model is None or path.stem.startswith("O07"):
            assert path.stem.startswith("O07")
            continue
        body = json.loads(path.read_text("utf-8"))
        variants = list(body.values()) if set(body) == {"default", "verbose"} else [body]
        for variant in variants:
            parsed = model.model_validate(variant)
            read += 1
            if model is ErrorBody:
                assert parsed.text()
            if model is Persona:
                assert parsed.persona_id == "pcb7a34da5fe"
                assert parsed.persona_name == "Life Coach"
    assert read > 20


def test_the_observed_variants_of_one_field_are_all_read(shared_data: Path) -> None:
    variants = json.loads((shared_data / "tavus-bodies" / "O07_observed_type_variants.json").read_text("utf-8"))
    for timestamp in variants["transcript_timestamp_variants_same_field"]:
        at = TranscriptTurn.model_validate({"role": "user", "content": "Hi.", "timestamp": timestamp}).timestamp
        assert at is not None
        assert at > 1_700_000_000
    for key in variants["persona_key_variants_same_account"]:
        assert Conversation.model_validate({"conversation_id": "c1", key: "p1"}).persona_id == "p1"


def test_a_documented_and_an_observed_reason_of_shutdown_are_found() -> None:
    event = {"event_type": "system.shutdown", "properties": {"reason": "participant_left_timeout"}}
    assert Conversation(conversation_id="c1", events=[Event(**event)]).ended_because() == "participant_left_timeout"
    assert Conversation(conversation_id="c1", shutdown_reason="x").ended_because() == "x"
    assert Conversation(conversation_id="c1").ended_because() is None


def test_a_null_new_name_does_not_hide_the_old_one() -> None:
    body = CreateConversation.model_validate({"pal_id": None, "persona_id": "p1", "face_id": "r2", "replica_id": "r1"})
    assert (body.persona_id, body.replica_id) == ("p1", "r2")


def test_null_lists_of_a_row_are_empty() -> None:
    row = Conversation.model_validate({"conversation_id": "c1", "events": None, "status": None})
    assert row.events == []
    assert Persona.model_validate({"data": [{"pal_id": "p1", "layers": None, "document_ids": None}]}).layers == {}


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        (1786505572.5, 1786505572.5),
        ("1786505572.5", 1786505572.5),
        ("2026-08-11T23:02:15.957838Z", 1786489335.957838),
        ("2026-08-11T23:02:15", 1786489335.0),
        ("Tue, 11 Aug 2026 23:02:15 GMT", 1786489335.0),
        ("<date> 21:15:59 GMT", None),
        ("", None),
        ("nan", None),
        ("1e999", None),
        (True, None),
        ([1], None),
        (10**400, None),
    ],
)
def test_times_are_read_in_every_form_that_was_seen(timestamp: object, expected: float | None) -> None:
    assert TranscriptTurn.model_validate({"role": "user", "timestamp": timestamp}).timestamp == expected


def test_an_event_falls_back_to_the_time_it_was_created() -> None:
    event = Event.model_validate({"event_type": "x", "created_at": "Tue, 11 Aug 2026 23:02:15 GMT"})
    assert event.at() == 1786489335.0


@given(st.dictionaries(st.sampled_from(["event_type", "timestamp", "created_at", "properties", "x"]), JSON))
def test_an_event_is_read_or_refused(body: dict[str, Any]) -> None:
    try:
        at = Event.model_validate({"event_type": "system.shutdown", **body}).at()
    except ValidationError:
        return
    assert at is None or math.isfinite(at)


@given(st.dictionaries(st.sampled_from([*CreateConversation.model_fields, "pal_id", "face_id", "x"]), JSON))
def test_a_create_body_is_read_or_refused_and_keeps_types(body: dict[str, Any]) -> None:
    try:
        read = CreateConversation.model_validate(body)
    except ValidationError:
        return
    assert read.persona_id is None or isinstance(read.persona_id, str)
    assert read.test_mode is None or isinstance(read.test_mode, bool)
    assert json.dumps(read.model_dump(mode="json"))


@given(JSON)
def test_any_json_as_a_conversation_is_read_or_refused(body: Any) -> None:
    with suppress(ValidationError):
        assert isinstance(Conversation.model_validate(body).conversation_id, str)


@pytest.mark.parametrize(
    "fields",
    [
        {"conversation_name": 1},
        {"test_mode": "true"},
        {"max_participants": 1},
        {"document_retrieval_strategy": "fastest"},
        {"properties": {"max_call_duration": 3601}},
        {"properties": {"max_call_duration": 0}},
        {"properties": {"max_call_duration": 60.5}},
        {"properties": {"participant_left_timeout": -1}},
        {"properties": {"enable_recording": 1}},
        {"properties": []},
        {"document_ids": "d1"},
    ],
)
def test_wrong_types_and_limits_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CreateConversation.model_validate({"persona_id": "p1", **fields})


def test_secrets_do_not_show_in_representations() -> None:
    shown = repr(Conversation(conversation_id="c1", meeting_token="marked-token"))  # noqa: S106 - not a real one
    assert "marked-token" not in shown


def test_a_persona_of_the_official_client_is_read() -> None:
    persona = CreatePersona.model_validate(
        {
            "system_prompt": "You are a coach.",
            "pal_name": "Coach",
            "layers": {"llm": {"model": "tavus-gemma-4", "speculative_inference": True}},
            "default_face_id": "r90bbd427f71",
        }
    )
    assert (persona.persona_name, persona.default_replica_id) == ("Coach", "r90bbd427f71")
    assert persona.pipeline_mode == "full"
    with pytest.raises(ValidationError):
        CreatePersona.model_validate({"tool_ids": ["t"] * 51})
    with pytest.raises(ValidationError):
        CreatePersona.model_validate({"layers": {"llm": "tavus-gpt-oss"}})


def test_meeting_token_in_an_answer_that_cannot_be_read_stands_in_no_error() -> None:
    with pytest.raises(ValidationError) as caught:
        Conversation.model_validate({"conversation_id": 1, "meeting_token": ["marked-0b1d93fe"]})
    assert "marked" not in str(caught.value)


@pytest.mark.parametrize("status", [None, "completed", "ready"])
def test_a_replica_whose_training_is_done_is_usable(status: str | None) -> None:
    assert Replica.model_validate({"face_id": "r1", "status": status}).is_usable


@pytest.mark.parametrize("status", ["started", "error", "something new"])
def test_a_replica_in_any_other_state_is_not(status: str) -> None:
    assert not Replica.model_validate({"replica_id": "r1", "status": status}).is_usable


def test_a_step_of_a_patch_carries_its_value_only_where_it_means_something() -> None:
    assert PatchStep(op="remove", path="/context").shown() == {"op": "remove", "path": "/context"}
    assert PatchStep(op="add", path="/context").shown() == {"op": "add", "path": "/context", "value": None}


def test_keys_in_layers_and_signed_addresses_do_not_show_in_representations() -> None:
    persona = Persona.model_validate({"persona_id": "p1", "layers": {"llm": {"api_key": "marked-0b1d93fe"}}})
    document = Document.model_validate({"uuid": "d1", "document_url": "https://h/a?signed=marked-0b1d93fe"})
    asked = CreateDocument(document_url="https://h/a?signed=marked-0b1d93fe")
    assert document.document_id == "d1"
    assert "marked" not in f"{persona!r}{document!r}{asked!r}"


@given(st.dictionaries(st.sampled_from([*Document.model_fields, "uuid", "x"]), JSON))
def test_a_document_is_read_or_refused(body: dict[str, Any]) -> None:
    with suppress(ValidationError):
        read = Document.model_validate({"document_id": "d1", **body})
        assert isinstance(read.document_id, str)
        assert all(isinstance(tag, str) for tag in read.tags)


@pytest.mark.parametrize("crawl", [{"depth": 0}, {"depth": 11}, {"max_pages": 0}, {"max_pages": 101}, {"depth": "2"}])
def test_a_crawl_beyond_its_limits_is_refused(crawl: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CreateDocument.model_validate({"document_url": "https://h/", "crawl": crawl})
