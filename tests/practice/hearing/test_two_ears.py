"""Two networks are heard as one: no filled pause is lost, the surer one is believed, and time never goes back."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from coach_desktop.practice.hearing.two_ears import TwoEars, agreed, aligned
from coach_desktop.practice.hearing.whisper import LONGEST_S, Whisper
from coach_desktop.practice.hearing.words import Word
from coach_desktop.store import model_files

RATE = 16000


def said(text: str, chance: float = 0.9, start_s: float = 0.0) -> list[Word]:
    return [Word(word, start_s + n, start_s + n + 0.5, chance=chance) for n, word in enumerate(text.split())]


def told(first: list[Word], second: list[Word]) -> str:
    return " ".join(word.text for word in agreed(first, second))


def test_a_filled_pause_counts_whoever_heard_it() -> None:
    assert told(said("we asked for time"), said("we um, asked for time uh.")) == "we um, asked for time uh."
    assert told(said("we um, asked"), said("we uh asked")) == "we um, asked"


def test_where_they_differ_the_surer_one_is_believed() -> None:
    assert told(said("the cold rain", 0.9), said("the gold rain", 0.4)) == "the cold rain"
    assert told(said("the cold rain", 0.4), said("the gold rain", 0.9)) == "the gold rain"
    assert told(said("the cold rain", 0.7), said("the gold rain", 0.7)) == "the cold rain"


def test_a_word_that_one_of_them_left_out_needs_to_be_likely() -> None:
    assert told(said("going on"), said("going else on", 0.8)) == "going else on"
    assert told(said("going on"), said("going else on", 0.3)) == "going on"
    assert told([], said("thanks", 0.8)) == "thanks"
    assert told([], said("thanks", 0.2)) == ""


def test_a_filled_pause_hardly_believed_in_right_behind_another_is_none() -> None:
    echo = [*said("forced um,"), *said("um,", 0.05, start_s=2), *said("aligner", start_s=3)]
    assert told(said("forced um aligner"), echo) == "forced um aligner"
    assert told(said("forced aligner"), said("forced um, um, aligner")) == "forced um, um, aligner"
    assert (
        told(said("forced aligner"), [*said("forced"), *said("um, aligner", 0.05, start_s=1)]) == "forced um, aligner"
    )


def test_a_sentence_has_its_capital_letter_at_its_beginning() -> None:
    assert told(said("it rained. We stayed"), said("it rained. Um, we stayed")) == "it rained. Um, we stayed"
    assert told(said("in Rome we stayed"), said("in uh, Rome we stayed")) == "in uh, Rome we stayed"
    assert told(said("Um, We stayed"), said("Um, we stayed")) == "Um, We stayed"


@pytest.mark.parametrize(("first", "begin"), [("um, so", "Um,"), ("iPhones are", "iPhones"), ("3 of", "3"), ("", "")])
def test_a_piece_begins_with_a_capital_letter(first: str, begin: str) -> None:
    class Heard:
        def hear(self, samples: NDArray[np.int16], at_s: float = 0.0) -> list[Word]:
            return said(first, start_s=at_s + len(samples) / RATE)

    words = TwoEars(Heard(), Heard()).hear(np.zeros(16, np.int16))
    assert [word.text for word in words[:1]] == ([begin] if begin else [])


WORDS = st.lists(
    st.builds(
        lambda text, start, length, chance: Word(text, start, start + length, chance=chance),
        st.sampled_from(["um", "uh,", "the", "cat", "cat.", "sat", "Cat"]),
        st.floats(0, 20),
        st.floats(0, 2),
        st.floats(0, 1),
    ),
    max_size=8,
)


@given(WORDS, WORDS)
def test_any_two_are_told_in_order_and_nothing_is_made_up(first: list[Word], second: list[Word]) -> None:
    pairs = aligned(first, second)
    assert [a for a, _ in pairs if a is not None] == first
    assert [b for _, b in pairs if b is not None] == second
    words = agreed(first, second)
    assert {word.text for word in words} <= {word.text for word in (*first, *second)}
    times = [edge for word in words for edge in (word.start_s, word.end_s)]
    assert times == sorted(times)
    heard = [sum(word.bare in {"um", "uh"} for word in some) for some in (first, second, words)]
    sure = [sum(word.bare in {"um", "uh"} and word.chance >= 0.1 for word in some) for some in (first, second)]
    assert max(sure) <= heard[2] <= sum(heard[:2])


SURE = WORDS.map(lambda words: [word for word in words if word.chance >= 0.1])


@given(SURE)
def test_two_that_agree_are_one(words: list[Word]) -> None:
    assert [word.text for word in agreed(words, words)] == [word.text for word in words]


def network(models: tuple[model_files.ModelFile, ...], cache: Path, *, prompted: bool) -> Whisper:
    found = {one.name.split("/")[1]: model_files.find(one, cache).read() for one in models}
    return Whisper(found, threads=2, hurried=False, prompted=prompted)


@pytest.fixture(scope="module")
def spontaneous(shared_data: Path) -> NDArray[np.int16]:
    """A clip in which the larger network, prompted, stops at a cough and leaves four seconds of talk behind it out."""
    with wave.open(str(shared_data / "data" / "speech" / "cold_corpus3.wav")) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)
    return sound[: int(LONGEST_S * RATE)]


def test_a_network_that_stops_early_is_asked_about_the_rest(tmp_path: Path, spontaneous: NDArray[np.int16]) -> None:
    words = network(model_files.WHISPER_BASE, tmp_path, prompted=True).hear(spontaneous, 100.0)
    times = [edge for word in words for edge in (word.start_s, word.end_s)]
    assert times == sorted(times)
    assert "thanks" in {word.bare for word in words}
    assert words[-1].end_s > 100.0 + len(spontaneous) / RATE - 2.5
    assert len({(word.start_s, word.bare) for word in words}) == len(words)


def test_both_together_keep_the_filled_pauses_of_real_speech(tmp_path: Path, spontaneous: NDArray[np.int16]) -> None:
    larger = network(model_files.WHISPER_BASE, tmp_path, prompted=False)
    words = TwoEars(larger, network(model_files.WHISPER_TINY_EN, tmp_path, prompted=True)).hear(spontaneous)
    sounds = [word for word in words if word.bare in {"um", "uh", "er", "ah", "hmm"}]
    # Seven by the transcript that came with the clip.
    assert 6 <= len(sounds) <= 8
    assert all(0 <= word.chance <= 1 for word in words)
