"""Every call of the client once, and what comes of one that fails."""

from __future__ import annotations

import gc
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from coach_desktop.core.errors import CoachError
from coach_desktop.tavus.client import TavusClient
from coach_desktop.tavus.document_models import ChangeDocument, CreateDocument
from coach_desktop.tavus.errors import (
    TavusError,
)
from coach_desktop.tavus.models import ConversationProperties, CreateConversation, CreatePersona, PatchStep
from tests.tavus.misbehaving_server import (
    Answer,
    Server,
)

KEY = "marked-key-0b1d93fe"
PATIENCE_S = 20.0
CREATE = CreateConversation(
    persona_id="p1", conversation_name="A talk [token]", properties=ConversationProperties(max_call_duration=60)
)
PERSONA = CreatePersona(persona_name="Chuck", system_prompt="You are a coach.", default_replica_id="r1")
STEPS = [
    PatchStep(op="replace", path="/system_prompt", value="You are Chuck."),
    PatchStep(op="remove", path="/context"),
]
CREATED = {"conversation_id": "c1", "conversation_url": "http://h/c1", "status": "active"}

CALLS: dict[str, Callable[[TavusClient], object]] = {
    "create": lambda client: client.create_conversation(CREATE),
    "get": lambda client: client.get_conversation("c1", verbose=True),
    "list": lambda client: client.list_conversations(status="active"),
    "end": lambda client: client.end_conversation("c1"),
    "delete": lambda client: client.delete_conversation("c1", hard=True),
    "personas": lambda client: client.list_personas(kind="user"),
    "create_persona": lambda client: client.create_persona(PERSONA),
    "get_persona": lambda client: client.get_persona("p1"),
    "patch_persona": lambda client: client.patch_persona("p1", STEPS),
    "replicas": lambda client: client.list_replicas(),
    "get_replica": lambda client: client.get_replica("r1"),
    "documents": lambda client: client.list_documents(),
    "create_document": lambda client: client.create_document(CreateDocument(document_url="https://h/a.pdf")),
    "get_document": lambda client: client.get_document("d1"),
    "patch_document": lambda client: client.patch_document("d1", ChangeDocument(tags=["a"])),
    "delete_document": lambda client: client.delete_document("d1"),
    "check_key": lambda client: client.check_key(),
}


def client_of(base_url: str, patience_s: float = PATIENCE_S) -> TavusClient:
    return TavusClient(base_url, KEY, read_timeout_s=patience_s)


def everything_told(error: BaseException) -> str:
    """Return all that a log, a window or a bug report could take from an error."""
    parts = ["".join(traceback.format_exception(error)), repr(error), repr(vars(error))]
    if isinstance(error, CoachError):
        parts += [error.sentences(), error.details]
    return "\n".join(parts)


@contextmanager
def without_collection() -> Iterator[None]:
    """Keep garbage until later: collected where a nested answer has used up the stack, its finalizers would fail."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def failure(answers: tuple[Answer, ...], call: str, patience_s: float = PATIENCE_S) -> tuple[TavusError, Server]:
    with Server(*answers) as server, client_of(server.base_url, patience_s) as client, without_collection():
        with pytest.raises(TavusError) as caught:
            CALLS[call](client)
        # A client that gave up early may be ahead of the server, which reads the request all the same.
        server.wait_for_request()
    return caught.value, server
