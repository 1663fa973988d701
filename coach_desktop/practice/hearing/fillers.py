"""Filled pauses, words that fill a pause, and repeats: found in the words and judged by their use.

The lists are data (`resources/coaching/fillers.en.toml`). A spelling alone counts nothing but a filled pause: "I like
to meet people" holds no filler. Where the use leaves a doubt, nothing is counted.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from coach_desktop.core import paths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coach_desktop.practice.hearing.words import Word

Sign = Literal["comma_after", "comma_before", "start", "end", "beside", "always"]

_LONGEST_REPEAT = 3
_ENDS = (".", "!", "?")
_HALTS = (",", "…", "...", ";", ":", "-", "\u2014", "\u2013")
_CUT_OFF = ("-", "\u2014", "\u2013")
# A break of this length parts two sentences also where the recogniser wrote no full stop.
_NEW_SENTENCE_S = 1.0


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    phrase: str
    signs: frozenset[Sign]
    only_at: frozenset[Literal["start", "end"]] = frozenset()
    only_before: frozenset[str] = frozenset()
    not_before: frozenset[str] = frozenset()
    not_after: frozenset[str] = frozenset()

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.phrase.split())


class FillerList(BaseModel):
    """The fillers of one language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: str
    sounds: frozenset[str]
    may_repeat: frozenset[str]
    words: tuple[_Rule, ...]


@dataclass(frozen=True)
class FillerCount:
    """How many fillers there are. `sounds` is what was made out: some are missed, so it is told as "about"."""

    sounds: int
    words: int
    repeats: int


@lru_cache(maxsize=1)
def english() -> FillerList:
    """Return the list for English, which comes with the app."""
    return FillerList.model_validate(tomllib.loads(paths.resource("coaching", "fillers.en.toml").read_text("utf-8")))


def judge(words: Sequence[Word], known: FillerList | None = None) -> list[Word]:
    """Return the words in their order, those that fill a pause marked as `sound` or `word`."""
    known = known or english()
    marked = [replace(word, filler="sound" if word.bare in known.sounds else None) for word in words]
    # Twice, since a filler beside another is one, whichever of them comes first.
    for _ in range(2):
        for rule in known.words:
            length = len(rule.parts)
            for first in range(len(marked) - length + 1):
                here = range(first, first + length)
                if all(marked[n].filler is None for n in here) and _fills(marked, first, rule):
                    for n in here:
                        marked[n] = replace(marked[n], filler="word")
    return marked


def count_fillers(words: Sequence[Word], known: FillerList | None = None) -> FillerCount:
    """Count in words that `judge` has marked; a phrase such as "you know" counts once."""
    known = known or english()
    lengths = sorted({rule.parts for rule in known.words}, key=len, reverse=True)
    bare = [word.bare if word.filler == "word" else "" for word in words]
    phrases = n = 0
    while n < len(bare):
        if not bare[n]:
            n += 1
            continue
        n += next((len(parts) for parts in lengths if tuple(bare[n : n + len(parts)]) == parts), 1)
        phrases += 1
    return FillerCount(
        sounds=sum(word.filler == "sound" for word in words),
        words=phrases,
        repeats=sum(word.repeat == "start" for word in mark_repeats(words, known)),
    )


def mark_repeats(words: Sequence[Word], known: FillerList | None = None) -> list[Word]:
    """Return the words with what was said for nothing marked: "the the", "I think I think", "I um I", "dif-".

    The first word of each is its `start`, and counts; what is often doubled on purpose is none. All words of a talk
    belong in one call, as what is said again may follow in another utterance.
    """
    known = known or english()
    marked = list(words)
    places = [place for place, word in enumerate(words) if word.filler != "sound"]
    said = [words[place] for place in places]
    n = 0
    while n < len(said):
        # The shortest first: of one word said five times four are repeats, and not two words and so on.
        length = next((size for size in range(1, _LONGEST_REPEAT + 1) if _is_told_twice(said, n, size, known)), 0)
        if not length and _is_cut_off(said, n):
            length = 1
        for part in range(length):
            marked[places[n + part]] = replace(said[n + part], repeat="rest" if part else "start")
        n += length or 1
    return marked


def _is_told_twice(words: Sequence[Word], n: int, size: int, known: FillerList) -> bool:
    once, again = words[n : n + size], words[n + size : n + 2 * size]
    if len(again) < size or [word.bare for word in once] != [word.bare for word in again]:
        return False
    # The end of a sentence in between makes it another sentence that begins alike.
    whole = any(word.text.endswith(_ENDS) and not word.text.endswith("...") for word in once)
    return not whole and any(word.bare not in known.may_repeat for word in once) and not once[0].bare.isdigit()


def _is_cut_off(words: Sequence[Word], n: int) -> bool:
    text = words[n].text
    return len(text) > 1 and text.endswith(_CUT_OFF) and n + 1 < len(words)


def _fills(words: Sequence[Word], first: int, rule: _Rule) -> bool:
    last = first + len(rule.parts) - 1
    if tuple(word.bare for word in words[first : last + 1]) != rule.parts:
        return False
    before = words[first - 1] if first else None
    after = words[last + 1] if last + 1 < len(words) else None
    apart = before is None or _ends_a_sentence(before, words[first])
    starts = _starts_a_sentence(words, first)
    ends = after is None or _ends_a_sentence(words[last], after)
    halt_before = before is not None and not apart and before.text.endswith(_HALTS)
    halt_after = after is not None and words[last].text.endswith(_HALTS)
    beside_before = before is not None and not apart and before.filler is not None
    beside_after = after is not None and not ends and after.filler is not None
    there: dict[Sign, bool] = {
        "comma_after": halt_after,
        "comma_before": halt_before,
        "start": starts,
        "end": ends,
        "beside": beside_before or beside_after,
        "always": True,
    }
    if not any(there[sign] for sign in rule.signs) or not (not rule.only_at or any(there[at] for at in rule.only_at)):
        return False
    following = "" if after is None or ends or halt_after else after.bare
    leading = "" if before is None or apart or halt_before else before.bare
    if rule.only_before and following not in rule.only_before and not following.isdigit():
        return False
    return following not in rule.not_before and leading not in rule.not_after


def _starts_a_sentence(words: Sequence[Word], n: int) -> bool:
    """Return whether nothing but fillers stands before it in its sentence."""
    while n and not _ends_a_sentence(words[n - 1], words[n]):
        if words[n - 1].filler is None:
            return False
        n -= 1
    return True


def _ends_a_sentence(word: Word, following: Word) -> bool:
    dots = word.text.endswith(("...", "…"))
    return (word.text.endswith(_ENDS) and not dots) or following.start_s - word.end_s > _NEW_SENTENCE_S
