"""A thread that speaks with the best voice there is, so that nobody else waits for one."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from coach_desktop.practice.speaking.programs import VoiceFault

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from coach_desktop.practice.speaking.programs import Voice
    from coach_desktop.practice.speaking.speech import Speech

log = logging.getLogger(__name__)

Made = TypeVar("Made")

MOST_WAITING: Final = 4
_MOST_FAULTS: Final = 2
"""A voice that failed so often is not tried again: the next best one takes over for the rest of the run."""
_CLOSE_WITHIN_S: Final = 5.0


class VoiceBox:
    """Turns text into sound, one utterance after the other. Every method may be called from any thread."""

    def __init__(self, voices: Sequence[Voice]) -> None:
        """Speak with the first of `voices` that works. Nothing is started yet."""
        self._voices = list(voices)
        self._orders: queue.Queue[tuple[str, Callable[[Speech | None], None]] | None] = queue.Queue(MOST_WAITING)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def can_speak(self) -> bool:
        """Whether there is a voice that has not failed for good."""
        return bool(self._voices) and not self._closed

    def warm_up(self) -> None:
        """Let the voice make ready, so that its first words need not wait for that. Returns at once."""
        with self._lock:
            if self._thread is None and self.can_speak:
                self._thread = threading.Thread(target=self._run, name="coach-voice", daemon=True)
                self._thread.start()

    def say(self, text: str, on_made: Callable[[Speech | None], None]) -> bool:
        """Have a text spoken; `on_made` gets the sound, in another thread, or None where every voice failed.

        Returns False, and nothing happens, where no voice is left or too much waits already.
        """
        self.warm_up()
        if not self.can_speak:
            return False
        try:
            self._orders.put_nowait((text, on_made))
        except queue.Full:
            log.info("so much waits to be said that this is not said aloud")
            return False
        return True

    def close(self) -> None:
        """End voices and thread; what waits is not said any more. Blocks for a moment."""
        with self._lock:
            self._closed = True
            thread = self._thread
        if thread is None:
            return
        while True:
            try:
                self._orders.put_nowait(None)
                break
            except queue.Full:
                self._drop_one()
        thread.join(_CLOSE_WITHIN_S)
        if thread.is_alive():
            # It waits for a program that does not answer.
            for voice in list(self._voices):
                voice.close()
            thread.join(_CLOSE_WITHIN_S)

    def _drop_one(self) -> None:
        try:
            dropped = self._orders.get_nowait()
        except queue.Empty:
            return
        if dropped is not None:
            dropped[1](None)

    def _run(self) -> None:
        faults: Counter[str] = Counter()
        self._with_best(lambda voice: voice.start(), faults)
        while (order := self._orders.get()) is not None:
            text, on_made = order
            began = time.perf_counter()
            made = self._with_best(partial(_say, text), faults)
            if made is not None:
                log.info("%.1f s of speech were made in %.2f s", made.duration_s, time.perf_counter() - began)
            on_made(made)
        for voice in self._voices:
            voice.close()

    def _with_best(self, act: Callable[[Voice], Made], faults: Counter[str]) -> Made | None:
        while self._voices and not self._closed:
            voice = self._voices[0]
            try:
                return act(voice)
            except VoiceFault as fault:
                voice.close()
                if not self.can_speak:
                    return None
                faults[voice.name] += 1
                log.warning("the voice %s failed: %s", voice.name, fault)
                if faults[voice.name] >= _MOST_FAULTS:
                    self._voices.pop(0)
        return None


def _say(text: str, voice: Voice) -> Speech:
    return voice.say(text)
