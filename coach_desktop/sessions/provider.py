"""What a session needs of a provider: the same few calls, whoever is behind them."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal, Protocol

from coach_desktop.core.errors import CoachError
from coach_desktop.tavus.models import Conversation, CreateConversation

IN_WORDS = "Tavus tells what it saw and heard in words, not in figures."
"""Why a report of a paid conversation holds no measures."""


class ProviderGoneError(CoachError):
    """The provider is not there any more, so the conversation has ended."""


class MayExistError(CoachError):
    """It is not known whether a conversation was created: one may run. The journal must stay open."""


@dataclass(frozen=True)
class Pace:
    """How a session follows a conversation. All in seconds.

    `poll_s` lies between two looks; after `patience_s` without an answer the conversation is taken for lost;
    `final_wait_s` is the longest wait for what comes after the end. `live_at_once`: the session is live as soon as
    its room is known, as it is billed from then on, and not only when the coach has joined.
    """

    poll_s: float
    patience_s: float
    final_wait_s: float
    live_at_once: bool


class Provider(Protocol):
    """One provider for one session. All calls come from one thread; `cancelled` may be set from another."""

    @property
    def kind(self) -> Literal["local", "tavus"]:
        """The name under which reports and history know the provider."""
        ...

    @property
    def pace(self) -> Pace:
        """How this provider's conversations are followed; after `create`, those of this conversation."""
        ...

    def open(self, cancelled: threading.Event) -> None:
        """Make the provider ready. Raises `CoachError`, and `Cancelled` soon after `cancelled` is set."""
        ...

    def create(self, request: CreateConversation) -> Conversation:
        """Create the conversation, at most one.

        Raises `MayExistError` where that may have happened all the same; after any other `CoachError` nothing runs.
        """
        ...

    def fetch(self, conversation_id: str) -> Conversation:
        """Return the conversation, with all its events once it has ended.

        Raises `ProviderGoneError` when it has gone for good.
        """
        ...

    def end(self, conversation_id: str) -> None:
        """End the conversation; when this returns, the end is confirmed.

        Raises `ProviderGoneError` when it has gone for good, another `CoachError` where it may still run.
        """
        ...

    def close(self) -> None:
        """Let go of everything. Never raises; bounded in time."""
        ...
