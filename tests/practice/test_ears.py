"""What the ears make of a talk in which words come late, get lost, or are not made out at all."""

from __future__ import annotations

import threading
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from coach_desktop.practice.ears import Ears, without
from coach_desktop.practice.hearing.words import Word
from coach_desktop.practice.room_protocol import AudioBlock
from coach_desktop.practice.transcriber import NOT_READY, Transcriber
from coach_desktop.store import model_files
from coach_desktop.tavus.delivery import WORD_MEASURES
from tests.practice.client import Samples, blocks, speech, wait_until

RATE = 16000


class EveryHalfSecond:
    """Hears a word each half second, once it may."""

    def __init__(self) -> None:
        self.may = threading.Event()
        self.may.set()

    def hear(self, samples: NDArray[np.int16], at_s: float = 0.0) -> list[Word]:
        assert self.may.wait(60)
        count = len(samples) // (RATE // 2)
        return [Word("bread", at_s + n / 2, at_s + n / 2 + 0.4) for n in range(count)]


@pytest.fixture(scope="module")
def spoken() -> Samples:
    sentences = "Good morning everybody and thank you for coming. Every boat leaves the harbour before sunrise. " * 2
    return np.concatenate((speech(sentences), np.zeros(RATE, np.int16)))


def feed(ears: Ears, samples: Samples, from_s: float = 0.0) -> float:
    sent = blocks(samples)
    for n, block in enumerate(sent):
        ears.offer(from_s + n / 10, AudioBlock(n, n / 10, memoryview(block.tobytes())))
    wait_until(lambda: ears.analysed == ears.received)
    return from_s + len(sent) / 10


@pytest.mark.expects_warnings("the pitch is not measured")
def test_a_pitch_network_that_cannot_be_used_is_named_and_all_else_is_heard(
    tmp_path: Path, spoken: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    junk = b"no network"
    (tmp_path / "odd.onnx").write_bytes(junk)
    odd = replace(model_files.PITCH, name="odd.onnx", size=len(junk), sha256=sha256(junk).hexdigest(), carried=())
    monkeypatch.setattr(model_files, "PITCH", odd)
    ears = Ears(tmp_path, "No words.")
    end_s = feed(ears, spoken)
    assert ears.finish(60)
    found = ears.measures(end_s, "-")
    assert "odd.onnx" in str(found["pitch_spread"].reason)
    assert found["speaking_time"].value is not None


def test_words_and_sound_make_one_set_of_measures(tmp_path: Path, spoken: Samples) -> None:
    ears = Ears(tmp_path, Transcriber(tmp_path, load=lambda _: EveryHalfSecond()))
    end_s = feed(ears, spoken)
    assert ears.finish(60)
    found = ears.measures(end_s, "-")
    assert found["pace"].value == pytest.approx(120, rel=0.25)
    assert found["filler_sounds"].value == 0
    assert found["speaking_time"].value is not None
    assert ears.warnings(end_s) == []
    assert ears.words(3.0) == [word for word in ears.words(end_s) if word.start_s < 3.0]


def test_while_words_are_still_to_come_what_is_known_is_right(tmp_path: Path, spoken: Samples) -> None:
    network = EveryHalfSecond()
    network.may.clear()
    transcriber = Transcriber(tmp_path, load=lambda _: network)
    ears = Ears(tmp_path, transcriber)
    end_s = feed(ears, spoken)
    wait_until(lambda: transcriber.ready)
    assert {ears.measures(end_s, "-")[name].value for name in WORD_MEASURES} == {None}
    assert ears.recent_wpm(end_s) is None
    network.may.set()
    wait_until(lambda: transcriber.followed_until(end_s) == end_s)
    assert ears.measures(end_s, "-")["pace"].value is not None
    assert ears.finish(60)


def test_words_that_were_given_up_are_told_and_count_neither_way(tmp_path: Path, spoken: Samples) -> None:
    network = EveryHalfSecond()
    transcriber = Transcriber(tmp_path, load=lambda _: network)
    ears = Ears(tmp_path, transcriber)
    end_s = feed(ears, spoken)
    wait_until(lambda: transcriber.followed_until(end_s) == end_s)
    before = ears.measures(end_s, "-")["pace"].value
    network.may.clear()
    end_s = feed(ears, spoken, end_s + 30.0)
    assert not ears.finish(0.5)
    network.may.set()
    after = ears.measures(end_s, "-")["pace"].value
    assert before is not None
    assert after == pytest.approx(before, rel=0.2)
    assert any("could not be made out in time" in told for told in ears.warnings(end_s))
    wait_until(lambda: not any(thread.name == "coach-words" for thread in threading.enumerate()))


def test_without_a_transcriber_the_reason_stands_with_every_measure_of_words(tmp_path: Path, spoken: Samples) -> None:
    ears = Ears(tmp_path, "Another language.")
    end_s = feed(ears, spoken)
    assert ears.finish(60)
    found = ears.measures(end_s, "-")
    assert {found[name].reason for name in WORD_MEASURES} == {"Another language."}
    assert found["speaking_time"].value is not None


def test_a_model_that_does_not_come_in_time_is_told(tmp_path: Path, spoken: Samples) -> None:
    ready = threading.Event()

    def slowly(_: dict[str, bytes]) -> EveryHalfSecond:
        assert ready.wait(60)
        return EveryHalfSecond()

    ears = Ears(tmp_path, Transcriber(tmp_path, load=slowly))
    end_s = feed(ears, spoken)
    assert not ears.finish(0.2)
    assert {ears.measures(end_s, "-")[name].reason for name in WORD_MEASURES} == {NOT_READY}
    ready.set()
    wait_until(lambda: not any(thread.name == "coach-words" for thread in threading.enumerate()))


stretches = st.lists(st.floats(0, 100), max_size=10, unique=True).map(
    lambda edges: list(zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False))
)


@given(stretches, stretches, st.floats(0, 100))
def test_what_is_left_lies_within_and_outside(
    parts: list[tuple[float, float]], gaps: list[tuple[float, float]], at: float
) -> None:
    left = without(parts, gaps)

    def holds(some: list[tuple[float, float]]) -> bool:
        return any(a < at < b for a, b in some)

    assert all(b > a for a, b in left)
    if not any(at in edge for edge in [*parts, *gaps]):
        assert holds(left) == (holds(parts) and not holds(gaps))
