"""From a stream of sound to utterances: cut at silences, heard one by one, with words and their times.

`Cutter` is cheap and may run where blocks arrive; `utterance_of` takes a fraction of a piece's length, so that a thread
of its own stands between the two (`practice.transcriber`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from coach_desktop.practice.hearing import fillers
from coach_desktop.practice.hearing.segments import Segmenter
from coach_desktop.practice.hearing.voice import SAMPLE_RATE
from coach_desktop.practice.hearing.words import Utterance, Word

if TYPE_CHECKING:
    from numpy.typing import NDArray

SILENCE_S = 0.6
"""A silence of this length ends an utterance."""
LONGEST_S = 14.0
"""An utterance is cut at its next pause once it is this long, and anywhere at `_HARD_LIMIT_S`."""
CALM_SILENCE_S, CALM_LONGEST_S = 2.0, 22.0
"""The same where nobody waits for the words."""
LEAD_S = 0.2
TAIL_S = 0.3
"""Sound before and after the speech that is given to the network, too."""
_HARD_LIMIT_S = 25.0


@dataclass(frozen=True)
class Piece:
    """Speech to be heard: int16 samples from `start_s` on. All times are seconds of the session."""

    start_s: float
    speech_start_s: float
    speech_end_s: float
    samples: NDArray[np.int16]

    @property
    def length_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / SAMPLE_RATE


class Cutter:
    """Cuts one stream into pieces of speech. Holds the sound of the piece that goes on, not more."""

    def __init__(self, origin_s: float = 0.0, *, calm: bool = False) -> None:
        """Begin before the first sample, which comes `origin_s` seconds into the session.

        Where nobody waits for the words, `calm` makes the pieces long: the network costs the same for each, and
        understands more of a longer one.
        """
        self._silence_s, self._longest_s = (CALM_SILENCE_S, CALM_LONGEST_S) if calm else (SILENCE_S, LONGEST_S)
        self._segmenter = Segmenter()
        self._sound: NDArray[np.int16] = np.zeros(0, np.int16)
        self._sound_at = 0
        self._heard = 0
        self._origin_s = origin_s
        self._start: float | None = None
        self._end = 0.0

    @property
    def end_s(self) -> float:
        """Where the sound that was pushed ends, in seconds of the session."""
        return self._origin_s + self._heard / SAMPLE_RATE

    def push(self, samples: NDArray[np.int16], probabilities: list[float]) -> list[Piece]:
        """Take samples and the probabilities of speech of the windows they completed; return what is over."""
        self._sound = np.concatenate((self._sound, samples))
        self._heard += len(samples)
        pieces: list[Piece] = []
        for probability in probabilities:
            for segment in self._segmenter.push([probability]):
                pieces += self._add(segment.start_s, segment.end_s)
            pieces += self._close_if_over()
        self._forget()
        return pieces

    def finish(self) -> Piece | None:
        """Return the piece that is still open; the stream is over."""
        last = self._segmenter.finish()
        if last is not None:
            self._start = last.start_s if self._start is None else self._start
            self._end = last.end_s
        return None if self._start is None else self._cut(self._start, self._end)

    @property
    def silent(self) -> bool:
        """Whether nobody speaks now, for long enough to be a pause."""
        return self._segmenter.current is None

    @property
    def open_since(self) -> float | None:
        """Where the speech of the open piece began, in seconds of the session; None where none is open."""
        piece = self.open_piece()
        return None if piece is None else piece.speech_start_s

    def open_piece(self) -> Piece | None:
        """Return the piece that goes on, up to now, without ending it."""
        current = self._segmenter.current
        start = self._start if self._start is not None else (current.start_s if current else None)
        if start is None:
            return None
        end = current.end_s if current else self._end
        return self._piece(start, end)

    def _add(self, start: float, end: float) -> list[Piece]:
        done: list[Piece] = []
        if self._start is not None and end - self._start > self._longest_s:
            done.append(self._cut(self._start, self._end))
        self._start = start if self._start is None else self._start
        self._end = end
        return done

    def _close_if_over(self) -> list[Piece]:
        now, current = self._segmenter.heard_s, self._segmenter.current
        if current is not None:
            start = current.start_s if self._start is None else self._start
            if now - start < _HARD_LIMIT_S:
                return []
            if self._start is not None:
                # What is over stands by itself; what goes on becomes the next piece.
                return [self._cut(self._start, self._end)]
            self._segmenter.finish()
            return [self._cut(start, current.end_s)]
        if self._start is not None and now - self._end >= self._silence_s:
            return [self._cut(self._start, self._end)]
        return []

    def _cut(self, start: float, end: float) -> Piece:
        piece = self._piece(start, end)
        self._start = None
        return piece

    def _piece(self, start: float, end: float) -> Piece:
        first = max(self._sound_at, int((start - LEAD_S) * SAMPLE_RATE))
        last = min(self._heard, int((end + TAIL_S) * SAMPLE_RATE))
        samples = self._sound[first - self._sound_at : last - self._sound_at].copy()
        origin = self._origin_s
        return Piece(origin + first / SAMPLE_RATE, origin + start, origin + end, samples)

    def _forget(self) -> None:
        current = self._segmenter.current
        speech = self._start if self._start is not None else (current.start_s if current else None)
        # The segmenter may still find that speech began a moment ago.
        keep_s = min(self._heard / SAMPLE_RATE - 1.0, self._segmenter.heard_s - 1.0 if speech is None else speech)
        keep = max(self._sound_at, int((keep_s - LEAD_S) * SAMPLE_RATE))
        self._sound = self._sound[keep - self._sound_at :]
        self._sound_at = keep


class Network(Protocol):
    """What hears words in a piece: `whisper.Whisper`."""

    def hear(self, samples: NDArray[np.int16], at_s: float = 0.0) -> list[Word]:
        """Return the words in int16 [n] at 16 kHz, which begin at `at_s`."""


def utterance_of(piece: Piece, network: Network) -> Utterance:
    """Hear one piece and judge its fillers. Takes a fraction of its length."""
    words = fillers.judge(network.hear(piece.samples, piece.start_s))
    return Utterance(piece.speech_start_s, piece.speech_end_s, tuple(words))
