"""A free try of what a conversation would ask for: Tavus takes it or says what is wrong, and nothing runs."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coach_desktop.core import ids
from coach_desktop.core.errors import CoachError
from coach_desktop.sessions.ending import PAUSES_S, end_surely
from coach_desktop.sessions.requests import token_of
from coach_desktop.tavus.errors import ServerFaultError, TavusError, UnknownOutcomeError
from coach_desktop.tavus.lookup import find_by_token

if TYPE_CHECKING:
    from coach_desktop.tavus.client import TavusClient
    from coach_desktop.tavus.models import Conversation, CreateConversation

log = logging.getLogger(__name__)

LOOK_UP_PAUSES_S = (0.5, 1.0, 2.0)
"""Between the looks for a conversation whose answer was lost; one look more than pauses."""

_MAY_RUN = (
    "It may still be running and cost money. Nobody is in its room, so Tavus itself ends it after the time that the"
    " profile gives for that."
)


class CheckLeftRunningError(CoachError):
    """The check has, or may have, started a real conversation, and its end is not confirmed."""


@dataclass(frozen=True)
class CheckResult:
    """What was asked for is accepted. `was_real`: the service took the test for the real thing, and it was ended."""

    conversation_id: str
    was_real: bool = False


def check_for_free(
    client: TavusClient,
    request: CreateConversation,
    *,
    look_up_pauses_s: Sequence[float] = LOOK_UP_PAUSES_S,
    end_pauses_s: Sequence[float] = PAUSES_S,
) -> CheckResult:
    """Have the service check key, persona, replica and every field, without cost. It waits; asked for once.

    The check has a name token of its own: that of `request` stays unused. Raises the `TavusError` that says why it was
    not accepted or not answered, and `CheckLeftRunningError` where something of it may run.
    """
    check = _Check(client, ids.new_name_token(), end_pauses_s)
    name = (request.conversation_name or "Check").removesuffix(f"[{token_of(request)}]").rstrip()
    asked = request.model_copy(update={"conversation_name": f"{name} [{check.token}]", "test_mode": True})
    try:
        conversation = client.create_conversation(asked)
    except (UnknownOutcomeError, ServerFaultError) as error:
        return check.after_lost_answer(error, look_up_pauses_s)
    if conversation.conversation_id.strip():
        return CheckResult(conversation.conversation_id, was_real=check.ended_if_real(conversation))
    lost = UnknownOutcomeError("The service gave an answer that names no conversation.")
    return check.after_lost_answer(lost, look_up_pauses_s)


@dataclass(frozen=True)
class _Check:
    """One check that was sent: what becomes of it."""

    client: TavusClient
    token: str
    end_pauses_s: Sequence[float]

    def ended_if_real(self, conversation: Conversation) -> bool:
        """Return whether it ran, after ending it where it did."""
        if conversation.status == "ended":
            return False
        try:
            if self.client.get_conversation(conversation.conversation_id).status == "ended":
                return False
        except TavusError as error:
            # Whatever is wrong with the question: what may run is ended.
            log.info("how the checked conversation stands is not known: %s", error.what)
        return self._end([conversation.conversation_id])

    def after_lost_answer(self, error: TavusError, pauses_s: Sequence[float]) -> CheckResult:
        """See whether a check that was not answered runs as a real conversation; one that does is ended."""
        log.info("the check was not answered properly: %s (%s)", error.what, error.details)
        looked = False
        for pause_s in (*pauses_s, None):
            try:
                found = self._running()
                looked = True
            except TavusError as failure:
                log.info("the check could not be looked for: %s", failure.what)
                found, looked = [], False
            if found:
                self._end(found)
                return CheckResult(found[0], was_real=True)
            if pause_s is not None:
                time.sleep(pause_s)
        if not looked:
            raise CheckLeftRunningError(
                f"{error.what} So the check has no result.",
                safe="A check costs nothing. Whether the service took it for a real conversation could not be seen.",
                do="Look at the running conversations in a minute.",
                details=error.details,
            ) from error
        raise type(error)(
            f"{error.what} So the check has no result.",
            safe="A check costs nothing, and nothing of it was found running.",
            do="Try again in a minute.",
            details=error.details,
        ) from error

    def _running(self) -> list[str]:
        found = find_by_token(self.client, self.token)
        return [one.conversation_id for one in found if one.conversation_id.strip()]

    def _end(self, conversation_ids: Sequence[str]) -> bool:
        """End what runs, and return whether anything did. Raises `CheckLeftRunningError` where it may go on."""
        problem: TavusError | None = None
        was_real = False
        for conversation_id in conversation_ids:
            try:
                if end_surely(self.client, conversation_id, self.end_pauses_s):
                    was_real = True
                elif conversation_id in self._running():
                    problem = problem or TavusError("The service lists it as running, and does not know it.")
            except TavusError as error:
                problem = problem or error
        if problem is not None:
            raise CheckLeftRunningError(
                "The service took the free check for a real conversation, and its end is not confirmed.",
                safe=_MAY_RUN,
                do="Look at the running conversations, and end it there.",
                details=problem.details or problem.what,
            ) from problem
        if was_real:
            log.warning("a check for free had started a real conversation; it was ended")
        return was_real
