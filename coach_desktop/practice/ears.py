"""The ears of a conversation or recording: speech, pauses, loudness and pitch; the words by a thread of their own."""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coach_desktop.coaching import labels
from coach_desktop.core.errors import CoachError
from coach_desktop.practice.room_protocol import AudioBlock
from coach_desktop.practice.senses import Sense
from coach_desktop.practice.speaking.spoken_time import Playing, SpokenTime
from coach_desktop.practice.transcriber import NOT_READY, Transcriber
from coach_desktop.store import model_files
from coach_desktop.tavus.delivery import (
    CLAUSE_MEASURES,
    SOUND_MEASURES,
    WORD_MEASURES,
    Measure,
    MeasureName,
    Span,
    not_measured,
)

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from coach_desktop.practice.hearing.listening import Listening, SoundState
    from coach_desktop.practice.hearing.recogniser import Cutter
    from coach_desktop.practice.hearing.telling import Stretches
    from coach_desktop.practice.hearing.words import Utterance, Word
    from coach_desktop.practice.speaking.interruption import Interruption

log = logging.getLogger(__name__)

_LOUDEST_OF_S = 5.0
_HINT_EVERY_S = 0.3


@dataclass(frozen=True)
class Sound:
    """The newest that the ears heard, up to `at_s`.

    `no_signal_s` is how long nothing at all has come in by then; `loudest_db` is the loudest 100 ms of the last 5 s
    in dBFS, None as long as there was no signal.
    """

    at_s: float
    state: SoundState
    no_signal_s: float
    loudest_db: float | None


class Ears(Sense[AudioBlock]):
    """Listens for speech, pauses, loudness and pitch, and has the words made out by a thread of their own."""

    name = "ears"
    measure_names = SOUND_MEASURES + WORD_MEASURES + CLAUSE_MEASURES
    _listening: Listening
    _cutter: Cutter
    _interruption: Interruption
    latest: Sound | None = None

    def __init__(
        self,
        models_cache: Path,
        transcriber: Transcriber | str,
        coach: SpokenTime | None = None,
        *,
        recorded: bool = False,
    ) -> None:
        """Look for the model in `models_cache`, too. In place of a transcriber: why no words are made out.

        What is heard while the `coach` speaks is left out. Of a `recorded` talk warnings do not speak as if somebody
        sat before a microphone.
        """
        super().__init__(models_cache)
        self._recorded = recorded
        self._coach = coach or SpokenTime()
        self.interrupted: Playing | None = None
        self.talked_s = 0.0
        self._levels: deque[tuple[float, float]] = deque()
        self.transcriber = transcriber if isinstance(transcriber, Transcriber) else None
        self._no_words = None if isinstance(transcriber, Transcriber) else transcriber
        self._hinted_s = 0.0
        self._was_silent = True

    def start(self) -> None:
        """Start both threads."""
        super().start()
        if self.transcriber is not None:
            self.transcriber.start()

    def finish(self, timeout_s: float) -> bool:
        """Listen to what still waits, and then to its words."""
        until = time.monotonic() + timeout_s
        listened = super().finish(timeout_s)
        told = self.transcriber is None or self.transcriber.finish(max(0.0, until - time.monotonic()))
        return listened and told

    def _load(self) -> None:
        from coach_desktop.practice.hearing.listening import Listening
        from coach_desktop.practice.hearing.pitch import PitchNetwork
        from coach_desktop.practice.hearing.voice import VoiceActivity
        from coach_desktop.practice.speaking.interruption import Interruption

        model = model_files.find(model_files.VOICE_ACTIVITY, self._models_cache).path
        pitch, why_no_pitch = None, ""
        try:
            pitch = PitchNetwork(model_files.find(model_files.PITCH, self._models_cache).path)
        except CoachError as error:
            # All but the pitch is heard without it, and the measure says why it is missing.
            log.warning("the pitch is not measured: %s %s", error.what, error.details)
            why_no_pitch = error.what
        self._listening = Listening(VoiceActivity(model), pitch, why_no_pitch)
        self._interruption = Interruption(VoiceActivity(model))
        self._cutter = self._new_cutter(0.0)

    def _new_cutter(self, origin_s: float) -> Cutter:
        from coach_desktop.practice.hearing.recogniser import Cutter

        return Cutter(origin_s, calm=self.transcriber is not None and not self.transcriber.live)

    def _unload(self) -> None:
        if hasattr(self, "_listening"):
            self._end_piece()
            self._listening.hear_no_more()
            del self._interruption

    def _take(self, at_s: float, item: AudioBlock) -> None:
        import numpy as np

        from coach_desktop.practice.hearing.loudness import NO_SIGNAL_DB

        samples = np.frombuffer(item.payload, dtype="<i2").astype(np.int16, copy=False)
        end_s = at_s + item.duration_s
        if self._coach.covers(at_s, end_s):
            self._leave_out(at_s, samples, end_s)
            return
        with self._lock:
            probabilities = self._listening.push(at_s, samples)
            state = self._listening.state(end_s)
        if self.transcriber is not None and not self._listening.is_deaf:
            self._cut(self.transcriber, at_s, samples, probabilities)
        self.talked_s += item.duration_s if state.speaking else 0.0
        silent_s = self.latest.no_signal_s if self.latest else 0.0
        level = -math.inf if state.level_db is None else state.level_db
        no_signal = level <= NO_SIGNAL_DB
        self._levels.append((end_s, level))
        while self._levels[0][0] < end_s - _LOUDEST_OF_S:
            self._levels.popleft()
        loudest = max(level for _, level in self._levels)
        self.latest = Sound(
            end_s,
            state,
            no_signal_s=silent_s + item.duration_s if no_signal else 0.0,
            loudest_db=loudest if math.isfinite(loudest) else None,
        )

    def _leave_out(self, at_s: float, samples: NDArray[np.int16], end_s: float) -> None:
        """Take what was heard while the coach spoke: only whether the user wants to speak is asked of it."""
        with self._lock:
            self._listening.left_out.add(at_s, end_s)
            state = self._listening.state(end_s)
        if (playing := self._coach.playing(at_s)) and self._interruption.push(at_s, samples, playing):
            self.interrupted = playing
        self._levels.clear()
        self.latest = Sound(end_s, state, no_signal_s=0.0, loudest_db=None)

    def _cut(self, transcriber: Transcriber, at_s: float, samples: NDArray[np.int16], found: list[float]) -> None:
        from coach_desktop.practice.hearing.listening import INTERRUPTED_S

        if at_s - self._cutter.end_s > INTERRUPTED_S:
            self._end_piece()
            self._cutter = self._new_cutter(max(0.0, at_s))
        with self._lock:
            pieces = self._cutter.push(samples, found)
            # Within the lock: in between, nobody would know of these words.
            for piece in pieces:
                transcriber.offer(piece)
        silent = self._cutter.silent
        if silent != self._was_silent or self._cutter.end_s - self._hinted_s >= _HINT_EVERY_S:
            self._was_silent, self._hinted_s = silent, self._cutter.end_s
            if not pieces and (going_on := self._cutter.open_piece()) is not None:
                transcriber.hint(going_on, silent=silent)

    def _end_piece(self) -> None:
        last = self._cutter.finish()
        if last is not None and self.transcriber is not None:
            self.transcriber.offer(last)

    def _measures(self, until_s: float, reason: str) -> dict[MeasureName, Measure]:
        from coach_desktop.practice.hearing import listening, places, telling

        found = self._listening.measures(until_s, reason)
        speech, followed = self._followed(until_s)
        why = self._why_no_words() or (listening.NO_SPEECH if not speech else None)
        if why is not None:
            return found | {name: not_measured(name, why) for name in WORD_MEASURES + CLAUSE_MEASURES}
        words = self.words(until_s)
        found |= telling.measures(words, speech, followed)
        return found | {"pause_inside": places.share_inside(places.places(words, speech, followed))}

    def stretches(self, until_s: float) -> tuple[Stretches, Stretches]:
        """Return the stretches of speech, and those in which sound arrived, up to `until_s` seconds."""
        with self._lock:
            return self._listening.stretches(until_s) if self.analysed else ([], [])

    def level(self, until_s: float) -> float | None:
        """Return the level of the speech up to `until_s` in dBFS, None where there is too little of it."""
        with self._lock:
            return self._listening.level(until_s) if self.analysed else None

    def _why_no_words(self) -> str | None:
        if self.transcriber is None:
            return self._no_words
        return self.transcriber.fault or (None if self.transcriber.ready else NOT_READY)

    def _followed(self, until_s: float) -> tuple[Stretches, Stretches]:
        """Return the speech, and the time over which every word was made out. Call it with the lock."""
        speech, listened = self._listening.stretches(until_s)
        if self.transcriber is None:
            return speech, []
        end_s = self.transcriber.followed_until(until_s)
        if (since := self._cutter.open_since) is not None:
            end_s = min(end_s, since)
        return speech, without(listened, [*self.transcriber.lost, (end_s, math.inf)])

    def words(self, until_s: float) -> list[Word]:
        """Return the words made out so far."""
        found = self.transcriber.words if self.transcriber is not None else []
        return [word for word in found if word.start_s < until_s]

    def utterances(self, until_s: float) -> list[Utterance]:
        """Return what was said so far, with the repeats marked that are counted up to `until_s` seconds."""
        from coach_desktop.practice.hearing import telling

        return telling.told(self.transcriber.utterances if self.transcriber is not None else [], until_s)

    def recent_wpm(self, now_s: float) -> float | None:
        """Return the pace of the last half minute, None where too little was said or made out."""
        from coach_desktop.practice.hearing import telling

        with self._lock:
            if not self.analysed or self.transcriber is None:
                return None
            speech, followed = self._followed(now_s)
        return telling.recent_wpm(self.words(now_s), speech, followed, now_s)

    def _spans(self, until_s: float) -> list[Span]:
        from coach_desktop.practice.hearing import places, telling

        found = self._listening.spans(until_s)
        words = self.words(until_s)
        if not words:
            return found
        speech, followed = self._followed(until_s)
        found = places.with_places(found, places.places(words, speech, followed))
        return found + telling.spans(words, speech, followed)

    def warnings(self, until_s: float) -> list[str]:
        """Return what was technically wrong with the sound, in plain words."""
        from coach_desktop.practice.hearing import trouble

        wording = trouble.RECORDING if self._recorded else trouble.SESSION
        with self._lock:
            found = self._listening.warnings(until_s, wording) if self.analysed else []
        lost = self.transcriber.lost if self.transcriber is not None and self.transcriber.ready else []
        if lost:
            first, last = labels.clock(lost[0][0]), labels.clock(lost[-1][1])
            seconds = sum(b - a for a, b in lost)
            found.append(
                f"The words of {labels.duration(seconds)} of speech between {first} and {last} could not be made out"
                " in time; they count neither way."
            )
        return found


def without(stretches: Stretches, gaps: Stretches) -> Stretches:
    """Return the stretches without what lies in one of the gaps; both are seconds."""
    for gap_start, gap_end in gaps:
        cut = [((a, min(b, gap_start)), (max(a, gap_end), b)) for a, b in stretches]
        stretches = [part for parts in cut for part in parts if part[1] > part[0]]
    return stretches
