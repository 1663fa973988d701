"""Sound for the ears: the real network, speech made by espeak-ng, and noises that are no speech."""

from __future__ import annotations

import io
import shutil
import subprocess
import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest

from coach_desktop.practice.hearing.pitch import PitchNetwork
from coach_desktop.practice.hearing.voice import VoiceActivity
from coach_desktop.store import model_files

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

RATE = 16000
SENTENCES = (
    "Good morning everybody and thank you for coming.",
    "Today I would like to talk about the harbour.",
    "It has been the heart of our town for many years.",
    "Every morning the fishing boats leave before sunrise.",
    "I hope that you will come and see it one day.",
)


@pytest.fixture(scope="session")
def voice_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return model_files.find(model_files.VOICE_ACTIVITY, tmp_path_factory.mktemp("models")).path


@pytest.fixture
def voice(voice_model: Path) -> VoiceActivity:
    return VoiceActivity(voice_model)


@pytest.fixture(scope="session")
def pitch_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return model_files.find(model_files.PITCH, tmp_path_factory.mktemp("models")).path


@pytest.fixture
def pitch(pitch_model: Path) -> PitchNetwork:
    return PitchNetwork(pitch_model)


def _resampled(sound: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    count = round(len(sound) * RATE / rate)
    spectrum = np.fft.rfft(sound)[: count // 2 + 1]
    resampled: NDArray[np.float64] = np.fft.irfft(spectrum, count) * count / len(sound)
    return resampled


def _said(sentence: str) -> NDArray[np.int16]:
    """One sentence, int16, 16 kHz, cut at its first and last audible 10 ms."""
    made = subprocess.run(
        ["espeak-ng", "-v", "en-us", "--stdout", sentence], check=True, capture_output=True, timeout=60
    )
    with wave.open(io.BytesIO(made.stdout)) as file:
        rate = file.getframerate()
        # espeak-ng writes to a pipe and cannot know the length that its header claims.
        sound = np.frombuffer(file.readframes(1 << 24), "<i2").astype(np.float64)
    sound = _resampled(sound, rate)
    hops = sound[: len(sound) // 160 * 160].reshape(-1, 160)
    loud = np.flatnonzero(np.abs(hops).max(axis=1) > 300)
    return np.clip(hops[loud[0] : loud[-1] + 1].reshape(-1), -32768, 32767).astype(np.int16)


@pytest.fixture(scope="session")
def sentences() -> list[NDArray[np.int16]]:
    if shutil.which("espeak-ng") is None:
        pytest.skip("the program espeak-ng is not on the PATH")
    return [_said(sentence) for sentence in SENTENCES]


@pytest.fixture(scope="session")
def noises() -> dict[str, NDArray[np.int16]]:
    """20 s each of what a microphone hears when nobody speaks, int16, 16 kHz."""
    chance = np.random.default_rng(7)
    second = np.arange(20 * RATE) / RATE
    white = chance.standard_normal(len(second))
    spectrum = np.fft.rfft(white) / np.sqrt(np.maximum(1, np.arange(len(second) // 2 + 1)))
    pink = np.fft.irfft(spectrum, len(second))
    hum = sum(np.sin(2 * np.pi * 50 * k * second + k) / k for k in range(1, 8))
    clicks = np.convolve((np.arange(len(second)) % 8000 == 0) * 1.0, np.exp(-np.arange(400) / 60), "same")
    made = {
        "digital zero": np.zeros(len(second)),
        "dither": chance.integers(-1, 2, len(second)) / 32768,
        "white noise": _at_level(white, -40),
        "loud pink noise": _at_level(pink, -20),
        "low pink noise": _at_level(pink, -65),
        "mains hum": _at_level(np.asarray(hum), -30),
        "tone of 1 kHz": _at_level(np.sin(2 * np.pi * 1000 * second), -20),
        "clicks": _at_level(clicks, -30),
    }
    return {name: np.clip(sound * 32768, -32768, 32767).astype(np.int16) for name, sound in made.items()}


def _at_level(sound: NDArray[np.float64], level_db: float) -> NDArray[np.float64]:
    scaled: NDArray[np.float64] = sound / np.sqrt(np.mean(sound**2)) * 10 ** (level_db / 20)
    return scaled
