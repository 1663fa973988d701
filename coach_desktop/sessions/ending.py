"""Ending a paid conversation so that the end is certain, and finding out what it cost."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from coach_desktop.tavus.errors import KeyRefusedError, ServerFaultError, TavusError, UnknownConversationError
from coach_desktop.tavus.models import SHUTDOWN_EVENT, Conversation

if TYPE_CHECKING:
    from coach_desktop.tavus.client import TavusClient

PAUSES_S = (0.5, 1.0)
"""Between the tries to end a conversation; one try more than pauses."""

OWN_END_S = 3600.0 + 600.0
"""Every conversation of ours is limited to an hour at most, so by then Tavus has ended it by itself."""

_NEVER_SO_LONG_S = 86_400.0


def end_surely(client: TavusClient, conversation_id: str, pauses_s: Sequence[float] = PAUSES_S) -> bool:
    """End a conversation and return True once the API says that it has ended, or False where it does not know it.

    Raises `TavusError` where that could not be reached in a few tries: it may still run.
    """
    asked = False
    problem = TavusError("Nothing was tried.")
    for pause_s in (0.0, *pauses_s):
        time.sleep(pause_s)
        try:
            if not asked:
                client.end_conversation(conversation_id)
                asked = True
            if client.get_conversation(conversation_id).status == "ended":
                return True
        except UnknownConversationError:
            return False
        except KeyRefusedError:
            raise
        except TavusError as error:
            problem = error
        else:
            asked = False
            problem = ServerFaultError(
                "The conversation is still running although its end was asked for.",
                safe="It may go on and cost money.",
                do="Try again in a few minutes.",
            )
    raise problem


def billed_by_account(conversation: Conversation) -> float | None:
    """Return the seconds from creation to end by the provider's own clock, None where it does not tell both."""
    began = conversation.created()
    ends = [moment for event in conversation.events_of(SHUTDOWN_EVENT) if (moment := event.at()) is not None]
    if began is None or not ends or not 0.0 <= min(ends) - began <= _NEVER_SO_LONG_S:
        return None
    return min(ends) - began
