"""Pictures that a decoder half guessed are left out, until one stands for itself, and always the same ones."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from av.video.stream import VideoStream

from tests.practice.test_media_file import read

if TYPE_CHECKING:
    from pathlib import Path

KEY_EVERY = 25
"""Pictures, and as many are a second."""


def moving(path: Path, codec: str) -> Path:
    """Write four seconds in which everything moves, with a picture that stands for itself each second."""
    ground = np.random.default_rng(3).integers(0, 255, (12, 40, 3), np.uint8).repeat(16, 0).repeat(16, 1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 256, 192, "yuv420p", KEY_EVERY
        stream.bit_rate = 2_000_000
        if codec == "libx264":
            stream.options = {"sc_threshold": "0", "bf": "2"}
        for number in range(100):
            shown = np.ascontiguousarray(ground[:, 3 * number : 3 * number + 256])
            frame = av.VideoFrame.from_ndarray(shown, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def damaged(path: Path, begin_s: float, end_s: float) -> Path:
    """Return a copy in which half of every packet between two times is other bytes."""
    content = bytearray(path.read_bytes())
    rng = np.random.default_rng(5)
    with av.open(str(path)) as container:
        for packet in container.demux(video=0):
            if packet.pos is None or packet.pts is None or packet.time_base is None:
                continue
            if begin_s <= packet.pts * packet.time_base < end_s:
                half = slice(packet.pos + packet.size // 2, packet.pos + packet.size)
                content[half] = rng.integers(0, 255, half.stop - half.start, np.uint8).tobytes()
    copy = path.with_stem("damaged")
    copy.write_bytes(content)
    return copy


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "libx264"), ("a.avi", "mpeg4"), ("b.mp4", "mpeg4")])
def test_what_follows_damage_is_left_out_until_a_picture_stands_for_itself(
    tmp_path: Path, name: str, codec: str
) -> None:
    whole, _, good = read(moving(tmp_path / name, codec))
    assert good.warnings() == []
    assert len(whole) == 40
    path = damaged(tmp_path / name, 1.3, 1.6)
    pictures, _, recording = read(path)
    taken = {round(picture.media_s, 2): bytes(picture.payload) for picture in pictures}
    same = {round(picture.media_s, 2): bytes(picture.payload) for picture in whole}
    # Not one that was smeared, and all that come before the damage and after the next key.
    assert {at_s for at_s, payload in taken.items() if payload != same[at_s]} == set()
    assert {at_s for at_s in same if at_s < 1.1 or at_s > 2.1} <= set(taken)
    assert not [at_s for at_s in taken if 1.5 < at_s < 1.9]
    [warning] = recording.warnings()
    assert warning in (
        "The picture was damaged from 0:01 to 0:02 and not measured.",
        "The picture was damaged at 0:01 and not measured.",
    )
    again, _, _ = read(path)
    assert [(one.media_s, bytes(one.payload)) for one in again] == [
        (one.media_s, bytes(one.payload)) for one in pictures
    ]


def test_damage_that_no_key_picture_follows_lasts_to_the_end(tmp_path: Path) -> None:
    pictures, _, recording = read(damaged(moving(tmp_path / "a.mp4", "libx264"), 3.2, 3.4))
    assert 3.0 <= max(picture.media_s for picture in pictures) < 3.3
    assert recording.end_s == pytest.approx(4.0, abs=0.1)
    assert recording.warnings() == ["The picture was damaged at 0:03 and not measured."]


def test_many_damaged_places_are_told_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    content = moving(path, "libx264")
    for begin_s in (0.5, 3.5):
        content = damaged(content, begin_s, begin_s + 0.1)
    _, _, recording = read(content)
    assert recording.warnings() == ["The picture was damaged from 0:00 to 0:01 and at 0:03 and not measured."]
