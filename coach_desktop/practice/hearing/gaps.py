"""Where sound is missing: what the way from the microphone lost, apart from what was left out on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coach_desktop.coaching import labels

if TYPE_CHECKING:
    from collections.abc import Iterable

_JOINS_S = 0.5


class LeftOut:
    """Stretches of a session that nobody listened to on purpose: then, the coach himself spoke."""

    def __init__(self) -> None:
        """Nothing was left out yet."""
        self._stretches: list[tuple[float, float]] = []

    def add(self, start_s: float, end_s: float) -> None:
        """Leave a stretch out; each goes on from the one before, or is later."""
        if self._stretches and start_s - self._stretches[-1][1] < _JOINS_S:
            start_s, _ = self._stretches.pop()
        self._stretches.append((start_s, end_s))

    def warning(self, gaps: Iterable[tuple[float, float]]) -> str | None:
        """Return words about the `gaps` that nobody meant, or None where there is none."""
        missing = [(length, gap) for gap in gaps if (length := self._missing_s(*gap)) > 0]
        if not missing:
            return None
        seconds = sum(length for length, _ in missing)
        start_s, end_s = max(missing)[1]
        when = f"from {labels.clock(start_s)} to {labels.clock(end_s)}"
        where = f"once, {when}" if len(missing) == 1 else f"{len(missing)} times, longest {when}"
        return f"The sound was interrupted {where}: {seconds:.1f} s are missing and count neither way."

    def _missing_s(self, start_s: float, end_s: float) -> float:
        left_out = sum(max(0.0, min(b, end_s) - max(a, start_s)) for a, b in self._stretches)
        missing = end_s - start_s - left_out
        # Beside what was left out, the rest of a block is no loss.
        return missing if left_out == 0 or missing > _JOINS_S else 0.0
