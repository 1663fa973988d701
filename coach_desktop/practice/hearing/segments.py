"""From the probability of speech per window to stretches of speech. Pure, incremental, of constant memory.

The gap between two stretches is a pause, so the shortest silence that parts two stretches is the shortest
pause we count: 0.25 s, the cut-off proposed by De Jong & Bosker (2013; 0.1 to 1 s are in use). Shorter
silences are closures of stop consonants and the like and belong to speech.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

WINDOW_S = 0.032
"""Length of the window that one probability stands for."""


@dataclass(frozen=True)
class Segment:
    """A stretch of speech. Seconds from the first sample of its stream; `end_s` is after `start_s`."""

    start_s: float
    end_s: float


@dataclass(frozen=True)
class SegmentRules:
    """When speech begins and ends. Chosen on hand-labelled speech: `benchmarks/bench_hearing.py --labelled`.

    Attributes:
        on: probability at which speech begins. Noise, hum, tones, clicks and breaths stayed under 0.46.
        off: probability under which speech may be over; lower than `on`, as drawn-out vowels sink below it.
        speech_s: shortest speech; anything shorter is a click or a cough.
        pause_s: shortest pause, measured between the boundaries that are reported.
        lead_s: speech begins this much before the first window over `on`.
        lag_s: speech ends this much before the first window under `off`; the probability falls slowly.
    """

    on: float = 0.5
    off: float = 0.35
    speech_s: float = 0.15
    pause_s: float = 0.25
    lead_s: float = 0.032
    lag_s: float = 0.064


RULES = SegmentRules()


class Segmenter:
    """Follows one unbroken stream of windows."""

    def __init__(self, rules: SegmentRules = RULES) -> None:
        """Begin before the first window."""
        self._rules = rules
        self._windows = 0
        self._start: float | None = None
        self._end: float | None = None
        self._last_end = 0.0

    @property
    def heard_s(self) -> float:
        """Seconds of sound followed so far."""
        return self._windows * WINDOW_S

    @property
    def speaking(self) -> bool:
        """Whether speech goes on now (a silence that is still shorter than a pause may have begun)."""
        return self.current is not None

    @property
    def current(self) -> Segment | None:
        """The stretch that is not over yet, up to its last sound; None where it is too short to count."""
        if self._start is None:
            return None
        end = self.heard_s if self._end is None else self._end
        return Segment(self._start, end) if self._is_long_enough(end - self._start) else None

    def push(self, probabilities: Iterable[float]) -> list[Segment]:
        """Follow more windows; return the stretches of speech that ended."""
        ended = (self._follow(probability) for probability in probabilities)
        return [segment for segment in ended if segment is not None]

    def finish(self) -> Segment | None:
        """End the stream; return the stretch of speech that was still open."""
        segment = self.current
        self._start = self._end = None
        if segment is not None:
            self._last_end = segment.end_s
        return segment

    def _is_long_enough(self, length_s: float) -> bool:
        return length_s >= self._rules.speech_s - 1e-9

    def _follow(self, probability: float) -> Segment | None:
        now = self._windows * WINDOW_S
        self._windows += 1
        rules = self._rules
        if self._start is None:
            if probability >= rules.on:
                self._start = max(now - rules.lead_s, self._last_end)
            return None
        if self._end is None:
            if probability < rules.off:
                self._end = max(now - rules.lag_s, self._start)
            return None
        # A boundary set now would lie `lead_s` back: only what is a pause even then ends the stretch.
        if now - rules.lead_s - self._end >= rules.pause_s - 1e-9:
            segment = self.finish()
            if probability >= rules.on:
                self._start = now - rules.lead_s
            return segment
        if probability >= rules.on:
            self._end = None
        return None
