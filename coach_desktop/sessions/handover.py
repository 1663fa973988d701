"""Hands a room over to the system's browser without its address standing in that browser's arguments.

A browser is started with the address it shall open, and every process of the computer can read those arguments. A
room's address may carry a token. So the browser gets an address on this computer instead, which works once and sends
it on.
"""

from __future__ import annotations

import contextlib
import hmac
import logging
import secrets
import selectors
import socket
import threading
import time
from typing import Final
from urllib.parse import parse_qs, urlsplit

from coach_desktop.core.errors import CoachError

log = logging.getLogger(__name__)

PATIENCE_S: Final = 60.0
_LONGEST_REQUEST: Final = 32 * 1024
_MOST_CALLERS: Final = 32
_CLOSE_S: Final = 2.0
_END: Final = b"\r\n\r\n"
_NOT_FOUND: Final = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def carries_token(url: str) -> bool:
    """Return whether a room's address has a token in it."""
    return bool(parse_qs(urlsplit(url).query).get("t"))


class Handover:
    """Sends the first who asks for the right page on to a room, and nobody else."""

    def __init__(self, room_url: str, *, patience_s: float = PATIENCE_S) -> None:
        """Hold the address of a room. Raises ValueError where it is no web address that fits into a header."""
        if urlsplit(room_url).scheme not in {"http", "https"} or not room_url.isascii() or not room_url.isprintable():
            raise ValueError("not the address of a room")
        self._room_url = room_url
        self._patience_s = patience_s
        self._path = f"/{secrets.token_urlsafe(24)}"
        self._bell: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> str:
        """Begin to listen, once, and return the address to open. It works once, for `patience_s` seconds.

        Raises CoachError where this computer lets nobody listen.
        """
        try:
            listening = socket.create_server(("127.0.0.1", 0))
            self._bell, ear = socket.socketpair()
        except OSError as error:
            raise CoachError(
                "The room could not be handed to your browser.",
                safe="The conversation goes on in this window.",
                do="Try again, or stay here.",
                details=type(error).__name__,
            ) from error
        port = listening.getsockname()[1]
        self._thread = threading.Thread(target=self._run, args=(listening, ear), name="handover", daemon=True)
        self._thread.start()
        return f"http://127.0.0.1:{port}{self._path}"

    def close(self) -> None:
        """Stop listening, used or not. Bounded in time; may be called twice."""
        if self._bell is not None:
            self._bell.close()
        if self._thread is not None:
            self._thread.join(_CLOSE_S)

    def _run(self, listening: socket.socket, ear: socket.socket) -> None:
        give_up = time.monotonic() + self._patience_s
        listening.setblocking(False)
        with listening, ear, selectors.DefaultSelector() as ready, contextlib.ExitStack() as connections:
            ready.register(listening, selectors.EVENT_READ)
            ready.register(ear, selectors.EVENT_READ)
            while (left := give_up - time.monotonic()) > 0:
                for key, _ in ready.select(left):
                    if key.fileobj is ear:
                        return
                    if key.fileobj is listening:
                        _let_in(listening, ready, connections)
                    elif isinstance(key.fileobj, socket.socket) and self._serve(key.fileobj, key.data, ready):
                        return
        log.info("the handover was not used")

    def _serve(self, caller: socket.socket, heard: bytearray, ready: selectors.BaseSelector) -> bool:
        """Read what has come from a caller, and answer when it is a whole request; return whether it was the one."""
        try:
            more = caller.recv(_LONGEST_REQUEST)
        except OSError:
            more = b""
        heard += more
        is_whole = _END in heard
        if more and not is_whole and len(heard) < _LONGEST_REQUEST:
            return False
        ready.unregister(caller)
        is_meant = is_whole and self._is_meant(bytes(heard))
        with contextlib.suppress(OSError):
            caller.sendall(self._redirect() if is_meant else _NOT_FOUND)
        caller.close()
        return is_meant

    def _is_meant(self, request: bytes) -> bool:
        wanted = f"GET {self._path} HTTP/1.".encode()
        return hmac.compare_digest(request[: len(wanted)], wanted)

    def _redirect(self) -> bytes:
        return (
            "HTTP/1.1 303 See Other\r\n"
            f"Location: {self._room_url}\r\n"
            "Referrer-Policy: no-referrer\r\n"
            "Cache-Control: no-store\r\n"
            "Content-Length: 0\r\n"
            "Connection: close\r\n\r\n"
        ).encode("ascii")


def _let_in(listening: socket.socket, ready: selectors.BaseSelector, connections: contextlib.ExitStack) -> None:
    """Take a caller, and let it speak when it will: browsers open connections ahead and say nothing on them."""
    try:
        caller = connections.enter_context(listening.accept()[0])
    except OSError:
        return
    if len(ready.get_map()) < _MOST_CALLERS:
        caller.setblocking(False)
        ready.register(caller, selectors.EVENT_READ, bytearray())
    else:
        caller.close()
