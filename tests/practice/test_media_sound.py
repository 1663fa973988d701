"""The channels of a recording become one, and none of them is lost by it."""

from __future__ import annotations

import subprocess
import wave
from typing import TYPE_CHECKING

import imageio_ffmpeg
import numpy as np
import pytest

from tests.practice.recorded import tone, wav
from tests.practice.test_media_file import read, samples

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def heard(path: Path, left: NDArray[np.float32], right: NDArray[np.float32], codec: str) -> NDArray[np.float64]:
    both = np.stack([left, right], axis=1)
    return samples(read(wav(path, both, codec=codec, channels=2))[1]).astype(np.float64) / 32768


@pytest.mark.parametrize("codec", ["pcm_s16le", "pcm_f32le", "pcm_u8"])
def test_of_channels_that_cancel_each_other_one_is_heard(tmp_path: Path, codec: str) -> None:
    said = tone(3.0)
    # Pauses of whole silence, and a channel that is a bit louder than the other now and then.
    said[16000:24000] = 0
    uneven = (1 + 0.05 * np.sin(np.arange(len(said)) / 3000)).astype(np.float32)
    if codec == "pcm_u8":
        path = eight_bits(tmp_path / "a.wav", np.stack([said, -said * uneven], axis=1))
        one = samples(read(path)[1]).astype(np.float64) / 32768
    else:
        one = heard(tmp_path / "a.wav", said, -said * uneven, codec)
    assert len(one) == len(said)
    assert np.abs(one - said).max() < 0.02


def eight_bits(path: Path, sound: NDArray[np.float32]) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 1, 16000, 0, "NONE", ""))
        file.writeframes(np.round(128 + 127 * sound).astype(np.uint8).tobytes())
    return path


def test_channels_that_do_not_cancel_are_heard_together(tmp_path: Path) -> None:
    left, right = tone(2.0, hz=300), tone(2.0, hz=1000)
    assert np.abs(heard(tmp_path / "a.wav", left, right, "pcm_f32le") - (left + right) / 2).max() < 0.01
    silent = np.zeros_like(left)
    assert np.abs(heard(tmp_path / "b.wav", silent, right, "pcm_s16le") - right / 2).max() < 0.01
    # Less of the one than of the other: some of both is left.
    assert np.abs(heard(tmp_path / "c.wav", left, -left * 0.5, "pcm_s16le") - left / 4).max() < 0.01


def test_silence_of_two_channels_is_silence(tmp_path: Path) -> None:
    silent = np.zeros(32000, np.float32)
    one = heard(tmp_path / "a.wav", silent, silent, "pcm_s16le")
    assert len(one) == 32000
    assert not one.any()


@pytest.mark.parametrize("count", [3, 6, 12])
def test_any_number_of_channels_may_cancel_each_other(tmp_path: Path, count: int) -> None:
    said = np.zeros((48000, count))
    said[:, 0], said[:, count - 1] = tone(3.0), -tone(3.0)
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((count, 2, 16000, 0, "NONE", ""))
        file.writeframes(np.round(32767 * said).astype("<i2").tobytes())
    one = samples(read(tmp_path / "a.wav")[1])
    assert np.abs(one).max() > 0.1 * 32768


def test_channels_that_cannot_be_compared_are_heard_together(tmp_path: Path) -> None:
    encoder, hum = imageio_ffmpeg.get_ffmpeg_exe(), ["-f", "lavfi", "-i", "sine=duration=2:sample_rate=16000"]
    command = [encoder, "-v", "error", *hum, "-ac", "2", "-c:a", "pcm_s64le", str(tmp_path / "a.wav")]
    subprocess.run(command, check=True)
    assert np.abs(samples(read(tmp_path / "a.wav")[1])).max() > 1000
