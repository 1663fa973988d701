"""The service's application: routes, and what guards them, put together in one visible order."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from coach_desktop.practice import api
from coach_desktop.practice.catalogue import Personas, Replicas
from coach_desktop.practice.conversations import Conversations
from coach_desktop.practice.guard import READY_PATH, Guard
from coach_desktop.practice.reading import Refusal
from coach_desktop.practice.room import room_routes

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import ASGIApp

log = logging.getLogger(__name__)


def create_conversations(*, port: int, models_cache: Path) -> tuple[Conversations, Personas, Replicas]:
    """Return the state of a run, all of it in memory."""
    replicas = Replicas()
    personas = Personas(replicas)
    base_url = f"http://127.0.0.1:{port}"
    return Conversations(personas, replicas, base_url=base_url, models_cache=models_cache), personas, replicas


def create_app(
    conversations: Conversations, personas: Personas, replicas: Replicas, *, port: int, api_key: str
) -> ASGIApp:
    """Return the guarded application that is served at 127.0.0.1:`port`."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.add_exception_handler(Refusal, _on_refused)
    app.add_exception_handler(HTTPException, _on_http_error)

    @app.get(READY_PATH)
    async def ready() -> JSONResponse:
        return JSONResponse({"status": "ready"})

    app.include_router(api.conversation_routes(conversations))
    for prefix, new_names in (("/v2/personas", False), ("/v2/pals", True)):
        app.include_router(api.persona_routes(personas, prefix=prefix, new_names=new_names))
    for prefix, new_names in (("/v2/replicas", False), ("/v2/faces", True)):
        app.include_router(api.replica_routes(replicas, prefix=prefix, new_names=new_names))
    app.include_router(api.empty_routes())
    app.include_router(room_routes(conversations))
    return Guard(app, port=port, api_key=api_key)


async def _on_refused(request: Request, refused: Exception) -> JSONResponse:  # noqa: ARG001 - FastAPI's signature
    if not isinstance(refused, Refusal):
        raise refused
    return JSONResponse(refused.body, refused.status)


async def _on_http_error(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001 - FastAPI's signature
    if not isinstance(error, HTTPException):
        raise error
    return JSONResponse({"message": str(error.detail)}, error.status_code, headers=error.headers)
