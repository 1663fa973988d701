"""The report of a session: put together from what was measured and said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coach_desktop.coaching import findings
from coach_desktop.coaching.bands import with_bands
from coach_desktop.coaching.plain_words import words
from coach_desktop.coaching.report_model import (
    MEASURES,
    SCHEMA,
    Finding,
    Passage,
    Report,
    ReportEvent,
    ReportMeasure,
    SessionFacts,
    Turn,
    Word,
    is_possible,
)
from coach_desktop.tavus.delivery import Delivery, Measure, measured, not_measured

if TYPE_CHECKING:
    from pydantic import JsonValue

    from coach_desktop.tavus.delivery import MeasureName, Span

__all__ = [
    "Finding",
    "Passage",
    "Report",
    "ReportEvent",
    "ReportMeasure",
    "SessionFacts",
    "Turn",
    "Word",
    "build_report",
    "words",
]

NOT_REPORTED = "This figure was not reported."
NOT_POSSIBLE = "The figure that came in was not possible, so it was left out."
NO_REASON = "No reason was given."

LONG_PAUSE_S = 1.0
"""Pauses from here on become events: 'long' in Campione & Veronis 2002."""
_TOLD_AS_EVENTS = {"look_away", "no_face", "smile", "hand_at_face", "crossed_arms", "still_hands", "pause"}
# Rounding on the way may push a share a hair over 1.
_A_HAIR = 1e-6


def build_report(
    session: SessionFacts,
    delivery: Delivery | None,
    transcript: list[Turn],
    events: list[ReportEvent],
    reason_if_none: str,
) -> Report:
    """Return the report. All measures are in it; bands and findings are worked out here, by the rules.

    Without a delivery nothing was measured, for `reason_if_none`. Warnings of the delivery become events of type
    `warning` at its end; looks away, gaps without a face, what was named of hands and arms, and pauses of 1 s and more
    become events of their kind at their start.
    """
    if delivery is None:
        measures = {name: not_measured(name, reason_if_none or NO_REASON) for name in MEASURES}
        found: list[Finding] = []
        told: list[ReportEvent] = []
    else:
        delivery = delivery.model_copy(update={"measures": {name: _trusted(name, delivery) for name in MEASURES}})
        measures = with_bands(delivery.measures, length_s=delivery.at_s)
        found = findings.find(delivery)
        told = _events_of(delivery)
    return Report(
        schema_version=SCHEMA,
        session=session,
        measures={name: ReportMeasure.model_validate(measure.model_dump()) for name, measure in measures.items()},
        findings=found,
        transcript=_with_words(sorted(transcript, key=lambda turn: turn.start_s), delivery),
        events=sorted([*events, *told], key=lambda event: event.at_s),
    )


def _trusted(name: MeasureName, delivery: Delivery) -> Measure:
    measure = delivery.measures.get(name)
    if measure is None:
        return not_measured(name, NOT_REPORTED)
    if measure.value is None:
        return not_measured(name, measure.reason or NO_REASON)
    value = 1.0 if 1 < measure.value <= 1 + _A_HAIR and measure.unit == "share" else measure.value
    return measured(name, value) if is_possible(name, value) else not_measured(name, NOT_POSSIBLE)


def _events_of(delivery: Delivery) -> list[ReportEvent]:
    spans = [
        ReportEvent(at_s=span.start_s, type=span.kind, properties=_told_of(span))
        for span in delivery.spans
        if _is_told(span)
    ]
    notes = [ReportEvent(at_s=delivery.at_s, type="warning", properties={"text": text}) for text in delivery.warnings]
    return spans + notes


def _told_of(span: Span) -> dict[str, JsonValue]:
    length: dict[str, JsonValue] = {"duration_s": round(span.duration_s, 3)}
    if span.kind == "pause":
        return length | {"place": span.place}
    return length | {"direction": span.direction} if span.kind == "look_away" else length


def _is_told(span: Span) -> bool:
    return span.kind in _TOLD_AS_EVENTS and span.duration_s >= (LONG_PAUSE_S if span.kind == "pause" else 0.0)


def _with_words(turns: list[Turn], delivery: Delivery | None) -> list[Turn]:
    """Give the user's turns their words: each word to the turn that holds its middle, or else to the nearest one."""
    empty = [n for n, turn in enumerate(turns) if turn.role == "user" and not turn.words]
    if delivery is None or not empty:
        return turns
    found: dict[int, list[Word]] = {n: [] for n in empty}
    for word in delivery.words:
        middle = (word.start_s + word.end_s) / 2
        nearest = min(empty, key=lambda n: max(turns[n].start_s - middle, middle - turns[n].end_s, 0.0))
        if word.end_s >= word.start_s:
            found[nearest].append(Word.model_validate(word.model_dump()))
    told = (turn.model_copy(update={"words": found[n]}) if n in found else turn for n, turn in enumerate(turns))
    return list(told)
