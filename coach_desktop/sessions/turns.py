"""Who said what and when, from every shape in which a transcript has come."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError

from coach_desktop.coaching.report import Turn
from coach_desktop.sessions import event_words
from coach_desktop.tavus.models import TRANSCRIPT_EVENT, UTTERANCE_EVENT, Conversation, Event, TranscriptTurn

log = logging.getLogger(__name__)

_ROLES: Final = {"user": "user", "assistant": "replica", "replica": "replica", "pal": "replica"}
_DAY_S: Final = 86_400.0
# What no session lasts: eleven days.
_MOST_S: Final = 1e6


def has_transcript(conversation: Conversation) -> bool:
    """Return whether the transcript has come, be it empty."""
    return bool(conversation.events_of(TRANSCRIPT_EVENT)) or isinstance(_top_level(conversation), list)


def transcript(conversation: Conversation, live_since: float | None) -> list[Turn]:
    """Return what was said, in the order told: the transcript or, until it is there, the single utterances.

    `live_since` in epoch seconds. Turns without a time take that of the one before. What cannot be read is logged.
    """
    ready = [event.properties.get("transcript") for event in reversed(conversation.events_of(TRANSCRIPT_EVENT))]
    for raw in [*ready, _top_level(conversation)]:
        if isinstance(raw, list) and (found := _of_transcript(raw, live_since)):
            return found
    return _of_utterances(conversation.events_of(UTTERANCE_EVENT), live_since)


def seconds(value: object) -> float | None:
    """Return a number of seconds that a session may have, or None. Numbers also come as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and abs(number) <= _MOST_S else None


def _top_level(conversation: Conversation) -> object:
    return (conversation.model_extra or {}).get("transcript")


def _of_transcript(raw: Sequence[object], live_since: float | None) -> list[Turn]:
    entries: list[tuple[TranscriptTurn, float | None, float]] = []
    for entry in raw:
        fields = entry if isinstance(entry, dict) else {}
        try:
            # The times are read apart: one that is wrong must not cost the words.
            turn = TranscriptTurn.model_validate({name: fields.get(name) for name in ("role", "content", "timestamp")})
        except ValidationError:
            log.warning("a turn of the transcript cannot be read")
            continue
        entries.append((turn, seconds(fields.get("seconds_from_start")), seconds(fields.get("duration")) or 0.0))
    told = [entry for entry in entries if _ROLES.get(entry[0].role) and entry[0].content.strip()]
    starts = _starts([start for _, start, _ in told], [turn.timestamp for turn, _, _ in told], live_since)
    made = [_turn(turn.role, turn.content, at, length) for (turn, _, length), at in zip(told, starts, strict=True)]
    return [turn for turn in made if turn is not None]


def _starts(
    from_start: Sequence[float | None], stamps: Sequence[float | None], live_since: float | None
) -> list[float]:
    """Return when each turn began, in seconds from live. `stamps` are epoch seconds."""
    known = [stamp for stamp in stamps if stamp is not None]
    times = list(from_start)
    # Zero for every turn came, too, beside times that told them apart.
    if known and not any(times):
        first = min(known)
        base = live_since if live_since is not None and 0 <= first - live_since <= _DAY_S else first
        times = [None if stamp is None else seconds(stamp - base) for stamp in stamps]
    starts: list[float] = []
    for time in times:
        starts.append(max(0.0, time) if time is not None else (starts[-1] if starts else 0.0))
    return starts


def _of_utterances(events: Sequence[Event], live_since: float | None) -> list[Turn]:
    found = []
    for event in events:
        at = seconds(event.properties.get("at_s"))
        moment = event.at()
        if at is None and moment is not None and live_since is not None:
            at = seconds(moment - live_since)
        found.append(_turn(str(event.properties.get("role", "")), event_words.speech(event), max(0.0, at or 0.0), 0.0))
    return [turn for turn in found if turn is not None]


def _turn(role: str, text: str, start_s: float, length_s: float) -> Turn | None:
    said = event_words.spoken(text) if role == "user" else text.strip()
    if role not in _ROLES or not said:
        return None
    return Turn.model_validate(
        {
            "role": _ROLES[role],
            "text": said,
            "start_s": start_s,
            "end_s": start_s + max(0.0, length_s),
            "words": [],
        }
    )
