"""The sound of a recording, brought to 16 kHz mono and cut into blocks."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from coach_desktop.practice.room_protocol import SAMPLE_RATE, AudioBlock

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

BLOCK_S = 0.5
"""Length of the blocks of sound."""
_GAP_S = 0.3
"""Sound whose time stamp is this much later than its samples say has a gap before it."""
_CANCELLED_SHARE, _LOUDER = 0.1, 2.0
"""Channels whose mean is weaker than this share of one of them cancel each other; by how much another one must be
louder to be taken instead of the one that was: a change can click."""


class Sound:
    """Brings sound to 16 kHz mono and cuts it into blocks, with its time kept by the count of samples."""

    def __init__(self) -> None:
        """Begin with nothing taken."""
        self.no_numbers = False
        self.damaged = 0
        self._resampler: av.AudioResampler | None = None
        self._channel = 0
        self._seq = 0
        self._origin_s: float | None = None
        self._given = 0
        self._kept: NDArray[np.int16] = np.zeros(0, np.int16)

    def take(self, frame: av.AudioFrame, at_s: float | None) -> list[AudioBlock]:
        """Return the blocks that a frame makes whole; `at_s` is when it begins, where that is known."""
        done: list[AudioBlock] = []
        if self._origin_s is None:
            self._origin_s = at_s or 0.0
        elif at_s is not None and at_s - self._end_s > _GAP_S:
            done = self.finish()
            self._origin_s, self._given = at_s, 0
        self._kept = np.concatenate((self._kept, *self._resampled(self._in_phase(self._numbers(frame)))))
        return done + self._blocks(round(BLOCK_S * SAMPLE_RATE))

    def finish(self) -> list[AudioBlock]:
        """Return what is left: the end of the sound, or of the part before a gap."""
        self._kept = np.concatenate((self._kept, *self._resampled(None)))
        self._resampler = None
        whole = self._blocks(round(BLOCK_S * SAMPLE_RATE))
        return whole + (self._blocks(len(self._kept)) if len(self._kept) else [])

    @property
    def _end_s(self) -> float:
        return (self._origin_s or 0.0) + (self._given + len(self._kept)) / SAMPLE_RATE

    def _blocks(self, length: int) -> list[AudioBlock]:
        blocks = []
        while len(self._kept) >= length > 0:
            samples, self._kept = self._kept[:length], self._kept[length:]
            at_s = (self._origin_s or 0.0) + self._given / SAMPLE_RATE
            self._given += length
            self._seq += 1
            blocks.append(AudioBlock(self._seq, at_s, memoryview(samples.astype("<i2").tobytes())))
        return blocks

    def _resampled(self, frame: av.AudioFrame | None) -> list[NDArray[np.int16]]:
        for _ in range(2):
            if self._resampler is None:
                if frame is None:
                    return []
                self._resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
            try:
                made = self._resampler.resample(frame)
            except (av.FFmpegError, ValueError) as error:
                # Another rate or layout in the middle of a stream: a broadcast, or damage. A new resampler can take it.
                log.info("the sound changes its form: %s", error)
                self._resampler = None
            else:
                return [part.to_ndarray().reshape(-1).astype(np.int16, copy=False) for part in made]
        self.damaged += 1
        return []

    def _numbers(self, frame: av.AudioFrame) -> av.AudioFrame:
        """Return the frame with silence for what is no number: in a resampler one such value spoils its neighbours."""
        if not frame.format.name.startswith(("flt", "dbl")):
            return frame
        values = frame.to_ndarray()
        if np.isfinite(values).all():
            return frame
        self.no_numbers = True
        clean = np.where(np.isfinite(values), values, 0).astype(np.float32)
        packing = "fltp" if frame.format.is_planar else "flt"
        return _like(frame, clean, packing)

    def _in_phase(self, frame: av.AudioFrame) -> av.AudioFrame:
        """Return the frame with one channel in all of them, where they would cancel each other in the mean."""
        count = frame.layout.nb_channels
        # Of integers of 64 bits PyAV makes no numbers.
        if count == 1 or not frame.samples or frame.format.name.startswith("s64"):
            return frame
        values = frame.to_ndarray()
        channels = values if frame.format.is_planar else values.reshape(-1, count).T
        # Of unsigned samples silence is in the middle.
        level = channels.astype(np.float64) - (128.0 if values.dtype == np.uint8 else 0.0)
        loud = np.sqrt(np.mean(level**2, axis=1))
        if np.sqrt(np.mean(level.mean(axis=0) ** 2)) >= _CANCELLED_SHARE * loud.max():
            return frame
        if loud.max() > _LOUDER * loud[self._channel % count]:
            self._channel = int(loud.argmax())
        alone = np.broadcast_to(channels[self._channel % count], (count, channels.shape[1]))
        whole = np.ascontiguousarray(alone if frame.format.is_planar else alone.T.reshape(1, -1))
        return _like(frame, whole, frame.format.name)


def _like(frame: av.AudioFrame, values: NDArray[Any], form: str) -> av.AudioFrame:
    made = av.AudioFrame.from_ndarray(values, format=form, layout=frame.layout.name)
    made.sample_rate, made.pts, made.time_base = frame.sample_rate, frame.pts, frame.time_base
    return made
