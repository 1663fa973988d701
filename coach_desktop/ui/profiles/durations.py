"""Lengths of time as people write them: 5 min, 90 s, 1 h, 1:30."""

from __future__ import annotations

import re
from typing import Final

_UNITS: Final = {"h": 3600, "m": 60, "s": 1}
_PIECE: Final = re.compile(
    r"(\d{1,6}(?:[.,]\d{1,3})?)\s*(h|hours?|hrs?|m|min|mins|minutes?|s|sec|secs|seconds?)(?![a-z])[\s,]*(?:and\s+)?"
)
_CLOCK: Final = re.compile(r"(\d{1,4}):([0-5]\d)")


def duration_words(seconds: int) -> str:
    """Return a length of time in the largest units that say it exactly: "1 h", "5 min", "1 min 30 s", "0 s"."""
    hours, rest = divmod(seconds, 3600)
    pieces = [(hours, "h"), (rest // 60, "min"), (rest % 60, "s")]
    return " ".join(f"{number} {unit}" for number, unit in pieces if number) or "0 s"


def parse_duration(text: str) -> int:
    """Return the whole seconds that a text says; minutes and seconds may stand as on a clock (1:30).

    Raises ValueError with the reason in plain words, also for a number without a unit: it could be either.
    """
    plain = text.strip().casefold()
    clock = _CLOCK.fullmatch(plain)
    if clock:
        return int(clock[1]) * 60 + int(clock[2])
    if re.fullmatch(r"0+", plain):
        return 0
    if re.fullmatch(r"\d{1,6}([.,]\d{1,3})?", plain):
        raise ValueError(f'say whether it is minutes or seconds: "{plain} min" or "{plain} s"')
    total, at = 0.0, 0
    while at < len(plain):
        piece = _PIECE.match(plain, at)
        if piece is None:
            break
        total += float(piece[1].replace(",", ".")) * _UNITS[piece[2][0]]
        at = piece.end()
    if at == 0 or at < len(plain):
        raise ValueError('write it like "5 min" or "90 s"')
    return round(total)
