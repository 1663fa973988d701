"""One spoken utterance: its sound, and what the mouth does meanwhile."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

MouthShape = Literal["rest", "closed", "teeth", "lip", "small", "mid", "wide", "round", "kiss"]
"""Shapes of a mouth, told apart as far as a drawing shows them; resources/room/mouth.js draws them."""

# ruff: noqa: RUF001 - these are the letters of the phonetic alphabet
_PHONEMES: Final[dict[MouthShape, str]] = {
    "closed": "mbp",
    "lip": "fv",
    "teeth": "szʃʒtdnθðç",
    "small": "lɹrkɡghŋjxɾʔ",
    "mid": "iɪeɛəɚɜɝᵻʌɐ",
    "wide": "aæɑɒ",
    "round": "oɔ",
    "kiss": "uʊw",
}
_SHAPE_OF: Final = {sign: shape for shape, signs in _PHONEMES.items() for sign in signs}
_ENVELOPE_STEP_S: Final = 0.04
_SHORTEST_S: Final = 0.035
_SHUTS_FROM_S: Final = 0.12
_SILENT_DB, _SOFT_DB, _LOUD_DB = -24.0, -12.0, -5.0


class Key(NamedTuple):
    """From `at_s` seconds on the mouth has this shape."""

    at_s: float
    shape: MouthShape


@dataclass(frozen=True)
class Speech:
    """Sound that was made: `pcm` is 16 bit little-endian, mono, `rate` samples a second."""

    rate: int
    pcm: bytes
    mouth: tuple[Key, ...]

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.pcm) / 2 / self.rate

    def message(self, number: int) -> dict[str, object]:
        """Return the room's `voice` message, which plays this as utterance `number`."""
        return {
            "type": "voice",
            "id": number,
            "rate": self.rate,
            "pcm": base64.b64encode(self.pcm).decode("ascii"),
            "mouth": [[round(key.at_s, 3), key.shape] for key in self.mouth],
        }


def joined(parts: Sequence[Speech]) -> Speech:
    """Return sentences of one rate as one utterance. Raises ValueError for none, or for several rates."""
    if len({part.rate for part in parts}) != 1:
        raise ValueError("sentences of one utterance have one rate")
    mouth: list[Key] = []
    at_s = 0.0
    for part in parts:
        mouth += [Key(at_s + key.at_s, key.shape) for key in part.mouth]
        at_s += part.duration_s
    return Speech(parts[0].rate, b"".join(part.pcm for part in parts), tuple(mouth))


def mouth_of_phonemes(phonemes: Sequence[tuple[str, int]], rate: int) -> tuple[Key, ...]:
    """Return the mouth's shapes for phonemes (IPA) and their lengths in samples.

    Marks, and gaps between words too short for a mouth to shut, belong to the sound before them.
    """
    keys: list[Key] = []
    at = 0
    for phoneme, samples in phonemes:
        shape = next((_SHAPE_OF[sign] for sign in phoneme if sign in _SHAPE_OF), None)
        if shape is None and samples < _SHUTS_FROM_S * rate and keys:
            shape = keys[-1].shape
        keys.append(Key(at / rate, shape or "rest"))
        at += samples
    return _tidy(keys, at / rate)


def mouth_of_sound(pcm: bytes, rate: int) -> tuple[Key, ...]:
    """Return the mouth's shapes by loudness alone, for voices that do not tell their phonemes.

    It opens and shuts where it should; lips that meet cannot be heard.
    """
    import numpy as np

    step = max(1, round(_ENVELOPE_STEP_S * rate))
    samples = np.frombuffer(pcm, "<i2").astype(np.float64) / 32768
    count = len(samples) // step
    if count == 0:
        return ()
    levels = 10 * np.log10(np.mean(samples[: count * step].reshape(count, step) ** 2, axis=1) + 1e-10)
    under_loudest = levels - np.percentile(levels, 95)
    shapes: list[MouthShape] = [
        "rest" if level < _SILENT_DB else "small" if level < _SOFT_DB else "mid" if level < _LOUD_DB else "wide"
        for level in under_loudest
    ]
    return _tidy([Key(n * step / rate, shape) for n, shape in enumerate(shapes)], count * step / rate)


def _tidy(keys: Sequence[Key], end_s: float) -> tuple[Key, ...]:
    """Leave out repeats, and shapes too short to be seen unless they are lips that meet; rest at the end."""
    seen = [
        key
        for key, following in pairwise([*_without_repeats(keys), Key(end_s, "rest")])
        if following.at_s - key.at_s >= _SHORTEST_S or key.shape in {"closed", "lip"}
    ]
    kept = _without_repeats(seen)
    if kept and kept[-1].shape != "rest":
        kept.append(Key(end_s, "rest"))
    return tuple(kept)


def _without_repeats(keys: Sequence[Key]) -> list[Key]:
    return [key for n, key in enumerate(keys) if n == 0 or keys[n - 1].shape != key.shape]
