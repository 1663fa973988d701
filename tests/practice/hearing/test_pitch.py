from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coach_desktop.core.errors import CoachError
from coach_desktop.practice.hearing import listening
from coach_desktop.practice.hearing.listening import Listening
from coach_desktop.practice.hearing.pitch import FRAME_S, VOICED_FROM, PitchNetwork, melody, own_range

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from coach_desktop.practice.hearing.voice import VoiceActivity

RATE = 16000


def sung(hz: NDArray[np.float64]) -> NDArray[np.int16]:
    """A buzz with many harmonics whose pitch at each sample is `hz` [n]."""
    phase = 2 * np.pi * np.cumsum(hz) / RATE
    harmonics = np.arange(1, 12)[:, None]
    sound: NDArray[np.float64] = 4000 * (np.sin(harmonics * phase) / harmonics).sum(axis=0)
    return sound.astype(np.int16)


def gliding(seconds: float, low: float = 100.0, high: float = 200.0) -> NDArray[np.int16]:
    second = np.arange(round(seconds * RATE)) / RATE
    return sung(low * (high / low) ** (0.5 + 0.5 * np.sin(2 * np.pi * 0.3 * second)))


# The network


@pytest.mark.parametrize("hz", [80.0, 120.0, 210.0, 440.0])
def test_a_steady_tone_has_its_pitch(pitch: PitchNetwork, hz: float) -> None:
    sound = sung(np.full(2 * RATE, hz))
    found = np.concatenate([pitch.push(sound), pitch.finish()])
    assert len(found) == len(sound) // 256
    assert np.mean(found > 0) > 0.95
    assert np.median(found[found > 0]) == pytest.approx(hz, rel=0.01)


def test_it_is_what_its_makers_package_says(pitch: PitchNetwork, sentences: list[NDArray[np.int16]]) -> None:
    # Here, when our package has told the runtime not to report its use to its maker.
    import swift_f0

    sound = np.concatenate(sentences)
    expected = swift_f0.SwiftF0(threads=1, spin=False).detect(sound, RATE, 65, 600)
    hz = np.where(expected.confidence >= VOICED_FROM, expected.pitch_hz, 0)
    parts = [pitch.push(sound[first : first + 1600]) for first in range(0, len(sound), 1600)]
    found = np.concatenate([*parts, pitch.finish()])
    assert np.mean(found > 0) > 0.3
    assert found == pytest.approx(hz, abs=1e-3)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(cuts=st.lists(st.integers(0, 64000), max_size=9), length=st.integers(0, 64000))
def test_pieces_give_what_the_whole_gives(pitch: PitchNetwork, cuts: list[int], length: int) -> None:
    sound = gliding(4.0)[:length]
    whole = np.concatenate([pitch.push(sound), pitch.finish()])
    pieces = [pitch.push(piece) for piece in np.split(sound, sorted(min(cut, length) for cut in cuts))]
    found = np.concatenate([*pieces, pitch.finish()])
    assert len(found) == length // 256
    assert found == pytest.approx(whole, abs=1e-2)


def test_noises_have_no_pitch_of_a_voice(
    voice: VoiceActivity, pitch: PitchNetwork, noises: dict[str, NDArray[np.int16]]
) -> None:
    for name, noise in noises.items():
        ears = Listening(voice, pitch)
        ears.push(0.0, noise)
        ears.hear_no_more()
        assert ears.measures(20.0, "-")["pitch_spread"].reason == listening.NO_SPEECH, name
        assert [span for span in ears.spans(20.0) if span.kind == "level_pitch"] == []


def test_after_a_reset_nothing_of_the_sound_before_is_left(pitch: PitchNetwork) -> None:
    pitch.push(gliding(1.5))
    pitch.reset()
    assert not pitch.finish().any()


@pytest.mark.parametrize("content", [None, b"", b"no network at all"])
def test_a_file_that_is_no_model_is_told_in_plain_words(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "swift_f0.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CoachError, match="hears the pitch of a voice could not be loaded") as caught:
        PitchNetwork(path)
    assert "swift_f0.onnx" in caught.value.what
    assert "fresh copy of swift_f0.onnx" in caught.value.do


def test_another_network_is_told_in_plain_words(voice_model: Path) -> None:
    with pytest.raises(CoachError, match="could not be loaded") as caught:
        PitchNetwork(voice_model)
    assert "inputs are" in caught.value.details


# A talk


class Loud:
    """Takes whatever is loud for speech."""

    def reset(self) -> None:
        pass

    def push(self, samples: NDArray[np.int16]) -> list[float]:
        return [float(np.abs(window).max() > 500) for window in samples.reshape(-1, 512)]


def talk_of(sound: NDArray[np.int16], pitch: PitchNetwork | None, at_s: float = 0.0) -> Listening:
    ears = Listening(Loud(), pitch)
    for first in range(0, len(sound) - 5119, 5120):
        ears.push(at_s + first / RATE, sound[first : first + 5120])
    ears.hear_no_more()
    return ears


def test_a_lively_voice_has_a_larger_spread_than_a_level_one(pitch: PitchNetwork) -> None:
    lively = talk_of(gliding(30.0), pitch)
    level = talk_of(gliding(30.0, 115, 125), pitch)
    # A sine of an octave, peak to peak, has a standard deviation of 6 / sqrt(2) semitones.
    assert lively.measures(30.0, "-")["pitch_spread"].value == pytest.approx(6 / np.sqrt(2), abs=0.3)
    assert level.measures(30.0, "-")["pitch_spread"].value == pytest.approx(0.51, abs=0.1)
    assert [span for span in lively.spans(30.0) if span.kind == "level_pitch"] == []
    spans = [(span.start_s, span.end_s) for span in level.spans(29.0) if span.kind == "level_pitch"]
    assert spans == [(0.0, 29.0)]


def test_little_voice_and_no_model_are_told_apart(pitch: PitchNetwork) -> None:
    short = talk_of(np.concatenate([gliding(4.5), np.zeros(5 * RATE, np.int16)]), pitch).measures(9.0, "-")
    assert short["speaking_time"].value == pytest.approx(4.5, abs=0.1)
    assert short["pitch_spread"].reason == listening.LITTLE_VOICE
    deaf = talk_of(gliding(12.0), None).measures(12.0, "-")
    assert deaf["pitch_spread"].reason == listening.NO_PITCH
    assert deaf["speaking_time"].value == pytest.approx(12.0, abs=0.4)


def test_a_talk_with_missing_sound_keeps_its_time(pitch: PitchNetwork) -> None:
    ears = Listening(Loud(), pitch)
    ears.push(0.0, gliding(10.24, 100, 104))
    ears.push(40.0, gliding(10.24))
    ears.hear_no_more()
    level = [(span.start_s, span.end_s) for span in ears.spans(60.0) if span.kind == "level_pitch"]
    assert level == [(0.0, 10.0)]


# The figure


def frames(seconds: float) -> NDArray[np.float64]:
    return np.arange(round(seconds / FRAME_S), dtype=np.float64) * FRAME_S


def test_one_pitch_has_no_spread_and_five_seconds_are_needed() -> None:
    at_s = frames(60.0)
    found = melody(at_s, np.full(len(at_s), 130.0))
    assert found is not None
    assert found.spread_st == pytest.approx(0.0, abs=1e-9)
    assert found.level == [(0.0, 60.0)]
    assert melody(frames(4.9), np.full(len(frames(4.9)), 130.0)) is None
    assert melody(np.zeros(0), np.zeros(0)) is None


def test_errors_of_an_octave_do_not_count() -> None:
    at_s = frames(60.0)
    hz = 150 * 2 ** (np.random.default_rng(1).normal(0, 2.5, len(at_s)) / 12)
    clean = melody(at_s, hz)
    hz[::12] /= 2.2
    hz[5::12] *= 2.4
    wrong = melody(at_s, hz)
    assert clean is not None
    assert wrong is not None
    assert clean.spread_st == pytest.approx(2.5, abs=0.1)
    # One frame in six is wrong: taken as it is, the spread were twice as large.
    assert 12 * np.std(np.log2(hz)) > 5
    assert wrong.spread_st == pytest.approx(2.5, abs=0.3)


def test_a_voice_that_rises_over_the_talk_is_not_taken_for_a_lively_one() -> None:
    at_s = frames(60.0)
    # Half a semitone in each window of 10 s: three in all.
    found = melody(at_s, 120 * 2 ** (at_s / 20 / 12))
    assert found is not None
    assert found.spread_st == pytest.approx(0.5 / np.sqrt(12), abs=0.02)


def test_only_windows_with_enough_voice_are_called_level() -> None:
    at_s = np.concatenate([frames(10.0), 10 + frames(2.0), 20 + frames(4.0), 30 + frames(10.0)])
    lively = at_s >= 30
    hz = np.where(lively, 120 * 2 ** (4 * np.sin(at_s * 3) / 12), 120.0)
    found = melody(at_s, hz)
    assert found is not None
    assert found.level == [(0.0, 10.0), (20.0, 30.0)]


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 3000), st.floats(0.5, 14), st.floats(0.8, 1.25))
def test_any_voice_has_a_finite_spread_that_no_transposition_changes(
    seed: int, count: int, wild: float, factor: float
) -> None:
    chance = np.random.default_rng(seed)
    at_s = np.sort(chance.choice(9000, count, replace=False)).astype(np.float64) * FRAME_S
    hz = np.clip(150 * 2 ** (chance.normal(0, wild, count) / 12), 65, 600)
    one = melody(at_s, hz)
    if one is None:
        low, high = own_range(hz) if count else (0.0, 0.0)
        assert np.sum((hz >= low) & (hz <= high)) * FRAME_S < 5
        return
    assert 0 <= one.spread_st <= 12 * np.log2(600 / 60)
    assert all(end_s > start_s for start_s, end_s in one.level)
    low, high = own_range(hz)
    assert 60 <= low <= high <= 600
    if low * min(1, factor) > 60 and high * max(1, factor) < 600:
        other = melody(at_s, hz * factor)
        assert other is not None
        assert other.spread_st == pytest.approx(one.spread_st, abs=1e-6)
