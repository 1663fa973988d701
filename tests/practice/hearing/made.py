"""Sound that is made, and a voice that is heard exactly where it is loud."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from coach_desktop.practice.hearing.listening import Listening

if TYPE_CHECKING:
    pass

RATE = 16000
NONE = "No microphone was found."
Sound = NDArray[np.int16]


class PlainVoice:
    """Takes whatever is loud for speech, window by window: makes every length in a test exact."""

    def __init__(self) -> None:
        self._kept = np.zeros(0, np.int16)
        self.streams = 0

    def reset(self) -> None:
        self.streams += 1
        self._kept = np.zeros(0, np.int16)

    def push(self, samples: Sound) -> list[float]:
        sound = np.concatenate((self._kept, samples))
        whole = len(sound) // 512 * 512
        self._kept = sound[whole:]
        return [float(np.abs(window).max() > 1000) for window in sound[:whole].reshape(-1, 512)]


class Marked(PlainVoice):
    """Knows where speech is from the talk without its noise."""

    def __init__(self, talk: Sound) -> None:
        super().__init__()
        self._talk = talk

    def push(self, samples: Sound) -> list[float]:
        clean, self._talk = self._talk[: len(samples)], self._talk[len(samples) :]
        return super().push(clean)


def quiet(seconds: float) -> Sound:
    return np.zeros(round(seconds * RATE), np.int16)


def loud(seconds: float, amplitude: int = 8000) -> Sound:
    count = round(seconds * RATE)
    return np.round(amplitude * np.sin(2 * np.pi * 300 * np.arange(count) / RATE)).astype(np.int16)


def hear(ears: Listening, sound: Sound, at_s: float = 0.0, block: int = 1600) -> float:
    """Push `sound` in blocks, return the second at which it ends."""
    for first in range(0, len(sound), block):
        ears.push(at_s + first / RATE, sound[first : first + block])
    return at_s + len(sound) / RATE


def values(ears: Listening, until_s: float) -> dict[str, float | None]:
    return {name: measure.value for name, measure in ears.measures(until_s, NONE).items()}


def value(ears: Listening, name: str, until_s: float) -> float:
    found = values(ears, until_s)[name]
    assert found is not None
    return found
