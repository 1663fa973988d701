"""Voice activity: how likely it is that a window of sound holds speech (Silero VAD v6, MIT)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coach_desktop.practice.hearing.network import open_network

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SAMPLE_RATE = 16000
WINDOW = 512
"""New samples per window (32 ms)."""
_CONTEXT = 64
"""Samples of the window before that the network sees again."""
_LARGEST_BATCH = 512
"""Windows given to the network at once: a long recording must not need memory for all of them."""


class VoiceActivity:
    """The Silero network, streamed: windows and its memory carry over from one push to the next."""

    def __init__(self, model: Path) -> None:
        """Load `model`, the batch-friendly variant of the network (inputs `input` [n, 576], `h` and `c` [1,
        1, 128]).

        Raises `CoachError` where the file cannot be read or is no such network.
        """
        self._network = open_network(
            model,
            {"input", "h", "c"},
            what="The model that hears speech",
            safe="Nothing else is affected: speaking time, pauses and loudness are shown as not measured.",
        )
        self.reset()

    def reset(self) -> None:
        """Forget everything heard: the next sample begins a new stream."""
        self._memory: NDArray[np.float32] = np.zeros((1, 1, 128), np.float32)
        self._cell: NDArray[np.float32] = np.zeros((1, 1, 128), np.float32)
        self._kept: NDArray[np.int16] = np.zeros(_CONTEXT, np.int16)

    def push(self, samples: NDArray[np.int16]) -> list[float]:
        """Return the probability of speech, 0 to 1, of each window of 512 samples that `samples` completes.

        `samples` is int16 [n], mono, 16 kHz, of any length; what completes no window is kept for the next
        push. Raises ValueError for another type or shape.
        """
        if samples.dtype != np.int16 or samples.ndim != 1:
            raise ValueError(f"sound must be int16 of one dimension, not {samples.dtype} {samples.shape}")
        sound = np.concatenate((self._kept, samples))
        count = (len(sound) - _CONTEXT) // WINDOW
        self._kept = sound[count * WINDOW :].copy()
        probabilities: list[float] = []
        for first in range(0, count, _LARGEST_BATCH):
            last = min(first + _LARGEST_BATCH, count)
            part = sound[first * WINDOW : last * WINDOW + _CONTEXT].astype(np.float32) / np.float32(32768)
            probabilities += self._run(np.lib.stride_tricks.sliding_window_view(part, WINDOW + _CONTEXT)[::WINDOW])
        return probabilities

    def _run(self, windows: NDArray[np.float32]) -> list[float]:
        inputs = {"input": np.ascontiguousarray(windows), "h": self._memory, "c": self._cell}
        found, self._memory, self._cell = self._network.run(["speech_probs", "hn", "cn"], inputs)
        return [float(value) for value in found.reshape(-1)]
