"""The room: its page, the page's files and its WebSocket. Nothing here needs the key; the address is the way in."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response, WebSocket
from fastapi.responses import FileResponse, HTMLResponse

from coach_desktop.core import paths
from coach_desktop.practice.room_socket import attend

if TYPE_CHECKING:
    from coach_desktop.practice.conversations import Conversations

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
}
_PAGE = "room.html"
# As with Tavus, integrators hold the room in a frame of their own page. One of this computer may: it had to learn the
# room's address from whoever holds the key. A page of the web may not, whatever it knows.
_FRAMED_BY = "'self' http://127.0.0.1:* http://localhost:*"


def _page_headers(host: str) -> dict[str, str]:
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
        f"connect-src 'self' ws://{host}; worker-src 'self'; font-src 'self'; form-action 'none'; base-uri 'none'; "
        f"frame-ancestors {_FRAMED_BY}"
    )
    return {
        "Content-Security-Policy": policy,
        # Only browsers that do not know the above look at this one, which has no words for other ports.
        "X-Frame-Options": "SAMEORIGIN",
        "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(), display-capture=()",
    }


def _plain_page(status: int, title: str, words: str) -> HTMLResponse:
    title, words = html.escape(title), html.escape(words)
    content = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"</head><body><h1>{title}</h1><p>{words}</p></body></html>"
    )
    policy = "default-src 'none'; frame-ancestors 'none'"
    return HTMLResponse(content, status, headers={"Content-Security-Policy": policy})


def room_routes(conversations: Conversations) -> APIRouter:
    """Return the routes of the rooms."""
    router = APIRouter()
    folder = paths.resource("room")

    @router.get("/rooms/{conversation_id}")
    async def page(conversation_id: str, request: Request) -> Response:
        conversation = conversations.find(conversation_id)
        if conversation is None:
            return _plain_page(404, "There is no such room", "Start a new practice in the app.")
        if not conversations.may_enter(conversation, request.query_params.get("t", "")):
            return _plain_page(
                403, "You are not allowed to join this meeting", "Open it with the link that belongs to it."
            )
        if conversation.has_ended:
            return _plain_page(410, "This conversation has ended", "Start a new practice in the app.")
        # The Host header was checked on the way in, so it is safe to repeat.
        headers = _page_headers(request.headers["host"])
        return FileResponse(folder / _PAGE, media_type="text/html; charset=utf-8", headers=headers)

    @router.get("/room-assets/{name}")
    async def asset(name: str) -> Response:
        # Looked up among the files that are there, so no name can lead anywhere else.
        found = {path.name: path for path in folder.iterdir() if path.is_file() and path.suffix in _TYPES}
        if name not in found:
            return _plain_page(404, "There is no such file", "")
        return FileResponse(found[name], media_type=_TYPES[found[name].suffix])

    @router.websocket("/rooms/{conversation_id}/stream")
    async def stream(websocket: WebSocket, conversation_id: str) -> None:
        conversation = conversations.find(conversation_id)
        token = websocket.query_params.get("t", "")
        if conversation is None or not conversations.may_enter(conversation, token):
            await websocket.close(1008)
            return
        await attend(websocket, conversation, conversations)

    return router
