"""Listening to a whole session: what was said for how long, with which pauses, how loud, at which pitch."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

import numpy as np

from coach_desktop.coaching.moments import Stretch
from coach_desktop.practice.hearing import loudness, pitch
from coach_desktop.practice.hearing.gaps import LeftOut
from coach_desktop.practice.hearing.streams import Stream, silences
from coach_desktop.practice.hearing.trouble import SESSION, Wording
from coach_desktop.practice.hearing.voice import SAMPLE_RATE
from coach_desktop.tavus.delivery import SOUND_MEASURES, Measure, MeasureName, Span, measured, not_measured

if TYPE_CHECKING:
    from numpy.typing import NDArray

INTERRUPTED_S = 0.5
"""A block that begins this much later than the samples before it ended belongs to a new stream."""
MOST_PAUSES = 200
"""Pauses named in the spans: the longest ones."""
MOST_SPANS = 2 * MOST_PAUSES + 1
DEAF_S = 10.0
"""Digital silence that lasts this long, after sound had come, is no pause: the microphone was muted or unplugged."""
STALLED_S = 1.0
"""Nothing is said about this moment when the newest sample is older than this."""

NO_SPEECH = "No speech was heard."
LITTLE_VOICE = f"Less than {pitch.SHORTEST_VOICE_S:.0f} seconds of voice were heard; whispering has no pitch."
NO_PITCH = "The model that hears the pitch of a voice could not be loaded."

_QUIET_DB = -50.0
"""Loud speech (95th percentile) under this level is too quiet: our choice, 20 dB under a usual headset."""
_NOISE_UNDER_SPEECH_DB = 10.0
"""Pauses should be at least this much quieter than speech, median against median: our choice."""
_CLIPPED_SHARE = 0.0005
_CLIPPING_LATELY_S = 2.0
_NO_SPEECH_AFTER_S = 5.0


class Voice(Protocol):
    """What tells speech from other sound: `voice.VoiceActivity`."""

    def push(self, samples: NDArray[np.int16]) -> list[float]:
        """Return the probability of speech of each window of 32 ms that `samples` completes."""

    def reset(self) -> None:
        """Begin a new stream."""


class Pitch(Protocol):
    """What hears the pitch of a voice: `pitch.PitchNetwork`."""

    def push(self, samples: NDArray[np.int16]) -> NDArray[np.float32]:
        """Return the pitch in Hz of each frame of 16 ms that is final now, 0 where there is no voice."""

    def finish(self) -> NDArray[np.float32]:
        """Return the pitch of the frames that are left, and begin a new stream."""


@dataclass(frozen=True)
class SoundState:
    """How it sounds at one moment of the session.

    Attributes:
        speaking: whether someone speaks now (a silence shorter than a pause is still speaking).
        level_db: level of the last 100 ms in dBFS; None where there is no sound to measure.
        speaking_without_pause_s: length of the speech without a pause of 0.5 s that goes on now, else 0.
        silent_for_s: seconds of sound heard since the last speech, or since the beginning if there was none.
        heard_anything: whether any signal came in so far; a muted microphone gives none.
        spoke: whether any speech was heard so far.
        clipping: whether the microphone was overdriven in the last 2 s.
    """

    speaking: bool
    level_db: float | None
    speaking_without_pause_s: float
    silent_for_s: float
    heard_anything: bool
    spoke: bool
    clipping: bool


@dataclass
class _Heard:
    """Everything up to one moment, in session time."""

    listened_s: float
    speech: list[list[Stretch]]
    pauses: list[Stretch]
    talk_s: float

    @property
    def speaking_s(self) -> float:
        return sum(part.duration_s for stream in self.speech for part in stream)


class Listening:
    """The ears of one session. Not safe for several threads at once.

    Time runs by the number of samples within a stream; the `at_s` of its first block ties it to the session.
    Where `at_s` leaps ahead of the samples, sound is missing: that time is neither speech nor pause nor
    listening time. Memory grows by some 1.4 MB in an hour of talk.
    """

    def __init__(self, voice: Voice, pitch: Pitch | None, why_no_pitch: str = NO_PITCH) -> None:
        """Listen with `voice` and `pitch`, which must serve this session alone; without `pitch`, it is not measured."""
        self._voice = voice
        self._pitch = pitch
        self._why_no_pitch = None if pitch is not None else why_no_pitch
        self._streams: list[Stream] = []
        self.left_out = LeftOut()
        self._loudest = 0.0
        self._spoke = False
        self._silent_before_s = 0.0
        self._dead = 0
        self.is_deaf = False

    def push(self, at_s: float, samples: NDArray[np.int16]) -> list[float]:
        """Hear a block: int16 [n], mono, 16 kHz. `at_s` is the session time of its first sample.
        Returns the probability of speech of each window of 32 ms that it completes. Where there is nothing but digital
        silence for `DEAF_S` and more, that time is missing like sound that never came: `is_deaf`, and no probabilities.

        `at_s` should follow the sender's count of samples, not the moment of arrival: blocks that were only
        late would look like missing sound. Raises ValueError for another type or shape.
        """
        if self._goes_deaf(samples):
            return []
        if not self._streams or at_s - self._streams[-1].end_s > INTERRUPTED_S:
            self._begin(max(0.0, at_s))
        stream = self._streams[-1]
        probabilities = self._voice.push(samples)
        stream.samples += len(samples)
        stream.meter.push(samples)
        if self._pitch is not None:
            stream.hz.extend(self._pitch.push(samples))
        stream.add(stream.segmenter.push(probabilities))
        self._loudest = max(self._loudest, stream.meter.loudest)
        self._spoke = self._spoke or bool(stream.segments) or stream.segmenter.current is not None
        return probabilities

    def _goes_deaf(self, samples: NDArray[np.int16]) -> bool:
        signal = len(samples) > 0 and loudness.decibels(loudness.mean_square(samples)) > loudness.NO_SIGNAL_DB
        if signal or self._nothing_came():
            self._dead, self.is_deaf = 0, False
            return False
        self._dead += len(samples)
        if not self.is_deaf and self._dead >= DEAF_S * SAMPLE_RATE:
            # What was taken for a pause so far is taken back.
            self.is_deaf = True
            self._streams[-1].samples = max(0, self._streams[-1].samples + len(samples) - self._dead)
        return self.is_deaf

    def _nothing_came(self) -> bool:
        return loudness.decibels(self._loudest) <= loudness.NO_SIGNAL_DB

    def stretches(self, until_s: float) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
        """Return the stretches of speech, and those in which sound arrived, up to `until_s`, in session time."""
        streams = [stream for stream in self._streams if stream.start_s < until_s]
        speech = [(part.start_s, part.end_s) for stream in streams for part in stream.speech(until_s)]
        return speech, [(stream.start_s, min(stream.end_s, until_s)) for stream in streams]

    def hear_no_more(self) -> None:
        """Let go of the models. What was heard can still be asked for; nothing more can be pushed."""
        self._finish_pitch()
        self._pitch = None
        del self._voice

    def _finish_pitch(self) -> None:
        if self._pitch is not None and self._streams:
            self._streams[-1].hz.extend(self._pitch.finish())

    def _begin(self, start_s: float) -> None:
        if self._streams:
            self._silent_before_s = self._silent_s()
            last = self._streams[-1].segmenter.finish()
            self._streams[-1].add([last] if last else [])
            self._finish_pitch()
        self._voice.reset()
        self._streams.append(Stream(start_s))

    def _silent_s(self) -> float:
        stream = self._streams[-1]
        speech = stream.newest_speech()
        return self._silent_before_s + stream.length_s if speech is None else stream.length_s - speech.end_s

    def state(self, at_s: float) -> SoundState:
        """Return how it sounds at `at_s`; the cost does not grow with the session."""
        if not self._streams:
            return SoundState(False, None, 0.0, 0.0, False, False, False)
        stream = self._streams[-1]
        square = stream.meter.last_square()
        stalled = at_s - stream.end_s > STALLED_S
        current = None if stalled else stream.segmenter.current
        return SoundState(
            speaking=current is not None,
            level_db=None if stalled or square is None else loudness.decibels(square),
            speaking_without_pause_s=0.0 if stalled else stream.going_on_s(),
            silent_for_s=self._silent_s(),
            heard_anything=not self._nothing_came(),
            spoke=self._spoke,
            clipping=not stalled and stream.meter.clips_lately(_CLIPPING_LATELY_S),
        )

    def _heard(self, until_s: float) -> _Heard:
        streams = [stream for stream in self._streams if stream.start_s < until_s]
        speech = [stream.speech(until_s) for stream in streams]
        listened = sum(min(stream.end_s, until_s) - stream.start_s for stream in streams)
        flat = [part for parts in speech for part in parts]
        if not flat:
            return _Heard(listened, speech, [], 0.0)
        first, last = flat[0].start_s, flat[-1].end_s
        pauses = [
            pause
            for stream, parts in zip(streams, speech, strict=True)
            for pause in silences(stream, parts, first, last)
        ]
        talk = sum(max(0.0, min(stream.end_s, last) - max(stream.start_s, first)) for stream in streams)
        return _Heard(listened, speech, pauses, talk)

    def measures(self, until_s: float, reason_if_none: str) -> dict[MeasureName, Measure]:
        """Return the measures of sound over the time up to `until_s` seconds.

        `speaking_share` is over the time that sound arrived; `pause_share` over the time heard between first
        and last speech, pauses of 0.25 s and more; `loudness_range` and `loudness_drop` as in `loudness`;
        `pitch_spread` as `pitch.melody`, of the voice in speech. Sound without speech is measured: 0 s of
        speaking. Without a single sample everything is not measured, for `reason_if_none`.
        """
        heard = self._heard(until_s)
        if heard.listened_s <= 0:
            return {name: not_measured(name, reason_if_none) for name in SOUND_MEASURES}
        speaking = heard.speaking_s
        found: dict[MeasureName, Measure] = {
            "speaking_time": measured("speaking_time", speaking),
            "speaking_share": measured("speaking_share", min(1.0, speaking / heard.listened_s)),
        }
        if speaking <= 0:
            return found | {name: not_measured(name, NO_SPEECH) for name in SOUND_MEASURES if name not in found}
        lengths = [pause.duration_s for pause in heard.pauses]
        found["pause_count"] = measured("pause_count", len(lengths))
        found["pause_longest"] = measured("pause_longest", max(lengths, default=0.0))
        found["pause_share"] = measured("pause_share", min(1.0, sum(lengths) / heard.talk_s))
        found |= loudness.measures(self._speech_levels(heard), speaking)
        melody = self._melody(heard)
        if melody is None:
            found["pitch_spread"] = not_measured("pitch_spread", self._why_no_pitch or LITTLE_VOICE)
        else:
            found["pitch_spread"] = measured("pitch_spread", melody.spread_st)
        return found

    def level(self, until_s: float) -> float | None:
        """Return the level of the speech up to `until_s` in dBFS, as a median; None where there is too little of it."""
        heard = self._heard(until_s)
        levels = self._speech_levels(heard)
        enough = heard.speaking_s >= loudness.SHORTEST_DROP_S and len(levels) >= loudness.FEWEST_WINDOWS
        return float(np.median(levels)) if enough else None

    def _by_stream(self, heard: _Heard) -> list[tuple[Stream, list[tuple[float, float]]]]:
        """Return each stream with its speech, in seconds from its first sample."""
        pairs = zip(self._streams, heard.speech, strict=False)
        return [(stream, [(a - stream.start_s, b - stream.start_s) for a, b in speech]) for stream, speech in pairs]

    def _melody(self, heard: _Heard) -> pitch.Melody | None:
        times, hz = [np.zeros(0)], [np.zeros(0)]
        for stream, speech in self._by_stream(heard):
            found = np.array(stream.hz, np.float64)
            for part in speech:
                first, last = (round(edge / pitch.FRAME_S) for edge in part)
                voiced = np.flatnonzero(found[first:last]) + first
                times.append(np.asarray(stream.start_s + voiced * pitch.FRAME_S, np.float64))
                hz.append(found[voiced])
        return pitch.melody(np.concatenate(times), np.concatenate(hz))

    def _speech_levels(self, heard: _Heard) -> NDArray[np.float64]:
        parts = [np.zeros(0)]
        for stream, speech in self._by_stream(heard):
            parts.append(loudness.speech_windows(stream.meter.squares(stream.length_s), speech))
        return np.concatenate(parts)

    def _noise_is_near(self, heard: _Heard) -> bool:
        parts = [
            loudness.split_by_speech(stream.meter.audible_squares(stream.length_s), speech)
            for stream, speech in self._by_stream(heard)
        ]
        voice, noise = (np.concatenate(levels) for levels in zip(*parts, strict=True))
        if min(len(voice), len(noise)) < loudness.FEWEST_WINDOWS:
            return False
        return float(np.median(voice) - np.median(noise)) < _NOISE_UNDER_SPEECH_DB

    def spans(self, until_s: float) -> list[Span]:
        """Return the stretches of speech and the pauses up to `until_s`, by time, at most `MOST_SPANS`.

        In a very long talk only the longest pauses are named, and a stretch of speech runs on over the
        others. Stretches at one pitch come on top.
        """
        heard = self._heard(until_s)
        pauses = sorted(heard.pauses, key=lambda pause: -pause.duration_s)[:MOST_PAUSES]
        named = {pause.start_s for pause in pauses}
        speech: list[Stretch] = []
        for parts in heard.speech:
            begun = parts[0].start_s if parts else 0.0
            for part, following in pairwise(parts):
                if part.end_s in named:
                    speech.append(Stretch(begun, part.end_s))
                    begun = following.start_s
            if parts:
                speech.append(Stretch(begun, parts[-1].end_s))
        spans = [Span(kind="pause", start_s=round(a, 3), end_s=round(b, 3)) for a, b in pauses]
        spans += [Span(kind="speech", start_s=round(a, 3), end_s=round(b, 3)) for a, b in speech]
        longest = sorted((span for span in spans if span.duration_s > 0), key=lambda span: -span.duration_s)[
            :MOST_SPANS
        ]
        melody = self._melody(heard)
        level = [] if melody is None else [(start_s, min(end_s, until_s)) for start_s, end_s in melody.level]
        longest += [Span(kind="level_pitch", start_s=start_s, end_s=end_s) for start_s, end_s in level]
        return sorted(longest, key=lambda span: span.start_s)

    def warnings(self, until_s: float, words: Wording = SESSION) -> list[str]:
        """Return what was technically wrong with the sound up to `until_s`, in plain `words`.

        Empty where no sample arrived: the measures then carry the reason.
        """
        streams = [stream for stream in self._streams if stream.start_s < until_s]
        heard = self._heard(until_s)
        if heard.listened_s <= 0:
            return []
        squares = np.concatenate([stream.meter.squares(until_s - stream.start_s) for stream in streams])
        if loudness.decibels(float(squares.max(initial=0.0))) <= loudness.NO_SIGNAL_DB:
            return [words.no_sound]
        found: list[str] = []
        levels = self._speech_levels(heard)
        if heard.speaking_s <= 0:
            found += [words.no_speech] if heard.listened_s >= _NO_SPEECH_AFTER_S else []
        elif len(levels) >= loudness.FEWEST_WINDOWS and float(np.percentile(levels, 95)) < _QUIET_DB:
            found.append(words.quiet)
        elif heard.speaking_s >= loudness.SHORTEST_SPEECH_S and self._noise_is_near(heard):
            found.append(words.noise)
        clipped = sum(stream.meter.clipped(until_s - stream.start_s) for stream in streams)
        if clipped > _CLIPPED_SHARE * SAMPLE_RATE * heard.listened_s:
            found.append(words.clipping)
        gaps = [(stream.end_s, following.start_s) for stream, following in pairwise(streams)]
        gaps += [(streams[-1].end_s, until_s)] if self.is_deaf and until_s > streams[-1].end_s else []
        lost = self.left_out.warning(gaps)
        return [*found, lost] if lost else found
