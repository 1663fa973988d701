"""Who may talk to the service at all: checked before anything else sees a request.

The service listens on loopback, where every program of the user's and every web page in their browser can reach it.
The Host check stops pages that had their own name resolved to 127.0.0.1, the Origin check stops all other pages, and
the key stops other programs. Everything needs the key but what a room's page must load without one.
"""

from __future__ import annotations

import hmac
import logging
from typing import TYPE_CHECKING

from coach_desktop.core.loopback import answer_json, own_hosts, own_origins, with_security_headers

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

BODY_LIMIT = 1024 * 1024
# A client that is still writing when the connection closes sees a reset instead of the answer; up to here we listen on.
_DRAIN_LIMIT = 8 * BODY_LIMIT

KEYLESS_PATHS = ("/rooms/", "/room-assets/")
READY_PATH = "/readyz"


class _ClientGoneError(Exception):
    """The client hung up before its request was complete."""


class Guard:
    """Pure ASGI middleware: Host, Origin, key, size of the body; adds security headers, and no CORS headers ever."""

    def __init__(self, app: ASGIApp, *, port: int, api_key: str) -> None:
        """Guard `app`, which is reached at 127.0.0.1 and localhost on `port` with `api_key`."""
        self._app = app
        self._hosts = own_hosts(port)
        self._origins = own_origins(port)
        self._api_key = api_key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is refused; hand the rest on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if scope["type"] == "websocket":
            if refusal:
                await send({"type": "websocket.close", "code": 1008, "reason": refusal[1]["message"]})
            else:
                await self._app(scope, receive, send)
            return
        try:
            body = await _read_body(receive)
        except _ClientGoneError:
            return
        if refusal is None and body is None:
            refusal = (413, {"message": f"The request is larger than {BODY_LIMIT} bytes."})
        send = with_security_headers(send)
        if refusal or body is None:
            status, answer = refusal or (413, {})
            await answer_json(send, status, answer)
            return
        await self._app(_without_trailing_slash(scope), _replay(body, receive), send)

    def _refusal(self, scope: Scope) -> tuple[int, dict[str, str]] | None:
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        hosts = [value.decode("latin-1").lower() for value in headers.get(b"host", [])]
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            log.warning("a request for another host was refused")
            return 403, {"message": "This host is not served here."}
        if any(value.decode("latin-1").lower() not in self._origins for value in headers.get(b"origin", [])):
            log.warning("a request from another origin was refused")
            return 403, {"message": "Requests from other origins are not served."}
        if not self._is_keyless(scope) and not self._has_key(headers.get(b"x-api-key", [])):
            return 401, {"message": "Invalid access token"}
        return None

    @staticmethod
    def _is_keyless(scope: Scope) -> bool:
        path: str = scope["path"]
        return path == READY_PATH or path.startswith(KEYLESS_PATHS)

    def _has_key(self, given: list[bytes]) -> bool:
        return len(given) == 1 and hmac.compare_digest(given[0], self._api_key)


async def _read_body(receive: Receive) -> bytes | None:
    """Return the body, or None where it is too large. A chunked body counts as it comes."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientGoneError
        part = message.get("body", b"")
        size += len(part)
        if size <= BODY_LIMIT:
            parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts) if size <= BODY_LIMIT else None
        if size > _DRAIN_LIMIT:
            return None


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _without_trailing_slash(scope: Scope) -> Scope:
    # Both spellings are in use, and a redirect would not be followed by the official client.
    path: str = scope["path"]
    if path.startswith("/v2/") and path.endswith("/"):
        return {**scope, "path": path.removesuffix("/")}
    return scope
