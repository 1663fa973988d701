"""From a verbose conversation to what a report is made of: when it went live, what was said, how it was delivered."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass

from pydantic import ValidationError

from coach_desktop.coaching.report import ReportEvent, Turn
from coach_desktop.tavus.delivery import DELIVERY_EVENT, Delivery
from coach_desktop.tavus.models import (
    JOINED_EVENTS,
    TRANSCRIPT_EVENT,
    UTTERANCE_EVENT,
    Conversation,
    Event,
    TranscriptTurn,
)

log = logging.getLogger(__name__)

# These have a place of their own in the report.
_TOLD_ELSEWHERE = {DELIVERY_EVENT, TRANSCRIPT_EVENT}
_ROLES = {"user": "user", "assistant": "replica", "replica": "replica", "pal": "replica"}


@dataclass(frozen=True)
class ConversationLog:
    """What a conversation has to tell so far. Times in seconds from live, `live_since` in epoch seconds."""

    live_since: float | None
    ended: bool
    shutdown_reason: str | None
    delivery: Delivery | None
    transcript: tuple[Turn, ...]
    events: tuple[ReportEvent, ...]
    newest_cue: str | None


def read(conversation: Conversation) -> ConversationLog:
    """Read a verbose conversation. Events that make no sense are logged and left out, never guessed."""
    joined = [moment for kind in JOINED_EVENTS for event in conversation.events_of(kind) if (moment := event.at())]
    live_since = min(joined, default=None)
    cues = [event for event in conversation.events_of(UTTERANCE_EVENT) if event.properties.get("cue") is True]
    return ConversationLog(
        live_since=live_since,
        ended=conversation.status == "ended",
        shutdown_reason=conversation.ended_because(),
        delivery=_delivery(conversation),
        transcript=tuple(_transcript(conversation)),
        events=tuple(_report_events(conversation, live_since)),
        newest_cue=_speech(cues[-1]) if cues else None,
    )


def _delivery(conversation: Conversation) -> Delivery | None:
    for event in reversed(conversation.events_of(DELIVERY_EVENT)):
        try:
            return Delivery.model_validate(event.properties)
        except ValidationError as error:
            log.warning("a delivery event cannot be read: %s", error.errors()[0]["msg"])
    return None


def _transcript(conversation: Conversation) -> list[Turn]:
    ready = conversation.events_of(TRANSCRIPT_EVENT)
    if ready:
        raw = ready[-1].properties.get("transcript")
        turns = [_turn_of_transcript(entry) for entry in raw] if isinstance(raw, list) else []
    else:
        turns = [_turn_of_utterance(event) for event in conversation.events_of(UTTERANCE_EVENT)]
    return [turn for turn in turns if turn is not None]


def _turn_of_transcript(entry: object) -> Turn | None:
    try:
        turn = TranscriptTurn.model_validate(entry)
    except ValidationError:
        log.warning("a turn of the transcript cannot be read")
        return None
    return _turn(turn.role, turn.content, _number(turn.seconds_from_start), _number(turn.duration))


def _turn_of_utterance(event: Event) -> Turn | None:
    return _turn(str(event.properties.get("role", "")), _speech(event), _number(event.properties.get("at_s")), 0.0)


def _turn(role: str, text: str, start_s: float, duration_s: float) -> Turn | None:
    if role not in _ROLES or not text.strip():
        return None
    start = max(0.0, start_s)
    return Turn.model_validate(
        {
            "role": _ROLES[role],
            "text": text.strip(),
            "start_s": start,
            "end_s": start + max(0.0, duration_s),
            "words": [],
        }
    )


def _report_events(conversation: Conversation, live_since: float | None) -> list[ReportEvent]:
    found = []
    for event in conversation.events:
        if event.event_type in _TOLD_ELSEWHERE or not event.event_type:
            continue
        moment = event.at()
        own = event.properties.get("at_s")
        at_s = _number(own) if own is not None else (moment - live_since if moment and live_since else 0.0)
        found.append(ReportEvent(at_s=max(0.0, at_s), type=event.event_type, properties=event.properties))
    return sorted(found, key=lambda event: event.at_s)


def _speech(event: Event) -> str:
    speech = event.properties.get("speech") or event.properties.get("text") or ""
    return speech if isinstance(speech, str) else ""


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    try:
        number = float(value)
    except OverflowError:
        return 0.0
    return number if math.isfinite(number) else 0.0
