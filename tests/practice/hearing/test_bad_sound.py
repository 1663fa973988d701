"""Sound that is no talk of one person: music and two voices at once give no invented word, and no wrong figure."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from coach_desktop.practice.hearing.recogniser import Cutter, Piece, utterance_of
from coach_desktop.practice.hearing.voice import VoiceActivity
from coach_desktop.practice.hearing.whisper import Whisper
from coach_desktop.store import model_files

RATE = 16000


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Whisper:
    cache = tmp_path_factory.mktemp("models")
    found = {one.name.split("/")[1]: model_files.find(one, cache).read() for one in model_files.WHISPER_TINY_EN}
    return Whisper(found)


def cut(sound: NDArray[np.int16], voice: VoiceActivity) -> list[Piece]:
    cutter = Cutter()
    pieces = [piece for block in np.array_split(sound, 100) for piece in cutter.push(block, voice.push(block))]
    last = cutter.finish()
    return [*pieces, *([last] if last else [])]


def chords(seconds: float) -> NDArray[np.int16]:
    """Four chords of a plucked instrument, over and over, with a beat."""
    chance = np.random.default_rng(5)
    at = np.arange(round(seconds * RATE)) / RATE
    sound = np.zeros(len(at))
    for bar, notes in enumerate([(220, 277, 330), (196, 247, 294), (175, 220, 262), (165, 208, 247)] * 20):
        since = at - bar / 2
        pluck = np.where((since >= 0) & (since < 0.5), np.exp(-5 * np.clip(since, 0, 1)), 0.0)
        sound += sum(np.sin(2 * np.pi * hz * k * at) / k for hz in notes for k in (1, 2, 3)) * pluck
        sound += chance.standard_normal(len(at)) * np.where((since >= 0) & (since < 0.03), 0.5, 0.0)
    made: NDArray[np.int16] = np.clip(sound / np.abs(sound).max() * 12000, -32768, 32767).astype(np.int16)
    return made


def test_music_holds_no_word(network: Whisper, voice: VoiceActivity) -> None:
    music = chords(20.0)
    heard = [word for piece in cut(music, voice) for word in utterance_of(piece, network).words]
    assert heard == []
    # Also where the detector were deceived.
    assert utterance_of(Piece(0.0, 0.2, 9.8, music[: 10 * RATE]), network).words == ()


def test_two_who_speak_at_once_are_heard_in_order_and_in_bounds(
    network: Whisper, voice: VoiceActivity, sentences: list[NDArray[np.int16]]
) -> None:
    first = np.concatenate(sentences[:3]).astype(np.int32)
    second = np.concatenate(sentences[2:])[: len(first)].astype(np.int32)
    both = first // 2
    both[: len(second)] += second // 2
    pieces = cut(both.astype(np.int16), voice)
    words = [word for piece in pieces for word in utterance_of(piece, network).words]
    times = [edge for word in words for edge in (word.start_s, word.end_s)]
    assert times == sorted(times)
    assert all(0 <= at_s <= len(first) / RATE + 0.5 for at_s in times)
    # Nobody says more than six words a second, two of them neither.
    assert len(words) < 12 * len(first) / RATE


def test_sound_that_is_overdriven_is_heard_all_the_same(
    network: Whisper, voice: VoiceActivity, sentences: list[NDArray[np.int16]]
) -> None:
    overdriven = np.clip(np.concatenate(sentences[:2]).astype(np.int32) * 8, -32768, 32767).astype(np.int16)
    words = {word.bare for piece in cut(overdriven, voice) for word in utterance_of(piece, network).words}
    assert {"morning", "today"} & words


@pytest.mark.parametrize("name", ["acoustic_corpus"])
def test_a_talk_over_music_keeps_its_words(
    network: Whisper, voice: VoiceActivity, shared_data: Path, name: str
) -> None:
    with wave.open(str(shared_data / "data" / "speech" / f"{name}.wav")) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int32)[: 10 * RATE]
    mixed = np.clip(sound + chords(10.0).astype(np.int32) // 20, -32768, 32767).astype(np.int16)
    words = {word.bare for piece in cut(mixed, voice) for word in utterance_of(piece, network).words}
    assert {"corpus", "talking", "fast"} <= words
