from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.practice.seeing.detector import LAYERS
from coach_desktop.practice.seeing.ssd import anchors, decode, merge

numbers = st.floats(-50, 300, width=32)
boxes_with_scores = st.lists(
    st.tuples(st.lists(numbers, min_size=8, max_size=8), st.floats(0.5, 1, width=32)), max_size=30
)


def test_anchors_are_two_grids() -> None:
    centres = anchors(128, LAYERS)
    assert centres.shape == (896, 2)
    assert np.allclose(centres[0], 0.5 / 16)
    assert np.allclose(centres[2], (1.5 / 16, 0.5 / 16)), "x runs first"
    assert np.allclose(centres[512], 0.5 / 8)
    assert np.allclose(centres.mean(axis=0), 0.5)


def test_decoding_moves_values_to_their_anchor_and_drops_the_unlikely() -> None:
    values = np.zeros((3, 16), dtype=np.float32)
    values[:, :4] = (12.8, 0, 64, 32)
    values[:, 4:8] = (-6.4, 0, 6.4, 12.8)
    centres = np.array([[0.5, 0.5], [0.25, 0.75], [0.1, 0.1]], dtype=np.float32)
    boxes, scores = decode(values, np.array([2.0, 300.0, -0.01], dtype=np.float32), centres, 128)
    assert np.allclose(boxes[0, :8], (0.35, 0.375, 0.85, 0.625, 0.45, 0.5, 0.55, 0.6), atol=1e-6)
    assert np.allclose(boxes[1, :2], (0.1, 0.625), atol=1e-6)
    assert scores == pytest.approx([1 / (1 + math.exp(-2)), 1.0])


def test_overlapping_boxes_become_one_weighted_by_score() -> None:
    boxes = np.array(
        [[0, 0, 10, 10, 2, 3, 8, 3], [1, 0, 11, 10, 3, 3, 9, 3], [50, 50, 60, 60, 52, 53, 58, 53]], dtype=np.float32
    )
    found = merge(boxes, np.array([0.9, 0.6, 0.7], dtype=np.float32))
    assert len(found) == 2
    assert found[0].values[:4] == pytest.approx((0.4, 0, 10.4, 10))
    assert found[0].values[4:6] == pytest.approx((2.4, 3))
    assert found[0].score == pytest.approx(0.9)


@given(boxes_with_scores)
def test_merging_ends_and_never_invents(candidates: list[tuple[list[float], float]]) -> None:
    boxes = np.array([box for box, _ in candidates], dtype=np.float32).reshape(-1, 8)
    scores = np.array([score for _, score in candidates], dtype=np.float32)
    found = merge(boxes, scores)
    assert len(found) <= len(candidates)
    for one in found:
        assert one.values[2] > one.values[0]
        assert one.values[3] > one.values[1]
        assert boxes[:, 0].min() - 1e-3 <= one.values[0] <= boxes[:, 0].max() + 1e-3
