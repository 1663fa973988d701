"""What is known of one conversation while a session follows it: looked up again and again, timed by our own clock."""

from __future__ import annotations

from dataclasses import dataclass, replace

from coach_desktop.coaching.labels import duration
from coach_desktop.core.clock import Clock
from coach_desktop.core.errors import CoachError
from coach_desktop.sessions import conversation_log, turns
from coach_desktop.sessions.conversation_log import ConversationLog
from coach_desktop.sessions.ending import billed_by_account
from coach_desktop.sessions.provider import Provider, ProviderGoneError
from coach_desktop.tavus.errors import (
    KeyRefusedError,
    TavusError,
    UnknownConversationError,
    UnknownOutcomeError,
    UnreachableError,
)
from coach_desktop.tavus.models import Conversation

NOTHING = ConversationLog(
    live_since=None,
    ended=False,
    shutdown_reason=None,
    delivery=None,
    transcript=(),
    events=(),
    newest_cue=None,
)
GONE_AFTER_S = 20.0
NETWORK_GONE_AFTER_S = 120.0
"""So long nobody can be reached before a conversation is given up.

Another Wi-Fi, a router that starts again or a tunnel that is built up anew take a minute or so, and the talk goes on.
A speaker whose network is gone for longer has lost the room as well, and what is left running costs money unseen. An
API that answers, with whatever errors, is another matter: the room has servers of its own.
"""
BACK_AGAIN = "Tavus answers again."

_NO_ANSWER = (UnreachableError, UnknownOutcomeError)


class NetworkLostError(ProviderGoneError):
    """The provider could not be reached for so long that the conversation is given up. It may still run."""


@dataclass(frozen=True)
class Moment:
    """One moment by both times: the one that others share, and the one that never jumps."""

    epoch: float
    monotonic: float

    @classmethod
    def now(cls, clock: Clock) -> Moment:
        """Return this moment."""
        return cls(clock.epoch(), clock.monotonic())

    @classmethod
    def between(cls, told: float | None, first: Moment, last: Moment) -> Moment:
        """Return the moment that somebody else's clock tells (epoch s), which we know lies between these two.

        That clock may go wrong by any amount; where it tells nothing it was the first.
        """
        epoch = min(max(first.epoch if told is None else told, first.epoch), last.epoch)
        return cls(epoch, max(last.monotonic - (last.epoch - epoch), first.monotonic))


class Following:
    """The newest that is known of a conversation, and how it came to an end. Moments are those that never jump."""

    def __init__(self, provider: Provider, clock: Clock, began: Moment, conversation_id: str) -> None:
        """Follow `conversation_id` of a session that began at `began`."""
        self._provider = provider
        self._clock = clock
        self._began = began
        self._silent_since: float | None = None
        self._unreachable_since: float | None = None
        self._heard_at = began.monotonic
        self._was_troubled = False
        self.conversation_id = conversation_id
        self.created: Moment | None = None
        self.log = NOTHING
        self.live_at: float | None = None
        self.end_asked_at: float | None = None
        self.ended_at: float | None = None
        self.ended_by_itself = False
        self.why_ended = ""
        """Why the app ended it by itself, in words; empty where somebody wished it."""
        self.slept_s = 0.0
        """The seconds for which the computer slept; what never jumps does not know of them."""
        self.billed_by_account_s: float | None = None
        self.problem: CoachError | None = None
        self.trouble: TavusError | None = None
        self.has_transcript = False

    def created_between(self, asked: Moment, answered: Moment, conversation: Conversation) -> None:
        """Keep when the conversation came to be: it is billed from then on."""
        self.created = Moment.between(conversation.created(), asked, answered)

    def go_live(self) -> None:
        """Count as live from now on, whatever the provider tells."""
        now = Moment.now(self._clock)
        self.live_at = now.monotonic
        self.log = replace(self.log, live_since=now.epoch)

    def look(self) -> None:
        """Ask how it stands. A call that fails is no reason to give up a talk that goes on: it may pass.

        Raises `CoachError` where the conversation is gone for good, or has not been heard of for too long;
        `NetworkLostError` where nobody could be reached for a while.
        """
        asked_at = self._clock.monotonic()
        try:
            conversation = self._provider.fetch(self.conversation_id)
        except TavusError as error:
            self._silent_since = asked_at if self._silent_since is None else self._silent_since
            self.trouble = error
            self._give_up_without_network(error, asked_at)
            patience_s = self._provider.pace.patience_s
            if isinstance(error, UnknownConversationError):
                # Not at once: what was only just created may not be known everywhere yet.
                patience_s = min(patience_s, GONE_AFTER_S)
            if self._clock.monotonic() - self._silent_since > patience_s:
                raise ProviderGoneError(error.what, safe=error.safe, do=error.do, details=error.details) from error
            return
        self._was_troubled = self.trouble is not None
        self.trouble = self._silent_since = self._unreachable_since = None
        self._heard_at = self._clock.monotonic()
        self.has_transcript = turns.has_transcript(conversation)
        known = conversation_log.read(conversation)
        self.log = replace(known, live_since=self._live_since(known))
        if known.ended and self.ended_at is None:
            self.ended_at = self._heard_at
            self.ended_by_itself = self.end_asked_at is None
        self.billed_by_account_s = billed_by_account(conversation)

    def live_for(self, now: float) -> float:
        """Return the seconds from live to `now`, 0 before live."""
        return 0.0 if self.live_at is None else max(0.0, now - self.live_at)

    def duration_s(self) -> float:
        """Return the seconds from live to the end that was asked for, or to the last that was heard."""
        return self.live_for(self._heard_at if self.end_asked_at is None else self.end_asked_at)

    def billed_s(self) -> float:
        """Return the seconds from creation to the end, as far as that is known; 0 where nothing is billed."""
        if self.created is None:
            return 0.0
        if self.billed_by_account_s is not None:
            # An end that nobody asked for is seen only at the next look; the provider knows when it was.
            return self.billed_by_account_s
        known = [moment for moment in (self.ended_at, self.end_asked_at) if moment is not None]
        return max(0.0, (known[0] if known else self._heard_at) - self.created.monotonic) + self.slept_s

    def notice(self) -> str | None:
        """Return what there is to know about the connection while the conversation goes on."""
        if self.trouble is None:
            return BACK_AGAIN if self._was_troubled else None
        if isinstance(self.trouble, KeyRefusedError):
            return "Tavus does not take the key any more. The conversation goes on until you leave the room."
        if isinstance(self.trouble, _NO_ANSWER):
            return (
                "The network is gone. The conversation goes on at Tavus, and the app keeps trying. After "
                f"{duration(NETWORK_GONE_AFTER_S)} without a network it ends the session."
            )
        return "Tavus does not answer as it should. The conversation goes on, and the app keeps trying."

    def _give_up_without_network(self, error: TavusError, asked_at: float) -> None:
        if not isinstance(error, _NO_ANSWER):
            self._unreachable_since = None
            return
        if self._unreachable_since is None:
            self._unreachable_since = asked_at
        if self._clock.monotonic() - self._unreachable_since > NETWORK_GONE_AFTER_S:
            raise NetworkLostError(
                f"The network was gone for more than {duration(NETWORK_GONE_AFTER_S)}, so the session was ended here.",
                safe=error.safe,
                do=error.do,
                details=error.details,
            ) from error

    def _live_since(self, known: ConversationLog) -> float | None:
        # Once known it stays; what we wait for runs by the one of our clocks that nobody can set.
        if self.log.live_since is not None or known.live_since is None:
            return self.log.live_since
        live = Moment.between(known.live_since, self._began, Moment.now(self._clock))
        self.live_at = live.monotonic
        return live.epoch
