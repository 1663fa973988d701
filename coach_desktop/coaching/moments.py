"""The moment of a talk that a finding is about: where to look in the recording of one's memory."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from coach_desktop.tavus.delivery import Delivery, Span, SpanKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from coach_desktop.coaching.rules import Moment

STRETCH_PAUSE_S = 0.5
"""A pause of this length ends a stretch of speech: the shortest that open-source coaches count."""
DELIBERATE_UP_TO_S = 2.0
"""Longer pauses are called long, in neutral words (our proposal after Campione & Veronis 2002)."""


def find(moment: Moment, delivery: Delivery) -> Span | None:
    """Return the stretch of the session that a moment of the rules names, the longest of its kind; None without one."""
    return _FINDERS[moment](delivery)


def _longest(spans: Iterable[Span]) -> Span | None:
    # The earlier of two equal ones, whatever the order in which they came.
    return min(spans, key=lambda span: (-span.duration_s, span.start_s), default=None)


def _of_kind(*kinds: SpanKind) -> Callable[[Delivery], Span | None]:
    return lambda delivery: _longest(_only(delivery, *kinds))


def _only(delivery: Delivery, *kinds: SpanKind) -> list[Span]:
    spans = [span for span in delivery.spans if span.kind in kinds and span.duration_s > 0]
    return sorted(spans, key=lambda span: span.start_s)


def _in_contact(delivery: Delivery) -> Span | None:
    """Return the longest stretch between two looks away or gaps, as far as such are named in the spans."""
    away = _only(delivery, "look_away", "no_face")
    if not away:
        return None
    stretches = []
    seen_until = 0.0
    for span in away:
        if span.start_s > seen_until:
            stretches.append(Span(kind="look_away", start_s=seen_until, end_s=span.start_s))
        seen_until = max(seen_until, span.end_s)
    if delivery.at_s > seen_until:
        stretches.append(Span(kind="look_away", start_s=seen_until, end_s=delivery.at_s))
    return _longest(stretches)


def _deliberate_pause(delivery: Delivery) -> Span | None:
    pauses = _only(delivery, "pause")
    return _longest(span for span in pauses if STRETCH_PAUSE_S <= span.duration_s <= DELIBERATE_UP_TO_S)


def _unbroken_speech(delivery: Delivery) -> Span | None:
    speech = _only(delivery, "speech")
    if not speech:
        return None
    stretches = []
    begun, until = speech[0].start_s, speech[0].end_s
    for _, span in pairwise(speech):
        if span.start_s - until >= STRETCH_PAUSE_S:
            stretches.append(Span(kind="speech", start_s=begun, end_s=until))
            begun = span.start_s
        until = max(until, span.end_s)
    stretches.append(Span(kind="speech", start_s=begun, end_s=until))
    return _longest(stretches)


_FINDERS: Mapping[Moment, Callable[[Delivery], Span | None]] = {
    "no_face": _of_kind("no_face"),
    "look_away": _of_kind("look_away"),
    "pause": _of_kind("pause"),
    "in_contact": _in_contact,
    "deliberate_pause": _deliberate_pause,
    "unbroken_speech": _unbroken_speech,
}
