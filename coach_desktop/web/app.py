"""The routes: the page, how it stands, start and end."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException

from coach_desktop.core import paths
from coach_desktop.core.errors import CoachError
from coach_desktop.web.answers import status_of, words_of
from coach_desktop.web.conversations import NO_KEY, Conversations
from coach_desktop.web.guard import Guard
from coach_desktop.web.page import page

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp

    from coach_desktop.store.profiles import Profile

log = logging.getLogger(__name__)

_ASSETS = {"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8"}


def create_app(conversations: Conversations, profile: Profile, has_key: Callable[[], bool], *, port: int) -> ASGIApp:
    """Return the guarded application that is served at 127.0.0.1:`port`.

    `has_key` is asked for the page alone: it must neither raise nor wait for the user.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.add_exception_handler(CoachError, _on_failed)
    app.add_exception_handler(HTTPException, _on_http_error)

    @app.get("/")
    def show() -> HTMLResponse:
        standing = conversations.standing()
        falls_back = NO_KEY if standing.status == "none" and profile.provider == "tavus" and not has_key() else None
        content, headers = page(profile, standing, falls_back=falls_back)
        return HTMLResponse(content, headers=headers)

    @app.get("/assets/{name}")
    def asset(name: str) -> FileResponse:
        if name not in _ASSETS:
            raise HTTPException(404)
        return FileResponse(paths.resource("web", name), media_type=_ASSETS[name])

    @app.get("/status")
    def status() -> JSONResponse:
        standing = conversations.standing()
        return JSONResponse(
            {
                "status": standing.status,
                "conversation_id": standing.conversation_id,
                "since": standing.since,
                "notice": standing.notice,
            }
        )

    @app.post("/start")
    def start() -> JSONResponse:
        standing = conversations.start()
        told = {
            "conversation_url": standing.conversation_url,
            "conversation_id": standing.conversation_id,
            "status": standing.status,
        }
        return JSONResponse(told | ({"notice": standing.notice} if standing.notice else {}))

    @app.post("/end/{conversation_id}")
    def end(conversation_id: str) -> JSONResponse:
        conversations.end(conversation_id)
        return JSONResponse({"conversation_id": conversation_id, "status": "ended"})

    return Guard(app, port=port)


async def _on_failed(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, CoachError):
        raise error
    log.info("%s %s: %s (%s)", request.method, request.url.path, error.what, error.details)
    return JSONResponse(words_of(error), status_of(error))


async def _on_http_error(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001 - FastAPI's signature
    if not isinstance(error, HTTPException):
        raise error
    told = CoachError(
        "There is nothing at this address." if error.status_code == 404 else str(error.detail),
        safe="Nothing was started or ended.",
        do="See the README: GET /, POST /start, POST /end/{conversation_id}.",
    )
    return JSONResponse(words_of(told), error.status_code, headers=error.headers)
