"""The mouth: from phonemes where the voice tells them, from loudness where it does not."""

from __future__ import annotations

import base64
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.practice.speaking.speech import Key, Speech, joined, mouth_of_phonemes, mouth_of_sound

RATE = 22_050
PHONEMES = st.lists(st.tuples(st.text(max_size=2), st.integers(0, 20_000)), max_size=60)


def _sound(*parts: tuple[float, float]) -> bytes:
    """Return noise of these lengths in seconds and loudnesses, 0 to 1."""
    noise = np.random.default_rng(5)
    waves = [noise.uniform(-1, 1, round(seconds * RATE)) * loud * 32767 for seconds, loud in parts]
    return np.concatenate(waves).astype("<i2").tobytes()


def test_lips_meet_for_m_and_open_for_a() -> None:
    tenth = RATE // 10
    mouth = mouth_of_phonemes([("m", tenth), ("\u02c8", 100), ("a", tenth), ("p", tenth // 4), ("u", tenth)], RATE)
    assert [key.shape for key in mouth] == ["closed", "wide", "closed", "kiss", "rest"]
    assert mouth[1].at_s == pytest.approx((tenth + 100) / RATE)


def test_a_long_pause_lets_the_mouth_rest_and_a_short_gap_does_not() -> None:
    quarter = RATE // 4
    assert [key.shape for key in mouth_of_phonemes([("o", quarter), (" ", 500), ("o", quarter)], RATE)] == [
        "round",
        "rest",
    ]
    assert [key.shape for key in mouth_of_phonemes([("o", quarter), (".", quarter), ("o", quarter)], RATE)] == [
        "round",
        "rest",
        "round",
        "rest",
    ]


@given(PHONEMES)
def test_any_phonemes_make_a_mouth_that_ends_at_rest(phonemes: list[tuple[str, int]]) -> None:
    mouth = mouth_of_phonemes(phonemes, RATE)
    times = [key.at_s for key in mouth]
    assert times == sorted(times)
    assert all(0 <= at_s <= sum(length for _, length in phonemes) / RATE for at_s in times)
    assert not mouth or mouth[-1].shape == "rest"
    assert all(key.shape != following.shape for key, following in pairwise(mouth))


def test_by_loudness_it_shuts_where_nothing_is_heard() -> None:
    mouth = mouth_of_sound(_sound((0.4, 0.8), (0.4, 0.0005), (0.4, 0.8)), RATE)
    assert [key.shape for key in mouth] == ["wide", "rest", "wide", "rest"]
    assert mouth[1].at_s == pytest.approx(0.4, abs=0.05)
    assert mouth_of_sound(b"", RATE) == ()


def test_sentences_become_one_utterance() -> None:
    first = Speech(RATE, _sound((0.5, 0.5)), (Key(0.1, "wide"), Key(0.5, "rest")))
    whole = joined([first, first])
    assert whole.duration_s == pytest.approx(1.0, abs=0.001)
    assert [key.shape for key in whole.mouth] == ["wide", "rest", "wide", "rest"]
    assert whole.mouth[2].at_s == pytest.approx(0.6, abs=0.001)
    message = whole.message(7)
    assert message["id"] == 7
    assert base64.b64decode(str(message["pcm"])) == whole.pcm
    with pytest.raises(ValueError, match="one rate"):
        joined([first, Speech(16_000, b"", ())])
