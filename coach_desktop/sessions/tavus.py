"""Tavus as a provider: conversations that cost money from the moment in which they are created until they end."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from coach_desktop.core.errors import CoachError
from coach_desktop.sessions.ending import PAUSES_S, end_surely
from coach_desktop.sessions.provider import MayExistError, Pace
from coach_desktop.sessions.requests import token_of
from coach_desktop.tavus.errors import (
    BadRequestError,
    ConcurrencyReachedError,
    CreditsExhaustedError,
    KeyRefusedError,
    ServerFaultError,
    TavusError,
    UnreachableError,
)

if TYPE_CHECKING:
    from coach_desktop.tavus.client import TavusClient
    from coach_desktop.tavus.models import Conversation, CreateConversation

log = logging.getLogger(__name__)

PACE = Pace(poll_s=5.0, patience_s=3660.0, final_wait_s=8.0, live_at_once=True)

_CREATE_TIMEOUT_S = 30.0
# Someone waits for all the others: a click must not be answered after half a minute.
_CALL_TIMEOUT_S = 8.0
_LOOK_UP_PAUSES_S = (0.5, 1.0, 2.0, 4.0, 4.0)
_LOOK_UP_S = 15.0
_GRACE_S = 60.0
# After these it is certain that no conversation came to be; after any other failure it may have.
_NOTHING_CREATED = (
    KeyRefusedError,
    CreditsExhaustedError,
    ConcurrencyReachedError,
    BadRequestError,
    UnreachableError,
)


class TavusProvider:
    """One paid conversation: created once, found again if the answer was lost, and ended for certain."""

    kind: Literal["tavus"] = "tavus"

    def __init__(
        self,
        base_url: str,
        key: Callable[[], str | None],
        *,
        pace: Pace = PACE,
        call_timeout_s: float = _CALL_TIMEOUT_S,
        create_timeout_s: float = _CREATE_TIMEOUT_S,
        look_up_pauses_s: Sequence[float] = _LOOK_UP_PAUSES_S,
        end_pauses_s: Sequence[float] = PAUSES_S,
    ) -> None:
        """Remember where to ask (`.../v2`) and where the key comes from; nothing is asked yet."""
        self._base_url = base_url
        self._key = key
        self._call_timeout_s = call_timeout_s
        self._create_timeout_s = create_timeout_s
        self._look_up_pauses_s = look_up_pauses_s
        self._end_pauses_s = end_pauses_s
        self._cancelled = threading.Event()
        self._creator: TavusClient | None = None
        self._client: TavusClient | None = None
        self._open: set[str] = set()
        self._token = ""
        self.pace = pace

    def open(self, cancelled: threading.Event) -> None:
        """Get the key; nothing goes over the network. Raises `CoachError` where there is none."""
        from coach_desktop.tavus.client import TavusClient

        self._cancelled = cancelled
        key = self._key()
        if not key:
            raise CoachError(
                "There is no Tavus key.",
                safe="Nothing was started.",
                do="Enter your key, or practise with the local coach, which needs none.",
            )
        self._creator = TavusClient(self._base_url, key, read_timeout_s=self._create_timeout_s)
        self._client = TavusClient(self._base_url, key, read_timeout_s=self._call_timeout_s)

    def create(self, request: CreateConversation) -> Conversation:
        """Create the conversation: asked for once. If the answer is lost it is looked for by the token in its name.

        Raises `MayExistError` where it was not found and yet may exist; after any other error nothing runs.
        """
        if self._creator is None:
            raise RuntimeError("open() comes first")
        longest_s = request.properties.max_call_duration if request.properties else None
        if longest_s is not None:
            self.pace = replace(self.pace, patience_s=min(self.pace.patience_s, longest_s + _GRACE_S))
        self._token = token_of(request)
        try:
            conversation = self._creator.create_conversation(request)
        except _NOTHING_CREATED:
            raise
        except TavusError as error:
            conversation = self._found_again(error)
        else:
            if not conversation.conversation_id.strip():
                conversation = self._found_again(None)
        self._open.add(conversation.conversation_id)
        if request.require_auth and not conversation.meeting_token:
            self._give_up(conversation)
        return conversation

    def fetch(self, conversation_id: str) -> Conversation:
        """Return the conversation; with what was said and seen, once it has ended."""
        client = self._opened()
        if conversation_id in self._open:
            conversation = client.get_conversation(conversation_id)
            if conversation.status != "ended":
                return conversation
            self._open.discard(conversation_id)
        return client.get_conversation(conversation_id, verbose=True)

    def end(self, conversation_id: str) -> None:
        """End it, and whatever else bears its token. Raises `TavusError` where an end could not be confirmed."""
        client = self._opened()
        problem: TavusError | None = None
        for open_id in sorted(self._open, key=lambda one: one != conversation_id):
            try:
                if end_surely(client, open_id, self._end_pauses_s) or not self._is_listed(open_id):
                    self._open.discard(open_id)
                else:
                    problem = problem or _still_listed()
            except TavusError as error:
                problem = problem or error
        if problem is not None:
            raise problem

    def close(self) -> None:
        """End what is not known to have ended, with one try each, and let go of the connections."""
        client, self._client = self._client, None
        creator, self._creator = self._creator, None
        if client is not None:
            for open_id in sorted(self._open):
                try:
                    end_surely(client, open_id, pauses_s=())
                except TavusError as error:
                    log.info("a conversation may still run; it is looked after later: %s", error.what)
            client.close()
        if creator is not None:
            creator.close()

    def _opened(self) -> TavusClient:
        if self._client is None:
            raise RuntimeError("open() comes first")
        return self._client

    def _is_listed(self, conversation_id: str) -> bool:
        """Return whether it runs after all: what was only just created may be known in one place and not in another."""
        from coach_desktop.tavus.lookup import find_by_token

        return any(one.conversation_id == conversation_id for one in find_by_token(self._opened(), self._token))

    def _found_again(self, error: TavusError | None) -> Conversation:
        """Look for the conversation whose creation was not answered; it may take a moment to appear."""
        from coach_desktop.tavus.lookup import find_by_token

        what = error.what if error is not None else "Tavus gave an answer that names no conversation."
        details = error.details if error is not None else "the answer names no conversation"
        log.warning("it is not known whether the conversation was created: %s", details)
        give_up_at = time.monotonic() + _LOOK_UP_S
        for pause_s in (*self._look_up_pauses_s, None):
            try:
                found = [one for one in find_by_token(self._opened(), self._token) if one.conversation_id.strip()]
            except TavusError as failure:
                log.warning("the conversation could not be looked for: %s (%s)", failure.what, failure.details)
                found = []
            if found:
                return self._adopted(found)
            if pause_s is None or time.monotonic() + pause_s > give_up_at or self._cancelled.wait(pause_s):
                break
        raise MayExistError(
            f"{what} So it is not known whether a conversation was started.",
            safe="It is not asked for twice. The app goes on to look for it, and ends it as soon as it shows up; "
            "nobody is in its room, so it also ends by itself after a while.",
            do="Look in a moment at what runs, or practise with the local coach.",
            details=details,
        ) from error

    def _adopted(self, found: Sequence[Conversation]) -> Conversation:
        first, *others = sorted(found, key=lambda one: (one.created_at or "", one.conversation_id))
        log.info("the conversation was found by its name: %s", first.conversation_id)
        self._open.update(one.conversation_id for one in found)
        for other in others:
            try:
                end_surely(self._opened(), other.conversation_id, pauses_s=())
            except TavusError as error:
                log.warning("a second conversation could not be ended yet: %s (%s)", error.what, error.details)
            else:
                self._open.discard(other.conversation_id)
        return first

    def _give_up(self, conversation: Conversation) -> None:
        """End a private room whose way in was lost with the answer that told it."""
        what = "Tavus started the conversation, but the pass to its private room was lost on the way."
        try:
            self.end(conversation.conversation_id)
        except TavusError as error:
            raise MayExistError(
                what,
                safe="The app goes on to end it; nobody is in its room, so it also ends by itself after a while.",
                do="Wait a moment, then try again.",
                details=error.details,
            ) from error
        raise CoachError(what, safe="So it was ended again at once.", do="Try again.")


def _still_listed() -> ServerFaultError:
    return ServerFaultError(
        "Tavus does not know the conversation and lists it as running all the same.",
        safe="It may go on and cost money.",
        do="Try again in a few minutes.",
    )
