"""What of an event may be kept: never what describes a person's looks, and no picture of one."""

from __future__ import annotations

import re
from typing import Any, Final

from coach_desktop.coaching.analysis import mentions, readable_analysis
from coach_desktop.coaching.outcome import ANALYSIS_EVENT, UNAVAILABLE_EVENT
from coach_desktop.tavus.models import UTTERANCE_EVENT, Event

_ANALYSIS: Final = re.compile(r"perception[_-]analysis$")
_UNAVAILABLE: Final = re.compile(r"perception[_-]unavailable$")
# Members that hold pictures, or what a model made of a person's picture or voice; and secrets.
_NEVER: Final = re.compile(
    r"visual|vision|scene|appearance|frame|image|picture|photo|thumbnail|perception|analysis|emotion|transcript"
    r"|token|secret|password|api_?key",
    re.IGNORECASE,
)
_OF_UTTERANCE: Final = ("role", "speech", "text", "at_s", "cue", "kind", "interrupted", "inference_id")
_DEEPEST: Final = 6
# Older transcripts hold what was heard and what was seen in one text, each behind its name.
_PART: Final = re.compile(r"\b(USER[ _]SPEECH|VISUAL[ _]SCENE)\s*:\s*")
_TAGGED: Final = re.compile(r"<(user_\w+)\b[^<>]*>.*?(?:</\1>|$)", re.DOTALL)


def is_analysis(event: Event) -> bool:
    """Return whether an event brings the analysis of what was seen, under any of its names."""
    return _ANALYSIS.search(event.event_type) is not None


def is_unavailable(event: Event) -> bool:
    """Return whether an event says that there will be no analysis."""
    return _UNAVAILABLE.search(event.event_type) is not None


def reason(event: Event) -> str | None:
    """Return the reason that an event gives, or None."""
    for name in ("reason", "message", "error"):
        value = event.properties.get(name)
        if isinstance(value, str):
            return value
    return None


def speech(event: Event) -> str:
    """Return what an utterance says, or an empty text."""
    said = event.properties.get("speech") or event.properties.get("text") or ""
    return said if isinstance(said, str) else ""


def spoken(text: str) -> str:
    """Return what was said, of a text that may also hold what was seen."""
    parts = _PART.split(_TAGGED.sub(" ", text))
    said = [parts[0], *(part for name, part in zip(parts[1::2], parts[2::2], strict=True) if name[0] == "U")]
    return " ".join(" ".join(said).split()) if len(parts) > 1 or "<user_" in text else text.strip()


def told(event: Event) -> tuple[str, dict[str, Any]] | None:
    """Return type and properties of an event as a report keeps them, or None where it keeps nothing of it."""
    kind, properties = event.event_type, event.properties
    if not kind:
        return None
    if is_analysis(event):
        text = properties.get("analysis")
        if not isinstance(text, str):
            return None
        readable = readable_analysis(text)
        return ANALYSIS_EVENT, {"analysis": readable.text, "left_out": readable.left_out}
    if is_unavailable(event):
        why = reason(event)
        return UNAVAILABLE_EVENT, {"reason": why if why is not None and mentions(why) is None else None}
    if kind == UTTERANCE_EVENT:
        return _utterance(properties)
    return kind, {name: _kept(value, 1) for name, value in properties.items() if _may_stay(name, value)}


def _utterance(properties: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    if properties.get("role") == "system":
        return None
    kept: dict[str, Any] = {name: properties[name] for name in _OF_UTTERANCE if name in properties}
    if kept.get("role") == "user":
        kept |= {name: spoken(kept[name]) for name in ("speech", "text") if isinstance(kept.get(name), str)}
    return UTTERANCE_EVENT, kept


def _may_stay(name: str, value: object) -> bool:
    return _NEVER.search(name) is None and not (isinstance(value, str) and mentions(value) is not None)


def _kept(value: object, depth: int) -> object:
    if isinstance(value, dict):
        if depth >= _DEEPEST:
            return {}
        return {name: _kept(inner, depth + 1) for name, inner in value.items() if _may_stay(str(name), inner)}
    if isinstance(value, list):
        return [_kept(inner, depth + 1) for inner in value if _may_stay("", inner)] if depth < _DEEPEST else []
    return value
