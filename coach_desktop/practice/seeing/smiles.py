"""When a face smiled: stretches of pictures whose score is over the face's own bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LASTS_S = 1.0
"""Shorter ones are not named: our choice, as for all else here."""
MOST = 100
"""Smiles that are named: the longest ones."""
_JOINED_S = 0.5
_HOLDS_S = 0.5


def smiles(at_s: NDArray[np.float64], scores: NDArray[np.float64], bar: float) -> list[tuple[float, float]]:
    """Return when a face smiled for `LASTS_S` and more, from and to in seconds, in order, at most `MOST`.

    `at_s` [n] are the times of the pictures, rising, and `scores` [n] what they showed, NaN without a face. A picture
    stands for the time until the next one, 0.5 s at most; what interrupts a smile for up to 0.5 s is part of it.
    """
    if not len(at_s):
        return []
    ends = np.minimum(np.append(at_s[1:], at_s[-1]), at_s + _HOLDS_S)
    smiling = np.flatnonzero(scores >= bar)
    joined: list[tuple[float, float]] = []
    for start_s, end_s in zip(at_s[smiling].tolist(), ends[smiling].tolist(), strict=True):
        if joined and start_s - joined[-1][1] <= _JOINED_S:
            joined[-1] = (joined[-1][0], end_s)
        else:
            joined.append((start_s, end_s))
    longest = sorted(joined, key=lambda one: one[0] - one[1])[:MOST]
    return sorted(one for one in longest if one[1] - one[0] >= LASTS_S)
