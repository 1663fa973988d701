"""The words of one conversation: a thread of its own that hears pieces of speech, so that nothing else waits for it.

Its network runs on one core at a lower priority than eyes and room. What it has to hear waits in a short queue: in a
live session the oldest is given up when that is full, and the report says from when to when nothing was followed; the
analysis of a file waits instead.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coach_desktop.core.errors import CoachError
from coach_desktop.store import model_fetch
from coach_desktop.store.model_files import WHISPER_BASE, WHISPER_TINY_EN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from coach_desktop.practice.hearing.recogniser import Network, Piece
    from coach_desktop.practice.hearing.words import Utterance, Word
    from coach_desktop.store.model_files import ModelFile

log = logging.getLogger(__name__)

MOST_WAITING = 8
"""Pieces that may wait: a minute and a half of talk."""
_FILE_MAY_BE_AHEAD = 3
_PARTIAL_EVERY_S = 1.0
_SHORTEST_PARTIAL_S = 1.0
_NICE = 5
_TOLD_EVERY = 0.1

NOT_READY = "The words of this session were not made out: the model that hears them was not ready in time."


@dataclass(frozen=True)
class Caption:
    """Words to show. A later one takes the place of one that is not final."""

    text: str
    final: bool


class Transcriber:
    """Hears pieces of speech one after the other, in their order. `offer` and `hint` belong to one thread."""

    def __init__(
        self,
        models_cache: Path,
        *,
        live: bool = True,
        models: Sequence[ModelFile] = WHISPER_TINY_EN,
        on_utterance: Callable[[Utterance], None] | None = None,
        load: Callable[[dict[str, bytes]], Network] | None = None,
    ) -> None:
        """Hear with `models`. Not `live`: no words before a piece is over, and `offer` waits instead of giving up.

        With the larger models among them both networks hear (`two_ears`), which is too slow for a live session.
        `on_utterance` is called in this thread for everything that was said. Nothing is loaded before `start`.
        """
        self._models_cache = models_cache
        self.live = live
        self._models = models
        self._on_utterance = on_utterance
        self._make = load or (lambda files: _networks(files, threads=1 if live else _threads_of_a_file(), hurried=live))
        self._waiting: deque[Piece] = deque()
        self._partial: Piece | None = None
        self._change = threading.Condition()
        self._over = False
        self._given_up = False
        self._busy = False
        self._thread: threading.Thread | None = None
        self._utterances: list[Utterance] = []
        self._lost: list[tuple[float, float]] = []
        self._followed_s = 0.0
        self._captions: deque[Caption] = deque(maxlen=50)
        self._heard_early: tuple[float, float, Utterance] | None = None
        self._next_partial = 0.0
        self._notice: str | None = None
        self._told_last: str | None = None
        self.fault: str | None = None
        self.ready = False

    def start(self) -> None:
        """Start the thread, which fetches the model where it is missing, and loads it."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="coach-words", daemon=True)
            self._thread.start()

    def offer(self, piece: Piece) -> None:
        """Hand over speech that is over."""
        self.start()
        with self._change:
            if not self.live:
                while len(self._waiting) >= _FILE_MAY_BE_AHEAD and not self._given_up and self.fault is None:
                    self._change.wait()
            elif len(self._waiting) >= MOST_WAITING:
                self._lose(self._waiting.popleft())
            self._waiting.append(piece)
            self._partial = None
            self._change.notify_all()

    def hint(self, piece: Piece, *, silent: bool) -> None:
        """Show speech that is not over yet; it is heard if nothing else is to do.

        While it is `silent` behind it, this is likely all of it: it is heard at once, and if nothing follows, the
        words are final as soon as the piece is over.
        """
        if self.live and piece.length_s >= _SHORTEST_PARTIAL_S:
            with self._change:
                self._partial = piece
                if silent:
                    self._next_partial = 0.0
                self._change.notify_all()

    def finish(self, timeout_s: float) -> bool:
        """Hear what still waits and end the thread; return whether that was done in time. Blocks.

        Nothing may be offered afterwards. Called again, it waits again, for a thread that has been given up.
        """
        if self._thread is None:
            return True
        with self._change:
            self._over = True
            self._partial = None
            self._change.notify_all()
        self._thread.join(timeout_s)
        with self._change:
            self._given_up = True
            while self._waiting:
                self._lose(self._waiting.popleft())
            self._change.notify_all()
        return not self._thread.is_alive() or self.fault is not None

    @property
    def utterances(self) -> list[Utterance]:
        """What was said so far, in its order."""
        with self._change:
            return list(self._utterances)

    @property
    def words(self) -> list[Word]:
        """All words so far."""
        return [word for utterance in self.utterances for word in utterance.words]

    @property
    def lost(self) -> list[tuple[float, float]]:
        """Stretches of speech that were given up, in seconds of the session."""
        with self._change:
            return list(self._lost)

    def followed_until(self, end_s: float) -> float:
        """Return up to when everything said was heard; `end_s` where nothing waits."""
        with self._change:
            if self._busy:
                return self._followed_s
            return self._waiting[0].speech_start_s if self._waiting else end_s

    def captions(self) -> list[Caption]:
        """Return what is new to show since the last call."""
        with self._change:
            new = list(self._captions)
            self._captions.clear()
            return new

    def notice(self) -> str | None:
        """Return words about the model's coming, once each."""
        told, self._notice = self._notice, None
        return told

    def _lose(self, piece: Piece) -> None:
        log.info("speech from %.1f to %.1f s was given up", piece.speech_start_s, piece.speech_end_s)
        self._lost.append((piece.speech_start_s, piece.speech_end_s))

    def _run(self) -> None:
        _be_modest()
        network = self._load_or_say_why()
        while (task := self._next()) is not None:
            piece, final = task
            if network is not None:
                self._hear(network, piece, final=final)
            elif final:
                self._lose(piece)

    def _next(self) -> tuple[Piece, bool] | None:
        with self._change:
            self._busy = False
            self._change.notify_all()
            while True:
                if self._given_up:
                    return None
                if self._waiting:
                    self._busy = True
                    piece = self._waiting.popleft()
                    self._followed_s = piece.speech_start_s
                    return piece, True
                if self._over:
                    return None
                wait_s = self._next_partial - time.monotonic()
                if self._partial is not None and wait_s <= 0:
                    partial, self._partial = self._partial, None
                    return partial, False
                self._change.wait(wait_s if self._partial is not None else None)

    def _hear(self, network: Network, piece: Piece, *, final: bool) -> None:
        from coach_desktop.practice.hearing.recogniser import utterance_of

        began = time.monotonic()
        key = (piece.speech_start_s, piece.speech_end_s)
        early = self._heard_early
        if early is not None and early[:2] == key:
            # It was heard while the silence behind it grew; there is nothing more in it.
            utterance = early[2]
        else:
            try:
                utterance = utterance_of(piece, network)
            except Exception:  # one piece that cannot be heard must not end the session
                log.exception("the words from %.1f s on could not be heard", piece.speech_start_s)
                if final:
                    with self._change:
                        self._lose(piece)
                return
        ended = time.monotonic()
        with self._change:
            if self._given_up:
                return
            self._heard_early = None if final else (*key, utterance)
            # No more than a third of the time goes into words that are not final: they hold up those that are.
            self._next_partial = ended + max(_PARTIAL_EVERY_S, 2 * (ended - began))
            if final:
                self._utterances += [utterance] if utterance.words else []
            if self.live and utterance.words:
                self._captions.append(Caption(utterance.text, final))
        if final and utterance.words and self._on_utterance is not None:
            self._on_utterance(utterance)

    def _load_or_say_why(self) -> Network | None:
        began = time.perf_counter()
        try:
            found = model_fetch.find_or_fetch(
                self._models, self._models_cache, progress=self._tell, cancelled=lambda: self._given_up
            )
            network = self._make({one.model.name: one.read() for one in found})
        except CoachError as error:
            log.warning("no words are heard: %s %s", error.what, error.details)
            self._fail(error.what)
            return None
        except Exception:  # a native library that does not fit this machine raises whatever it likes
            log.exception("the words could not be set up")
            self._fail("What hears words could not be loaded on this computer.")
            return None
        log.info("words are heard after %.2f s", time.perf_counter() - began)
        with self._change:
            self.ready = True
        return network

    def _fail(self, why: str) -> None:
        with self._change:
            self.fault = why
            self._change.notify_all()

    def _tell(self, done: int, total: int) -> None:
        tenth = int(done / total / _TOLD_EVERY)
        text = f"Getting the model that hears words: {tenth * 10} % of {total / 1e6:.0f} MB. The talk can begin."
        if text != self._told_last:
            self._notice = self._told_last = text


def _networks(files: dict[str, bytes], *, threads: int, hurried: bool) -> Network:
    from coach_desktop.practice.hearing.two_ears import TwoEars
    from coach_desktop.practice.hearing.whisper import Whisper

    def of(models: Sequence[ModelFile], *, prompted: bool) -> Whisper:
        own = {model.name.rpartition("/")[2]: files[model.name] for model in models}
        return Whisper(own, threads=threads, hurried=hurried, prompted=prompted)

    prompted = of(WHISPER_TINY_EN, prompted=True)
    larger = WHISPER_BASE[0].name in files
    return TwoEars(of(WHISPER_BASE, prompted=False), prompted) if larger else prompted


def _threads_of_a_file() -> int:
    """Return how many cores the words of a file may take: there is no room that must stay quick."""
    return min(4, os.cpu_count() or 1)


def _be_modest() -> None:
    """Let eyes and room go first; the network's own thread inherits it."""
    if sys.platform == "linux":
        # On Linux a priority belongs to a thread.
        me = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, me, os.getpriority(os.PRIO_PROCESS, me) + _NICE)
