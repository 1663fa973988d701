"""Fillers are judged by their use, and repeats are told from what is doubled on purpose."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.practice.hearing import fillers, telling
from coach_desktop.practice.hearing.words import Utterance, Word


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
    ("text", "parts"),
    [
        ("I went to the the shop.", ["the"]),
        ("I think I think it works.", ["I think"]),
        ("I um I want it.", ["I"]),
        ("I um think I think so.", ["I think"]),
        ("It was a dif- different one.", ["dif-"]),
        ("We we we go.", ["We", "we"]),
        ("some more word, word, word, word, word.", ["word,"] * 4),
        ("some more word, word, word, word, word, word.", ["word,"] * 5),
        ("I think I think I think so.", ["I think", "I think"]),
        ("That is what we do. We do it well.", []),
        ("It was very, very good.", []),
        ("No, no, that is it.", []),
        ("He had had enough.", []),
        ("Wait...", []),
        ("It ends cut-", []),
    ],
)
def test_repeats(text: str, parts: list[str]) -> None:
    words = fillers.judge(said(text))
    marked = fillers.mark_repeats(words)
    assert told_twice(marked) == parts
    assert fillers.count_fillers(words).repeats == len(parts)
    assert [replace(word, repeat=None) for word in marked] == words
    assert fillers.mark_repeats(marked) == marked


def told_twice(words: list[Word]) -> list[str]:
    """Return what was marked as said for nothing."""
    found: list[str] = []
    for word in words:
        if word.repeat == "start":
            found.append(word.text)
        elif word.repeat == "rest":
            found[-1] += f" {word.text}"
    return found


def test_a_repeat_may_begin_in_one_utterance_and_end_in_another() -> None:
    first, second = said("We went to the"), said("the shop and")
    later = [replace(word, start_s=word.start_s + 3, end_s=word.end_s + 3) for word in second]
    utterances = [Utterance(0.0, 1.0, tuple(first)), Utterance(3.0, 4.0, tuple(later))]
    whole = [word for utterance in telling.told(utterances, 10.0) for word in utterance.words]
    assert told_twice(whole) == ["the"]
    # What is not counted yet is not marked either.
    half = telling.told(utterances, 2.0)
    assert told_twice([word for utterance in half for word in utterance.words]) == []
    assert [utterance.text for utterance in half] == ["We went to the", "the shop and"]


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
    assert count.repeats == len(told_twice(fillers.mark_repeats(words)))
    assert fillers.judge(words) == words
