"""Words in a piece of speech: Whisper through faster-whisper, with what it needs to hear an "um".

Whisper was taught on tidied transcripts and leaves filled pauses out. Two things bring them back: a prompt that holds
some, and a look at what it thought at each step: where it gave a filled pause a fair chance and wrote something else,
the filled pause is put in (`FILLER_CHANCE`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from coach_desktop.core.errors import CoachError
from coach_desktop.practice.hearing.voice import SAMPLE_RATE
from coach_desktop.practice.hearing.words import Word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

LONGEST_S = 28.0
"""Longest piece that can be heard at once: the network sees 30 s."""

_LANGUAGE = "en"
_PROMPT = " Um, uh, hmm, er, ah."
_SOUNDS = ("um", "uh", "er", "erm", "hmm", "mm", "ah")
_SOUNDS_ALONE = re.compile(rf"(?:\W*(?:{'|'.join(_SOUNDS)}))*\W*", re.IGNORECASE)
FILLER_CHANCE = 0.3
"""On read speech the chance of a filled pause stayed below 0.12, on hesitations it was 0.4 and more."""
_TOKENS_A_SECOND = 7
_TOKENS_AT_LEAST = 20
_MOST_REPEATS = 5
"""The same few tokens more often in a row are the network going round in circles."""
_LONGEST_CIRCLE = 12
_UNSURE, _NO_SPEECH = -1.0, 0.6
"""Mean log probability, and chance of no speech at all: what lies beyond both was not said."""
_NO_SPEECH_ALONE, _NO_SPEECH_SEVERAL = 0.35, 0.15
"""The same for a filled pause that stands alone, and for several: that is what tones and music are taken for."""
_FRAMES = 3000
_SHORTEST_WINDOW, _SILENCE_BEHIND = 2000, 300
"""In a hurry the network sees less than 30 s; with less than 20 s it tells short sentences twice."""
_LONG = 1500
"""Of a piece of 15 s and more nothing is lost with a window of its own length: it takes two thirds of the time."""
_SHORTEST_S = 0.1
_UNHEARD_S = 1.0
"""A piece ends with speech: where the network stopped so long before its end, it is asked about the rest."""
_STAMPS_A_SECOND = 50


@dataclass(frozen=True)
class _Heard:
    tokens: list[int]
    score: float
    no_speech: float
    stopped_s: float | None


class Whisper:
    """A loaded network. One thread at a time."""

    def __init__(
        self, files: Mapping[str, bytes], *, threads: int = 1, hurried: bool = True, prompted: bool = True
    ) -> None:
        """Load `files`: model.bin, config.json, tokenizer.json and vocabulary.txt. Takes a second.

        `hurried` takes a third less time, and costs a word or two in a hundred. Not `prompted` it leaves filled pauses
        out, as it was taught; the larger networks lose whole sentences when they are prompted.
        Raises `CoachError` where they are no such network.
        """
        from faster_whisper import WhisperModel
        from faster_whisper.tokenizer import Tokenizer

        self._shortest_window = _SHORTEST_WINDOW if hurried else _FRAMES
        try:
            self._engine: Any = WhisperModel(
                "memory", device="cpu", compute_type="int8", cpu_threads=threads, files=dict(files)
            )
        except Exception as error:  # ctranslate2 and tokenizers raise kinds of their own
            raise CoachError(
                "The model that hears words could not be loaded.",
                safe="Nothing else is affected: words, pace and fillers are shown as not measured.",
                do="Run the set-up again.",
                details=f"{type(error).__name__}: {error}",
            ) from error
        self._tokens: Any = Tokenizer(
            self._engine.hf_tokenizer, self._engine.model.is_multilingual, task="transcribe", language=_LANGUAGE
        )
        # With time stamps, although they are not used: without, it often stops at the first full stop.
        self._prompt: list[int] = self._engine.get_prompt(
            self._tokens, self._tokens.encode(_PROMPT) if prompted else []
        )
        cased = [form for sound in _SOUNDS for form in (sound, sound.capitalize())]
        single = [self._tokens.encode(f" {form}") for form in cased]
        self._comma: int = self._tokens.encode(",")[0]
        self._sounds = sorted({tokens[0] for tokens in single if len(tokens) == 1})

    def hear(self, samples: NDArray[np.int16], at_s: float = 0.0) -> list[Word]:
        """Return the words in `samples` (int16 [n], mono, 16 kHz, at most `LONGEST_S`), which begin at `at_s`.

        The times are within some tenths of a second. Raises ValueError for another type, shape or length.
        """
        if samples.dtype != np.int16 or samples.ndim != 1 or len(samples) > LONGEST_S * SAMPLE_RATE:
            raise ValueError(f"no piece of speech: {samples.dtype} {samples.shape}")
        words: list[Word] = []
        while len(samples) >= _SHORTEST_S * SAMPLE_RATE:
            found, stopped_s = self._hear_on(samples, at_s)
            words += found
            if stopped_s is None:
                break
            samples, at_s = samples[int(stopped_s * SAMPLE_RATE) :], at_s + stopped_s
        return words

    def _hear_on(self, samples: NDArray[np.int16], at_s: float) -> tuple[list[Word], float | None]:
        """Return the words up to where the network stopped, and that second; None where it heard to the end."""
        features = self._engine.feature_extractor(samples.astype(np.float32) / np.float32(32768))
        frames = min(features.shape[1], _FRAMES)
        shortest = _SHORTEST_WINDOW if frames >= _LONG else self._shortest_window
        window = min(_FRAMES, max(shortest, frames + _SILENCE_BEHIND))
        sound = self._engine.encode(np.pad(features[:, :frames], ((0, 0), (0, window - frames))))
        length_s = len(samples) / SAMPLE_RATE
        heard = self._decode(sound, len(self._prompt) + _TOKENS_AT_LEAST + int(_TOKENS_A_SECOND * length_s))
        if self._was_not_said(heard):
            return [], None
        found = self._engine.find_alignment(self._tokens, [heard.tokens], sound, frames)[0] if heard.tokens else []
        stopped_s = heard.stopped_s
        if stopped_s is None or not _UNHEARD_S <= stopped_s <= length_s - _UNHEARD_S:
            return _words_of(found, at_s, at_s + length_s), None
        return _words_of(found, at_s, at_s + stopped_s), stopped_s

    def _was_not_said(self, heard: _Heard) -> bool:
        if heard.score < _UNSURE and heard.no_speech > _NO_SPEECH:
            return True
        # The prompt speaks of filled pauses, so that is what it hears in tones and music.
        alone = _SOUNDS_ALONE.fullmatch(self._tokens.decode(heard.tokens))
        several = len(alone.group().split()) > 1 if alone else False
        return alone is not None and heard.no_speech > (_NO_SPEECH_SEVERAL if several else _NO_SPEECH_ALONE)

    def _decode(self, sound: object, most: int) -> _Heard:
        result = self._engine.model.generate(
            sound,
            [self._prompt],
            beam_size=1,
            sampling_temperature=0,
            max_length=most,
            return_scores=True,
            return_no_speech_prob=True,
            return_logits_vocab=True,
        )[0]
        tokens: list[int] = []
        chances = [(0.0, 0)]
        # One step more than there are tokens: a talk may end in a filled pause.
        for step, token in zip(result.logits[0], [*result.sequences_ids[0], self._tokens.eot], strict=False):
            chances[-1] = max(chances[-1], self._nearest_sound(step))
            if token < self._tokens.eot:
                tokens.append(token)
                chances.append((0.0, 0))
        tokens = without_circles(tokens)
        chances = chances[: len(tokens) + 1]
        told = with_sounds(tokens, chances, frozenset(self._sounds), self._comma)
        last = result.sequences_ids[0][-1] if result.sequences_ids[0] else 0
        stamp = last - self._tokens.timestamp_begin
        stopped_s = stamp / _STAMPS_A_SECOND if stamp >= 0 else None
        return _Heard(told, float(result.scores[0]), float(result.no_speech_prob), stopped_s)

    def _nearest_sound(self, step: object) -> tuple[float, int]:
        """Return the chance of any filled pause at a step, and the likeliest one."""
        raw = np.array(step, dtype=np.float32).reshape(-1)
        raw = np.exp(raw - raw.max())
        sounds = raw[self._sounds]
        return float(sounds.sum() / raw.sum()), self._sounds[int(sounds.argmax())]


def with_sounds(tokens: list[int], chances: list[tuple[float, int]], sounds: frozenset[int], comma: int) -> list[int]:
    """Return the tokens with the filled pauses that had a fair chance where another was written.

    `chances` holds, for each token and perhaps for the end, how likely a filled pause was there, and which one. One
    beside another is the same one.
    """
    told: list[int] = []
    for place, (chance, sound) in enumerate(chances):
        token = tokens[place] if place < len(tokens) else None
        near = {*tokens[max(0, place - 2) : place + 2], *told[-2:]}
        if chance >= FILLER_CHANCE and not near & sounds:
            told += [sound, comma]
        told += [] if token is None else [token]
    return told


def without_circles(tokens: list[int]) -> list[int]:
    """Return the tokens up to where the same few are told over and over, with those told once."""
    for start in range(len(tokens)):
        for length in range(1, _LONGEST_CIRCLE + 1):
            circle = tokens[start : start + length]
            rest = tokens[start + length :]
            times = 1
            while len(rest) >= length and rest[:length] == circle:
                times, rest = times + 1, rest[length:]
            if times > _MOST_REPEATS:
                return tokens[: start + length]
    return tokens


def _words_of(found: list[dict[str, Any]], start_s: float, end_s: float) -> list[Word]:
    """Return the words, in order, none outside of the piece; what holds no letter or digit goes to the one before."""
    words: list[Word] = []
    for one in found:
        text = str(one["word"]).strip()
        # "cold-hearted" comes as two: what follows without a space goes on with the word before.
        new = str(one["word"]).startswith(" ") or not words
        begin = min(max(start_s + float(one["start"]), words[-1].end_s if words else start_s), end_s)
        end = min(max(start_s + float(one["end"]), begin), end_s)
        if new and any(sign.isalnum() for sign in text):
            words.append(Word(text, begin, end, chance=float(one["probability"])))
        elif words and text:
            chance = min(words[-1].chance, float(one["probability"])) if text[0].isalnum() else words[-1].chance
            words[-1] = Word(words[-1].text + text, words[-1].start_s, end, chance=chance)
    return words
