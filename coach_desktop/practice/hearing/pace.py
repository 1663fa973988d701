"""How fast somebody speaks: words a minute over the talk, syllables a second without its pauses, and how it varies."""

from __future__ import annotations

import re
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from coach_desktop.practice.hearing import syllables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coach_desktop.practice.hearing.words import Word

WINDOW_S = 30.0
STEP_S = 10.0
LEAST_TALK_S = 10.0
"""Over less talk than this, words a minute say nothing."""
LEAST_SPEECH_S = 5.0
"""Nor do they where less of the talk was speech: a word now and then is no slow talk."""
_LEAST_OF_A_WINDOW = 0.6
"""Share of a window that must be talk: one that is half silence says how long the silence was."""
_FEWEST_WINDOWS = 2

_JOINT = re.compile(r"[-/\u2013\u2014]+")


class Stretch(NamedTuple):
    """A part of the session, in seconds."""

    start_s: float
    end_s: float


@dataclass(frozen=True)
class Window:
    """The pace over one window, in words a minute."""

    start_s: float
    end_s: float
    wpm: float


@dataclass(frozen=True)
class Pace:
    """How fast it was.

    Attributes:
        words: words without filled pauses; what a hyphen joins counts as its parts.
        talk_s: seconds that were listened to between the first and the last speech.
        wpm: words a minute over `talk_s`, None below `LEAST_TALK_S` and with less speech than `LEAST_SPEECH_S`.
        articulation_rate: syllables, filled pauses too, a second of speech without its pauses; None like `wpm`.
        windows: the pace in windows of 30 s, a new one every 10 s.
        spread: standard deviation of the windows in words a minute; None for fewer than two.
    """

    words: int
    talk_s: float
    wpm: float | None
    articulation_rate: float | None
    windows: tuple[Window, ...]
    spread: float | None


def count_words(words: Sequence[Word]) -> int:
    """Count words, but not filled pauses."""
    return sum(_parts(word) for word in words if word.filler != "sound")


def _parts(word: Word) -> int:
    return max(1, sum(any(sign.isalnum() for sign in part) for part in _JOINT.split(word.text)))


def pace(words: Sequence[Word], speech: Sequence[tuple[float, float]], listened: Sequence[tuple[float, float]]) -> Pace:
    """Work out the pace from all words of a talk.

    `speech` holds the stretches of speech without pauses, `listened` those in which sound arrived and was followed;
    both in order, without overlaps, in the session's seconds. What lies outside of `listened` counts neither way.
    """
    heard = [part for part in (_inside(stretch, listened) for stretch in speech) if part]
    parts = [Stretch(*stretch) for stretches in heard for stretch in stretches]
    if not parts:
        return Pace(count_words(words), 0.0, None, None, (), None)
    first, last = parts[0].start_s, parts[-1].end_s
    talk = _inside((first, last), listened)
    talk_s = _length(talk)
    spoken_s = _length(parts)
    count = count_words(words)
    if talk_s < LEAST_TALK_S or spoken_s < LEAST_SPEECH_S:
        return Pace(count, talk_s, None, None, (), None)
    windows = _windows(words, talk)
    rates = [window.wpm for window in windows]
    return Pace(
        words=count,
        talk_s=talk_s,
        wpm=60 * count / talk_s,
        articulation_rate=sum(_syllables(word) for word in words) / spoken_s,
        windows=windows,
        spread=statistics.stdev(rates) if len(rates) >= _FEWEST_WINDOWS else None,
    )


def _syllables(word: Word) -> int:
    return sum(syllables.count(part) for part in _JOINT.split(word.bare) if part) or 1


def _inside(stretch: tuple[float, float], allowed: Sequence[tuple[float, float]]) -> list[Stretch]:
    cut = (Stretch(max(stretch[0], a), min(stretch[1], b)) for a, b in allowed)
    return [part for part in cut if part.end_s > part.start_s]


def _length(parts: Sequence[Stretch]) -> float:
    return sum(part.end_s - part.start_s for part in parts)


def _windows(words: Sequence[Word], talk: Sequence[Stretch]) -> tuple[Window, ...]:
    found: list[Window] = []
    start = talk[0].start_s
    while start + WINDOW_S <= talk[-1].end_s:
        end = start + WINDOW_S
        inside_s = _length([part for stretch in talk for part in _inside(stretch, [(start, end)])])
        if inside_s >= _LEAST_OF_A_WINDOW * WINDOW_S:
            count = count_words([word for word in words if start <= (word.start_s + word.end_s) / 2 < end])
            found.append(Window(start, end, 60 * count / inside_s))
        start += STEP_S
    return tuple(found)
