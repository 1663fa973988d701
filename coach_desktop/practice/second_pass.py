"""The calmer second pass: the words of a talk once more, from its recording, with the networks of recordings.

A process of its own, at a low priority. It prints JSON lines: `{"type": "progress", "share"}` now and then, and at the
end `{"type": "heard", "heard"}` (`coaching.heard_again`). Closing its standard input cancels it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import TYPE_CHECKING, Final

import numpy as np

from coach_desktop.coaching.heard_again import WORD_SPANS, HeardAgain
from coach_desktop.core import leaving
from coach_desktop.core.errors import Cancelled, CoachError
from coach_desktop.practice import keeping
from coach_desktop.practice.ears import Ears
from coach_desktop.practice.keeping import CHUCK, YOU
from coach_desktop.practice.recordings import turn_of
from coach_desktop.practice.room_protocol import SAMPLE_RATE, AudioBlock
from coach_desktop.practice.senses import LAST_WORDS_WITHIN_S, finish_all
from coach_desktop.practice.speaking.spoken_time import LEAD_S, TAIL_S, SpokenTime
from coach_desktop.practice.transcriber import Transcriber
from coach_desktop.store.model_files import WHISPER_BASE, WHISPER_TINY_EN
from coach_desktop.tavus.delivery import WORD_MEASURES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_BLOCK: Final = SAMPLE_RATE // 2
"""Samples that are in memory at a time, but for what waits to be heard."""
_MOST_WAITING: Final = 60
_TICK_S: Final = 0.25
_STOP_WITHIN_S: Final = 10.0
_NICE: Final = 10
_NO_SOUND: Final = "The recording of this talk is empty."


class ChucksTime(SpokenTime):
    """When he spoke, as a recording tells it."""

    def __init__(self, stretches: list[tuple[float, float]]) -> None:
        """Take the stretches, in seconds."""
        super().__init__()
        self._stretches = stretches

    def covers(self, start_s: float, end_s: float) -> bool:
        """Return whether he may be heard anywhere between these seconds."""
        return any(begin - LEAD_S < end_s and start_s < end + TAIL_S for begin, end in self._stretches)


def run(path: Path, models_cache: Path, announce: Callable[[str], None]) -> int:
    """Hear a recording and announce it as lines; return the exit code: 0, or 1 when standard input was closed.

    Raises `CoachError` where it cannot be heard.
    """
    cancelled = threading.Event()
    leaving.when_input_ends(cancelled.set)
    if sys.platform != "win32":
        os.nice(_NICE)
    told = -1

    def tell(share: float) -> None:
        nonlocal told
        if int(100 * share) != told:
            told = int(100 * share)
            announce(json.dumps({"type": "progress", "share": round(share, 2)}))

    try:
        heard = hear_again(path, models_cache, tell, cancelled)
    except Cancelled:
        return 1
    announce(json.dumps({"type": "heard", "heard": heard.model_dump(mode="json")}))
    return 0


def hear_again(path: Path, models_cache: Path, tell: Callable[[float], None], cancelled: threading.Event) -> HeardAgain:
    """Return what was said in a recording; blocks. `tell` gets the share that is done.

    Raises `CoachError` where the recording cannot be read or the models are missing, `Cancelled` after `cancelled`.
    """
    length_s, his = survey(keeping.pieces(path, _BLOCK))
    most = 0.0

    def tell_of(at_s: float) -> None:
        # What is known to be followed may go back a little where speech begins.
        nonlocal most
        most = max(most, min(1.0, at_s / length_s))
        tell(most)

    words = Transcriber(models_cache, live=False, models=WHISPER_BASE + WHISPER_TINY_EN)
    ears = Ears(models_cache, words, ChucksTime(his))
    room = threading.Semaphore(_MOST_WAITING)
    try:
        for at_s, block in _blocks(keeping.pieces(path, _BLOCK)):
            while not room.acquire(timeout=_TICK_S):
                _go_on(cancelled)
            _go_on(cancelled)
            tell_of(min(at_s, words.followed_until(at_s)))
            ears.offer(at_s, block, lambda _seq: room.release())

        def go_on() -> None:
            tell_of(words.followed_until(length_s))
            _go_on(cancelled)

        if not finish_all([ears], LAST_WORDS_WITHIN_S, go_on):
            raise CoachError("The words were not made out once more in time.")
    except BaseException:
        ears.finish(_STOP_WITHIN_S)
        raise
    if words.fault is not None:
        raise CoachError(words.fault)
    found = ears.measures(length_s, _NO_SOUND)
    return HeardAgain(
        measures={name: found[name] for name in WORD_MEASURES},
        spans=[span for span in ears.spans(length_s) if span.kind in WORD_SPANS],
        turns=[turn_of(utterance) for utterance in ears.utterances(length_s)],
    )


def survey(sound: Iterable[NDArray[np.int16]]) -> tuple[float, list[tuple[float, float]]]:
    """Return how long a recording is, and where Chuck is not silent in it, in seconds.

    `sound` comes in blocks of int16 [2, `_BLOCK`], 16 kHz; the last may be shorter. His pauses for breath belong to
    what he says.
    """
    hop = SAMPLE_RATE // 10
    samples = 0
    loud: list[NDArray[np.bool_]] = [np.zeros(1, bool)]
    for block in sound:
        count = block.shape[1]
        samples += count
        hops = np.pad(block[CHUCK], (0, -count % hop)).reshape(-1, hop)
        loud.append(np.asarray(hops.any(axis=1), np.bool_))
    edges = np.flatnonzero(np.diff(np.concatenate([*loud, np.zeros(1, bool)]).astype(np.int8))) / 10
    found: list[tuple[float, float]] = []
    for start_s, end_s in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if found and start_s - found[-1][1] < 1.0:
            found[-1] = (found[-1][0], end_s)
        else:
            found.append((start_s, end_s))
    return samples / SAMPLE_RATE, found


def _blocks(sound: Iterable[NDArray[np.int16]]) -> Iterator[tuple[float, AudioBlock]]:
    """Give the user's sound. A block without any signal was written where nothing arrived, and is as missing here."""
    for number, block in enumerate(sound):
        if block[YOU].any():
            at_s = number * _BLOCK / SAMPLE_RATE
            yield at_s, AudioBlock(number, at_s, memoryview(block[YOU].astype("<i2").tobytes()))


def _go_on(cancelled: threading.Event) -> None:
    if cancelled.is_set():
        raise Cancelled
