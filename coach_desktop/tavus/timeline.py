"""What was seen and heard moment by moment, five times a second, and its compact form on the wire and on disk.

The form is a JSON object: `{"version": 1, "step_s", "rows", "columns", "data"}`. `data` is base64 of zlib of one block
a column: 16-bit numbers modulo 65536, each the difference from the row before, first the low bytes of all rows and then
the high ones. A number is 0 where nothing was measured, and otherwise 1 + (value - lowest) / resolution of its column.
An hour is 18000 rows: at most 0.6 MB, whatever was seen.

What is read comes from outside: its sizes are bounded before anything is unpacked.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import sys
import zlib
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Literal, get_args

from coach_desktop.core.errors import CoachError

ColumnName = Literal[
    "face_present", "eye_contact", "eye_contact_score", "smile", "head_yaw_deg", "head_pitch_deg",
    "hands_visible", "hand_at_face", "shoulder_tilt_deg", "speaking", "confidence",
]  # fmt: skip
COLUMNS: tuple[ColumnName, ...] = get_args(ColumnName)

STEP_S = 0.2
"""The time that one row stands for."""
MOST_ROWS = round(24 * 3600 / STEP_S)
"""A day; what comes later is left out."""
MOST_TEXT = 24 * 1024 * 1024
"""The longest JSON text that is read at all: more than a day takes."""

_VERSION = 1
_YES_NO = (0.0, 1.0, 1.0)
_SHARE = (0.0, 1.0, 0.001)
_ANGLE = (-180.0, 180.0, 0.1)
# Lowest, highest, resolution.
_RANGES: dict[ColumnName, tuple[float, float, float]] = {
    "face_present": _YES_NO, "eye_contact": _YES_NO, "eye_contact_score": _SHARE, "smile": _SHARE,
    "head_yaw_deg": _ANGLE, "head_pitch_deg": _ANGLE, "hands_visible": _YES_NO, "hand_at_face": _YES_NO,
    "shoulder_tilt_deg": _ANGLE, "speaking": _YES_NO, "confidence": _SHARE,
}  # fmt: skip
_SHORTEST_STEP_S, _LONGEST_STEP_S = 0.01, 10.0
_MOST_COLUMNS = 64

Values = Sequence[float | None]
"""One column: a value a row, None where nothing was measured."""


class TimelineError(CoachError):
    """A timeline that is not what it should be."""

    def __init__(self, details: str) -> None:
        """Say that it cannot be read; `details` are for the log."""
        super().__init__(
            "What was seen over the time of this session cannot be read.",
            safe="The report itself is not affected.",
            do="If a newer version of the app wrote it, read it with that version.",
            details=details,
        )


@dataclass(frozen=True)
class Timeline:
    """Row k is about the time from `k * step_s` to `(k + 1) * step_s` seconds from live.

    `face_present`, `eye_contact`, `hands_visible`, `hand_at_face` and `speaking` are 0 or 1; `eye_contact_score`,
    `smile` and `confidence` run from 0 to 1; angles are degrees, signed as in a picture (to the right and downwards
    positive). `eye_contact` is the verdict after the vote over time. `confidence` is the share of the pictures of
    that moment in which a face was found.
    """

    step_s: float
    columns: Mapping[ColumnName, Values]

    def __post_init__(self) -> None:
        """Raise ValueError where the columns are not all of one length."""
        if len({len(values) for values in self.columns.values()}) > 1:
            raise ValueError("columns of different lengths")

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.columns.values()), ()))

    @property
    def end_s(self) -> float:
        """Where the last row ends."""
        return self.rows * self.step_s

    def column(self, name: ColumnName) -> Values:
        """Return one column; all None where it is not there."""
        return self.columns.get(name) or (None,) * self.rows

    def is_measured(self, name: ColumnName) -> bool:
        """Return whether there is any value in a column."""
        return any(value is not None for value in self.column(name))

    def row_at(self, at_s: float) -> int:
        """Return the row that is about a second, the nearest there is. Raises ValueError where there is none."""
        if not self.rows:
            raise ValueError("an empty timeline")
        return min(self.rows - 1, max(0, math.floor(at_s / self.step_s + 1e-6)))

    def value_at(self, name: ColumnName, at_s: float) -> float | None:
        """Return what was measured at a second, None where nothing was."""
        return self.column(name)[self.row_at(at_s)] if self.rows else None


def packed(timeline: Timeline) -> dict[str, object]:
    """Return a timeline in its compact form. Values beyond their range become its ends, no numbers become None."""
    blocks = [_block(timeline.column(name), *_RANGES[name]) for name in COLUMNS]
    return {
        "version": _VERSION,
        "step_s": timeline.step_s,
        "rows": timeline.rows,
        "columns": list(COLUMNS),
        "data": base64.b64encode(zlib.compress(b"".join(blocks), 9)).decode("ascii"),
    }


def unpacked(form: object) -> Timeline:
    """Return the timeline that the compact form holds. Raises `TimelineError`.

    Columns that this version does not know are left out; those that are missing are all None.
    """
    if not isinstance(form, dict):
        raise TimelineError("no object")
    if form.get("version") != _VERSION:
        raise TimelineError("another version")
    step_s, rows, names = form.get("step_s"), form.get("rows"), form.get("columns")
    if isinstance(step_s, bool) or not isinstance(step_s, int | float) or not _is_step(step_s):
        raise TimelineError("step_s")
    if isinstance(rows, bool) or not isinstance(rows, int) or not 0 <= rows <= MOST_ROWS:
        raise TimelineError("rows")
    if not (isinstance(names, list) and len(names) <= _MOST_COLUMNS and all(isinstance(name, str) for name in names)):
        raise TimelineError("columns")
    if len(set(names)) != len(names):
        raise TimelineError("a column twice")
    blocks = _inflated(form.get("data"), 2 * rows * len(names))
    columns: dict[ColumnName, Values] = {}
    for number, name in enumerate(names):
        known = next((column for column in COLUMNS if column == name), None)
        if known is not None:
            columns[known] = _values(blocks[2 * rows * number : 2 * rows * (number + 1)], *_RANGES[known])
    for name in COLUMNS:
        columns.setdefault(name, (None,) * rows)
    return Timeline(float(step_s), columns)


def to_text(form: object) -> str:
    """Return the compact form as JSON text, once it was found to hold a timeline. Raises `TimelineError`."""
    unpacked(form)
    return json.dumps(form)


def from_text(text: str) -> Timeline:
    """Return the timeline of a JSON text. Raises `TimelineError`."""
    if len(text) > MOST_TEXT:
        raise TimelineError("too long")
    try:
        form = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TimelineError(f"no JSON: {type(error).__name__}") from error
    return unpacked(form)


def _is_step(value: float) -> bool:
    # Compared first: a whole number may be larger than any float.
    return _SHORTEST_STEP_S <= value <= _LONGEST_STEP_S


def _inflated(data: object, size: int) -> bytes:
    """Return exactly `size` bytes out of base64 of zlib; never unpacks more than that."""
    # zlib never makes anything longer than by a few bytes in every 16 KB; base64 makes it longer by a third.
    if not isinstance(data, str) or len(data) > (size + size // 1000 + 64) * 4 // 3 + 4:
        raise TimelineError("data")
    try:
        unpacker = zlib.decompressobj()
        found = unpacker.decompress(base64.b64decode(data.encode("ascii"), validate=True), size + 1)
    except (UnicodeEncodeError, binascii.Error, zlib.error) as error:
        raise TimelineError(f"data: {type(error).__name__}") from error
    if len(found) != size or not unpacker.eof or unpacker.unused_data:
        raise TimelineError("data of another size")
    return found


def _block(values: Values, lowest: float, highest: float, resolution: float) -> bytes:
    codes = [
        0
        if value is None or not math.isfinite(value)
        else 1 + round((min(highest, max(lowest, value)) - lowest) / resolution)
        for value in values
    ]
    numbers = array("H", ((now - before) & 0xFFFF for before, now in pairwise([0, *codes])))
    if sys.byteorder == "big":
        numbers.byteswap()
    raw = numbers.tobytes()
    return raw[::2] + raw[1::2]


def _values(block: bytes, lowest: float, highest: float, resolution: float) -> Values:
    rows = len(block) // 2
    differences = (low | high << 8 for low, high in zip(block[:rows], block[rows:], strict=True))
    most = round((highest - lowest) / resolution)
    codes = list(accumulate(differences, lambda total, difference: (total + difference) & 0xFFFF))
    if max(codes, default=0) > most + 1:
        raise TimelineError("a value beyond its range")
    digits = max(0, -math.floor(math.log10(resolution)))
    known = [None, *(round(lowest + step * resolution, digits) for step in range(most + 1))]
    return tuple(known[code] for code in codes)
