"""Who may talk to the server: the user's own page and programs, and no page of anybody else's.

Every page in the user's browser can send requests to loopback, and a start may cost money. The Host check stops pages
that had their own name resolved to 127.0.0.1, the Origin check all other pages, and the Sec-Fetch headers, which no
page can write, what browsers send without an Origin. A program like curl sends none of them and is the user's own.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)

# "none": the user's own doing, such as a typed address.
_OWN_SITES = {"same-origin", "none"}
_Headers = dict[str, list[str]]


class Guard:
    """Pure ASGI middleware: Host, Origin and Sec-Fetch; adds security headers, and no CORS headers ever."""

    def __init__(self, app: ASGIApp, *, port: int) -> None:
        """Guard `app`, which is reached at 127.0.0.1 and localhost on `port`."""
        self._app = app
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}
        if port == 80:
            self._hosts |= {"127.0.0.1", "localhost"}
        self._origins = {f"http://{host}" for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is refused; hand the rest on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008, "reason": "There is nothing to connect to."})
            return
        send = _with_security_headers(send)
        what = self._refusal(scope)
        if what is None:
            await self._app(scope, receive, send)
            return
        log.warning("a request was refused: %s", what)
        await _refuse(send, what)

    def _refusal(self, scope: Scope) -> str | None:
        headers: _Headers = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1").lower())
        hosts = headers.get("host", [])
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return "This host is not served here."
        if any(origin not in self._origins for origin in headers.get("origin", [])):
            return "Requests from other pages are not served."
        is_foreign = any(site not in _OWN_SITES for site in headers.get("sec-fetch-site", []))
        if is_foreign and not _is_a_link(scope, headers):
            return "Requests from other pages are not served."
        return None


def _is_a_link(scope: Scope, headers: _Headers) -> bool:
    """Return whether the user follows a link to the page: it is shown in a tab of its own, and that changes nothing."""
    return (
        scope["method"] in {"GET", "HEAD"}
        and scope["path"] == "/"
        and headers.get("sec-fetch-mode") == ["navigate"]
        and headers.get("sec-fetch-dest") == ["document"]
    )


def _with_security_headers(send: Send) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *SECURITY_HEADERS]}
        await send(message)

    return wrapped


async def _refuse(send: Send, what: str) -> None:
    told = {"what": what, "safe": "Nothing was started or ended.", "do": "Use the address that the server has printed."}
    body = json.dumps(told).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
