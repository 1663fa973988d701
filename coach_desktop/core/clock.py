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


class SleeplessClock(Clock, Protocol):
    """One that knows of the time that went by while the computer slept, too."""

    def awake_or_asleep(self) -> float:
        """Return seconds that only ever grow, also while the computer sleeps."""
        ...


class SystemClock:
    """The computer's own clock."""

    def monotonic(self) -> float:
        """Return seconds that only ever grow."""
        return time.monotonic()

    def epoch(self) -> float:
        """Return seconds since 1970 (UTC)."""
        return time.time()

    def awake_or_asleep(self) -> float:
        """Return seconds that only ever grow, also while the computer sleeps."""
        return awake_or_asleep()


def awake_or_asleep() -> float:
    """Return seconds that only ever grow, also while the computer sleeps: a conversation is billed all the same."""
    # On Linux the first of them counts sleep; on macOS the second does, and on Windows `monotonic` itself.
    for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"):
        which = getattr(time, name, None)
        if which is not None:
            return time.clock_gettime(which)
    return time.monotonic()


def iso_utc(epoch_s: float) -> str:
    """Return an ISO 8601 time in UTC with microseconds and Z, as the Tavus API writes it."""
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
