"""The voices of this machine, and a page that plays what they say."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from coach_desktop.practice.speaking.programs import Espeak, Piper, installed
from coach_desktop.practice.speaking.speech import Speech
from tests.practice.client import RATE, Samples


@pytest.fixture
def espeak() -> Espeak:
    program = shutil.which("espeak-ng")
    if program is None:
        pytest.skip("espeak-ng is not installed")
    return Espeak(program)


@pytest.fixture
def piper(tmp_path: Path) -> Piper:
    found = [voice for voice in installed(tmp_path) if isinstance(voice, Piper)]
    if not found:
        pytest.skip("Piper is not installed in .venv-voice: `make setup` does it")
    return found[0]


def at_microphone(speech: Speech, *, loud: float = 1.0) -> Samples:
    """Return his sound as the page's microphone would send it."""
    samples = np.frombuffer(speech.pcm, "<i2").astype(float) * loud
    at = np.arange(int(len(samples) * RATE / speech.rate)) * speech.rate / RATE
    heard: Samples = np.interp(at, np.arange(len(samples)), samples).astype(np.int16)
    return heard


def program(folder: Path, code: str) -> Path:
    """Return a program that does this instead of what it is called for."""
    if sys.platform == "win32":
        pytest.skip("this program begins with a line that names its interpreter")
    path = folder / "program"
    path.write_text(f"#!{sys.executable}\n{code}\n")
    path.chmod(0o700)
    return path
