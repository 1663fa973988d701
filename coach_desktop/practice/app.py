"""The service's application: routes, and what guards them, put together in one visible order."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from coach_desktop.practice import api
from coach_desktop.practice.catalogue import Personas, Replicas
from coach_desktop.practice.conversations import Conversations
from coach_desktop.practice.documents import READY_AFTER_S, Documents
from coach_desktop.practice.guard import READY_PATH, Guard
from coach_desktop.practice.plays import Plays, Stage
from coach_desktop.practice.reading import Refusal
from coach_desktop.practice.room import room_routes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from starlette.types import ASGIApp

    from coach_desktop.practice.speaking.programs import Voice

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class State:
    """Everything that a run knows, all of it in memory."""

    conversations: Conversations
    personas: Personas
    replicas: Replicas
    documents: Documents
    plays: Plays


def create_state(
    *,
    port: int,
    models_cache: Path,
    plays: Plays | None = None,
    documents_ready_after_s: float = READY_AFTER_S,
    voices: Sequence[Voice] = (),
    record_to: Path | None = None,
) -> State:
    """Return the state of a run that is served at 127.0.0.1:`port`; without `plays` nothing but the truth is told.

    Chuck speaks with the first of the `voices` that works. The first conversation is recorded at `record_to`.
    """
    plays = plays or Plays()
    replicas = Replicas()
    personas = Personas(replicas)
    base_url = f"http://127.0.0.1:{port}"
    conversations = Conversations(
        personas,
        replicas,
        base_url=base_url,
        models_cache=models_cache,
        plays=plays,
        voices=voices,
        record_to=record_to,
    )
    documents = Documents(ready_after_s=documents_ready_after_s, plays=plays)
    return State(conversations, personas, replicas, documents, plays)


def create_app(state: State, *, port: int, api_key: str) -> ASGIApp:
    """Return the guarded application that is served at 127.0.0.1:`port`."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.add_exception_handler(Refusal, _on_refused)
    app.add_exception_handler(HTTPException, _on_http_error)

    @app.get(READY_PATH)
    async def ready() -> JSONResponse:
        return JSONResponse({"status": "ready"})

    app.include_router(api.conversation_routes(state.conversations, state.plays))
    for prefix, new_names in (("/v2/personas", False), ("/v2/pals", True)):
        app.include_router(api.persona_routes(state.personas, prefix=prefix, new_names=new_names))
    for prefix, new_names in (("/v2/replicas", False), ("/v2/faces", True)):
        app.include_router(api.replica_routes(state.replicas, prefix=prefix, new_names=new_names))
    app.include_router(api.document_routes(state.documents))
    app.include_router(api.empty_routes())
    app.include_router(room_routes(state.conversations))
    return Guard(Stage(app, state.plays), port=port, api_key=api_key)


async def _on_refused(request: Request, refused: Exception) -> JSONResponse:  # noqa: ARG001 - FastAPI's signature
    if not isinstance(refused, Refusal):
        raise refused
    return JSONResponse(refused.body, refused.status)


async def _on_http_error(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001 - FastAPI's signature
    if not isinstance(error, HTTPException):
        raise error
    return JSONResponse({"message": str(error.detail)}, error.status_code, headers=error.headers)
