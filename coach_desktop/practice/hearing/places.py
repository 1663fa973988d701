"""Where pauses lie: at the end of a clause, where listeners expect them, or inside of one. Pure.

By the words on either side and the marks that the recogniser put there. It puts a full stop behind whatever it hears
last, so that a mark alone does not end a clause: the lists in `resources/coaching/clauses.en.toml` have the last word.
No labelled talks exist to tell how often this is right, so the figure is described and never scored.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

from coach_desktop.core import paths
from coach_desktop.practice.hearing.segments import RULES
from coach_desktop.tavus.delivery import Measure, measured, not_measured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coach_desktop.practice.hearing.words import Word
    from coach_desktop.tavus.delivery import Span

FEWEST_PAUSES = 4
FEW_PAUSES = "Too few pauses lay where it could be told whether a clause ends."

_NEAR_S = 1.0
"""A word further than this from a pause was not made out next to it; word times are off by a third of a second."""
_MOST_WORDS_A_MARK = 15
"""A transcript with fewer marks than this says nothing of clauses."""
_CLAUSE_MARKS = (".", "!", "?", ",", ";", ":")
_UNFINISHED = ("...", "\u2026", "-", "\u2013", "\u2014")


class Place(NamedTuple):
    """One pause, in seconds of the session, and where it lies."""

    start_s: float
    end_s: float
    place: Literal["inside", "end"]


def places(
    words: Sequence[Word], speech: Sequence[tuple[float, float]], followed: Sequence[tuple[float, float]]
) -> list[Place]:
    """Return the pauses whose place can be told.

    `words` in order; `speech` holds the stretches of speech in order, and `followed` those in which sound arrived and
    words were made out. Silence is a pause only where sound arrived throughout.
    """
    said = [word for word in words if word.filler != "sound"]
    if _MOST_WORDS_A_MARK * sum(_has_mark(word) for word in said) < len(said):
        return []
    found: list[Place] = []
    at = 0
    for (_, start_s), (end_s, _) in pairwise(speech):
        if end_s - start_s < RULES.pause_s - 1e-6 or not any(a <= start_s and end_s <= b for a, b in followed):
            continue
        middle = (start_s + end_s) / 2
        while at < len(said) and (said[at].start_s + said[at].end_s) / 2 < middle:
            at += 1
        if 0 < at < len(said):
            before, after = said[at - 1], said[at]
            if start_s - before.end_s <= _NEAR_S and after.start_s - end_s <= _NEAR_S:
                found.append(Place(start_s, end_s, "end" if ends_a_clause(before, after) else "inside"))
    return found


def ends_a_clause(before: Word, after: Word) -> bool:
    """Return whether a clause ends between two words."""
    never_last, first = _lists()
    if _ending(before).endswith(_UNFINISHED) or before.bare in never_last:
        return False
    return _has_mark(before) or after.bare in first


def _ending(word: Word) -> str:
    return word.text.rstrip("\"'\u201d")


def _has_mark(word: Word) -> bool:
    return _ending(word).endswith(_CLAUSE_MARKS)


def share_inside(found: Sequence[Place]) -> Measure:
    """Return the measure `pause_inside`: the share of the pauses that lie inside a clause."""
    if len(found) < FEWEST_PAUSES:
        return not_measured("pause_inside", FEW_PAUSES)
    return measured("pause_inside", sum(pause.place == "inside" for pause in found) / len(found))


def with_places(spans: Sequence[Span], found: Sequence[Place]) -> list[Span]:
    """Return the spans, those of pauses with their place where it is known."""
    known = {round(pause.start_s, 3): pause.place for pause in found}
    return [
        span.model_copy(update={"place": known.get(round(span.start_s, 3))}) if span.kind == "pause" else span
        for span in spans
    ]


@lru_cache(maxsize=1)
def _lists() -> tuple[frozenset[str], frozenset[str]]:
    data = tomllib.loads(paths.resource("coaching", "clauses.en.toml").read_text(encoding="utf-8"))
    return frozenset(data["never_last"]), frozenset(data["first"])
