"""What every picture showed, kept as numbers, from which the timeline of a session is made.

A picture stands for the time until the next one, 0.5 s at most: where a camera hangs nothing is known. Memory grows by
some 4 MB in an hour at twelve pictures a second.
"""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING

import numpy as np

from coach_desktop.practice.seeing.smiles import smiles
from coach_desktop.tavus.timeline import COLUMNS, MOST_ROWS, STEP_S, ColumnName, Timeline
from coach_desktop.tavus.timeline_csv import CSV_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from coach_desktop.practice.senses import Look

    Stretches = Sequence[tuple[float, float]]
    """Times from and to, in seconds, in order and apart from each other."""
    Row = tuple[float, list[float | None]]
    """A time in seconds, and the values of `CSV_COLUMNS` then."""

HOLDS_S = 0.5
_SEEN: tuple[ColumnName, ...] = CSV_COLUMNS[:-1]
"""All that takes a picture; whether somebody speaks comes from the ears."""
_YES_NO = frozenset({"face_present", "eye_contact", "hands_visible", "hand_at_face"})
_ROW_EVERY_S = 0.1
"""Rows between pictures that are far apart, and where there are none."""
_ROW_GAP_S = 0.2
_LITTLE_S = 0.01
_EDGE = 1e-6
"""A picture on an edge belongs to the step that begins there, whatever the last bit of its time says."""
_NOTHING = math.nan


class Seen:
    """The rows of one session, one a picture. Not for use by several threads at once."""

    def __init__(self) -> None:
        """Begin without a picture."""
        self._times = array("d")
        self._columns = {name: array("f") for name in _SEEN}

    def add(self, look: Look) -> None:
        """Keep what one picture showed; one that is dated before the last counts as simultaneous with it."""
        self._times.append(max(look.at_s, self._times[-1]) if self._times else look.at_s)
        for name, value in zip(_SEEN, _shown(look), strict=True):
            self._columns[name].append(_NOTHING if value is None else value)

    def forget_since(self, at_s: float) -> None:
        """Take back what was seen from `at_s` on: a camera that stood still showed nothing of that time."""
        while self._times and self._times[-1] >= at_s:
            self._times.pop()
            for column in self._columns.values():
                column.pop()

    def smiles(self, bar: float) -> list[tuple[float, float]]:
        """Return from when to when the face smiled, that is, had a score of `bar` and more."""
        return smiles(np.asarray(self._times, np.float64), np.asarray(self._columns["smile"], np.float64), bar)

    def timeline(self, until_s: float, speech: Stretches, listened: Stretches) -> Timeline:
        """Return all that was seen and heard up to `until_s`, in steps of `STEP_S`.

        `speech` and `listened` are the stretches in which somebody spoke, and in which sound arrived.
        """
        times = np.asarray(self._times, np.float64)
        # A film without sound ends with its last picture, which has a step of its own.
        steps = [_step(at_s) + 1 for at_s in times[times <= until_s][-1:].tolist()]
        rows = min(MOST_ROWS, max([math.ceil(until_s / STEP_S - _EDGE), *steps]))
        edges = np.arange(rows + 1, dtype=np.float64) * np.float64(STEP_S)
        found: dict[ColumnName, list[float | None]] = {}
        for name, column in self._columns.items():
            values = _binned(times, np.asarray(column, np.float64), edges)
            if name == "face_present":
                found["confidence"] = _plain(values)
            found[name] = _plain(np.where(values >= 0.5, 1.0, values * 0) if name in _YES_NO else values)
        found["speaking"] = _plain(_speaking(edges, speech, listened))
        return Timeline(STEP_S, {name: found[name] for name in COLUMNS})

    def rows(self, until_s: float, speech: Stretches, listened: Stretches) -> Iterator[Row]:
        """Yield the time of every picture with the values of `CSV_COLUMNS`, as they were measured.

        Where there is no picture for long there are rows at an even pace in between: the picture before holds for
        0.5 s, and after that nothing is seen.
        """
        pictures = list(self._times)
        for at_s, index in _moments(pictures, until_s):
            seen: list[float | None] = [None] * len(_SEEN)
            if index is not None and at_s - pictures[index] <= HOLDS_S:
                row = (self._columns[name][index] for name in _SEEN)
                seen = [None if math.isnan(value) else value for value in row]
            heard = _covers(listened, at_s)
            yield at_s, [*seen, float(_covers(speech, at_s)) if heard else None]


def _shown(look: Look) -> tuple[float | None, ...]:
    face, body = look.reading, look.body
    if face is None:
        sight: tuple[float | None, ...] = (0.0, None, None, None, None, None)
    else:
        contact = look.state.eye_contact
        sight = (
            1.0, None if contact is None else float(contact), face.eye_contact_score, face.smile,
            face.yaw_deg, face.pitch_deg,
        )  # fmt: skip
    if body is None:
        return (*sight, None, None, None)
    return (*sight, body.hands_visible, body.hand_at_face, body.shoulder_tilt_deg)


def _step(at_s: float) -> int:
    return math.floor(at_s / STEP_S + _EDGE)


def _binned(times: NDArray[np.float64], values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of what was measured in each step; without a picture the one before holds for a while."""
    rows = len(edges) - 1
    known = ~np.isnan(values)
    steps = np.floor(times / STEP_S + _EDGE).astype(np.int64)
    inside = (steps >= 0) & (steps < rows)
    pictures = np.bincount(steps[inside], minlength=rows)
    measured = inside & known
    counts = np.bincount(steps[measured], minlength=rows)
    sums = np.bincount(steps[measured], weights=values[measured], minlength=rows)
    found = np.full(rows, _NOTHING)
    np.divide(sums, counts, out=found, where=counts > 0)
    last = np.searchsorted(times, edges[:-1], "right") - 1
    held = (pictures == 0) & (last >= 0)
    held[held] = edges[:-1][held] - times[last[held]] <= HOLDS_S
    found[held] = values[last[held]]
    return found


def _speaking(edges: NDArray[np.float64], speech: Stretches, listened: Stretches) -> NDArray[np.float64]:
    heard, spoken = _within(edges, listened), _within(edges, speech)
    found = np.where(spoken >= heard / 2, 1.0, 0.0)
    found[heard < _LITTLE_S] = _NOTHING
    return found


def _within(edges: NDArray[np.float64], stretches: Stretches) -> NDArray[np.float64]:
    """Return how much of each step lies in the stretches, in seconds."""
    if not len(stretches):
        return np.zeros(len(edges) - 1)
    ends = np.maximum.accumulate(np.asarray(stretches, np.float64).ravel())
    covered = np.repeat(np.cumsum([0.0, *(ends[1::2] - ends[::2])]), 2)[1:-1]
    return np.diff(np.interp(edges, ends, covered))


def _covers(stretches: Stretches, at_s: float) -> bool:
    low, high = 0, len(stretches)
    while low < high:
        middle = (low + high) // 2
        if stretches[middle][1] <= at_s:
            low = middle + 1
        else:
            high = middle
    return low < len(stretches) and stretches[low][0] <= at_s + 1e-9


def _moments(pictures: list[float], until_s: float) -> Iterator[tuple[float, int | None]]:
    """Yield all moments that get a row, each with the picture that is the newest by then."""
    before = -_ROW_EVERY_S
    if not pictures and until_s - before <= _ROW_GAP_S:
        yield 0.0, None
    for index, at_s in enumerate([*pictures, until_s]):
        if at_s - before > _ROW_GAP_S:
            newest = index - 1 if index else None
            count = math.ceil((at_s - before) / _ROW_EVERY_S - 0.5)
            yield from ((before + step * _ROW_EVERY_S, newest) for step in range(1, count))
        if index < len(pictures):
            yield at_s, index
        before = at_s


def _plain(values: NDArray[np.float64]) -> list[float | None]:
    return [None if math.isnan(value) else value for value in values.tolist()]
