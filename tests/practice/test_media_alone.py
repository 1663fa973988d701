"""Where sound or picture of a film is much shorter than the other, that is told."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from tests.practice.recorded import film, grey, tone
from tests.practice.test_media_file import read

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("pictures_s", "sound_s", "told"),
    [
        (5.0, 12.0, ["The picture ends at 0:05; what came after was heard only."]),
        (12.0, 3.0, ["The sound ends at 0:03; what came after was seen only."]),
        (5.0, 6.8, []),
        (6.8, 5.0, []),
        (60.0, 57.5, []),
        (60.0, 56.0, ["The sound ends at 0:56; what came after was seen only."]),
    ],
)
def test_what_ends_long_before_the_other_is_told(
    tmp_path: Path, pictures_s: float, sound_s: float, told: list[str]
) -> None:
    path = film(tmp_path / "a.mp4", [grey()] * round(pictures_s * 10), tone(sound_s), fps=10)
    assert read(path)[2].warnings() == told


@pytest.mark.parametrize("late", ["picture", "sound"])
def test_what_begins_long_after_the_other_is_told(tmp_path: Path, late: str) -> None:
    path = tmp_path / "a.mkv"
    begin_s = {"picture": 0, "sound": 0} | {late: 4}
    with av.open(str(path), "w") as container:
        video, audio = container.add_stream("mpeg4", rate=10), container.add_stream("pcm_s16le", rate=16000)
        assert isinstance(video, VideoStream)
        assert isinstance(audio, AudioStream)
        video.width, video.height, video.pix_fmt, audio.layout = 64, 48, "yuv420p", "mono"
        for number in range(10 * begin_s["picture"], 100):
            frame = av.VideoFrame.from_ndarray(grey(), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        heard = (tone(10.0 - begin_s["sound"]) * 32767).astype(np.int16).reshape(1, -1)
        sound = av.AudioFrame.from_ndarray(heard, format="s16", layout="mono")
        sound.sample_rate, sound.pts, sound.time_base = 16000, 16000 * begin_s["sound"], Fraction(1, 16000)
        container.mux([*audio.encode(sound), *audio.encode(None)])
    how = {"picture": "heard", "sound": "seen"}[late]
    assert read(path)[2].warnings() == [f"The {late} begins at 0:04; what came before was {how} only."]


def test_a_film_without_sound_has_nothing_alone(tmp_path: Path) -> None:
    assert read(film(tmp_path / "a.mp4", [grey()] * 50, fps=10))[2].warnings() == []
