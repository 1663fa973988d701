"""The server's process: built here in one visible order, and taken down in reverse until nothing is left running."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading
from typing import TYPE_CHECKING

import uvicorn

from coach_desktop.core.errors import CoachError
from coach_desktop.core.leaving import stopped_by_signals
from coach_desktop.core.loopback import bound_socket
from coach_desktop.sessions import running
from coach_desktop.sessions.backstage import Backstage
from coach_desktop.store.lock import FolderLock
from coach_desktop.store.profile_files import load_shelf
from coach_desktop.store.profiles import Profile, find_profile
from coach_desktop.store.secrets import KeyState, KeyStore
from coach_desktop.store.settings import SettingsFile
from coach_desktop.web.app import create_app
from coach_desktop.web.conversations import Conversations

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from coach_desktop.core.paths import DataFolder
    from coach_desktop.sessions.updates import AftercareNews

log = logging.getLogger(__name__)

EXIT_ALREADY_RUNNING = 3

# The third is a closed terminal, the last one Ctrl-Break on Windows.
_STOPPING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
_ENDS_WITHIN_S = 60.0
_CONNECTIONS_CLOSE_WITHIN_S = 2
_BACKLOG = 64


def run(
    data: DataFolder,
    *,
    port: int = 0,
    profile_id: str | None = None,
    announce: Callable[[str], None],
    warn: Callable[[str], None],
) -> int:
    """Serve until Ctrl-C or SIGTERM and return the exit code, 3 where the app already runs with this data folder.

    When ready, one line of JSON with `base_url` goes to `announce`; what a person should know goes to `warn`. Raises
    `CoachError` where the profile is not there or the port is taken.
    """
    warn = _whoever_listens(warn)
    settings = SettingsFile(data.settings)
    profile = _profile(data, profile_id or None, settings.current.last_profile, warn)
    lock = FolderLock(data.lock)
    if not lock.take():
        warn("The app is already running with this data folder. Use it there, or close it and try again.")
        return EXIT_ALREADY_RUNNING
    try:
        with bound_socket(port, who="The server") as listening:
            _serve(data, settings, profile, listening, announce, warn)
    finally:
        lock.release()
    return 0


def _serve(
    data: DataFolder,
    settings: SettingsFile,
    profile: Profile,
    listening: socket.socket,
    announce: Callable[[str], None],
    warn: Callable[[str], None],
) -> None:
    keys = KeyStore()
    conversations: Conversations

    def tell(news: AftercareNews) -> None:
        if news.kind not in {"report_updated", "hearing_again", "heard_again"}:
            warn(news.text)
            conversations.tell(news.text)

    backstage = Backstage(data, keys, settings, tell)
    conversations = Conversations(backstage, lambda: bool(keys.key()), data.database, profile)
    port: int = listening.getsockname()[1]
    app = create_app(conversations, profile, lambda: _is_there(keys), port=port)
    line = json.dumps({"base_url": f"http://127.0.0.1:{port}"})
    server = _Server(app, lambda: announce(line), lambda: _end(conversations, warn))
    with stopped_by_signals(server.stop, *_STOPPING):
        try:
            backstage.prepare()
            look = threading.Thread(target=_tell_what_runs, args=(backstage, data, warn), name="look", daemon=True)
            look.start()
            server.run(sockets=[listening])
        finally:
            if not server.has_ended:
                # It never came to its own end.
                _end(conversations, warn)
            backstage.close()


def _tell_what_runs(backstage: Backstage, data: DataFolder, warn: Callable[[str], None]) -> None:
    """Say what of this app runs in the account that nobody here looks after. It may wait for the network."""
    try:
        found = running.look(backstage.connect, data.database)
    except CoachError as error:
        log.info("what runs is not known: %s", error.what)
        return
    if words := found.told_of_unknown:
        warn(f"{words} In the app's window, Tavus > Running conversations… ends it.")


def _profile(data: DataFolder, asked: str | None, last: str | None, warn: Callable[[str], None]) -> Profile:
    """Return the profile that was asked for, else the one chosen last in the app, else the first local one."""
    shelf = load_shelf(data.profiles)
    for problem in shelf.problems:
        warn(problem.sentences())
    profiles = [stored.profile for stored in shelf.profiles]
    if asked is not None:
        return find_profile(profiles, asked)
    chosen = [profile for profile in profiles if profile.id == last]
    return next(iter(chosen + [profile for profile in profiles if profile.provider == "local"]), profiles[0])


def _is_there(keys: KeyStore) -> bool:
    status = keys.probe()
    # A locked keyring may hold one; the start asks for it.
    return status.in_memory or status.state in {KeyState.FOUND, KeyState.LOCKED}


def _whoever_listens(warn: Callable[[str], None]) -> Callable[[str], None]:
    """Return `warn` for one who may have gone: a closed terminal must not keep a conversation from being ended."""

    def tell(words: str) -> None:
        log.info("told: %s", words)
        with contextlib.suppress(OSError):
            warn(words)

    return tell


def _end(conversations: Conversations, warn: Callable[[str], None]) -> None:
    if conversations.standing().status != "none":
        warn("Ending the conversation…")
    if not conversations.close(_ENDS_WITHIN_S):
        warn("The conversation could not be ended in time. The next start of the server or of the app ends it.")


class _Server(uvicorn.Server):
    """Uvicorn with our beginning and end: says when it listens, and ends the conversation before the connections."""

    def __init__(
        self, app: Callable[..., object], on_started: Callable[[], None], on_stopping: Callable[[], None]
    ) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level=logging.WARNING,
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=_CONNECTIONS_CLOSE_WITHIN_S,
            backlog=_BACKLOG,
        )
        super().__init__(config)
        self._on_started = on_started
        self._on_stopping = on_stopping
        self.has_ended = False

    def stop(self) -> None:
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # Uvicorn would raise the signal again when it is done, and a clean stop would look like a crash.
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # In a thread: whoever waits for an answer to a start or an end still gets one.
        self.has_ended = True
        await asyncio.to_thread(self._on_stopping)
        await super().shutdown(sockets)
