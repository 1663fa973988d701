"""Sound without a gap in it: its samples, the speech and the silences in it."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

from coach_desktop.coaching.moments import STRETCH_PAUSE_S, Stretch
from coach_desktop.practice.hearing import loudness
from coach_desktop.practice.hearing.segments import Segment, Segmenter
from coach_desktop.practice.hearing.voice import SAMPLE_RATE

PAUSE_S = 0.25
"""Shortest pause that counts (De Jong & Bosker 2013)."""


@dataclass
class Stream:
    """Sound without a gap. `start_s` is session time, everything inside counts from its first sample."""

    start_s: float
    samples: int = 0
    segments: list[Segment] = field(default_factory=list)
    segmenter: Segmenter = field(default_factory=Segmenter)
    meter: loudness.LevelMeter = field(default_factory=loudness.LevelMeter)
    hz: array[float] = field(default_factory=lambda: array("f"))
    stretch_start_s: float = 0.0

    @property
    def length_s(self) -> float:
        return self.samples / SAMPLE_RATE

    @property
    def end_s(self) -> float:
        return self.start_s + self.length_s

    def add(self, ended: list[Segment]) -> None:
        for segment in ended:
            self.stretch_start_s = self.stretch_of(segment)
            self.segments.append(segment)

    def stretch_of(self, segment: Segment) -> float:
        """Return where the speech began that runs into `segment` without a long pause."""
        if self.segments and segment.start_s - self.segments[-1].end_s < STRETCH_PAUSE_S:
            return self.stretch_start_s
        return segment.start_s

    def newest_speech(self) -> Segment | None:
        return self.segmenter.current or (self.segments[-1] if self.segments else None)

    def going_on_s(self) -> float:
        """Return the length of the stretch without a long pause that goes on now, 0 where none does."""
        current, newest = self.segmenter.current, self.newest_speech()
        if newest is None or self.length_s - newest.end_s >= STRETCH_PAUSE_S:
            return 0.0
        return newest.end_s - (self.stretch_start_s if current is None else self.stretch_of(newest))

    def speech(self, until_s: float) -> list[Stretch]:
        """Return the speech up to `until_s`, in session time."""
        current = self.segmenter.current
        everything = [*self.segments, *([current] if current else [])]
        moved = (Stretch(self.start_s + part.start_s, self.start_s + part.end_s) for part in everything)
        return [Stretch(part.start_s, min(part.end_s, until_s)) for part in moved if part.start_s < until_s]


def silences(stream: Stream, speech: list[Stretch], start_s: float, end_s: float) -> list[Stretch]:
    """Return the silences of `stream` that count as pauses and lie between `start_s` and `end_s`."""
    first, last = max(stream.start_s, start_s), min(stream.end_s, end_s)
    edges = [first, *(edge for part in speech for edge in part), last]
    between = [Stretch(left, right) for left, right in zip(edges[::2], edges[1::2], strict=True)]
    return [gap for gap in between if gap.duration_s >= PAUSE_S - 1e-6]
