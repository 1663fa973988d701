"""The moment of a talk that a finding is about: where to look when thinking back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from coach_desktop.tavus.delivery import Delivery, SpanKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from coach_desktop.coaching.rules import Moment

STRETCH_PAUSE_S = 0.5
"""A pause of this length ends a stretch of speech: the shortest that open-source coaches count."""
DELIBERATE_UP_TO_S = 2.0
"""Longer pauses are called long, in neutral words (our proposal after Campione & Veronis 2002)."""


class Stretch(NamedTuple):
    """A part of the session, in seconds from live."""

    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s


def find(moment: Moment, delivery: Delivery) -> Stretch | None:
    """Return the longest stretch that a moment of the rules names, the earliest of equals; None without one."""
    if moment == "unbroken_speech":
        stretches = _without_a_pause(_of_kind(delivery, "speech"))
    elif moment == "deliberate_pause":
        pauses = _of_kind(delivery, "pause")
        stretches = [pause for pause in pauses if STRETCH_PAUSE_S <= pause.duration_s <= DELIBERATE_UP_TO_S]
    else:
        stretches = _of_kind(delivery, moment)
    return _longest(stretches)


def _longest(stretches: Iterable[Stretch]) -> Stretch | None:
    return min(stretches, key=lambda stretch: (-stretch.duration_s, stretch.start_s), default=None)


def _of_kind(delivery: Delivery, kind: SpanKind) -> list[Stretch]:
    spans = (span for span in delivery.spans if span.kind == kind and span.duration_s > 0)
    return sorted(Stretch(span.start_s, span.end_s) for span in spans)


def _without_a_pause(speech: list[Stretch]) -> list[Stretch]:
    """Join what less than a long enough pause, or a gap in the sound, lies between."""
    joined: list[Stretch] = []
    for part in speech:
        if joined and part.start_s - joined[-1].end_s < STRETCH_PAUSE_S:
            joined[-1] = Stretch(joined[-1].start_s, max(joined[-1].end_s, part.end_s))
        else:
            joined.append(part)
    return joined
