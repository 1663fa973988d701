"""When a conversation must come to its end by itself, and what is said before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from coach_desktop.core.clock import SleeplessClock
from coach_desktop.sessions.sleep import SleepWatch

if TYPE_CHECKING:
    from coach_desktop.sessions.following import Following

TOLD_FOR_S: Final = 30.0
"""So long a warning stays; the time that is left is in view all the same."""

SLEPT: Final = "The computer was asleep, so the conversation was ended: it would have gone on to cost money."
_TIME_IS_UP: Final = "The longest time of this conversation is over."


@dataclass(frozen=True)
class Warnings:
    """What a session says by itself. `month` is about the minutes of this month; times in seconds before the end."""

    before_end_s: Sequence[int] = ()
    month: str | None = None


class Limits:
    """The limits of one conversation that has been created. In the thread of its session."""

    def __init__(
        self,
        followed: Following,
        clock: SleeplessClock,
        *,
        end_after_s: float | None,
        longest_s: float | None,
        warnings: Warnings,
    ) -> None:
        """Hold `followed` to them: `end_after_s` counts from live, `longest_s` from the creation of what is billed."""
        self._followed = followed
        self._clock = clock
        self._end_after_s = end_after_s
        self._before_s = warnings.before_end_s
        self._month = warnings.month
        # What is not told yet has no moment.
        self._told_at: dict[int | None, float] = {}
        self._ends_at: float | None = None
        self.ends_at: float | None = None
        """When it must have ended, in epoch seconds, None where it is not billed."""
        self.sleep = SleepWatch(clock)
        if followed.created is not None and longest_s is not None:
            self._ends_at = followed.created.monotonic + longest_s
            self.ends_at = followed.created.epoch + longest_s
            # One as long as all of it would tell nothing new.
            self._before_s = [before_s for before_s in warnings.before_end_s if before_s < longest_s]

    def why_over(self) -> str | None:
        """Return why it must end now, in words, empty where that was agreed on before; None where it may go on."""
        now = self._clock.monotonic()
        if self._ends_at is not None:
            if self.sleep.has_slept:
                return SLEPT
            if now >= self._ends_at:
                return _TIME_IS_UP
        if self._end_after_s is not None and self._followed.live_for(now) >= self._end_after_s:
            return ""
        return None

    def pause_s(self, poll_s: float) -> float:
        """Return how long to wait until the next look, which comes in `poll_s` unless a limit is nearer."""
        now = self._clock.monotonic()
        left_s = [poll_s]
        if self._ends_at is not None:
            left_s.append(self._ends_at - now)
        if self._end_after_s is not None and self._followed.live_at is not None:
            left_s.append(self._end_after_s - self._followed.live_for(now))
        return max(0.0, min(left_s))

    def notice(self) -> str | None:
        """Return what is to be said just now. Each warning stays for a while and does not come back."""
        now = self._clock.monotonic()
        said = [words for key, words in self._due(now) if now - self._told_at.setdefault(key, now) <= TOLD_FOR_S]
        return " ".join(said) or None

    def _due(self, now: float) -> list[tuple[int | None, str]]:
        """Return the warnings whose time has come; of those before the end, only the last is still true."""
        due: list[tuple[int | None, str]] = []
        if self._month is not None:
            due.append((None, self._month))
        passed = [
            before_s for before_s in self._before_s if self._ends_at is not None and self._ends_at - now <= before_s
        ]
        if passed:
            due.append((min(passed), f"This conversation ends in about {_spoken(min(passed))}."))
        return due


def _spoken(seconds: int) -> str:
    pieces = [(seconds // 60, "minute"), (seconds % 60, "second")]
    return " ".join(f"{number} {word}{'' if number == 1 else 's'}" for number, word in pieces if number)
