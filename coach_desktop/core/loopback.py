"""What every server of ours on loopback has in common: its port, its own addresses, its headers.

The shapes of ASGI stand here in plain words, so that nothing but the standard library is needed.
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from coach_desktop.core.errors import CoachError

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]

SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)

_NAMES = ("127.0.0.1", "localhost")


def bound_socket(port: int, *, who: str) -> socket.socket:
    """Return a TCP socket that has taken `port` of 127.0.0.1, 0 for any free one; it does not listen yet.

    Raises `CoachError` where the port is taken or not allowed; `who` cannot use it, as in "The server".
    """
    # With the protocol named: asyncio turns Nagle's delay (40 ms an answer) off only for what says it is TCP.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if sys.platform == "win32":
        # There, address reuse would let another program listen on the same port beside us.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", port))
    except OSError as error:
        bound.close()
        raise CoachError(
            f"{who} cannot use the port {port}: {error.strerror}.",
            do="Choose another port, or none to get a free one.",
        ) from error
    return bound


def own_hosts(port: int) -> frozenset[str]:
    """Return what the Host header of a request to `port` may say, in lower case."""
    hosts = {f"{name}:{port}" for name in _NAMES}
    return frozenset(hosts | set(_NAMES) if port == 80 else hosts)


def own_origins(port: int) -> frozenset[str]:
    """Return what the Origin header of a request from a page of `port` says, in lower case."""
    return frozenset(f"http://{host}" for host in own_hosts(port))


def with_security_headers(send: Send) -> Send:
    """Return an ASGI `send` that adds `SECURITY_HEADERS` to an answer, but for those it sets itself."""

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {name.lower() for name, _ in message.get("headers", [])}
            added = [header for header in SECURITY_HEADERS if header[0] not in given]
            message = {**message, "headers": [*message.get("headers", []), *added]}
        await send(message)

    return wrapped


async def answer_json(send: Send, status: int, told: dict[str, str]) -> None:
    """Send a whole HTTP answer through an ASGI `send`."""
    body = json.dumps(told).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
