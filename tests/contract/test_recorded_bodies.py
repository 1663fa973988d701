"""Every collected body, replayed to the client by the call that it belongs to, is read or is the right typed error."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from coach_desktop.tavus import errors
from coach_desktop.tavus.client import TavusClient
from coach_desktop.tavus.document_models import CreateDocument, Document, DocumentList
from coach_desktop.tavus.models import (
    Conversation,
    ConversationList,
    CreateConversation,
    CreatePersona,
    Event,
    PatchStep,
    Persona,
    PersonaList,
    Replica,
    ReplicaList,
)
from tests.tavus.misbehaving_server import Server, answer

Call = Callable[[TavusClient], object]
WISH = CreateConversation(persona_id="p1", conversation_name="A talk")


ASKED = "c1"


def create(client: TavusClient) -> object:
    return client.create_conversation(WISH)


def get(client: TavusClient) -> object:
    return client.get_conversation(ASKED, verbose=True)


def end(client: TavusClient) -> object:
    client.end_conversation("c1")
    return None


def delete(client: TavusClient) -> object:
    client.delete_conversation("c1")
    return None


def create_persona(client: TavusClient) -> object:
    return client.create_persona(CreatePersona(persona_name="Chuck", system_prompt="You are a coach."))


def get_persona(client: TavusClient) -> object:
    return client.get_persona("pcb7a34da5fe")


def patch_persona(client: TavusClient) -> object:
    return client.patch_persona("pcb7a34da5fe", [PatchStep(op="replace", path="/system_prompt", value="x")])


def get_replica(client: TavusClient) -> object:
    return client.get_replica("r90bbd427f71")


def create_document(client: TavusClient) -> object:
    return client.create_document(CreateDocument(document_url="https://docs.example.com/"))


def get_document(client: TavusClient) -> object:
    return client.get_document("d8-5c71baca86fc")


# File: call, status, and what comes of it.
REPLAYED: dict[str, tuple[Call, int, type[BaseModel | errors.TavusError | bool]]] = {
    "D_DELETE_conversations.conversation_id_400": (delete, 400, errors.UnknownConversationError),
    "D_GET_conversations.conversation_id_200": (get, 200, Conversation),
    "D_GET_conversations.conversation_id_400": (get, 400, errors.UnknownConversationError),
    "D_GET_conversations_200": (TavusClient.list_conversations, 200, ConversationList),
    "D_GET_conversations_401": (TavusClient.list_conversations, 401, errors.KeyRefusedError),
    "D_GET_documents.document_id_200": (get_document, 200, Document),
    "D_GET_documents.document_id_404": (get_document, 404, errors.UnknownIdError),
    "D_GET_documents_200": (TavusClient.list_documents, 200, DocumentList),
    "D_GET_documents_400": (TavusClient.list_documents, 400, errors.BadRequestError),
    "D_GET_personas.persona_id_200": (get_persona, 200, Persona),
    "D_GET_personas.persona_id_400": (get_persona, 400, errors.UnknownIdError),
    "D_PATCH_personas.persona_id_304": (patch_persona, 304, bool),
    "D_PATCH_personas.persona_id_400": (patch_persona, 400, errors.UnknownIdError),
    "D_PATCH_personas.persona_id_422": (patch_persona, 422, errors.BadRequestError),
    "D_GET_replicas.replica_id_200": (get_replica, 200, Replica),
    "D_GET_replicas.replica_id_400": (get_replica, 400, errors.UnknownIdError),
    "D_POST_documents_200": (create_document, 200, Document),
    "D_POST_documents_400": (create_document, 400, errors.BadRequestError),
    "D_POST_documents_429": (create_document, 429, errors.TooManyRequestsError),
    "D_POST_personas_200": (create_persona, 200, Persona),
    "D_POST_personas_400": (create_persona, 400, errors.UnknownIdError),
    "D_GET_personas_200": (TavusClient.list_personas, 200, PersonaList),
    "D_GET_replicas_200": (TavusClient.list_replicas, 200, ReplicaList),
    "D_POST_conversations.conversation_id.end_400": (end, 400, errors.UnknownConversationError),
    "D_POST_conversations_200": (create, 200, Conversation),
    "D_POST_conversations_400": (create, 400, errors.NotMadeError),
    "D_POST_conversations_401": (create, 401, errors.KeyRefusedError),
    "O01_create_200_2024-08-29": (create, 200, Conversation),
    "O02_create_200_2025-06-08": (create, 200, Conversation),
    "O03_create_200_2025-10-19": (create, 200, Conversation),
    "O04_create_200_2025-06-20_partly_edited": (create, 200, Conversation),
    "O05_error_400_max_concurrent": (create, 400, errors.ConcurrencyReachedError),
    "O06_get_verbose_200_observed_shape": (get, 200, Conversation),
    "P01_error_402_out_of_credits": (create, 402, errors.CreditsExhaustedError),
    "P02_error_400_invalid_conversation_id": (get, 400, errors.UnknownConversationError),
    "P03_error_400_invalid_replica_uuid": (create, 400, errors.UnknownIdError),
    "P04_error_400_both_persona_and_pal": (create, 400, errors.BadRequestError),
}
# The app makes no such call; the body is read all the same.
READ_ONLY: dict[str, type[BaseModel]] = {
    "W01_webhook_system.replica_joined": Event,
    "W02_webhook_system.shutdown": Event,
    "W03_webhook_application.transcription_ready": Event,
    "W04_webhook_application.recording_ready": Event,
    "W05_webhook_application.perception_analysis": Event,
}
# No model of the app's has a place for these.
NOT_READ = {
    "O07_observed_type_variants": "a list of variants, no body: read field by field in tests/tavus/test_models.py",
}


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    found = shared_data / "tavus-bodies"
    if not found.is_dir():
        pytest.skip("the collected bodies are not on this machine")
    return found


def variants(folder: Path, name: str) -> list[Any]:
    body = json.loads((folder / f"{name}.json").read_text("utf-8"))
    return list(body.values()) if set(body) == {"default", "verbose"} else [body]


def test_every_file_is_in_one_of_the_tables(folder: Path) -> None:
    tables = [*REPLAYED, *READ_ONLY, *NOT_READ]
    assert sorted(tables) == sorted(path.stem for path in folder.glob("*.json"))


@pytest.mark.parametrize("name", REPLAYED)
def test_body_is_read_or_is_its_error(folder: Path, name: str) -> None:
    call, status, expected = REPLAYED[name]
    for body in variants(folder, name):
        if call is get and "conversation_id" in body:
            # An answer about another conversation than the one asked for is no answer.
            body["conversation_id"] = ASKED
        with Server(answer(status, body)) as server, TavusClient(server.base_url, "k-12345678") as client:
            if issubclass(expected, errors.TavusError):
                with pytest.raises(errors.TavusError) as caught:
                    call(client)
                assert type(caught.value) is expected
                assert (body.get("error") or body["message"]) in caught.value.details
            else:
                assert type(call(client)) is expected


@pytest.mark.parametrize("name", READ_ONLY)
def test_body_that_no_call_asks_for_is_read(folder: Path, name: str) -> None:
    for body in variants(folder, name):
        assert READ_ONLY[name].model_validate(body)
