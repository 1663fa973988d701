"""The client of a Tavus-shaped API: its conversations here, people and documents in modules of their own."""

from __future__ import annotations

import logging

from coach_desktop.tavus import errors
from coach_desktop.tavus.documents import DocumentCalls
from coach_desktop.tavus.errors import Asked
from coach_desktop.tavus.models import Conversation, ConversationList, CreateConversation
from coach_desktop.tavus.people import PersonaCalls, ReplicaCalls
from coach_desktop.tavus.wire_log import loggable

log = logging.getLogger(__name__)


class TavusClient(PersonaCalls, ReplicaCalls, DocumentCalls):
    """Calls one Tavus-shaped API. Every method raises a `TavusError` with plain words where it fails.

    Nothing is asked twice: who calls knows what is safe to repeat.
    """

    def create_conversation(self, request: CreateConversation) -> Conversation:
        """Create a conversation. Sent once, and not idempotent.

        After `UnknownOutcomeError` and `ServerFaultError` it may exist: look for its name, never just call again.
        """
        log.info("create: %s", loggable(request.model_dump(mode="json", exclude_none=True)))
        content = self._call(Asked.CREATE, "POST", "/conversations", body=request.body())
        return self._parsed(Conversation, content, Asked.CREATE)

    def get_conversation(self, conversation_id: str, *, verbose: bool = False) -> Conversation:
        """Return one conversation, with its events where `verbose`."""
        return self._got(Asked.READ, conversation_id, {"verbose": "true"} if verbose else {})

    def list_conversations(self, *, status: str | None = None, page: int = 1, limit: int = 100) -> ConversationList:
        """Return one page (from 1) of the account's conversations."""
        return self._listed(ConversationList, "/conversations", page, limit, status=status)

    def end_conversation(self, conversation_id: str) -> None:
        """End a conversation. Ending one that has ended is no error."""
        try:
            self._done(Asked.END, "POST", self._one("conversations", conversation_id) + "/end")
        except errors.BadRequestError:
            # What the API says to a second end is not documented; what it says about the conversation is.
            if self._got(Asked.END, conversation_id).status != "ended":
                raise

    def delete_conversation(self, conversation_id: str, *, hard: bool = False) -> None:
        """Delete a conversation; with `hard`, beyond recall and with all that was recorded of it.

        This does not end one that runs: end it first. Raises `UnknownConversationError` for one that is gone.
        """
        params = {"hard": "true"} if hard else {}
        self._done(Asked.DELETE, "DELETE", self._one("conversations", conversation_id), params=params)

    def check_key(self) -> None:
        """Ask for next to nothing, to learn whether the key is accepted. Raises `KeyRefusedError` where it is not."""
        self.list_conversations(limit=1)

    def _got(self, asked: Asked, conversation_id: str, params: dict[str, str] | None = None) -> Conversation:
        content = self._call(asked, "GET", self._one("conversations", conversation_id), params=params)
        conversation = self._parsed(Conversation, content, asked)
        if conversation.conversation_id != conversation_id:
            # That another one has ended says nothing about ours.
            raise errors.unreadable(asked, "the answer tells of another conversation")
        return conversation
