"""The `events` of a verbose conversation, in the shape of Tavus' webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coach_desktop.core.clock import iso_utc
from coach_desktop.tavus.delivery import DELIVERY_EVENT
from coach_desktop.tavus.models import JOINED_EVENTS, SHUTDOWN_EVENT, TRANSCRIPT_EVENT, UTTERANCE_EVENT

if TYPE_CHECKING:
    from coach_desktop.practice.conversations import Conversation
    from coach_desktop.practice.live import LiveAnalysis, Utterance
    from coach_desktop.tavus.delivery import Delivery

Event = dict[str, Any]

# Chuck's words are captions, not sound: their duration is the time it takes to read them at an easy pace.
_READING_WORDS_PER_S = 3.0


def events_of(conversation: Conversation, delivery: Delivery | None) -> list[Event]:
    """Return all events so far; `delivery` is the newest one. A test conversation has none."""
    live = conversation.live
    if live is None or delivery is None:
        return []
    events = _told_live(conversation, live)
    if conversation.ended_epoch is not None:
        properties = {"replica_id": conversation.replica_id, "shutdown_reason": conversation.shutdown_reason}
        events.append(_event(conversation, SHUTDOWN_EVENT, "system", conversation.ended_epoch, properties))
    at = conversation.ended_epoch if delivery.final else None
    events.append(
        _event(
            conversation,
            DELIVERY_EVENT,
            "application",
            conversation.clock.epoch() if at is None else at,
            delivery.model_dump(mode="json"),
        )
    )
    if delivery.final and live.live_epoch is not None and at is not None:
        said = sorted(live.utterances, key=lambda utterance: utterance.at_s)
        turns = [_turn(utterance, live.live_epoch, n) for n, utterance in enumerate(said)]
        spoken = {"replica_id": conversation.replica_id, "transcript": turns}
        events.append(_event(conversation, TRANSCRIPT_EVENT, "application", at, spoken))
    return events


def _told_live(conversation: Conversation, live: LiveAnalysis) -> list[Event]:
    if live.live_epoch is None:
        return []
    joined, pal_joined = JOINED_EVENTS
    replica = conversation.replica_id
    events = [
        _event(conversation, joined, "system", live.live_epoch, {"replica_id": replica}),
        _event(conversation, pal_joined, "system", live.live_epoch, {"face_id": replica}),
    ]
    # A user's words are known some seconds after they were begun.
    for utterance in sorted(live.utterances, key=lambda one: one.at_s):
        properties: dict[str, Any] = {
            "role": utterance.role,
            "speech": utterance.text,
            "at_s": round(utterance.at_s, 3),
        }
        if utterance.cue is not None:
            properties |= {"kind": utterance.cue, "cue": True}
        at = live.live_epoch + utterance.at_s
        events.append(_event(conversation, UTTERANCE_EVENT, "conversation", at, properties))
    return events + _aloud(conversation, live, live.live_epoch)


def _aloud(conversation: Conversation, live: LiveAnalysis, live_epoch: float) -> list[Event]:
    """Return when the coach began and stopped to speak aloud."""
    events = []
    for said in live.speaking.spoken.utterances:
        begun = {"role": "replica", "at_s": round(said.start_s, 3)}
        over = {
            "role": "replica",
            "at_s": round(said.end_s, 3),
            "duration": round(said.end_s - said.start_s, 3),
            "interrupted": said.interrupted,
        }
        for kind, properties, at_s in (
            ("conversation.started_speaking", begun, said.start_s),
            ("conversation.stopped_speaking", over, said.end_s),
        ):
            events.append(_event(conversation, kind, "conversation", live_epoch + at_s, properties))
    return events


def _event(
    conversation: Conversation, event_type: str, message_type: str, at: float, properties: dict[str, Any]
) -> Event:
    return {
        "event_type": event_type,
        "message_type": message_type,
        "conversation_id": conversation.id,
        "webhook_url": conversation.callback_url,
        "timestamp": iso_utc(at),
        "properties": properties,
    }


def _turn(utterance: Utterance, live_epoch: float, number: int) -> dict[str, Any]:
    return {
        "role": "user" if utterance.role == "user" else "assistant",
        "content": utterance.text,
        "timestamp": live_epoch + utterance.at_s,
        "seconds_from_start": round(utterance.at_s, 3),
        "duration": round(_length_s(utterance), 2),
        "inference_id": f"inf_{number}",
    }


def _length_s(utterance: Utterance) -> float:
    if utterance.end_s is not None:
        return utterance.end_s - utterance.at_s
    return len(utterance.text.split()) / _READING_WORDS_PER_S
