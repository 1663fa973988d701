"""Whether the user speaks while Chuck does: speech in the microphone that is not his own, come back as an echo.

The browser's echo canceller takes most of him out, but not at once and not with every loudspeaker. What is left of him
has his own rhythm in every band of the sound; another person's speech has not.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from coach_desktop.practice.hearing.voice import SAMPLE_RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from coach_desktop.practice.speaking.speech import Speech
    from coach_desktop.practice.speaking.spoken_time import Playing

_FRAME: Final = 320
_FRAME_S: Final = _FRAME / SAMPLE_RATE
_BAND_EDGES_HZ: Final = (200, 450, 800, 1300, 2000, 3000, 4500)
_LOOK_AT: Final = 50
"""Frames compared with what he says: 1 s."""
_FEWEST: Final = 25
_LAGS: Final = 30
"""Frames by which the echo may come late: 0.6 s, for wireless loudspeakers."""
_EARLY: Final = 5
_SPEECH: Final = 0.7
_WINDOWS: Final = 13
_SPOKEN_WINDOWS: Final = 10
"""Of the last 13 windows of 32 ms, so many hold speech: about 0.35 s."""
_DEEPEST_DB: Final = 20.0
_LEAST_DB: Final = -50.0
_HIS_OWN: Final = 0.5
"""From this likeness on, it is his own voice."""


class Voice(Protocol):
    """What tells speech from other sound: `voice.VoiceActivity`."""

    def push(self, samples: NDArray[np.int16]) -> list[float]:
        """Return the probability of speech of each window of 32 ms that `samples` completes."""

    def reset(self) -> None:
        """Begin a new stream."""


class Interruption:
    """Listens while Chuck speaks. For one thread."""

    def __init__(self, voice: Voice) -> None:
        """Tell speech by `voice`, which nobody else may use."""
        self._voice = voice
        self._playing: Playing | None = None
        self._rest = np.zeros(0, np.int16)

    def push(self, at_s: float, samples: NDArray[np.int16], playing: Playing) -> bool:
        """Return whether the user speaks, with the `samples` (int16, 16 kHz) that were heard at `at_s` added."""
        if self._playing is not playing:
            self._begin(playing)
        self._probabilities += self._voice.push(samples)
        waiting = np.concatenate((self._rest, samples))
        count = len(waiting) // _FRAME
        self._rest = waiting[count * _FRAME :]
        if count:
            self._frames += list(bands(waiting[: count * _FRAME], SAMPLE_RATE))
        self._end_s = at_s + len(samples) / SAMPLE_RATE
        spoken = sum(probability >= _SPEECH for probability in self._probabilities)
        return spoken >= _SPOKEN_WINDOWS and self._level_db(samples) >= _LEAST_DB and not self._is_his_own()

    def _begin(self, playing: Playing) -> None:
        self._playing = playing
        self._voice.reset()
        self._probabilities: deque[float] = deque(maxlen=_WINDOWS)
        self._frames: deque[NDArray[np.float64]] = deque(maxlen=_LOOK_AT)
        self._rest = np.zeros(0, np.int16)
        self._end_s = playing.start_s
        quiet = np.full((_LAGS + _LOOK_AT, len(_BAND_EDGES_HZ) - 1), -100.0)
        self._reference = np.concatenate((_still_heard(playing, quiet), _bands_of(playing.speech), quiet))

    @staticmethod
    def _level_db(samples: NDArray[np.int16]) -> float:
        return float(10 * np.log10(np.mean((samples.astype(np.float64) / 32768) ** 2) + 1e-12))

    def _is_his_own(self) -> bool:
        return self.likeness() >= _HIS_OWN

    def likeness(self) -> float:
        """Return how much the last second is like what he says: 1 the same rhythm in every band, 0 unlike."""
        if self._playing is None or len(self._frames) < _FEWEST:
            return 1.0
        heard = np.array(self._frames)
        last = len(heard)
        end = round((self._end_s - self._playing.start_s) / _FRAME_S) + _LAGS + _LOOK_AT
        best = 0.0
        for lag in range(-_EARLY, _LAGS):
            first = end - lag - last
            if first >= 0 and first + last <= len(self._reference):
                best = max(best, _alike(heard, self._reference[first : first + last]))
        return best


def _still_heard(playing: Playing, quiet: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `quiet`, the time before he went on, with what he had said just before: its echo may still be coming."""
    if playing.before is None:
        return quiet
    ended_s, speech = playing.before
    gap = max(0, round((playing.start_s - ended_s) / _FRAME_S))
    earlier = _bands_of(speech)[-len(quiet) :]
    return np.concatenate((quiet, earlier, quiet[:1].repeat(gap, axis=0)))[-len(quiet) :]


def _bands_of(speech: Speech) -> NDArray[np.float64]:
    return bands(np.frombuffer(speech.pcm, "<i2"), speech.rate)


def bands(samples: NDArray[np.int16], rate: int) -> NDArray[np.float64]:
    """Return the level in dB of six bands of speech, [n, 6], for each 20 ms."""
    length = round(_FRAME_S * rate)
    count = len(samples) // length
    frames = samples[: count * length].reshape(count, length).astype(np.float64) / 32768
    power = np.abs(np.fft.rfft(frames * np.hanning(length), axis=1)) ** 2 / length
    at_hz = np.fft.rfftfreq(length, 1 / rate)
    inside = [(at_hz >= low) & (at_hz < high) for low, high in pairwise(_BAND_EDGES_HZ)]
    return np.stack([10 * np.log10(power[:, band].mean(axis=1) + 1e-10) for band in inside], axis=1)


def _alike(heard: NDArray[np.float64], said: NDArray[np.float64]) -> float:
    # Each band about its own mean: a loudspeaker and a room make some bands louder than others.
    a, b = (part - part.mean(axis=0) for part in (_above_noise(heard), _above_noise(said)))
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum() / size) if size > 0 else 0.0


def _above_noise(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    # How deep a gap is says something about the noise of the room, and nothing about who speaks.
    floor: NDArray[np.float64] = levels.max(axis=0) - _DEEPEST_DB
    return np.maximum(levels, floor)
