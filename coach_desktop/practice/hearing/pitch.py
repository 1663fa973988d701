"""The pitch of the voice, F0, and how much it moves (SwiftF0, MIT; arXiv 2508.18440).

Three rules make the figure fit to be shown, each found against two passes of Praat:

- nothing under 65 Hz is a voice: the hum of the mains is, otherwise;
- what lies far from the speaker's own middle is an octave error or another sound, and does not count;
- under 5 s of voice nothing is said: a whisper has a little "voice", too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coach_desktop.practice.hearing.network import open_network

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FRAME = 256
"""Samples per value of pitch (16 ms at 16 kHz)."""
FRAME_S = FRAME / 16000
LOWEST_HZ, HIGHEST_HZ = 65.0, 600.0
SHORTEST_VOICE_S = 5.0
WINDOW_S = 10.0
"""The spread is taken within stretches of this length, as Hincks & Edlund (2009) did."""
LEVEL_ST = 2.0
"""A window with a smaller spread than this, in semitones, is at one level: our proposal."""
VOICED_FROM = 0.3
"""How sure the network must be of a voice. From 0.5 on, the ends of phrases where the voice falls are missed and the
spread comes out too small: the furthest of seven voices is then 0.63 semitones from Praat's, so it is 0.40. With 0.2 a
hoarse voice moves further away."""

_LEAST_VOICE_OF_A_WINDOW_S = 3.0
_SILENCE_PEAK = 33
"""Of frames that stay under this (0.001 of full scale) the network says anything at all."""
# The network sees 2815 samples each way: what it says of a frame is final when this many frames follow, and the same
# as for the whole sound when this many went before.
_FRAMES_AFTER, _FRAMES_BEFORE = 10, 11
# A second at a time: of smaller pieces, most of the work would be for the frames around them.
_LEAST_AT_ONCE, _MOST_AT_ONCE = 62, 620


class PitchNetwork:
    """The network, streamed: what it says does not depend on how the sound is cut."""

    def __init__(self, model: Path) -> None:
        """Load `model` (inputs `audio` [1, n], `fmin` and `fmax`; outputs `pitch`, `confidence` [1, n / 256]).

        Raises `CoachError` where the file cannot be read or is no such network.
        """
        self._network = open_network(
            model,
            {"audio", "fmin", "fmax"},
            what="The model that hears the pitch of a voice",
            safe="Nothing else is affected: the pitch is shown as not measured.",
        )
        self.reset()

    def reset(self) -> None:
        """Forget everything heard: the next sample begins a new stream."""
        self._kept: NDArray[np.int16] = np.zeros(0, np.int16)
        self._before = 0

    def push(self, samples: NDArray[np.int16]) -> NDArray[np.float32]:
        """Return the pitch in Hz of the frames of 16 ms that are final now, float32 [n]; 0 where there is no voice.

        `samples` is int16 [n], mono, 16 kHz, of any length. A frame is final 0.16 s to 1.2 s after it was heard.
        """
        self._kept = np.concatenate((self._kept, samples))
        found = [np.zeros(0, np.float32)]
        while (ready := len(self._kept) // FRAME - _FRAMES_AFTER - self._before) >= _LEAST_AT_ONCE:
            found.append(self._next(min(ready, _MOST_AT_ONCE)))
        return np.concatenate(found)

    def finish(self) -> NDArray[np.float32]:
        """Return the pitch of the last frames, as of sound that is followed by nothing, and begin a new stream."""
        left = len(self._kept) // FRAME - self._before
        found = self._next(left) if left > 0 else np.zeros(0, np.float32)
        self.reset()
        return found

    def _next(self, count: int) -> NDArray[np.float32]:
        first, last = self._before, self._before + count
        sound = self._kept[: min(last + _FRAMES_AFTER, len(self._kept) // FRAME) * FRAME]
        limits = {"fmin": np.array(LOWEST_HZ, np.float32), "fmax": np.array(HIGHEST_HZ, np.float32)}
        audio = sound[None, :].astype(np.float32) / np.float32(32768)
        pitch, confidence = self._network.run(["pitch", "confidence"], {"audio": audio} | limits)
        loud = np.abs(sound.astype(np.int32).reshape(-1, FRAME)).max(axis=1) >= _SILENCE_PEAK
        voiced = (confidence[0] >= VOICED_FROM) & loud
        hz = np.where(voiced, pitch[0], 0).astype(np.float32)[first:last]
        dropped = max(0, last - _FRAMES_BEFORE)
        self._kept = self._kept[dropped * FRAME :].copy()
        self._before = last - dropped
        return hz


@dataclass(frozen=True)
class Melody:
    """How the pitch of a talk moved.

    `spread_st` is the standard deviation in semitones within windows of 10 s, over all windows, each counting by its
    voice. `level` holds the stretches (start, end) in seconds, of one window or more, that keep to one pitch.
    """

    spread_st: float
    level: list[tuple[float, float]]


def own_range(hz: NDArray[np.float64]) -> tuple[float, float]:
    """Return the lowest and highest pitch that count as this speaker's, in Hz; `hz` [n > 0] is all that was found.

    Bounds about the middle third, so that octave errors on either side do not move them.
    """
    low, high = np.percentile(hz, (35, 65))
    return max(60.0, 0.72 * float(low)), min(HIGHEST_HZ, 1.9 * float(high))


def melody(at_s: NDArray[np.float64], hz: NDArray[np.float64]) -> Melody | None:
    """Return how the pitch moved, or None under 5 s of voice.

    `at_s` [n] are the times of the voiced frames, rising, and `hz` [n] their pitch (over 0).
    """
    if not len(hz):
        return None
    low, high = own_range(hz)
    own = (hz >= low) & (hz <= high)
    at_s, hz = at_s[own], hz[own]
    if len(hz) * FRAME_S < SHORTEST_VOICE_S:
        return None
    semitones = 12 * np.log2(hz / np.median(hz))
    window = np.floor(at_s / WINDOW_S).astype(np.int64)
    numbers, index, counts = np.unique(window, return_inverse=True, return_counts=True)
    means = np.bincount(index, semitones) / counts
    squares = np.bincount(index, (semitones - means[index]) ** 2)
    heard = counts * FRAME_S >= _LEAST_VOICE_OF_A_WINDOW_S
    level = numbers[heard & (np.sqrt(squares / counts) < LEVEL_ST)]
    return Melody(float(np.sqrt(squares.sum() / counts.sum())), _joined([int(number) for number in level]))


def _joined(windows: list[int]) -> list[tuple[float, float]]:
    joined: list[tuple[float, float]] = []
    for start_s, end_s in ((number * WINDOW_S, (number + 1) * WINDOW_S) for number in windows):
        if joined and joined[-1][1] == start_s:
            joined[-1] = (joined[-1][0], end_s)
        else:
            joined.append((start_s, end_s))
    return joined
