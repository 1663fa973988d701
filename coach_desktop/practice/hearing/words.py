"""A spoken word, as the recogniser hears it and everything after it counts it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

FillerKind = Literal["sound", "word"]
"""A filled pause (um), or a word that fills one (like)."""

RepeatPart = Literal["start", "rest"]
"""The first word of what was said for nothing ("the" the, "I think" I think, "dif-"), or a further word of it."""

_NOT_OF_A_WORD = re.compile(r"[^a-z0-9'&]+")


@dataclass(frozen=True)
class Word:
    """One word with its punctuation. Seconds of the session.

    `filler` is set by `fillers.judge`, `repeat` by `fillers.mark_repeats`. `chance` is how sure the network was of it,
    from 0 to 1; it is no part of what was said.
    """

    text: str
    start_s: float
    end_s: float
    filler: FillerKind | None = None
    repeat: RepeatPart | None = None
    chance: float = field(default=1.0, compare=False)

    @property
    def bare(self) -> str:
        """The word in lower case, without punctuation."""
        return _NOT_OF_A_WORD.sub("", self.text.lower().replace("\u2019", "'"))


@dataclass(frozen=True)
class Utterance:
    """What was said between two silences, in seconds of the session; no words where nothing was made out."""

    start_s: float
    end_s: float
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The words as a line of text."""
        return " ".join(word.text for word in self.words)
