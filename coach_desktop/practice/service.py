"""The local coach's process: a server on loopback that tells its address and its key, until it is told to stop."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
import time
from typing import TYPE_CHECKING

import uvicorn

from coach_desktop.core import leaving
from coach_desktop.core.errors import CoachError
from coach_desktop.core.loopback import bound_socket
from coach_desktop.core.redact import REDACTOR
from coach_desktop.practice.app import create_app, create_state
from coach_desktop.practice.conversations import SERVICE_STOPPED, Conversations
from coach_desktop.practice.documents import READY_AFTER_S
from coach_desktop.practice.room_protocol import MAX_MESSAGE
from coach_desktop.practice.speaking import programs
from coach_desktop.store.files import write_atomically

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from coach_desktop.practice.plays import Plays

log = logging.getLogger(__name__)

# The last one is Ctrl-Break on Windows.
_STOPPING = ("SIGINT", "SIGTERM", "SIGBREAK")
# Longer than all that is waited for on the way out, each with its own bound: what waits to be analysed, the
# connections, Chuck's voice, the workers. Whoever started this process has less patience, and kills it.
_STOP_WITHIN_S = 20.0
_CONNECTIONS_CLOSE_WITHIN_S = 2
_BACKLOG = 64


def run(
    *,
    port: int = 0,
    ready_file: Path | None = None,
    until_stdin_closes: bool = False,
    models_cache: Path,
    announce: Callable[[str], None],
    plays: Plays | None = None,
    documents_ready_after_s: float = READY_AFTER_S,
    record_to: Path | None = None,
) -> int:
    """Serve until a signal, or the end of standard input, says stop; return the exit code.

    When ready, one line of JSON with `base_url` and `api_key` goes to `announce` and into `ready_file`, which only the
    user can read and which is gone again when the service has stopped. Raises `CoachError` where the port is taken
    or the file cannot be written.
    """
    service = Service(
        port=port,
        models_cache=models_cache,
        on_ready=lambda line: _tell(line, ready_file, announce),
        plays=plays,
        documents_ready_after_s=documents_ready_after_s,
        record_to=record_to,
    )
    if ready_file is not None:
        # One from an earlier run would send a client to a service that is no more.
        ready_file.unlink(missing_ok=True)
    if until_stdin_closes:
        leaving.when_input_ends(lambda: _stop_in_time(service))
    try:
        with leaving.stopped_by_signals(service.stop, *_STOPPING):
            service.serve()
    finally:
        if ready_file is not None:
            ready_file.unlink(missing_ok=True)
    return 0


class Service:
    """One server with its own port and key. `stop` may be called from any thread."""

    def __init__(
        self,
        *,
        port: int = 0,
        models_cache: Path,
        on_ready: Callable[[str], None],
        plays: Plays | None = None,
        documents_ready_after_s: float = READY_AFTER_S,
        voices: Sequence[programs.Voice] | None = None,
        record_to: Path | None = None,
    ) -> None:
        """Take the port at once, so that nobody else can; raises `CoachError` where it is taken.

        Chuck speaks with the first of the `voices` that works, otherwise with those of this computer.
        The first conversation is recorded at `record_to`, where that is given.
        """
        self._socket = bound_socket(port, who="The practice service")
        self.port: int = self._socket.getsockname()[1]
        self.api_key = secrets.token_urlsafe(32)
        REDACTOR.add(self.api_key)
        self._state = create_state(
            port=self.port,
            models_cache=models_cache,
            plays=plays,
            documents_ready_after_s=documents_ready_after_s,
            voices=programs.installed(models_cache) if voices is None else voices,
            record_to=record_to,
        )
        self._on_ready = on_ready
        self._server: _Server | None = None
        self._stopping = False

    def serve(self) -> None:
        """Serve in this thread until stopped."""
        app = create_app(self._state, port=self.port, api_key=self.api_key)
        config = uvicorn.Config(
            app,
            log_config=None,
            # At INFO uvicorn logs the address of every room that is entered, meeting token included.
            log_level=logging.WARNING,
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            ws_max_size=MAX_MESSAGE,
            timeout_graceful_shutdown=_CONNECTIONS_CLOSE_WITHIN_S,
            backlog=_BACKLOG,
        )
        base_url = f"http://127.0.0.1:{self.port}/v2"
        line = json.dumps({"base_url": base_url, "api_key": self.api_key})
        self._server = _Server(config, self._state.conversations, lambda: self._on_ready(line))
        self._server.should_exit = self._stopping
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()

    def stop(self) -> None:
        """End all conversations, close all connections and stop serving; returns at once."""
        self._stopping = True
        if self._server is not None:
            self._server.should_exit = True


class _Server(uvicorn.Server):
    """Uvicorn with our beginning and end: says when it listens, and ends conversations before connections."""

    def __init__(self, config: uvicorn.Config, conversations: Conversations, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._conversations = conversations
        self._on_started = on_started

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # Uvicorn would raise the signal again when it is done, and a clean stop would look like a crash.
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._conversations.end_all(SERVICE_STOPPED)
        await super().shutdown(sockets)


def _tell(line: str, ready_file: Path | None, announce: Callable[[str], None]) -> None:
    if ready_file is not None:
        try:
            write_atomically(ready_file, f"{line}\n".encode())
        except OSError as error:
            raise CoachError(
                f"The ready file {ready_file} cannot be written: {error.strerror}.", do="Choose another place for it."
            ) from error
    announce(line)


def _stop_in_time(service: Service) -> None:
    log.info("standard input is closed: stopping")
    service.stop()
    time.sleep(_STOP_WITHIN_S)
    log.error("the service did not stop in time")
    logging.shutdown()
    os._exit(1)
