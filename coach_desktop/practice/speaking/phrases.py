"""A text in the parts in which it is made and said: who waits for all of a long one waits long for its first word."""

from __future__ import annotations

import textwrap
from typing import Final

from coach_desktop.coaching.prose import sentences_of

LONGEST: Final = 300
"""Characters of a part: some 20 s of speech."""
_SHORTEST: Final = 25
"""What is shorter is said in one breath with what follows: a greeting, or a "Dr." that ends no sentence."""


def phrases_of(text: str) -> list[str]:
    """Return the sentences of a text, short ones together and long ones cut between words.

    Put together with single spaces they are the text again, but for a word that is longer than a part may be.
    """
    phrases: list[str] = []
    for sentence in sentences_of(text):
        begun = [phrases.pop()] if phrases and len(phrases[-1]) < _SHORTEST else []
        phrases += textwrap.wrap(" ".join([*begun, sentence]), LONGEST, break_on_hyphens=False)
    return phrases
