"""From a verbose conversation to what a report is made of: when it went live, what was said and seen, how it went."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from pydantic import ValidationError

from coach_desktop.coaching.analysis import readable_analysis
from coach_desktop.coaching.outcome import plain_reason, plain_unavailable
from coach_desktop.coaching.report import ReportEvent, Turn
from coach_desktop.sessions import event_words, turns
from coach_desktop.tavus.delivery import DELIVERY_EVENT, Delivery
from coach_desktop.tavus.models import JOINED_EVENTS, TRANSCRIPT_EVENT, UTTERANCE_EVENT, Conversation, Event

__all__ = ["ConversationLog", "plain_reason", "read"]

log = logging.getLogger(__name__)

_UNREADABLE = "What Tavus saw came in a form that this app cannot read."


@dataclass(frozen=True)
class ConversationLog:
    """What a conversation has to tell so far. Times in seconds from live, `live_since` in epoch seconds.

    `analysis` is what was seen, already without what describes a person's looks; `analysis_unavailable` says in a
    sentence why there is none. Where both are None nothing is known yet. `complete` means that transcript and
    analysis are in, or that there will be none: nothing more is to come.
    """

    live_since: float | None
    ended: bool
    shutdown_reason: str | None
    delivery: Delivery | None
    transcript: tuple[Turn, ...]
    events: tuple[ReportEvent, ...]
    newest_cue: str | None
    analysis: str | None = None
    analysis_unavailable: str | None = None
    complete: bool = False


def read(conversation: Conversation) -> ConversationLog:
    """Read a verbose conversation of any era. What makes no sense is logged and left out, never guessed."""
    joined = [moment for kind in JOINED_EVENTS for event in conversation.events_of(kind) if (moment := event.at())]
    live_since = min(joined, default=None)
    cues = [event for event in conversation.events_of(UTTERANCE_EVENT) if event.properties.get("cue") is True]
    analysis, unavailable = _seen(conversation)
    return ConversationLog(
        live_since=live_since,
        ended=conversation.status == "ended",
        shutdown_reason=conversation.ended_because(),
        delivery=_delivery(conversation),
        transcript=tuple(turns.transcript(conversation, live_since)),
        events=tuple(_report_events(conversation, live_since)),
        newest_cue=event_words.speech(cues[-1]) if cues else None,
        analysis=analysis,
        analysis_unavailable=unavailable,
        complete=turns.has_transcript(conversation) and (analysis is not None or unavailable is not None),
    )


def _delivery(conversation: Conversation) -> Delivery | None:
    for event in reversed(conversation.events_of(DELIVERY_EVENT)):
        try:
            return Delivery.model_validate(event.properties)
        except ValidationError as error:
            log.warning("a delivery event cannot be read: %s", error.errors()[0]["msg"])
    return None


def _seen(conversation: Conversation) -> tuple[str | None, str | None]:
    unavailable = None
    for event in reversed(conversation.events):
        if event_words.is_analysis(event):
            text = event.properties.get("analysis")
            if isinstance(text, str):
                return readable_analysis(text).text, None
            log.warning("a perception analysis cannot be read")
            unavailable = unavailable or _UNREADABLE
        elif event_words.is_unavailable(event):
            unavailable = plain_unavailable(event_words.reason(event))
    top = (conversation.model_extra or {}).get("perception_analysis")
    if isinstance(top, str) and top.strip():
        return readable_analysis(top).text, None
    return None, unavailable


def _report_events(conversation: Conversation, live_since: float | None) -> list[ReportEvent]:
    found: list[ReportEvent] = []
    joined: ReportEvent | None = None
    for event in conversation.events:
        told = event_words.told(event)
        if told is None or event.event_type in {DELIVERY_EVENT, TRANSCRIPT_EVENT}:
            continue
        kind, properties = told
        entry = ReportEvent(at_s=_at_s(event, live_since), type=kind, properties=properties)
        if kind not in JOINED_EVENTS:
            found.append(entry)
        elif joined is None or entry.at_s < joined.at_s:
            # It is told under its old name and under its new one.
            joined = entry
    return sorted([*found, *([joined] if joined else [])], key=lambda entry: entry.at_s)


def _at_s(event: Event, live_since: float | None) -> float:
    own = turns.seconds(event.properties.get("at_s"))
    if own is not None:
        return max(0.0, own)
    moment = event.at()
    known = turns.seconds(moment - live_since) if moment and live_since else None
    return max(0.0, known or 0.0)
