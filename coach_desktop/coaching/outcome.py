"""How a conversation ended, and what was seen in it, in plain words: read from the provider's own terms."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

from coach_desktop.coaching.analysis import Readable
from coach_desktop.tavus.models import SHUTDOWN_EVENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from coach_desktop.coaching.report_model import Report

ANALYSIS_EVENT: Final = "application.perception_analysis"
UNAVAILABLE_EVENT: Final = "application.perception_unavailable"
NOT_OURS: Final = "Tavus' own words, not our measurement."

_LONGEST_REASON: Final = 200
# By how they begin: the same reason comes with and without " reached", and new ones may come at any time.
_ENDINGS: Final = {
    "end_conversation": "The conversation was ended on request.",
    "max_call_duration": "The longest time that was allowed for the conversation was over.",
    "participant_left": "You had left the room, and the conversation ended by itself.",
    "participant_absent": "Nobody came into the room in time, and the conversation ended by itself.",
    "bot_could_not_join": "The coach could not come into the room; it had probably been closed before.",
    "daily_room_has_been_deleted": "The room was removed.",
    "exception_encountered_during_conversation_startup": "Tavus could not start the conversation.",
    "internal_error": "Tavus ended the conversation because of an error of its own.",
}
_UNSEEN: Final = {
    "no_vision_history": "The camera was off, so nothing was seen.",
    "no_visual": "The camera was off, so nothing was seen.",
    "perception_off": "Seeing is switched off for this persona.",
    "perception_disabled": "Seeing is switched off for this persona.",
    "timeout": "Tavus took too long to describe what was seen.",
}


def plain_reason(raw: str | None) -> str:
    """Return in a sentence why a conversation ended. `raw` is the provider's term; an unknown one is quoted."""
    return _sentence(raw, _ENDINGS)


def plain_unavailable(raw: str | None) -> str:
    """Return in a sentence why there is no analysis of what was seen. An unknown reason is quoted."""
    return _sentence(raw, _UNSEEN)


def analysis_in(report: Report) -> Readable | None:
    """Return the analysis that a report holds, or None where it holds none."""
    for event in reversed(report.events):
        text, left_out = event.properties.get("analysis"), event.properties.get("left_out")
        if event.type == ANALYSIS_EVENT and isinstance(text, str):
            return Readable(text, left_out if isinstance(left_out, int) else 0)
    return None


def unavailable_in(report: Report) -> str | None:
    """Return in a sentence why nothing was seen, or None where a report does not say."""
    return _told(report, UNAVAILABLE_EVENT, ("reason",), plain_unavailable)


def ending_in(report: Report) -> str | None:
    """Return in a sentence why the conversation ended, or None where a report does not say."""
    return _told(report, SHUTDOWN_EVENT, ("shutdown_reason", "reason"), plain_reason)


def left_out_words(count: int) -> str:
    """Return how many sentences of an analysis are not shown, in a sentence; empty where all are."""
    if count <= 0:
        return ""
    said = "1 sentence was" if count == 1 else f"{count} sentences were"
    return f"{said} left out or shortened: this app does not show what describes looks, ethnicity, age or clothing."


def _told(report: Report, kind: str, names: tuple[str, ...], in_words: Callable[[str | None], str]) -> str | None:
    for event in report.events:
        if event.type == kind:
            raw = next((value for name in names if isinstance(value := event.properties.get(name), str)), None)
            return in_words(raw)
    return None


def _sentence(raw: str | None, known: dict[str, str]) -> str:
    clean = "".join(sign if unicodedata.category(sign)[0] not in "CZ" else " " for sign in raw or "")
    clean = " ".join(clean.split())
    term = clean.casefold().replace(" ", "_").replace("-", "_")
    for beginning, sentence in known.items():
        if term.startswith(beginning):
            return sentence
    if not clean:
        return "No reason was given."
    shown = clean if len(clean) <= _LONGEST_REASON else f"{clean[: _LONGEST_REASON - 1]}…"
    return f"The reason given was: {shown.rstrip('.')}."
