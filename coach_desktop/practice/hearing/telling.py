"""From words and stretches of speech to the measures of what was said, and the moments worth naming."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from coach_desktop.practice.hearing import fillers, pace
from coach_desktop.tavus.delivery import WORD_MEASURES, Measure, MeasureName, Span, measured, not_measured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coach_desktop.practice.hearing.words import Utterance, Word

Stretches = list[tuple[float, float]]

NO_WORDS = "No words were made out."
LITTLE_TALK = f"Less than {pace.LEAST_TALK_S:.0f} seconds of talk were heard."
LITTLE_SPEECH = f"Less than {pace.LEAST_SPEECH_S:.0f} seconds of speech were heard."
LITTLE_TALK_TO_VARY = "Less than 40 seconds of talk were heard."
RECENT_S = 30.0
_LEAST_RECENT_S = 20.0
_FEWEST_FILLERS = 3


def measures(words: Sequence[Word], speech: Stretches, listened: Stretches) -> dict[MeasureName, Measure]:
    """Return `WORD_MEASURES` of a talk; arguments as for `pace.pace`.

    Speech in which no word was made out (a hum, another language) measures nothing; sound without speech holds no
    words, and says so.
    """
    if not words:
        return {name: not_measured(name, NO_WORDS) for name in WORD_MEASURES}
    how_fast = pace.pace(words, speech, listened)
    count = fillers.count_fillers(words)
    found: dict[MeasureName, Measure] = {
        "words": measured("words", how_fast.words),
        "filler_sounds": measured("filler_sounds", count.sounds),
        "filler_words": measured("filler_words", count.words),
        "repeats": measured("repeats", count.repeats),
    }
    rate = None if how_fast.wpm is None else 60 * (count.sounds + count.words) / how_fast.talk_s
    rates: dict[MeasureName, float | None] = {
        "pace": how_fast.wpm,
        "articulation_rate": how_fast.articulation_rate,
        "filler_rate": rate,
    }
    little = LITTLE_TALK if how_fast.talk_s < pace.LEAST_TALK_S else LITTLE_SPEECH
    for name, value in rates.items():
        found[name] = not_measured(name, little) if value is None else measured(name, value)
    spread = how_fast.spread
    vary: MeasureName = "pace_spread"
    found[vary] = not_measured(vary, LITTLE_TALK_TO_VARY) if spread is None else measured(vary, spread)
    return {name: found[name] for name in WORD_MEASURES}


def told(utterances: Sequence[Utterance], until_s: float) -> list[Utterance]:
    """Return what was said with its repeats marked: as many as `measures` counts in the words that begin by then."""
    counted = [word for utterance in utterances for word in utterance.words if word.start_s < until_s]
    marked = iter(fillers.mark_repeats(counted))
    return [
        replace(utterance, words=tuple(next(marked) if word.start_s < until_s else word for word in utterance.words))
        for utterance in utterances
    ]


def spans(words: Sequence[Word], speech: Stretches, listened: Stretches) -> list[Span]:
    """Return the fastest and the slowest half minute, and the one with the most fillers, by time."""
    how_fast = pace.pace(words, speech, listened)
    found: list[Span] = []
    if how_fast.spread is not None:
        fastest = max(how_fast.windows, key=lambda window: window.wpm)
        slowest = min(how_fast.windows, key=lambda window: window.wpm)
        found += [_span("fastest", fastest.start_s, fastest.end_s), _span("slowest", slowest.start_s, slowest.end_s)]
    at = [word.start_s for word in words if word.filler is not None]
    if len(at) >= _FEWEST_FILLERS:
        most = max(at, key=lambda start: sum(start <= other < start + pace.WINDOW_S for other in at))
        last = max(other for other in at if other < most + pace.WINDOW_S)
        found.append(_span("most_fillers", most, last))
    return sorted((span for span in found if span.duration_s > 0), key=lambda span: span.start_s)


def recent_wpm(words: Sequence[Word], speech: Stretches, listened: Stretches, now_s: float) -> float | None:
    """Return the pace of the last half minute that was followed, None where too little of it was talk."""
    end = min(now_s, listened[-1][1]) if listened else now_s
    lately = [(max(a, end - RECENT_S), min(b, end)) for a, b in listened if b > end - RECENT_S and a < end]
    since = [word for word in words if end - RECENT_S <= word.start_s < end]
    how_fast = pace.pace(since, speech, lately)
    return how_fast.wpm if how_fast.talk_s >= _LEAST_RECENT_S else None


def _span(kind: str, start_s: float, end_s: float) -> Span:
    return Span.model_validate({"kind": kind, "start_s": round(start_s, 3), "end_s": round(end_s, 3)})
