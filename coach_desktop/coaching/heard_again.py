"""A talk whose words were made out once more: what of its report that replaces, and the report made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import BaseModel

from coach_desktop.coaching.report import Report, ReportEvent, Turn, build_report
from coach_desktop.tavus.delivery import WORD_MEASURES, Measure, MeasureName, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coach_desktop.tavus.delivery import Delivery

WORD_SPANS: Final = ("fastest", "slowest", "most_fillers")
_UTTERANCE: Final = "conversation.utterance"


class HeardAgain(BaseModel):
    """What the second pass made out: the measures of words, their spans, and the user's turns with every word."""

    measures: dict[MeasureName, Measure]
    spans: list[Span]
    turns: list[Turn]


def made_anew(
    report: Report, delivery: Delivery, transcript: Sequence[Turn], events: Sequence[ReportEvent], heard: HeardAgain
) -> Report:
    """Return the report with these words in place of those of the session; all else in it stays as it was measured.

    `delivery`, `transcript` and `events` are what `report` was made of.
    """
    words = {name: measure for name, measure in heard.measures.items() if name in WORD_MEASURES}
    spans = [span for span in delivery.spans if span.kind not in WORD_SPANS]
    spans += [span for span in heard.spans if span.kind in WORD_SPANS]
    kept = [event for event in events if not (event.type == _UTTERANCE and event.properties.get("role") == "user")]
    said = [
        ReportEvent(
            at_s=turn.start_s,
            type=_UTTERANCE,
            properties={"role": "user", "speech": turn.text, "at_s": round(turn.start_s, 3)},
        )
        for turn in heard.turns
    ]
    return build_report(
        report.session,
        delivery.model_copy(
            update={
                "measures": delivery.measures | words,
                "spans": sorted(spans, key=lambda span: span.start_s),
                "words": [],
            }
        ),
        [*(turn for turn in transcript if turn.role != "user"), *heard.turns],
        [*kept, *said],
        "",
    )
