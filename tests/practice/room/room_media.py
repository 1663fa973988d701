"""Files for Chromium's file camera and microphone, made from what the tests' packages already carry."""

from __future__ import annotations

import importlib.metadata
import io
import wave
from pathlib import Path

import numpy as np
from PIL import Image

FACE_BOX = (120, 10, 360, 190)


def _astronaut() -> Image.Image:
    files = importlib.metadata.files("scikit-image") or []
    carrier = next(file for file in files if file.name == "astronaut.png")
    with Image.open(str(carrier.locate())) as picture:
        return picture.convert("RGB")


def camera_file(path: Path, *, size: tuple[int, int] = (640, 480), frames: int = 30) -> Path:
    """Write a .mjpeg of a face that sways a little; Chromium plays it in a loop at 30 frames a second."""
    picture = _astronaut()
    stream = io.BytesIO()
    for number in range(frames):
        left, top, right, bottom = FACE_BOX
        sway = round(6 * np.sin(2 * np.pi * number / frames))
        view = picture.resize(size, box=(left + sway, top, right + sway, bottom))
        view.save(stream, "JPEG", quality=85)
    path.write_bytes(stream.getvalue())
    return path


def microphone_file(path: Path, *, seconds: float = 10.0, tone_hz: float = 1000.0) -> Path:
    """Write a .wav with a steady tone at half of full scale, 48 kHz mono, whole periods only."""
    rate = 48000
    t = np.arange(round(seconds * rate)) / rate
    samples = np.round(0.5 * 32767 * np.sin(2 * np.pi * tone_hz * t)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


def device_flags(camera: Path, microphone: Path) -> str:
    """Return Chromium's flags for files as the one camera and the one microphone."""
    return (
        f"--use-fake-device-for-media-stream --use-file-for-fake-video-capture={camera}"
        f" --use-file-for-fake-audio-capture={microphone}"
    )
