"""Fillers are judged by their use, and repeats are told from what is doubled on purpose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.practice.hearing import fillers
from coach_desktop.practice.hearing.words import Word


def said(text: str) -> list[Word]:
    """Words of a quarter of a second each; "|" is a silence of two seconds."""
    words: list[Word] = []
    at_s = 0.0
    for part in text.split():
        if part == "|":
            at_s += 2.0
        else:
            words.append(Word(part, at_s, at_s + 0.25))
            at_s += 0.25
    return words


def found(text: str) -> list[str]:
    """Return the filler phrases and sounds in their order, without punctuation."""
    return [word.bare for word in fillers.judge(said(text)) if word.filler is not None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Um, I think, uh, that er we hmm should.", "um uh er hmm"),
        ("We're just, you know, there's some speech errors.", "you know"),
        ("It was, like, five or six people.", "like"),
        ("And then it's like really hard.", "like"),
        ("There were like twenty of them.", "like"),
        ("So, today I will talk about bread.", "so"),
        ("So, um, we went.", "so um"),
        ("Basically it works.", "basically"),
        ("I actually, um, forgot.", "actually um"),
        ("It is, actually, quite hard.", "actually"),
        ("I mean, we could wait.", "i mean"),
        ("It's kind of difficult.", "kind of"),
        ("We sort of gave up.", "sort of"),
        ("This one is better, right?", "right"),
        ("Okay, so, here we are.", "okay so"),
        ("You know, like, it was fine.", "you know like"),
    ],
)
def test_what_fills_a_pause_counts(text: str, expected: str) -> None:
    assert " ".join(found(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "I like to meet people.",
        "Would you like a cup of tea?",
        "She looks like her mother.",
        "A place like this is rare.",
        "It sounds like rain.",
        "Do you know the answer?",
        "Let me tell you what you know about it.",
        "You know what I want.",
        "I was so happy that I cried.",
        "We were late, so we took the bus.",
        "So far it works.",
        "What I mean is this.",
        "I mean it.",
        "What kind of bread is this?",
        "It is a kind of cake.",
        "Turn right here.",
        "That is the right answer.",
        "He actually came.",
        "The eraser is here.",
        "Okay is not enough.",
    ],
)
def test_the_same_spelling_in_its_ordinary_use_does_not(text: str) -> None:
    assert found(text) == []


def test_a_phrase_counts_once_and_sounds_apart() -> None:
    words = fillers.judge(said("So, um, you know, I mean, it was, uh, kind of nice."))
    assert fillers.count_fillers(words) == fillers.FillerCount(sounds=2, words=4, repeats=0)


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("I went to the the shop.", 1),
        ("I think I think it works.", 1),
        ("I um I want it.", 1),
        ("It was a dif- different one.", 1),
        ("We we we go.", 2),
        ("That is what we do. We do it well.", 0),
        ("It was very, very good.", 0),
        ("No, no, that is it.", 0),
        ("He had had enough.", 0),
        ("Wait...", 0),
        ("It ends cut-", 0),
    ],
)
def test_repeats(text: str, times: int) -> None:
    assert len(fillers.find_repeats(fillers.judge(said(text)))) == times


def test_a_long_silence_begins_a_sentence() -> None:
    assert found("we stop there | so, what now") == ["so"]
    assert found("we stop there so, what now") == []


@given(
    st.lists(
        st.sampled_from(
            "um like so you know i mean kind of the right? basically actually, really. wait- 7 … ''".split()
        ),
        max_size=30,
    )
)
def test_any_words_are_judged(parts: list[str]) -> None:
    words = fillers.judge(said(" ".join(parts)))
    assert [word.text for word in words] == parts
    count = fillers.count_fillers(words)
    assert count.sounds == parts.count("um")
    assert 0 <= count.words <= sum(word.filler == "word" for word in words)
    assert fillers.judge(words) == words
