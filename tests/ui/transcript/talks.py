"""Turns as a recogniser tells them: words with their times, some of them fillers."""

from __future__ import annotations

from typing import Literal

from coach_desktop.coaching.report import Report, Turn
from coach_desktop.coaching.report_model import Word
from tests.ui.stage import report

Filler = Literal["sound", "word"] | None
Repeat = Literal["start", "rest"] | None


def turn(words: str, *, at_s: float = 0.0, step_s: float = 0.5) -> Turn:
    """Return what the user said, a word every `step_s` seconds.

    `um~` is a filler sound, `like=` a filler word, `I^ think+` what is said for nothing.
    """
    told = []
    for number, piece in enumerate(words.split()):
        kind: Filler = "sound" if "~" in piece else "word" if "=" in piece else None
        again: Repeat = "start" if "^" in piece else "rest" if "+" in piece else None
        start_s = at_s + number * step_s
        text = piece.translate({ord(sign): None for sign in "~=^+"})
        told.append(Word(text=text, start_s=start_s, end_s=start_s + 0.3, filler=kind, repeat=again))
    return Turn(role="user", text=" ".join(w.text for w in told), start_s=at_s, end_s=told[-1].end_s, words=told)


def chuck(text: str, at_s: float) -> Turn:
    """Return what Chuck said."""
    return Turn(role="replica", text=text, start_s=at_s, end_s=at_s + 1.0, words=[])


def told(*turns: Turn, session_id: str = "s1") -> Report:
    """Return a report with this transcript."""
    return report(session_id=session_id).model_copy(update={"transcript": list(turns)})
