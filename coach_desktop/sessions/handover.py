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
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from coach_desktop.core.errors import CoachError

if TYPE_CHECKING:
    import asyncio

log = logging.getLogger(__name__)

PATIENCE_S: Final = 60.0
_REQUEST_S: Final = 5.0
_LONGEST_REQUEST: Final = 32 * 1024
_CLOSE_S: Final = 2.0
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
        self._closing = threading.Event()
        self._stop: Callable[[], object] = lambda: None
        self._thread: threading.Thread | None = None

    def start(self) -> str:
        """Begin to listen and return the address to open. It works once, for `patience_s` seconds.

        Raises CoachError where this computer lets nobody listen.
        """
        try:
            listening = socket.create_server(("127.0.0.1", 0))
        except OSError as error:
            raise CoachError(
                "The room could not be handed to your browser.",
                safe="The conversation goes on in this window.",
                do="Try again, or stay here.",
                details=type(error).__name__,
            ) from error
        port = listening.getsockname()[1]
        self._thread = threading.Thread(target=self._run, args=(listening,), name="handover", daemon=True)
        self._thread.start()
        return f"http://127.0.0.1:{port}{self._path}"

    def close(self) -> None:
        """Stop listening, used or not. Bounded in time; may be called twice."""
        self._closing.set()
        # The loop may have ended by itself just now.
        with contextlib.suppress(RuntimeError):
            self._stop()
        if self._thread is not None:
            self._thread.join(_CLOSE_S)

    def _run(self, listening: socket.socket) -> None:
        # Here, in the thread: it takes longer to load than a window may stand still.
        import asyncio

        asyncio.run(self._listen(listening))

    async def _listen(self, listening: socket.socket) -> None:
        import asyncio

        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._stop = lambda: loop.call_soon_threadsafe(over.set)

        async def on_connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            # Browsers open connections ahead of time and say nothing on them: each one waits by itself.
            try:
                async with asyncio.timeout(_REQUEST_S):
                    request = await reader.readuntil(b"\r\n\r\n")
                    meant = self._is_meant(request)
                    writer.write(self._redirect() if meant else _NOT_FOUND)
                    await writer.drain()
                    writer.close()
                    await writer.wait_closed()
                    if meant:
                        over.set()
            except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                log.debug("a request was not one")
            finally:
                writer.close()

        server = await asyncio.start_server(on_connected, sock=listening, limit=_LONGEST_REQUEST)
        try:
            if not self._closing.is_set():
                async with asyncio.timeout(self._patience_s):
                    await over.wait()
        except TimeoutError:
            log.info("the handover was not used")
        finally:
            server.close()

    def _is_meant(self, request: bytes) -> bool:
        """Return whether this is the one request that is waited for; a second one like it no longer is."""
        wanted = f"GET {self._path} HTTP/1.".encode()
        if not self._path or not hmac.compare_digest(request[: len(wanted)], wanted):
            return False
        self._path = ""
        return True

    def _redirect(self) -> bytes:
        return (
            "HTTP/1.1 303 See Other\r\n"
            f"Location: {self._room_url}\r\n"
            "Referrer-Policy: no-referrer\r\n"
            "Cache-Control: no-store\r\n"
            "Content-Length: 0\r\n"
            "Connection: close\r\n\r\n"
        ).encode("ascii")
