"""Two networks hear the same piece, and where they do not agree the surer one is believed.

The larger network knows more words, but tidies up what was said; prompted for filled pauses it loses whole sentences.
The smaller one, prompted, hears the filled pauses and keeps what is said twice. Their words are aligned and voted on
by how sure each was: ROVER (Fiscus 1997, doi 10.1109/ASRU.1997.659110) with two systems. A filled pause that only one
of them heard counts: they are left out far more often than they are made up.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from coach_desktop.practice.hearing import fillers

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from coach_desktop.practice.hearing.recogniser import Network
    from coach_desktop.practice.hearing.words import Word

NOTHING_THERE: Final = 0.5
"""How sure a network counts that there is no word where the other one heard some: a network does not tell that."""
_HARDLY: Final = 0.1
_APART: Final = 3
"""What it costs to take a filled pause for a word: more than to leave out the one and put in the other."""

Pair = tuple["Word | None", "Word | None"]


class TwoEars:
    """A network for recordings. One thread at a time."""

    def __init__(self, larger: Network, prompted: Network) -> None:
        """Hear with both. The `larger` one is believed where both are as sure."""
        self._larger = larger
        self._prompted = prompted

    def hear(self, samples: NDArray[np.int16], at_s: float = 0.0) -> list[Word]:
        """Return the words in int16 [n] at 16 kHz, which begin at `at_s`. Raises ValueError as `Whisper.hear` does."""
        words = agreed(self._larger.hear(samples, at_s), self._prompted.hear(samples, at_s))
        if words and words[0].text.islower():
            # What one heard in the middle of a sentence may be the first that both agree on.
            words[0] = replace(words[0], text=words[0].text[0].upper() + words[0].text[1:])
        return words


def agreed(first: Sequence[Word], second: Sequence[Word]) -> list[Word]:
    """Return the words of both, in order and without overlaps; `first` wins where both are as sure."""
    told: list[Word] = []
    before: Pair = (None, None)
    for kind, group in groupby(aligned(_without_echoes(first), _without_echoes(second)), key=_kind):
        pairs = list(group)
        if kind == "same":
            # A sentence that the second one begins with a filled pause has its capital letter there, not after it.
            told += _side(pairs[:1], 1 if before[0] is None and before[1] is not None else 0) + _side(pairs[1:], 0)
        elif kind == "sound":
            told += [word for a, b in pairs if (word := a or b) is not None]
        else:
            sides = [[pair[side] for pair in pairs] for side in (0, 1)]
            told += [word for word in max(sides, key=_sureness) if word is not None]
        before = pairs[-1] if kind == "sound" else (None, None)
    return _in_order(told)


def _side(pairs: Sequence[Pair], side: int) -> list[Word]:
    return [word for pair in pairs if (word := pair[side]) is not None]


def _without_echoes(words: Sequence[Word]) -> list[Word]:
    """Return the words without filled pauses that are hardly believed in, right behind another one."""
    told: list[Word] = []
    for word in words:
        if not (told and _is_sound(told[-1]) and _is_sound(word) and word.chance < _HARDLY):
            told.append(word)
    return told


def _sureness(side: Sequence[Word | None]) -> float:
    return sum(NOTHING_THERE if word is None else word.chance for word in side)


def _kind(pair: Pair) -> str:
    a, b = pair
    if a is not None and b is not None:
        return "same" if a.bare == b.bare or (_is_sound(a) and _is_sound(b)) else "differs"
    return "sound" if (word := a or b) is not None and _is_sound(word) else "differs"


def _is_sound(word: Word) -> bool:
    return word.bare in fillers.english().sounds


def aligned(first: Sequence[Word], second: Sequence[Word]) -> list[Pair]:
    """Align two lists of words at the least cost, in order; None stands for a word that the other has not."""
    table = [[row + column for column in range(len(second) + 1)] for row in range(len(first) + 1)]
    for i, a in enumerate(first, 1):
        for j, b in enumerate(second, 1):
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + _cost(a, b))
    pairs: list[Pair] = []
    i, j = len(first), len(second)
    while i or j:
        if i and j and table[i][j] == table[i - 1][j - 1] + _cost(first[i - 1], second[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((first[i], second[j]))
        elif i and table[i][j] == table[i - 1][j] + 1:
            i -= 1
            pairs.append((first[i], None))
        else:
            j -= 1
            pairs.append((None, second[j]))
    return pairs[::-1]


def _cost(a: Word, b: Word) -> int:
    if a.bare == b.bare or (_is_sound(a) and _is_sound(b)):
        return 0
    return _APART if _is_sound(a) != _is_sound(b) else 1


def _in_order(words: Sequence[Word]) -> list[Word]:
    """Return the words with times that never go back: each network has its own idea of when a word began."""
    told: list[Word] = []
    for word in words:
        begin = max(word.start_s, told[-1].end_s) if told else word.start_s
        told.append(replace(word, start_s=begin, end_s=max(begin, word.end_s)))
    return told
