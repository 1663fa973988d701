"""Noticing that the computer slept while a conversation went on elsewhere."""

from __future__ import annotations

import threading
from typing import Final

from coach_desktop.core.clock import SleeplessClock

SLEPT_S: Final = 10.0
"""A shorter nap is over before anybody in the room has noticed."""
STOPPED_S: Final = 30.0
"""No computer is so busy that a pause takes so much longer than it was meant to: it, or this program, stood still."""


class SleepWatch:
    """Compares clocks, as no system can be relied on to say that it sleeps.

    Not with the time of day: whoever sets the clock must not lose a talk.
    """

    def __init__(self, clock: SleeplessClock) -> None:
        """Watch from now on."""
        self._clock = clock
        self._ahead_s = self._ahead()
        self._stood_still = False

    @property
    def slept_s(self) -> float:
        """The seconds that the clock which never jumps does not know of."""
        return max(0.0, self._ahead() - self._ahead_s)

    @property
    def has_slept(self) -> bool:
        """Whether the computer slept, or this program stood still, so long that it matters."""
        return self._stood_still or self.slept_s > SLEPT_S

    def wait(self, event: threading.Event, seconds: float) -> None:
        """Wait for `event`, at most so long, and notice where it took far longer."""
        # Where sleep is no secret to this clock, it is seen here.
        began = self._clock.monotonic()
        event.wait(seconds)
        if self._clock.monotonic() - began > seconds + STOPPED_S:
            self._stood_still = True

    def _ahead(self) -> float:
        return self._clock.awake_or_asleep() - self._clock.monotonic()
