"""Keeping the sound of a talk: what the microphone heard and, beside it, what Chuck said, written as it comes.

FLAC, 16 kHz, 16 bit, two channels: the user, and Chuck as his voice was made, from the moment at which the page began
to play it to the moment at which it stopped. What a crash leaves can be read up to the last second or two.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
from typing import TYPE_CHECKING, Any, Final

from coach_desktop.core.errors import CoachError
from coach_desktop.practice.room_protocol import SAMPLE_RATE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from coach_desktop.practice.room_protocol import AudioBlock
    from coach_desktop.practice.speaking.speech import Speech
    from coach_desktop.practice.speaking.spoken_time import SpokenTime

log = logging.getLogger(__name__)

LAG_S: Final = 2.0
"""Written so much later: whether Chuck was interrupted is known only after he was."""
_AT_ONCE_S: Final = 10.0
_JOINS_S: Final = 0.002
"""Times are sums of floats: closer than this, blocks follow each other."""
_WITHIN_S: Final = 5.0
_BUFFER: Final = 4096

YOU, CHUCK = 0, 1
"""The channels."""


class Keeper:
    """Writes one talk into one file, in a thread of its own. `offer` never waits."""

    def __init__(self, path: Path, spoken: SpokenTime) -> None:
        """Keep the talk at `path`, which must not exist; what Chuck says is in `spoken`. Nothing is made yet."""
        self.path = path
        self._spoken = spoken
        self._blocks: queue.SimpleQueue[tuple[float, AudioBlock] | float] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self.fault: str | None = None
        self._told = False

    def start(self) -> None:
        """Begin at second 0 of the session."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="coach-keeping", daemon=True)
            self._thread.start()

    def offer(self, at_s: float, block: AudioBlock) -> None:
        """Hand over what the microphone heard; `at_s` is the session time of its first sample."""
        if self.fault is None:
            self._blocks.put((at_s, block))

    def finish(self, end_s: float) -> bool:
        """Write what is left, up to the session's end, and close the file; return whether that is done. Blocks."""
        if self._thread is None:
            return True
        self._blocks.put(end_s)
        self._thread.join(_WITHIN_S)
        return not self._thread.is_alive()

    def notice(self) -> str | None:
        """Return once why the talk is not recorded any more."""
        if self.fault is None or self._told:
            return None
        self._told = True
        return self.fault

    def _run(self) -> None:
        import av

        try:
            writer = _Writer(self.path, self._spoken)
            try:
                while not isinstance(item := self._blocks.get(), float):
                    writer.take(*item)
                writer.finish(item)
            finally:
                writer.close()
        except (OSError, av.error.FFmpegError) as error:
            self._fail(getattr(error, "strerror", None) or str(error))
        except Exception:  # a native library raises whatever it likes, and the talk is worth more than its recording
            log.exception("the talk is not recorded any more")
            self._fail("what writes sound files has failed")

    def _fail(self, why: str) -> None:
        log.warning("the talk is not recorded any more: %s", why)
        self.fault = f"Your talk is not recorded any more: {why}. The practice itself goes on."


class _Writer:
    """The file and its place in time. All of it belongs to one thread."""

    def __init__(self, path: Path, spoken: SpokenTime) -> None:
        import av

        self._spoken = spoken
        self._voices: dict[float, NDArray[np.int16]] = {}
        flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0)
        # Unbuffered: what was written is there, whatever becomes of this process.
        self._file = os.fdopen(os.open(path, flags, 0o600), "r+b", buffering=0)
        options = {"flush_packets": "1"}
        self._container: Any = av.open(self._file, "w", format="flac", options=options, buffer_size=_BUFFER)
        self._stream: Any = self._container.add_stream("flac", rate=SAMPLE_RATE, layout="stereo")
        self._written = 0
        self._heard = 0
        self._waiting: list[NDArray[np.int16]] = []

    def take(self, at_s: float, block: AudioBlock) -> None:
        import numpy as np

        samples = np.frombuffer(block.payload, dtype="<i2").astype(np.int16, copy=False)
        self._go_to(at_s)
        # Of what comes twice, after a new connection, the first one counts.
        late = max(0, self._heard - round(at_s * SAMPLE_RATE)) if self._heard / SAMPLE_RATE - at_s > _JOINS_S else 0
        self._append(samples[late:])
        self._write_until(self._heard - round(LAG_S * SAMPLE_RATE))

    def finish(self, end_s: float) -> None:
        self._go_to(end_s)
        self._write_until(self._heard)

    def close(self) -> None:
        try:
            for packet in self._stream.encode(None):
                self._container.mux(packet)
            self._container.close()
        finally:
            self._file.close()

    def _go_to(self, at_s: float) -> None:
        """Fill up with silence where nothing was heard: no microphone, a page that stood still."""
        import numpy as np

        while at_s - self._heard / SAMPLE_RATE > _JOINS_S:
            missing = round(at_s * SAMPLE_RATE) - self._heard
            self._append(np.zeros(min(missing, round(_AT_ONCE_S * SAMPLE_RATE)), np.int16))
            self._write_until(self._heard - round(LAG_S * SAMPLE_RATE))

    def _append(self, samples: NDArray[np.int16]) -> None:
        self._waiting.append(samples)
        self._heard += len(samples)

    def _write_until(self, end: int) -> None:
        import av
        import numpy as np

        count = end - self._written
        if count < SAMPLE_RATE // 2 and end < self._heard:
            return
        if count <= 0:
            return
        heard = np.concatenate(self._waiting)
        self._waiting = [heard[count:]]
        both = np.stack([heard[:count], self._chuck(self._written, end)], axis=1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(both).reshape(1, -1), format="s16", layout="stereo")
        frame.sample_rate, frame.pts = SAMPLE_RATE, self._written
        for packet in self._stream.encode(frame):
            self._container.mux(packet)
        self._written = end

    def _chuck(self, start: int, end: int) -> NDArray[np.int16]:
        """Return what Chuck said between two samples of the session, int16 [end - start]."""
        import numpy as np

        sound = np.zeros(end - start, np.int16)
        for said, speech in self._spoken.sounds():
            begin, over = round(said.start_s * SAMPLE_RATE), round(said.end_s * SAMPLE_RATE)
            if over <= start or begin >= end:
                continue
            voice = self._voices.setdefault(said.start_s, resampled(speech))
            first, last = max(start, begin), min(end, over, begin + len(voice))
            if last > first:
                sound[first - start : last - start] = voice[first - begin : last - begin]
        return sound


def resampled(speech: Speech) -> NDArray[np.int16]:
    """Return what was said as int16 [n], 16 kHz."""
    import av
    import numpy as np

    samples = np.frombuffer(speech.pcm, "<i2").astype(np.int16).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
    frame.sample_rate = speech.rate
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    parts = [part.to_ndarray()[0] for part in (*resampler.resample(frame), *resampler.resample(None))]
    return np.concatenate(parts) if parts else np.zeros(0, np.int16)


def pieces(path: Path, size: int) -> Iterator[NDArray[np.int16]]:
    """Give a recording as int16 [2, size], 16 kHz: the user, and Chuck; the last piece may be shorter.

    Raises `CoachError` where it is none.
    """
    import av
    import numpy as np

    waiting: list[NDArray[np.int16]] = []
    count = given = 0
    try:
        with av.open(str(path), format="flac") as container:
            # What came before the end of a file that a crash cut off is worth having.
            for frame in container.decode(audio=0):
                waiting.append(frame.to_ndarray().astype(np.int16, copy=False).reshape(-1, 2))
                count += len(waiting[-1])
                if count >= size:
                    sound = np.concatenate(waiting)
                    for first in range(0, count - size + 1, size):
                        given += size
                        yield sound[first : first + size].T
                    waiting = [sound[count - count % size :]]
                    count %= size
    except (OSError, av.error.FFmpegError) as error:
        if not given + count:
            raise CoachError(f"The recording {path.name} cannot be read: {error.strerror}.") from error
        log.info("the end of a recording is missing: %s", error.strerror)
    if not given + count:
        raise CoachError(f"The recording {path.name} cannot be read: there is no sound in it.")
    if count:
        yield np.concatenate(waiting).T
