"""How loud it was. Pure. Levels are dBFS: 0 is the square wave of full scale, so a full-scale sine has -3 dB.

There is no absolute loudness here, since nobody knows the gain of the microphone: only differences within one
session mean anything (and clipping, silence and a far too quiet voice, as technical faults).
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

from coach_desktop.tavus.delivery import measured, not_measured

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from coach_desktop.tavus.delivery import Measure, MeasureName

HOP = 1600
"""Samples per level that is kept (100 ms at 16 kHz)."""
HOP_S = HOP / 16000
HOPS_PER_WINDOW = 4
"""A window of 400 ms, the 'momentary' window of EBU Tech 3341, moved on by 100 ms."""
FLOOR_DB = -100.0
"""Level given to digital silence; a bit lower than the smallest signal of 16 bits, -96 dB."""
NO_SIGNAL_DB = -80.0
"""Sound that never rises above this is no signal: the dither of a muted device has about -95 dB."""
SHORTEST_SPEECH_S = 3.0
"""Less speech than this gives no loudness range: one phrase shows no range."""
FEWEST_WINDOWS = 10
"""Fewer windows of speech give no figure of loudness."""
OWN_LEVEL_S = 10.0
"""The first so many seconds of speech are the speaker's own level: nobody knows the gain of the microphone."""
SHORTEST_DROP_S = 30.0
"""Less speech than this has no last third worth comparing with it. Our choice."""
RUMBLE_BELOW_HZ = 150
"""Noise under this is hardly heard, and no hindrance to a recogniser: steps, wind, the hum of a fan."""
_RELATIVE_GATE_DB = 20.0
_RAIL = 32700
_FULL_SCALE = 32768.0


def mean_square(samples: NDArray[np.int16]) -> float:
    """Return the mean square of the alternating part of `samples` (int16 [n], n > 0), full scale = 1.

    The constant part is left out: a bad sound card has one, and no ear hears it.
    """
    return float(np.var(samples, dtype=np.float64)) / _FULL_SCALE**2


_TAPER = np.hanning(HOP)
_FIRST_BIN = RUMBLE_BELOW_HZ * HOP // 16000


def audible_square(hop: NDArray[np.int16]) -> float:
    """Return the mean square of what lies over 150 Hz in a hop (int16 [1600]), full scale = 1."""
    power = np.abs(np.fft.rfft(hop * _TAPER)[_FIRST_BIN:]) ** 2
    return float(power.sum()) * 2 / (HOP * float((_TAPER**2).sum())) / _FULL_SCALE**2


def decibels(square: float) -> float:
    """Return the level in dBFS of a mean square, never under `FLOOR_DB`."""
    return max(FLOOR_DB, 10 * float(np.log10(square))) if square > 0 else FLOOR_DB


def clipped(samples: NDArray[np.int16]) -> int:
    """Return how many samples (int16 [n]) lie in runs of three or more at either end of the scale.

    A single sample there is what a loud but sound recording has; a flat top is what clipping leaves behind.
    """
    count = 0
    for rail in (samples >= _RAIL, samples <= -_RAIL):
        if rail.any():
            edges = np.flatnonzero(np.diff(np.concatenate(([False], rail, [False])).astype(np.int8)))
            lengths = edges[1::2] - edges[::2]
            count += int(lengths[lengths >= 3].sum())
    return count


class LevelMeter:
    """Levels and clipping of one unbroken stream, per `HOP` samples. Keeps 10 bytes a hop: 360 kB an hour.

    `loudest` is the mean square of the loudest hop so far.
    """

    def __init__(self) -> None:
        """Begin before the first sample."""
        self._squares = array("f")
        self._audible = array("f")
        self._clipped = array("H")
        self._kept: NDArray[np.int16] = np.zeros(0, np.int16)
        self.loudest = 0.0

    def push(self, samples: NDArray[np.int16]) -> None:
        """Measure more sound (int16 [n], 16 kHz)."""
        sound = np.concatenate((self._kept, samples))
        whole = len(sound) // HOP * HOP
        for hop in sound[:whole].reshape(-1, HOP):
            self._squares.append(mean_square(hop))
            self._audible.append(audible_square(hop))
            self.loudest = max(self.loudest, self._squares[-1])
            self._clipped.append(clipped(hop))
        self._kept = sound[whole:].copy()

    def squares(self, until_s: float) -> NDArray[np.float64]:
        """Return the mean square of each hop that ended by second `until_s` of the stream, float64 [hops]."""
        return np.array(self._squares[: _hops(until_s)], np.float64)

    def audible_squares(self, until_s: float) -> NDArray[np.float64]:
        """Return the same without what lies under 150 Hz, float64 [hops]."""
        return np.array(self._audible[: _hops(until_s)], np.float64)

    def clipped(self, until_s: float) -> int:
        """Return the number of clipped samples up to second `until_s` of the stream."""
        return sum(self._clipped[: _hops(until_s)])

    def last_square(self) -> float | None:
        """Return the mean square of the newest hop, None before the first."""
        return self._squares[-1] if self._squares else None

    def clips_lately(self, seconds: float) -> bool:
        """Return whether anything was clipped in the last `seconds`."""
        return any(self._clipped[-max(1, _hops(seconds)) :])


def _hops(seconds: float) -> int:
    return max(0, int(seconds / HOP_S + 1e-6))


def speech_windows(squares: NDArray[np.float64], speech: Iterable[tuple[float, float]]) -> NDArray[np.float64]:
    """Return the levels in dBFS of the 400 ms windows that lie wholly in speech, float64 [windows].

    `squares` are mean squares, one per hop, from second 0; `speech` holds (start, end) in seconds.
    """
    if len(squares) < HOPS_PER_WINDOW:
        return np.zeros(0)
    sums = np.convolve(squares, np.ones(HOPS_PER_WINDOW), "valid") / HOPS_PER_WINDOW
    inside = np.zeros(len(sums), bool)
    for start, end in speech:
        first = int(np.ceil(start / HOP_S - 1e-6))
        inside[max(0, first) : max(0, int(np.floor(end / HOP_S + 1e-6)) - HOPS_PER_WINDOW + 1)] = True
    levels: NDArray[np.float64] = 10 * np.log10(np.maximum(sums[inside], 10 ** (FLOOR_DB / 10)))
    return levels


def split_by_speech(
    squares: NDArray[np.float64], speech: Iterable[tuple[float, float]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the levels in dBFS of the hops wholly in speech and of those far from it, float64 [n] each.

    Arguments as above. A hop on either side of speech belongs to neither: breaths and the last of a syllable are no
    noise of the room.
    """
    inside, outside = np.zeros(len(squares), bool), np.ones(len(squares), bool)
    for start, end in speech:
        inside[max(0, int(np.ceil(start / HOP_S - 1e-6))) : int(np.floor(end / HOP_S + 1e-6))] = True
        outside[max(0, int(np.floor(start / HOP_S + 1e-6)) - 1) : int(np.ceil(end / HOP_S - 1e-6)) + 1] = False
    levels: NDArray[np.float64] = 10 * np.log10(np.maximum(squares, 10 ** (FLOOR_DB / 10)))
    return levels[inside], levels[outside]


def measures(levels: NDArray[np.float64], speaking_s: float) -> dict[MeasureName, Measure]:
    """Return the measures of loudness of `speaking_s` seconds of speech with these windows (dBFS, in order)."""
    found: dict[MeasureName, Measure] = {}
    few = len(levels) < FEWEST_WINDOWS
    if speaking_s < SHORTEST_SPEECH_S or few:
        reason = f"Less than {SHORTEST_SPEECH_S:.0f} seconds of unbroken speech were heard."
        found["loudness_range"] = not_measured("loudness_range", reason)
    else:
        found["loudness_range"] = measured("loudness_range", loudness_range(levels))
    if speaking_s < SHORTEST_DROP_S or few:
        reason = f"Less than {SHORTEST_DROP_S:.0f} seconds of speech were heard."
        found["loudness_drop"] = not_measured("loudness_drop", reason)
    else:
        found["loudness_drop"] = measured("loudness_drop", loudness_drop(levels))
    return found


def loudness_drop(levels: NDArray[np.float64]) -> float:
    """Return how many dB the last third of the windows of speech (dBFS, in order) lies under the speaker's own level.

    Median against median; 0 where it does not lie under it.
    """
    own = levels[: round(OWN_LEVEL_S / HOP_S)]
    return max(0.0, float(np.median(own) - np.median(levels[-max(1, len(levels) // 3) :])))


def loudness_range(levels: NDArray[np.float64]) -> float:
    """Return the loudness range in dB of the windows of speech in `levels` (dBFS, at least one).

    The percentiles and the relative gate of EBU Tech 3342 (Loudness Range): windows more than 20 dB under the
    mean power are left out, then 95th minus 10th percentile. Differs from the standard in three ways that
    suit one voice rather than a broadcast: windows of 0.4 s instead of 3 s, the voice detector instead of the
    absolute gate, and no K weighting.
    """
    mean_power = float(np.mean(10 ** (levels / 10)))
    loud = levels[levels >= decibels(mean_power) - _RELATIVE_GATE_DB]
    low, high = np.percentile(loud, (10, 95))
    return float(high - low)
