"""Speech is cut at silences without losing a sample of it, whatever the blocks; and words come with their times."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from coach_desktop.core.errors import CoachError
from coach_desktop.practice.hearing import recogniser, whisper
from coach_desktop.practice.hearing.recogniser import Cutter, Piece, utterance_of
from coach_desktop.practice.hearing.segments import WINDOW_S
from coach_desktop.practice.hearing.voice import VoiceActivity
from coach_desktop.practice.hearing.whisper import Whisper
from coach_desktop.practice.hearing.words import Word
from coach_desktop.store import model_files

RATE = 16000
WINDOW = 512


def talk(*lengths_s: float) -> list[float]:
    """Probabilities for speech and silence by turns, beginning with silence."""
    return [float(n % 2) for n, length in enumerate(lengths_s) for _ in range(round(length / WINDOW_S))]


def counting(count: int) -> NDArray[np.int16]:
    """Samples that tell their place."""
    return (np.arange(count) % 30000).astype(np.int16)


def cut(probabilities: list[float], *, windows_at_once: int = 3, origin_s: float = 0.0) -> list[Piece]:
    cutter = Cutter(origin_s)
    sound = counting(len(probabilities) * WINDOW)
    pieces: list[Piece] = []
    for first in range(0, len(probabilities), windows_at_once):
        some = probabilities[first : first + windows_at_once]
        pieces += cutter.push(sound[first * WINDOW : (first + len(some)) * WINDOW], some)
    last = cutter.finish()
    return [*pieces, *([last] if last else [])]


def test_a_long_silence_parts_two_utterances_and_a_short_one_does_not() -> None:
    first, second = cut(talk(1.0, 2.0, 0.4, 2.0, 1.0, 3.0, 1.0))
    assert first.speech_start_s == pytest.approx(1.0, abs=0.1)
    assert first.speech_end_s == pytest.approx(5.4, abs=0.15)
    assert second.speech_start_s == pytest.approx(6.4, abs=0.1)
    assert second.speech_end_s == pytest.approx(9.4, abs=0.15)


def test_a_piece_holds_its_own_samples_and_a_little_around_them() -> None:
    for piece in cut(talk(1.0, 2.0, 1.0, 3.0, 1.0), origin_s=100.0):
        begin = round((piece.start_s - 100.0) * RATE)
        np.testing.assert_array_equal(piece.samples, counting(begin + len(piece.samples))[begin:])
        assert piece.start_s == pytest.approx(piece.speech_start_s - recogniser.LEAD_S, abs=0.001)
        assert piece.start_s + piece.length_s == pytest.approx(piece.speech_end_s + recogniser.TAIL_S, abs=0.001)


def test_who_never_stops_is_cut_all_the_same() -> None:
    pieces = cut(talk(0.5, 100.0))
    assert all(piece.length_s <= whisper.LONGEST_S for piece in pieces)
    assert sum(piece.speech_end_s - piece.speech_start_s for piece in pieces) == pytest.approx(100.0, abs=0.5)


def test_a_long_talk_is_cut_at_its_short_pauses() -> None:
    pieces = cut(talk(*[0.4, 4.0] * 10))
    assert all(piece.speech_end_s - piece.speech_start_s <= recogniser.LONGEST_S for piece in pieces[:-1])
    assert len(pieces) <= 5


def test_what_goes_on_can_be_looked_at_and_is_the_same_when_it_is_over() -> None:
    cutter = Cutter()
    probabilities = talk(0.5, 2.0, 0.4)
    assert cutter.push(counting(len(probabilities) * WINDOW), probabilities) == []
    open_piece = cutter.open_piece()
    assert open_piece is not None
    assert cutter.silent
    assert cutter.open_since == open_piece.speech_start_s
    (over,) = cutter.push(counting(WINDOW * 10), [0.0] * 10)
    assert (over.speech_start_s, over.speech_end_s) == (open_piece.speech_start_s, open_piece.speech_end_s)
    np.testing.assert_array_equal(over.samples, open_piece.samples)
    assert cutter.open_piece() is None


def test_silence_needs_no_memory() -> None:
    cutter = Cutter()
    for _ in range(100):
        cutter.push(np.zeros(RATE, np.int16), [0.0] * 31)
    assert cutter.open_piece() is None
    assert len(cutter._sound) < 3 * RATE  # noqa: SLF001 - what it holds is the question


@given(st.lists(st.floats(0, 1), max_size=400), st.integers(1, 40))
def test_any_talk_is_cut_in_order_and_the_same_for_any_blocks(probabilities: list[float], at_once: int) -> None:
    pieces = cut(probabilities, windows_at_once=at_once)
    for before, after in itertools.pairwise(pieces):
        assert before.speech_end_s <= after.speech_start_s
    for piece in pieces:
        assert 0 <= piece.start_s <= piece.speech_start_s < piece.speech_end_s
        assert len(piece.samples) > 0
    again = cut(probabilities)
    assert [(one.speech_start_s, one.speech_end_s) for one in again] == [
        (one.speech_start_s, one.speech_end_s) for one in pieces
    ]


@given(
    st.lists(st.tuples(st.integers(0, 9), st.floats(0, 1), st.sampled_from([7, 8])), max_size=12),
    st.floats(0, 1),
)
def test_filled_pauses_are_put_in_and_nothing_else_changes(steps: list[tuple[int, float, int]], at_end: float) -> None:
    tokens = [token for token, _, _ in steps]
    chances = [*((chance, sound) for _, chance, sound in steps), (at_end, 7)]
    told = whisper.with_sounds(tokens, chances, frozenset({7, 8}), 99)
    rest = iter(told)
    assert all(token in rest for token in tokens)
    assert len(told) - len(tokens) == 2 * told.count(99)
    for n, token in enumerate(told):
        if token == 99:
            assert told[n - 1] in {7, 8}


def test_a_filled_pause_that_was_nearly_chosen_is_put_in_once() -> None:
    put = whisper.with_sounds([1, 2, 3], [(0.0, 7), (0.9, 8), (0.1, 7), (0.0, 7)], frozenset({7, 8}), 99)
    assert put == [1, 8, 99, 2, 3]
    assert whisper.with_sounds([1, 7, 3], [(0.9, 7)] * 4, frozenset({7, 8}), 99) == [1, 7, 3]
    assert whisper.with_sounds([1], [(0.1, 7), (0.5, 7)], frozenset({7, 8}), 99) == [1, 7, 99]


@pytest.mark.parametrize(
    ("tokens", "kept"),
    [([1, 2, 3], [1, 2, 3]), ([1, *[2] * 5], [1, *[2] * 5]), ([1, *[2] * 9, 4], [1, 2]), ([1, *[2, 3] * 8], [1, 2, 3])],
)
def test_what_goes_round_in_circles_is_told_once(tokens: list[int], kept: list[int]) -> None:
    assert whisper.without_circles(tokens) == kept


@given(st.lists(st.integers(0, 3), max_size=60))
def test_any_tokens_keep_their_beginning(tokens: list[int]) -> None:
    kept = whisper.without_circles(tokens)
    assert tokens[: len(kept)] == kept
    assert bool(kept) == bool(tokens)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Whisper:
    cache = tmp_path_factory.mktemp("models")
    found = {one.name.split("/")[1]: model_files.find(one, cache).read() for one in model_files.WHISPER_TINY_EN}
    return Whisper(found)


def test_sentences_are_made_out_with_their_times(
    network: Whisper, voice: VoiceActivity, sentences: list[NDArray[np.int16]]
) -> None:
    quiet = np.zeros(RATE, np.int16)
    sound = np.concatenate([quiet, sentences[0], quiet, sentences[3], quiet])
    cutter = Cutter()
    pieces: list[Piece | None] = []
    for block in np.array_split(sound, len(sound) // 1600):
        pieces += cutter.push(block, voice.push(block))
    pieces.append(cutter.finish())
    said = [utterance_of(piece, network) for piece in pieces if piece is not None]
    assert len(said) == 2
    assert {"good", "morning", "everybody", "thank"} <= {word.bare for word in said[0].words}
    begins = 2 + len(sentences[0]) / RATE
    assert said[1].start_s == pytest.approx(begins, abs=0.2)
    for one in said:
        times = [edge for word in one.words for edge in (word.start_s, word.end_s)]
        assert times == sorted(times)
        assert one.start_s - 0.4 <= times[0] <= times[-1] <= one.end_s + 0.4


@pytest.mark.parametrize("name", ["digital zero", "white noise", "mains hum", "clicks", "tone of 1 kHz"])
def test_noise_that_was_taken_for_speech_holds_no_word(
    network: Whisper, noises: dict[str, NDArray[np.int16]], name: str
) -> None:
    assert utterance_of(Piece(0.0, 0.2, 4.7, noises[name][: 5 * RATE]), network).words == ()


def test_what_is_no_piece_of_speech_is_refused(network: Whisper) -> None:
    assert network.hear(np.zeros(10, np.int16)) == []
    wrongs: tuple[Any, ...] = (np.zeros(RATE, np.float32), np.zeros((2, RATE), np.int16), np.zeros(29 * RATE, np.int16))
    for wrong in wrongs:
        with pytest.raises(ValueError, match="no piece of speech"):
            network.hear(wrong)


def test_files_that_are_no_network_are_told(network: Whisper) -> None:
    with pytest.raises(CoachError, match="could not be loaded"):
        Whisper({"model.bin": b"nothing", "config.json": b"{}", "tokenizer.json": b"{}", "vocabulary.txt": b""})


class Scripted:
    """Hears one word in each piece."""

    def hear(self, samples: NDArray[np.int16], at_s: float = 0.0) -> list[Word]:
        return [Word("Um,", at_s, at_s + len(samples) / RATE)]


def test_what_was_heard_is_judged() -> None:
    said = utterance_of(Piece(0.0, 0.2, 0.8, np.zeros(RATE, np.int16)), Scripted())
    assert [word.filler for word in said.words] == ["sound"]
    assert said.text == "Um,"
