"""A text in parts: nothing is lost, and none is longer than a voice may take at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.practice.speaking.phrases import LONGEST, phrases_of


def test_a_long_greeting_is_said_sentence_by_sentence() -> None:
    text = "Good morning. I am glad that you are here. Take a breath, and look at me! Is that Dr. Miller? Yes. Begin."
    assert phrases_of(text) == [
        "Good morning. I am glad that you are here.",
        "Take a breath, and look at me!",
        "Is that Dr. Miller? Yes. Begin.",
    ]


def test_the_usual_greeting_is_said_at_once() -> None:
    text = "Hi, I am Chuck. Take a breath, look at me, and begin your talk whenever you are ready."
    assert phrases_of(text) == [text]
    assert phrases_of("  ") == []


def test_a_sentence_without_an_end_is_cut_between_words() -> None:
    parts = phrases_of("and so on " * 100)
    assert len(parts) > 2
    assert all(part.startswith(("and", "so", "on")) for part in parts)
    assert " ".join(parts) == " ".join(("and so on " * 100).split())


@given(st.text(st.sampled_from("ab.!? \n\u00e9\"'-"), max_size=900) | st.text(max_size=900))
def test_nothing_is_lost(text: str) -> None:
    parts = phrases_of(text)
    assert all(0 < len(part) <= LONGEST for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
