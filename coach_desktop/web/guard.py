"""Who may talk to the server: the user's own page and programs, and no page of anybody else's.

Every page in the user's browser can send requests to loopback, and a start may cost money. The Host check stops pages
that had their own name resolved to 127.0.0.1, the Origin check all other pages, and the Sec-Fetch headers, which no
page can write, what browsers send without an Origin. A program like curl sends none of them and is the user's own.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from coach_desktop.core.loopback import answer_json, own_hosts, own_origins, with_security_headers

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger(__name__)

# "none": the user's own doing, such as a typed address.
_OWN_SITES = {"same-origin", "none"}
_Headers = dict[str, list[str]]


class Guard:
    """Pure ASGI middleware: Host, Origin and Sec-Fetch; adds security headers, and no CORS headers ever."""

    def __init__(self, app: ASGIApp, *, port: int) -> None:
        """Guard `app`, which is reached at 127.0.0.1 and localhost on `port`."""
        self._app = app
        self._hosts = own_hosts(port)
        self._origins = own_origins(port)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is refused; hand the rest on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008, "reason": "There is nothing to connect to."})
            return
        send = with_security_headers(send)
        what = self._refusal(scope)
        if what is None:
            await self._app(scope, receive, send)
            return
        log.warning("a request was refused: %s", what)
        told = {
            "what": what,
            "safe": "Nothing was started or ended.",
            "do": "Use the address that the server has printed.",
        }
        await answer_json(send, 403, told)

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
