"""The local coach as a provider: one child process for one session, spoken to over HTTP on loopback."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from coach_desktop.core.errors import CoachError
from coach_desktop.sessions.provider import Pace, ProviderGoneError
from coach_desktop.sessions.service_process import ServiceProcess
from coach_desktop.tavus.errors import UnknownOutcomeError, UnreachableError
from coach_desktop.tavus.models import Conversation, CreateConversation

if TYPE_CHECKING:
    from collections.abc import Callable

    from coach_desktop.tavus.client import TavusClient

# The longest that the service takes by itself is 3 s, for the end of a conversation.
_READ_TIMEOUT_S = 8.0


class LocalProvider:
    """Starts the practice service, talks to it, and ends it by closing its input."""

    kind: Literal["local"] = "local"
    pace = Pace(poll_s=0.25, patience_s=10.0, final_wait_s=15.0, live_at_once=False)

    def __init__(self, data_root: Path, record_to: Callable[[], Path | None] = lambda: None) -> None:
        """Remember the data folder, which the service uses for its log and for model files.

        `record_to` is asked when it is opened: where the sound of the session is to be recorded, None for nowhere. It
        raises `CoachError` where that cannot be.
        """
        self._data_root = data_root
        self._record_to = record_to
        self._process: ServiceProcess | None = None
        self._client: TavusClient | None = None

    def open(self, cancelled: threading.Event) -> None:
        """Start the service and wait until it is ready. Raises `CoachError`, or `Cancelled`."""
        self._process = ServiceProcess.start(self._data_root, self._record_to())
        # While the service starts there is time to load what the window's first picture should not wait for.
        from coach_desktop.tavus.client import TavusClient

        ready = self._process.wait_until_ready(cancelled)
        self._client = TavusClient(ready.base_url, ready.api_key, read_timeout_s=_READ_TIMEOUT_S)

    def create(self, request: CreateConversation) -> Conversation:
        """Create the conversation."""
        return self._opened().create_conversation(request)

    def fetch(self, conversation_id: str) -> Conversation:
        """Return the conversation with its events, or raise `ProviderGoneError` when the process has gone."""
        client = self._opened()
        try:
            return client.get_conversation(conversation_id, verbose=True)
        except (UnreachableError, UnknownOutcomeError) as error:
            raise self._explained(error) from error

    def end(self, conversation_id: str) -> None:
        """End the conversation; the service answers when all that had arrived is analysed."""
        client = self._opened()
        try:
            client.end_conversation(conversation_id)
        except (UnreachableError, UnknownOutcomeError) as error:
            raise self._explained(error) from error

    def close(self) -> None:
        """Close the connection and end the process."""
        if self._client is not None:
            self._client.close()
            self._client = None
        if self._process is not None:
            self._process.stop()
            self._process = None

    def _opened(self) -> TavusClient:
        if self._client is None:
            raise RuntimeError("open() comes first")
        return self._client

    def _explained(self, error: CoachError) -> CoachError:
        if self._process is None or not self._process.has_gone():
            return error
        return ProviderGoneError(
            "The local coach stopped unexpectedly.",
            safe="What had been seen and heard until then is in the report.",
            do="Start the practice again.",
            details=self._process.last_words(),
        )
