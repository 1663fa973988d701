from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.practice.hearing import loudness
from coach_desktop.practice.hearing.loudness import LevelMeter

if TYPE_CHECKING:
    from numpy.typing import NDArray

SECOND = np.arange(16000) / 16000


def tone(amplitude: float, seconds: float = 1.0) -> NDArray[np.int16]:
    count = round(seconds * 16000)
    return np.round(amplitude * 32767 * np.sin(2 * np.pi * 400 * np.arange(count) / 16000)).astype(np.int16)


@pytest.mark.parametrize(("amplitude", "level_db"), [(1.0, -3.01), (0.1, -23.01), (0.001, -63.0)])
def test_level_of_a_sine_is_three_decibels_under_its_peak(amplitude: float, level_db: float) -> None:
    assert loudness.decibels(loudness.mean_square(tone(amplitude))) == pytest.approx(level_db, abs=0.05)


def test_a_constant_part_is_not_heard() -> None:
    assert loudness.decibels(loudness.mean_square(np.full(1600, 9000, np.int16))) == loudness.FLOOR_DB
    with_offset = tone(0.1) + np.int16(5000)
    assert loudness.mean_square(with_offset) == pytest.approx(loudness.mean_square(tone(0.1)), rel=1e-3)


def test_rumble_is_not_counted_as_audible() -> None:
    sound = tone(0.1)[:1600]
    assert loudness.audible_square(sound) == pytest.approx(loudness.mean_square(sound), rel=0.01)
    rumble = np.round(3000 * np.sin(2 * np.pi * 50 * SECOND[:1600])).astype(np.int16)
    assert loudness.decibels(loudness.audible_square(rumble)) < loudness.decibels(loudness.mean_square(rumble)) - 50
    assert loudness.audible_square(np.zeros(1600, np.int16)) == 0.0


@given(st.lists(st.tuples(st.floats(0, 12), st.floats(0, 5)), max_size=6), st.integers(0, 120))
def test_no_hop_is_both_speech_and_room(speech: list[tuple[float, float]], count: int) -> None:
    parts = [(start, start + length) for start, length in speech]
    inside, outside = loudness.split_by_speech(np.full(count, 0.5), parts)
    assert len(inside) + len(outside) <= count
    assert set(inside.round(2)) | set(outside.round(2)) <= {-3.01}
    if not parts:
        assert (len(inside), len(outside)) == (0, count)


def test_breaths_beside_speech_belong_to_neither() -> None:
    squares = np.array([1e-6] * 10 + [1e-4] + [1e-2] * 10 + [1e-4] + [1e-6] * 10)
    inside, outside = loudness.split_by_speech(squares, [(1.1, 2.1)])
    assert inside == pytest.approx(np.full(10, -20.0))
    assert outside == pytest.approx(np.full(20, -60.0))


def test_dither_is_no_signal_and_a_quiet_room_is_one() -> None:
    chance = np.random.default_rng(3)
    dither = chance.integers(-1, 2, 16000).astype(np.int16)
    room = np.round(chance.normal(0, 32768 * 10 ** (-70 / 20), 16000)).astype(np.int16)
    assert loudness.decibels(loudness.mean_square(dither)) < loudness.NO_SIGNAL_DB
    assert loudness.decibels(loudness.mean_square(room)) > loudness.NO_SIGNAL_DB


def test_flat_tops_are_clipped_and_single_peaks_are_not() -> None:
    assert loudness.clipped(np.array([0, 32767, 32767, 0, -32768, 0, 32767], np.int16)) == 0
    assert loudness.clipped(np.array([0, 32767, 32767, 32767, 0, -32768, -32768, -32768, -32768], np.int16)) == 7
    assert loudness.clipped(np.array([32767, -32768] * 8, np.int16)) == 0
    overdriven = np.clip(tone(1.0).astype(int) * 4, -32768, 32767).astype(np.int16)
    assert loudness.clipped(overdriven) > 12000


@given(st.lists(st.integers(0, 5000), max_size=20))
def test_pieces_give_the_levels_of_the_whole(sizes: list[int]) -> None:
    sound = (tone(0.5, 1.5).astype(float) * np.linspace(0, 1, 24000)).astype(np.int16)
    whole, pieces = LevelMeter(), LevelMeter()
    whole.push(sound)
    for piece in np.split(sound, np.minimum(np.cumsum(sizes, dtype=int), len(sound))):
        pieces.push(piece)
    assert np.array_equal(whole.squares(9.0), pieces.squares(9.0))
    assert whole.loudest == pieces.loudest == whole.squares(9.0).max()


def test_the_meter_stops_at_the_moment_asked_for() -> None:
    meter = LevelMeter()
    assert meter.last_square() is None
    assert not meter.clips_lately(1.0)
    meter.push(np.concatenate([tone(0.1), np.clip(tone(1.0).astype(int) * 4, -32768, 32767).astype(np.int16)]))
    assert len(meter.squares(1.0)) == 10
    assert meter.clipped(1.0) == 0
    assert meter.clipped(2.0) > 0
    assert meter.clips_lately(0.5)
    meter.push(tone(0.1, 0.6))
    assert not meter.clips_lately(0.5)
    assert meter.squares(-1.0).size == 0


def test_only_windows_wholly_in_speech_count() -> None:
    squares = np.full(30, 1e-8)
    squares[10:20] = 1e-2
    levels = loudness.speech_windows(squares, [(1.0, 2.0)])
    assert levels == pytest.approx([-20.0] * 7)
    assert loudness.speech_windows(squares, [(1.05, 1.4), (2.0, 2.3)]).size == 0
    assert loudness.speech_windows(squares[:3], [(0.0, 0.3)]).size == 0
    assert loudness.speech_windows(squares, [(2.5, 9.0)]) == pytest.approx([-80.0] * 2)


def test_an_even_voice_has_no_range_and_two_levels_have_their_difference() -> None:
    assert loudness.loudness_range(np.full(50, -30.0)) == 0.0
    assert loudness.loudness_range(np.array([-20.0] * 50 + [-32.0] * 50)) == pytest.approx(12.0)


def test_the_range_runs_from_the_tenth_to_the_ninety_fifth_percentile() -> None:
    assert loudness.loudness_range(np.linspace(-30.0, -20.0, 101)) == pytest.approx(8.5)


def test_the_range_does_not_depend_on_the_gain() -> None:
    levels = np.random.default_rng(5).normal(-30, 4, 200)
    assert loudness.loudness_range(levels - 25) == pytest.approx(loudness.loudness_range(levels))


def test_windows_far_under_the_mean_are_gated_out() -> None:
    assert loudness.loudness_range(np.array([-20.0] * 80 + [-60.0] * 20)) == 0.0
