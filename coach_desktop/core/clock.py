"""Time, handed in where it matters, so that a test can be in charge of it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """The two times of a session: the one that never jumps, and the one that others share."""

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""
        ...

    def epoch(self) -> float:
        """Return seconds since 1970 (UTC)."""
        ...


class SystemClock:
    """The computer's own clock."""

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""
        return time.monotonic()

    def epoch(self) -> float:
        """Return seconds since 1970 (UTC)."""
        return time.time()


def iso_utc(epoch_s: float) -> str:
    """Return an ISO 8601 time in UTC with microseconds and Z, as the Tavus API writes it."""
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
