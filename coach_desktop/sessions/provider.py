"""What a session needs of a provider: the same few calls, whoever is behind them."""

from __future__ import annotations

import threading
from typing import Literal, Protocol

from coach_desktop.core.errors import CoachError
from coach_desktop.tavus.models import Conversation, CreateConversation


class ProviderGoneError(CoachError):
    """The provider is not there any more, so the conversation has ended."""


class Provider(Protocol):
    """One provider for one session. All calls come from one thread; `cancelled` may be set from another."""

    @property
    def kind(self) -> Literal["local", "tavus"]:
        """The name under which reports and history know the provider."""
        ...

    def open(self, cancelled: threading.Event) -> None:
        """Make the provider ready. Raises `CoachError`, and `Cancelled` soon after `cancelled` is set."""
        ...

    def create(self, request: CreateConversation) -> Conversation:
        """Create the conversation. Raises `CoachError`."""
        ...

    def fetch(self, conversation_id: str) -> Conversation:
        """Return the conversation with its events. Raises `ProviderGoneError` when it has gone for good."""
        ...

    def end(self, conversation_id: str) -> None:
        """End the conversation. Raises `ProviderGoneError` when it has gone for good."""
        ...

    def close(self) -> None:
        """Let go of everything. Never raises; bounded in time."""
        ...
