"""Conversations, in memory: made, joined, left, timed out, ended and forgotten. All of it on the event loop.

Nothing is kept on disk: a conversation is gone when the service stops, and the app keeps what it fetched.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from pydantic import Field

from coach_desktop.core.clock import Clock, SystemClock, iso_utc
from coach_desktop.practice import meeting_token, stock
from coach_desktop.practice.live import LiveAnalysis
from coach_desktop.practice.plays import Plays
from coach_desktop.practice.reading import Refusal
from coach_desktop.practice.speaking.voice_box import VoiceBox
from coach_desktop.store.recordings import is_lent
from coach_desktop.tavus.models import ConversationProperties, CreateConversation, WholeNumber

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from coach_desktop.practice.catalogue import Personas, Replicas
    from coach_desktop.practice.speaking.programs import Voice
    from coach_desktop.tavus.delivery import Delivery

log = logging.getLogger(__name__)

MAX_CALL_DURATION_S = 3600
ABSENT_TIMEOUT_S = 300
# Tavus' own default is 0; here a reload of the page, or a crash of its renderer, must not end the session.
LEFT_TIMEOUT_S = 60
# The last sentence may still have to be made out; who has left does not wait for that.
_LAST_WORD_WITHIN_S, _HASTY_LAST_WORD_WITHIN_S = 4.0, 1.0
_VOICED_WITHIN_S = 3.0
# After an hour of talk all measures take 90 ms, and a client may ask several times a second.
_DELIVERY_HOLDS_S = 1.0
_DRAIN_S = 10.0
_DRAIN_AT_STOP_S = 2.0

END_ASKED = "end_conversation_endpoint_hit"
MAX_DURATION_REACHED = "max_call_duration reached"
NOBODY_CAME = "participant_absent_timeout reached"
PARTICIPANT_LEFT = "participant_left_timeout reached"
SERVICE_STOPPED = "local_service_stopped"
TEST_MODE = "test_mode"


class AskedProperties(ConversationProperties):
    """`properties` as others may send them: who asks for more time than there is gets all of it, and is not told."""

    max_call_duration: Annotated[WholeNumber, Field(ge=1)] | None = None


class AskedConversation(CreateConversation):
    """Body of `POST /v2/conversations` as others may send it."""

    properties: AskedProperties | None = None


class Participant(Protocol):
    """Who is in the room: one page, over one WebSocket. Neither call waits."""

    def post(self, message: dict[str, Any]) -> None:
        """Send a message when the connection is free for it."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Close the connection after everything that was posted."""
        ...


class Conversation:
    """One conversation and its state. `live` is None in test mode, where nobody ever joins."""

    def __init__(self, request: CreateConversation, persona: dict[str, Any], replica_id: str, clock: Clock) -> None:
        """Draw an id; what the request leaves open gets the service's own defaults."""
        self.clock = clock
        self.request = request
        self.properties = request.properties or ConversationProperties()
        self.id = f"c{secrets.token_hex(8)}"
        self.persona_id: str = persona["persona_id"]
        self.persona_name: str = persona["persona_name"] or ""
        self.replica_id = replica_id
        self.created_epoch = self.updated_epoch = clock.epoch()
        self.name = request.conversation_name or f"New Conversation {int(self.created_epoch * 1000)}"
        self.callback_url = request.callback_url or ""
        self.max_call_duration = _given(self.properties.max_call_duration, MAX_CALL_DURATION_S)
        self.absent_timeout = _given(self.properties.participant_absent_timeout, ABSENT_TIMEOUT_S)
        self.left_timeout = _given(self.properties.participant_left_timeout, LEFT_TIMEOUT_S)
        self.greeting = request.custom_greeting or persona.get("greeting") or stock.DEFAULT_GREETING
        self.status = "active"
        self.shutdown_reason: str | None = None
        self.ended_epoch: float | None = None
        self.was_joined = False
        self.live: LiveAnalysis | None = None
        self.participant: Participant | None = None
        self.final: Delivery | None = None
        self._newest: tuple[float, Delivery] | None = None
        self.closed = asyncio.Event()
        self.timers: dict[str, asyncio.TimerHandle] = {}

    @property
    def has_ended(self) -> bool:
        """Whether nobody can join any more."""
        return self.status == "ended"

    def delivery(self) -> Delivery | None:
        """Return the newest measures; may wait for the analysis of one sample, so call it off the event loop."""
        if self.final is not None or self.live is None:
            return self.final
        now = self.clock.monotonic()
        if self._newest is None or now - self._newest[0] >= _DELIVERY_HOLDS_S:
            self._newest = (now, self.live.delivery(final=False))
        return self._newest[1]

    def ended(self, reason: str) -> None:
        """Take note of the end."""
        self.status, self.shutdown_reason = "ended", reason
        self.ended_epoch = self.updated_epoch = self.clock.epoch()
        for timer in self.timers.values():
            timer.cancel()
        self.timers.clear()


def _given(value: int | None, default: int) -> int:
    # No conversation lasts longer than that, and a number without bounds is more than a timer can take.
    return default if value is None else min(value, MAX_CALL_DURATION_S)


class Conversations:
    """All conversations of this run."""

    def __init__(
        self,
        personas: Personas,
        replicas: Replicas,
        *,
        base_url: str,
        models_cache: Path,
        plays: Plays | None = None,
        clock: Clock | None = None,
        voices: Sequence[Voice] = (),
        record_to: Path | None = None,
    ) -> None:
        """Rooms are at `base_url`/rooms/ID; what a create is refused for is said by `plays`.

        The first conversation is recorded at `record_to`.

        Chuck speaks with the first of the `voices` that works; none of them is started before somebody joins.
        """
        self._personas = personas
        self._replicas = replicas
        self._base_url = base_url
        self._models_cache = models_cache
        self._plays = plays or Plays()
        self._clock = clock or SystemClock()
        self._token_secret = secrets.token_bytes(32)
        self._known: dict[str, Conversation] = {}
        self._voice = VoiceBox(voices)
        self._record_to = record_to
        self._closing: set[asyncio.Task[None]] = set()

    def create(self, request: CreateConversation) -> tuple[Conversation, str | None]:
        """Make a conversation; return it and its meeting token, if it needs one. Raises `Refusal`."""
        persona, replica_id = self._cast(request)
        test_mode = bool(request.test_mode)
        active = sum(not known.has_ended for known in self._known.values())
        self._plays.check_create(active=active, test_mode=test_mode)
        conversation = Conversation(request, persona, replica_id, self._clock)
        self._known[conversation.id] = conversation
        token = None
        if request.require_auth:
            expires_at = conversation.created_epoch + conversation.absent_timeout
            token = meeting_token.issue(self._token_secret, conversation.id, expires_at)
        if test_mode:
            conversation.ended(TEST_MODE)
            conversation.closed.set()
            return conversation, token
        conversation.live = LiveAnalysis(
            models_cache=self._models_cache,
            greeting=conversation.greeting,
            clock=self._clock,
            voice=self._voice,
            post=lambda message: _post(conversation, message),
            language=conversation.properties.language,
            on_live=lambda: _tell_live(conversation),
            record_to=self._record_to,
        )
        self._record_to = None
        self._end_later(conversation, "duration", conversation.max_call_duration, MAX_DURATION_REACHED)
        self._end_later(conversation, "absent", conversation.absent_timeout, NOBODY_CAME)
        log.info("conversation %s was created", conversation.id)
        return conversation, token

    def _cast(self, request: CreateConversation) -> tuple[dict[str, Any], str]:
        if request.persona_id is None and request.replica_id is None:
            raise Refusal(400, error="Invalid replica_uuid")
        persona = self._personas.get(request.persona_id if request.persona_id is not None else stock.LOCAL_PERSONA)
        replica_id = request.replica_id if request.replica_id is not None else persona["default_replica_id"]
        if replica_id is None:
            raise Refusal(400, error="Invalid replica_uuid")
        self._replicas.require(replica_id)
        return persona, replica_id

    def get(self, conversation_id: str) -> Conversation:
        """Return one. Raises `Refusal` for an unknown id."""
        conversation = self.find(conversation_id)
        if conversation is None:
            raise Refusal(400, error="Invalid conversation_id")
        return conversation

    def find(self, conversation_id: str) -> Conversation | None:
        """Return one, or None."""
        return self._known.get(conversation_id)

    def all(self) -> list[Conversation]:
        """Return all, the newest first."""
        return list(self._known.values())[::-1]

    def url(self, conversation: Conversation) -> str:
        """Return the address of the room."""
        return f"{self._base_url}/rooms/{conversation.id}"

    def may_enter(self, conversation: Conversation, token: str) -> bool:
        """Return whether the room's door opens for `token`.

        A token holds until the participant must have come; after that it lets in only who had come by then, so that
        a reload does not lock them out.
        """
        if not conversation.request.require_auth:
            return True
        if not meeting_token.is_for(token, self._token_secret, conversation.id):
            return False
        return conversation.was_joined or not meeting_token.is_expired(token, self._token_secret, self._clock.epoch())

    def join(self, conversation: Conversation, participant: Participant) -> None:
        """Let a page in; one that was there before is told that it is replaced."""
        before, conversation.participant = conversation.participant, participant
        if before is not None:
            before.post({"type": "replaced"})
            before.close(1000, "replaced")
            if conversation.live is not None:
                conversation.live.speaking.page_left()
        conversation.was_joined = True
        for name in ("absent", "left"):
            if timer := conversation.timers.pop(name, None):
                timer.cancel()
        if conversation.live is not None:
            conversation.live.connected()
            participant.post(_welcome(conversation))

    def leave(self, conversation: Conversation, participant: Participant) -> None:
        """Take note that a page's connection is gone: it has some time to come back."""
        if conversation.participant is not participant:
            return
        conversation.participant = None
        if conversation.live is not None:
            conversation.live.speaking.page_left()
        if not conversation.has_ended:
            self._end_later(conversation, "left", conversation.left_timeout, PARTICIPANT_LEFT)

    def end(self, conversation: Conversation, reason: str) -> None:
        """End a conversation; one that has ended stays as it is. What still waits is analysed in the background."""
        if conversation.has_ended:
            return
        log.info("conversation %s ends: %s", conversation.id, reason)
        conversation.ended(reason)
        if conversation.live is not None:
            conversation.live.stop()
            within_s = _DRAIN_AT_STOP_S if reason == SERVICE_STOPPED else _DRAIN_S
            task = asyncio.create_task(_close(conversation, conversation.live, within_s))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def delete(self, conversation: Conversation) -> None:
        """End a conversation and forget it."""
        self.end(conversation, END_ASKED)
        self._known.pop(conversation.id, None)

    async def end_all(self, reason: str) -> None:
        """End every conversation and wait until the rooms are told and the analysis has stopped."""
        for conversation in list(self._known.values()):
            self.end(conversation, reason)
        if self._closing:
            await asyncio.wait(self._closing)
        await asyncio.to_thread(self._voice.close)

    def _end_later(self, conversation: Conversation, name: str, delay_s: float, reason: str) -> None:
        loop = asyncio.get_running_loop()
        conversation.timers[name] = loop.call_later(delay_s, self.end, conversation, reason)


def row(conversation: Conversation, url: str) -> dict[str, Any]:
    """Return a conversation as the API shows it, under both vocabularies."""
    return {
        "conversation_id": conversation.id,
        "conversation_name": conversation.name,
        "conversation_url": url,
        "status": conversation.status,
        "callback_url": conversation.callback_url,
        "persona_id": conversation.persona_id,
        "pal_id": conversation.persona_id,
        "replica_id": conversation.replica_id,
        "face_id": conversation.replica_id,
        "created_at": iso_utc(conversation.created_epoch),
        "updated_at": iso_utc(conversation.updated_epoch),
    }


def _welcome(conversation: Conversation) -> dict[str, Any]:
    live = conversation.live
    return {
        "type": "welcome",
        "conversation_name": conversation.name,
        "persona_name": conversation.persona_name,
        "live_s": round(live.now_s(), 2) if live is not None and live.is_live else None,
        "max_call_duration": conversation.max_call_duration,
        "voice": live.speaking.state if live is not None else None,
        "recording": _recording(live),
    }


def _recording(live: LiveAnalysis | None) -> str | None:
    """Return what becomes of the sound: it is "kept", or "lent" until it was heard once more, or None: dropped."""
    if live is None or live.keeper is None:
        return None
    return "lent" if is_lent(live.keeper.path) else "kept"


def _post(conversation: Conversation, message: dict[str, Any]) -> None:
    if conversation.participant is not None:
        conversation.participant.post(message)


def _tell_live(conversation: Conversation) -> None:
    log.info("conversation %s is live", conversation.id)
    _post(conversation, {"type": "live"})
    _post(conversation, {"type": "caption", "role": "replica", "text": conversation.greeting})


async def _close(conversation: Conversation, live: LiveAnalysis, within_s: float) -> None:
    """Finish the analysis, and tell the room: that it can let go of its devices at once, and the last words."""
    _post(conversation, {"type": "ending"})
    in_haste = conversation.shutdown_reason in {PARTICIPANT_LEFT, SERVICE_STOPPED}
    finishing = asyncio.create_task(asyncio.to_thread(live.finish, within_s))
    patience_s = _HASTY_LAST_WORD_WITHIN_S if in_haste else _LAST_WORD_WITHIN_S
    finished, _ = await asyncio.wait({finishing}, timeout=patience_s)
    if finished:
        await _keep(conversation, finishing)
    participant = conversation.participant
    if participant is not None:
        if conversation.final is not None and live.is_live:
            last = live.utterances[-1]
            participant.post({"type": "caption", "role": "replica", "text": last.text})
            if not in_haste:
                await live.speaking.last_words(last.text, _VOICED_WITHIN_S)
        participant.post({"type": "ended", "reason": conversation.shutdown_reason})
        participant.close(1000, "ended")
    if not finished:
        await _keep(conversation, finishing)


async def _keep(conversation: Conversation, finishing: asyncio.Task[Delivery]) -> None:
    try:
        conversation.final = await finishing
    except Exception:  # whatever is wrong with the analysis, a conversation that was ended has ended
        log.exception("conversation %s could not be analysed to its end", conversation.id)
    finally:
        conversation.closed.set()
