"""The conversations that are started here: one at a time, each followed by a session in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from coach_desktop.core.errors import CoachError
from coach_desktop.sessions.archive import Archive
from coach_desktop.sessions.fallback import local_instead
from coach_desktop.sessions.session import Session
from coach_desktop.sessions.updates import SessionState, SessionUpdate
from coach_desktop.store.profiles import Profile

log = logging.getLogger(__name__)

NO_KEY = "There is no Tavus key on this computer, so the local coach takes part. Nothing is billed."

# As long as a session may take that cannot reach anybody; an end that takes longer goes on without its asker.
_END_WITHIN_S = 55.0


class BusyError(CoachError):
    """A conversation is under way, and there is one at a time."""


class NotStartedHereError(CoachError):
    """A conversation that this run of the server has not started."""


class StoppingError(CoachError):
    """The server is about to stop."""


class NotEndedError(CoachError):
    """The end was asked for and is not confirmed: the conversation may still run."""


class MakesSessions(Protocol):
    """What is needed of `sessions.backstage.Backstage`."""

    def make_session(self, profile: Profile, notify: Callable[[SessionUpdate], None]) -> Session:
        """Return a session, ready to run."""
        ...

    def look_again(self) -> None:
        """Look after what is left."""
        ...


@dataclass(frozen=True)
class Standing:
    """How it stands. `since` is when the room was there or, where it is billed, when that began, in epoch seconds.

    `notice` is something to know while it goes on, or about the last.
    `status` is "none" where nothing is under way, and `was_one` tells whether there was something before.
    """

    status: Literal["none", "starting", "active", "ending"]
    conversation_id: str | None = None
    conversation_url: str | None = None
    provider: Literal["local", "tavus"] | None = None
    since: float | None = None
    notice: str | None = None
    was_one: bool = False


class Conversations:
    """All methods may be called from any thread; `start` and `end` wait."""

    def __init__(
        self, backstage: MakesSessions, has_key: Callable[[], bool], history_path: Path, profile: Profile
    ) -> None:
        """Hand in everything. `has_key` may wait for the keyring, and raises `CoachError` where it stays locked."""
        self._backstage = backstage
        self._has_key = has_key
        self._history_path = history_path
        self._profile = profile
        self._lock = threading.Lock()
        self._starting = threading.Lock()
        self._running: _Running | None = None
        self._sessions: dict[str, str] = {}
        self._news: str | None = None
        self._closed = False

    def start(self) -> Standing:
        """Start a conversation and return how it stands as soon as the address of its room is known.

        Raises `BusyError`, `StoppingError`, and whatever `CoachError` the session failed with.
        """
        if not self._starting.acquire(blocking=False):
            raise _busy()
        try:
            running = self._begin()
            self._await_room(running)
            return running.standing()
        finally:
            self._starting.release()

    def end(self, conversation_id: str) -> None:
        """End a conversation that was started here; when this returns, the end is confirmed.

        Raises `NotStartedHereError`, and `NotEndedError` where it may still run.
        """
        with self._lock:
            running = self._running
            session_id = self._sessions.get(conversation_id)
        if session_id is None:
            raise NotStartedHereError(
                "This server has not started such a conversation.",
                safe="Nothing was ended.",
                do="Use the id that the start has given.",
            )
        if running is not None and running.last.conversation_id == conversation_id and not running.end(_END_WITHIN_S):
            raise _not_ended()
        with Archive(self._history_path) as archive:
            row = archive.history.session(session_id)
        if row is not None and row.remote_open:
            self._backstage.look_again()
            raise _not_ended()

    def standing(self) -> Standing:
        """Return how it stands."""
        with self._lock:
            running, news = self._running, self._news
        if running is None:
            return Standing("none", notice=news)
        if running.over.is_set():
            return Standing("none", notice=running.last.notice or news, was_one=bool(running.last.conversation_id))
        return running.standing()

    def tell(self, news: str) -> None:
        """Keep what there is to know about earlier conversations, for whoever looks next."""
        with self._lock:
            self._news = news

    def close(self, timeout_s: float) -> bool:
        """Start nothing any more, end what is under way, and return whether that was done within `timeout_s`."""
        with self._lock:
            self._closed = True
            running = self._running
        return running is None or running.cancel(timeout_s)

    def _begin(self) -> _Running:
        self._refuse_if_busy()
        profile, notice = self._profile, None
        if profile.provider == "tavus" and not self._has_key():
            profile, notice = local_instead(profile), NO_KEY
        with self._lock:
            if self._closed:
                raise _stopping()
            self._news = None
            self._running = running = _Running(self._backstage, profile, notice)
            running.launch()
        return running

    def _refuse_if_busy(self) -> None:
        with self._lock:
            if self._closed:
                raise _stopping()
            if self._running is not None and not self._running.over.is_set():
                raise _busy()

    def _await_room(self, running: _Running) -> None:
        running.room_known.wait()
        last = running.last
        if last.conversation_id is not None and last.room_url is not None:
            with self._lock:
                self._sessions[last.conversation_id] = last.session_id
        if last.error is not None and last.state is SessionState.FAILED:
            raise last.error
        if last.state is SessionState.IDLE:
            raise _stopping()
        if last.room_url is None:
            raise CoachError(
                "Something went wrong inside the server.",
                safe="If a conversation was started, the next start of the server or of the app ends it.",
                do="The log in the data folder has the details.",
            )


class _Running:
    """One session and its thread."""

    def __init__(self, backstage: MakesSessions, profile: Profile, notice: str | None) -> None:
        self.room_known = threading.Event()
        self.over = threading.Event()
        self.last = SessionUpdate(SessionState.STARTING, "", "", provider=profile.provider)
        self._backstage = backstage
        self._notice = notice
        self._open_since: float | None = None
        self._session = backstage.make_session(profile, self._on_updated)
        self._thread = threading.Thread(target=self._run, name="session", daemon=True)

    def launch(self) -> None:
        self._thread.start()

    def end(self, timeout_s: float) -> bool:
        """End it and return whether it was over in time."""
        self._session.request_end()
        return self.over.wait(timeout_s)

    def cancel(self, timeout_s: float) -> bool:
        """End it without waiting for what comes later, and return whether its thread has gone in time."""
        self._session.cancel()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def standing(self) -> Standing:
        last = self.last
        status: Literal["starting", "active", "ending"] = "active"
        if last.room_url is None:
            status = "starting"
        elif last.state not in {SessionState.STARTING, SessionState.LIVE}:
            status = "ending"
        return Standing(
            status,
            conversation_id=last.conversation_id,
            conversation_url=last.room_url,
            provider=last.provider,
            since=last.billed_since or self._open_since,
            notice=last.notice or self._notice,
        )

    def _run(self) -> None:
        try:
            self._session.run()
        finally:
            # Also after a bug of ours: nobody must wait for ever. Not before: whoever hears of a failure may try again.
            self.over.set()
            self.room_known.set()
            self._backstage.look_again()

    def _on_updated(self, update: SessionUpdate) -> None:
        self.last = update
        if update.state is SessionState.ENDING and update.provider == "tavus":
            # The answer to an end must not wait for the transcript: what looks after sessions fetches it.
            self._session.request_end()
        if update.room_url is not None and self._open_since is None:
            self._open_since = time.time()
            self.room_known.set()


def _busy() -> BusyError:
    return BusyError(
        "A conversation is under way already, and there is one at a time.",
        safe="No other one was started.",
        do="Go on in its room, or end it first.",
    )


def _stopping() -> StoppingError:
    return StoppingError("The server is stopping.", safe="Nothing is left running.", do="Start it again.")


def _not_ended() -> NotEndedError:
    return NotEndedError(
        "The end of the conversation is not confirmed yet.",
        safe="It may still be running and cost money. The server keeps trying to end it, also after a restart.",
        do="Ask for the end again in a minute, and leave its room.",
    )
