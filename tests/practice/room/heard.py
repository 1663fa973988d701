"""What the real service hears of a recording that Chromium plays as its microphone, and what `analyse` hears in it."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from coach_desktop.practice.recordings import Task
from coach_desktop.tavus.delivery import MeasureName
from tests.browsing import browsed
from tests.practice.client import RATE, Samples, events
from tests.practice.conftest import running_service

if TYPE_CHECKING:
    from collections.abc import Sequence

COUNTS: tuple[MeasureName, ...] = ("words", "filler_sounds", "filler_words", "repeats")
_BROWSER = Path(__file__).with_name("room_browser.py")
_BEFORE_S, _BETWEEN_S, _AFTER_S = 4.0, 1.5, 3.0
_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Heard:
    """The counts of one recording, by the room and by `analyse`, and the room's text."""

    room: dict[MeasureName, float | None]
    analyse: dict[MeasureName, float | None]
    text: str


def joined(path: Path, clips: Sequence[Path]) -> float:
    """Write clips of 16 kHz one after the other, with silence around each, and return the length in seconds.

    It ends in silence: so Chromium goes on with that, and not with its last note.
    """
    quiet = {length: np.zeros(round(length * RATE), np.int16) for length in (_BEFORE_S, _BETWEEN_S, _AFTER_S)}
    parts = [quiet[_BEFORE_S]]
    for clip in clips:
        parts += [_samples(clip), quiet[_BETWEEN_S]]
    parts.append(quiet[_AFTER_S])
    sound = np.concatenate(parts)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(sound.astype("<i2").tobytes())
    return len(sound) / RATE


def heard(recording: Path, seconds: float, models: Path) -> Heard:
    """Let both hear it: the room in real time, without a camera and with a Chuck who is silent."""
    with running_service(models) as api:
        conversation = api.create()
        flags = (
            f"--use-fake-device-for-media-stream=device-count=0 --use-file-for-fake-audio-capture={recording}%noloop"
        )
        # A block of sound is 0.1 s: when all of them were sent, all was heard.
        step = f"room.audioBlocksSent >= {round(10 * seconds)}"
        patience = str(seconds + _PATIENCE_S)
        browsed(_BROWSER, conversation["conversation_url"], "--patience", patience, step, flags=flags)
        delivery = api.final_delivery(conversation["conversation_id"])
        told = api.verbose(conversation["conversation_id"])
    said = [one["properties"]["speech"] for one in events(told, "conversation.utterance")
            if one["properties"]["role"] == "user"]  # fmt: skip
    report = Task().run(recording, models, lambda _: None)
    return Heard(
        {name: delivery["measures"][name]["value"] for name in COUNTS},
        {name: report.measures[name].value for name in COUNTS},
        " ".join(said),
    )


def _samples(clip: Path) -> Samples:
    with wave.open(str(clip)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)
