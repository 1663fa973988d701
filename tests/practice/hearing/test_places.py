from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.practice.hearing.places import FEW_PAUSES, Place, ends_a_clause, places, share_inside, with_places
from coach_desktop.practice.hearing.words import Word
from coach_desktop.tavus.delivery import Span

EVERYTHING = [(0.0, 1000.0)]


def said(text: str, at_s: float, pause_s: float = 0.0) -> tuple[list[Word], float]:
    """Words of 0.3 s each from `at_s` on, and where the next part begins after a pause."""
    words = [Word(word, at_s + 0.3 * n, at_s + 0.3 * (n + 1)) for n, word in enumerate(text.split())]
    return words, words[-1].end_s + pause_s


def talk(*parts: str, pause_s: float = 0.6) -> tuple[list[Word], list[tuple[float, float]]]:
    words: list[Word] = []
    speech, at_s = [], 1.0
    for part in parts:
        told, following_s = said(part, at_s, pause_s)
        words += told
        speech.append((at_s, following_s - pause_s))
        at_s = following_s
    return words, speech


@pytest.mark.parametrize(
    ("before", "after", "ends"),
    [
        ("harbour.", "Every", True),
        ("harbour,", "the", True),
        ("harbour?", "It", True),
        ("harbour", "is", False),
        ("harbour", "and", True),
        ("harbour", "because", True),
        ("harbour", "which", True),
        ("the", "harbour", False),
        # At the end of what it hears a recogniser writes a full stop, whatever was said.
        ("the.", "Harbour", False),
        ("and...", "The", False),
        ("And,", "then", False),
        ("harbour\u2026", "The", False),
        ("harb-", "harbour", False),
        ('harbour."', "Every", True),
        ("harbour", "So,", True),
    ],
)
def test_a_clause_ends_by_its_words_and_marks(before: str, after: str, ends: bool) -> None:
    assert ends_a_clause(Word(before, 0, 1), Word(after, 2, 3)) is ends


def test_each_pause_has_its_place() -> None:
    words, speech = talk("We live in a", "harbour town.", "Every morning", "the boats leave", "and the day begins.")
    found = places(words, speech, EVERYTHING)
    assert [pause.place for pause in found] == ["inside", "end", "inside", "end"]
    assert [(pause.start_s, pause.end_s) for pause in found] == [
        (before[1], after[0]) for before, after in pairwise(speech)
    ]
    assert share_inside(found).value == pytest.approx(0.5)


def test_a_filled_pause_is_not_the_word_before_one() -> None:
    words, speech = talk("We live in", "um", "a harbour.")
    words = [Word(word.text, word.start_s, word.end_s, "sound" if word.text == "um" else None) for word in words]
    assert [pause.place for pause in places(words, speech, EVERYTHING)] == ["inside", "inside"]


def test_word_times_may_be_off_by_a_third_of_a_second() -> None:
    words, speech = talk("We live in a", "harbour town.", "Every morning", pause_s=0.8)
    for shift in (-0.33, 0.33):
        moved = [Word(word.text, word.start_s + shift, word.end_s + shift) for word in words]
        assert [pause.place for pause in places(moved, speech, EVERYTHING)] == ["inside", "end"]


def test_where_words_or_sound_are_missing_nothing_is_claimed() -> None:
    words, speech = talk("We live in a", "harbour town.", "Every morning", "the boats leave")
    assert places([], speech, EVERYTHING) == []
    far = [word for word in words if word.start_s < 2 or word.start_s > 6.3]
    assert places(far, speech, EVERYTHING) == []
    gap_s = (speech[0][1] + speech[1][0]) / 2
    assert len(places(words, speech, [(0.0, gap_s), (gap_s, 1000.0)])) == 2
    assert places(words, speech, []) == []
    short, close = talk("We live", "in a town", pause_s=0.2)
    assert places(short, close, EVERYTHING) == []


def test_a_transcript_without_marks_says_nothing_of_clauses() -> None:
    parts = ("my fellow Americans", "ask not", "what your country can do for you", "ask what you can do for your")
    words, speech = talk(*parts, "country.")
    assert places(words, speech, EVERYTHING) == []
    words, speech = talk("My fellow Americans,", *parts[1:], "country.")
    assert len(places(words, speech, EVERYTHING)) == 4


def test_of_few_pauses_no_share_is_told() -> None:
    few = [Place(float(n), n + 0.5, "inside") for n in range(3)]
    assert share_inside(few).reason == FEW_PAUSES
    assert share_inside([*few, Place(9.0, 9.5, "end")]).value == 0.75


def test_spans_of_pauses_get_their_place() -> None:
    spans = [
        Span(kind="pause", start_s=1.001, end_s=2.0),
        Span(kind="speech", start_s=1.001, end_s=2.0),
        Span(kind="pause", start_s=5.0, end_s=6.0),
    ]
    told = with_places(spans, [Place(1.00123, 2.0, "inside")])
    assert [span.place for span in told] == ["inside", None, None]


stretches = st.lists(st.floats(0.05, 3.0), max_size=20)


@given(stretches, st.lists(st.tuples(st.sampled_from(["the", "town.", "and", "we"]), st.floats(0, 40)), max_size=30))
def test_places_are_pauses_in_order_and_never_more(steps: list[float], told: list[tuple[str, float]]) -> None:
    edges = [sum(steps[: n + 1]) for n in range(len(steps) // 2 * 2)]
    speech = list(zip(edges[::2], edges[1::2], strict=True))
    words = [Word(text, at_s, at_s + 0.3) for text, at_s in sorted(told, key=lambda word: word[1])]
    found = places(words, speech, EVERYTHING)
    assert found == sorted(found)
    gaps = {(before[1], after[0]) for before, after in pairwise(speech)}
    assert {(pause.start_s, pause.end_s) for pause in found} <= gaps
    assert all(pause.end_s - pause.start_s >= 0.249 for pause in found)
    share = share_inside(found).value
    assert share is None or 0 <= share <= 1
