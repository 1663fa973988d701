"""A transcript as numbered lines of text, with the places in them that are marked. Pure, no widgets."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple

from coach_desktop.coaching import labels
from coach_desktop.coaching.report_model import Turn, Word

Kind = Literal["sound", "word", "repeat"]

KIND_WORDS: Final[dict[Kind, str]] = {"sound": "filler sound", "word": "filler word", "repeat": "repeat or restart"}

_LONGEST_LINE: Final = 60
"""Words after which a long turn takes a new line, with a time of its own, at the next end of a sentence."""
_BREAK_AT_ALL: Final = 2 * _LONGEST_LINE
_ENDS: Final = (".", "!", "?", "…")
_HALTS: Final = ",.;:!?…"
_HALT_SIGNS: Final = tuple(_HALTS)
_FURTHEST: Final = 80
"""Characters within which a word must follow the one before: further on it is another one of the same spelling."""


@dataclass(frozen=True)
class Mark:
    """Fillers that stand together, or what was said for nothing, `at_s` seconds from live.

    `start` and `length` in the units in which Qt counts text (UTF-16), from the beginning of the line or of all lines.
    """

    start: int
    length: int
    words: str
    kind: Kind
    at_s: float

    @property
    def end(self) -> int:
        """The first unit behind it."""
        return self.start + self.length


@dataclass(frozen=True)
class Line:
    """What one side said at a stretch, from the second `at_s` on. `marks` count from the beginning of `whole`."""

    at_s: float
    speaker: str
    text: str
    marks: tuple[Mark, ...] = ()

    @property
    def when(self) -> str:
        """The time with which the line begins."""
        return labels.clock(self.at_s)

    @property
    def whole(self) -> str:
        """The line as it is shown."""
        return f"{self.when}\t{self.speaker}\t{self.text}"


@dataclass(frozen=True)
class Lines:
    """All lines of a transcript, and every mark in its order. `starts` holds where each line begins, in UTF-16.

    What is a filler may be said twice, too: then it has two marks.
    """

    lines: tuple[Line, ...] = ()
    starts: tuple[int, ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def plain(self) -> str:
        """The text, a line each."""
        return "\n".join(line.whole for line in self.lines)

    def line_at(self, place: int) -> int:
        """Return the number of the line that holds this place."""
        return max(0, bisect_right(self.starts, place) - 1)

    def marks_at(self, place: int) -> tuple[Mark, ...]:
        """Return the marks that hold this place, their ends included."""
        behind = bisect_right(self.marks, place, key=lambda mark: mark.start)
        first = bisect_left(self.marks, self.starts[self.line_at(place)], key=lambda mark: mark.start) if behind else 0
        return tuple(mark for mark in self.marks[first:behind] if place <= mark.end)

    def mark_after(self, place: int) -> Mark | None:
        """Return the first mark that begins here or later, or None."""
        return next((mark for mark in self.marks if mark.start >= place), None)

    def mark_before(self, place: int) -> Mark | None:
        """Return the last mark that begins before this place, or None."""
        return next((mark for mark in reversed(self.marks) if mark.start < place), None)


class _Span(NamedTuple):
    """Where a mark lies in the text of its line."""

    at: int
    end: int
    kind: Kind
    at_s: float


def lines_of(turns: Sequence[Turn], provider: str) -> Lines:
    """Return the lines of a transcript. A turn whose words were not told apart has no marks, and stays one line."""
    lines = [line for turn in turns for line in _of_turn(turn, labels.speaker(turn.role, provider))]
    starts: list[int] = []
    marks: list[Mark] = []
    place = 0
    for line in lines:
        starts.append(place)
        marks += [replace(mark, start=place + mark.start) for mark in line.marks]
        place += units(line.whole) + 1
    return Lines(tuple(lines), tuple(starts), tuple(marks))


def units(text: str) -> int:
    """Return how long a text is as Qt counts it: in units of UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _of_turn(turn: Turn, speaker: str) -> list[Line]:
    text = " ".join(turn.text.split())
    placed = _placed(text, turn.words)
    lines = []
    for first, last in _stretches(placed, len(turn.words)):
        begin = placed[first][0] if first else 0
        end = placed[last][0] if last < len(placed) else len(text)
        at_s = placed[first][1].start_s if first else turn.start_s
        line = Line(at_s, speaker, text[begin:end].rstrip())
        here = [(at - begin, word) for at, word in placed[first:last]]
        lines.append(replace(line, marks=_marks(line, here)))
    return lines


def _placed(text: str, words: Sequence[Word]) -> list[tuple[int, Word]]:
    """Return each word with its place in the text. One that is not where it should be is left out."""
    placed = []
    behind = 0
    for word in words:
        said = " ".join(word.text.split())
        at = _find_word(text, said, behind)
        if at is not None:
            placed.append((at, word))
            behind = at + len(said)
    return placed


def _find_word(text: str, said: str, behind: int) -> int | None:
    """Return where a word stands by itself: "um" is not the middle of "number"."""
    if not said:
        return None
    at = text.find(said, behind, behind + _FURTHEST + len(said))
    while at >= 0:
        after = at + len(said)
        if not (text[at - 1 : at].isalnum() or text[after : after + 1].isalnum()):
            return at
        at = text.find(said, at + 1, behind + _FURTHEST + len(said))
    return None


def _stretches(placed: Sequence[tuple[int, Word]], words: int) -> list[tuple[int, int]]:
    """Return from which word to which a turn takes a line; where words are missing in the text, it stays whole."""
    if len(placed) != words or words <= _LONGEST_LINE:
        return [(0, len(placed))]
    found = []
    first = 0
    for n, (_, word) in enumerate(placed, start=1):
        length = n - first
        if n < words and ((length >= _LONGEST_LINE and word.text.endswith(_ENDS)) or length >= _BREAK_AT_ALL):
            found.append((first, n))
            first = n
    return [*found, (first, words)]


def _marks(line: Line, placed: Sequence[tuple[int, Word]]) -> tuple[Mark, ...]:
    head = units(line.whole) - units(line.text)
    found = sorted([*_fillers(placed), *_repeats(placed)], key=lambda span: span[:2])
    return tuple(
        Mark(head + units(line.text[:at]), units(line.text[at:end]), line.text[at:end], kind, at_s)
        for at, end, kind, at_s in found
    )


def _fillers(placed: Sequence[tuple[int, Word]]) -> list[_Span]:
    """Find the fillers. The words of a phrase such as "you know" are marked as one."""
    spans: list[_Span] = []
    before: Word | None = None
    for at, word in placed:
        if word.filler is not None:
            end = _end_of(at, word)
            if before is not None and before.filler == word.filler == "word" and not before.text.endswith(_HALT_SIGNS):
                spans[-1] = spans[-1]._replace(end=end)
            else:
                spans.append(_Span(at, end, word.filler, word.start_s))
        before = word
    return spans


def _repeats(placed: Sequence[tuple[int, Word]]) -> list[_Span]:
    """Find what was said for nothing, each from its first word to its last, whatever was said in between."""
    spans: list[_Span] = []
    for at, word in placed:
        if word.repeat == "start":
            spans.append(_Span(at, _end_of(at, word), "repeat", word.start_s))
        elif word.repeat == "rest" and spans:
            spans[-1] = spans[-1]._replace(end=_end_of(at, word))
    return spans


def _end_of(at: int, word: Word) -> int:
    said = " ".join(word.text.split())
    return at + len(said.rstrip(_HALTS) or said)
