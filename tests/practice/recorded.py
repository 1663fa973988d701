"""Recordings to test with, made by PyAV itself: sound and pictures of any form, whole and damaged."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from coach_desktop.practice import keeping

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FPS = 25


def tone(seconds: float, rate: int = 16000, hz: float = 300.0, level: float = 0.25) -> NDArray[np.float32]:
    second = np.arange(round(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * hz * second)).astype(np.float32)


def wav(path: Path, sound: NDArray[Any], rate: int = 16000, codec: str = "pcm_s16le", channels: int = 1) -> Path:
    """Write sound (float [n], or [n, channels]) from -1 to 1 as a WAV file of any rate and codec."""
    layout = "mono" if channels == 1 else "stereo"
    packed = np.ascontiguousarray(np.asarray(sound, np.float32).reshape(1, -1))
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        assert isinstance(stream, AudioStream)
        if codec.startswith("pcm_f"):
            frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=layout)
        else:
            whole = np.round(packed * 32767).clip(-32768, 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(whole, format="s16", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return path


def film(
    path: Path,
    pictures: list[NDArray[np.uint8]],
    sound: NDArray[np.float32] | None = None,
    *,
    fps: int = FPS,
    rotation: int = 0,
    codec: str = "libx264",
) -> Path:
    """Write pictures (height x width x 3), and sound at 16 kHz beside them, as a film."""
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=fps)
        assert isinstance(video, VideoStream)
        video.options = {"preset": "ultrafast"} if codec == "libx264" else {}
        video.height, video.width = pictures[0].shape[:2]
        video.pix_fmt = "yuv444p" if codec == "libx264" else "yuv420p"
        if rotation:
            video.set_display_rotation(rotation)
        audio = container.add_stream("aac", rate=16000, layout="mono") if sound is not None else None
        assert audio is None or isinstance(audio, AudioStream)
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None and sound is not None:
            spoken = av.AudioFrame.from_ndarray(sound.reshape(1, -1), format="fltp", layout="mono")
            spoken.sample_rate, spoken.pts, spoken.time_base = 16000, 0, Fraction(1, 16000)
            container.mux(audio.encode(spoken))
            container.mux(audio.encode(None))
    return path


def grey(width: int = 64, height: int = 48, level: int = 128) -> NDArray[np.uint8]:
    return np.full((height, width, 3), level, np.uint8)


def kept_sound(path: Path, size: int = 8000) -> NDArray[np.int16]:
    """Return the sound of a talk that was kept, int16 [2, n]: the user, and Chuck; read in pieces of this size."""
    return np.concatenate(list(keeping.pieces(path, size)), axis=1)
