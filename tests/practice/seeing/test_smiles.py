from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.practice.seeing.smiles import LASTS_S, MOST, smiles

BAR = 0.3


def found(*scores: tuple[float, float | None]) -> list[tuple[float, float]]:
    """Return the smiles of a face that had these scores for so many seconds each, at ten pictures a second."""
    levels = [np.nan if score is None else score for seconds, score in scores for _ in range(round(10 * seconds))]
    return smiles(np.arange(len(levels)) / 10, np.array(levels), BAR)


def test_a_smile_is_told_from_its_first_picture_to_its_last() -> None:
    assert found((2, 0.1), (3, 0.5), (2, 0.1)) == [(2.0, 5.0)]


def test_a_short_one_is_none() -> None:
    assert found((2, 0.1), (0.8, 0.9), (2, 0.1)) == []


@pytest.mark.parametrize("between", [0.1, None])
def test_what_interrupts_it_shortly_is_part_of_it(between: float | None) -> None:
    assert found((1, 0.5), (0.4, between), (1, 0.5), (1, 0.0)) == [(0.0, 2.4)]
    assert found((1, 0.5), (0.7, between), (1, 0.5), (1, 0.0)) == [(0.0, 1.0), (1.7, 2.7)]


def test_nobody_smiles_while_the_camera_hangs() -> None:
    at_s = np.array([0.0, 1.0, 1.1, 30.0, 30.1, 33.0])
    assert smiles(at_s, np.full(6, 0.9), BAR) == [(0.0, 1.6)]


def test_of_very_many_the_longest_are_told() -> None:
    told = found(*[part for n in range(MOST + 20) for part in ((2 if n < 20 else 3, 0.5), (1, 0.0))])
    assert len(told) == MOST
    assert min(end_s - start_s for start_s, end_s in told) == pytest.approx(3)
    assert told == sorted(told)


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 1) | st.just(np.nan)), max_size=60), st.floats(0, 1))
def test_smiles_are_in_order_apart_and_long_enough(pictures: list[tuple[float, float]], bar: float) -> None:
    at_s = np.cumsum([gap for gap, _ in pictures])
    told = smiles(at_s, np.array([score for _, score in pictures]), bar)
    flat = [edge for one in told for edge in one]
    assert flat == sorted(flat)
    assert all(end_s - start_s >= LASTS_S for start_s, end_s in told)
    assert not told or at_s[0] <= flat[0] <= flat[-1] <= at_s[-1]
