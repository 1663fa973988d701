"""What must hold of all that arrives from a room, whatever happens to it."""

from __future__ import annotations

import math
from typing import Any

from tests.practice.room.room_service import Packet

LIVE: tuple[float, dict[str, Any]] = (0.0, {"type": "live"})
ON_AIR = "room.framesAcked > 30 && room.audioBlocksSent > 30"


def _payload_size(packet: Packet) -> int:
    luma = packet.width * packet.height
    chroma = math.ceil(packet.width / 2) * math.ceil(packet.height / 2)
    return {1: luma + 2 * chroma, 2: luma + 2 * chroma, 3: 4 * luma}[packet.format]


def assert_whole_frames(frames: list[Packet]) -> None:
    assert [frame.seq for frame in frames] == list(range(len(frames)))
    for frame in frames:
        assert frame.reserved == 0
        assert len(frame.payload) == _payload_size(frame)
    times = [frame.media_s for frame in frames]
    assert times == sorted(set(times))


def rate(frames: list[Packet]) -> float:
    """Return frames a second by the camera's own clock, so that a busy machine is no failure of the page."""
    return (len(frames) - 1) / (frames[-1].media_s - frames[0].media_s)


def assert_unbroken_sound(blocks: list[Packet]) -> None:
    """Allow gaps only in the first second, where the browser moves its audio graph to the thread of its own."""
    assert blocks
    assert [block.seq for block in blocks] == list(range(len(blocks)))
    for block in blocks:
        assert (block.format, block.width, block.height, block.reserved) == (1, 0, 0, 0)
    firsts = [round(block.media_s * 16000) for block in blocks]
    assert [first / 16000 for first in firsts] == [block.media_s for block in blocks]
    for block, first, following in zip(blocks, firsts, firsts[1:], strict=False):
        end = first + len(block.payload) // 2
        assert following >= end
        if first > firsts[0] + 16000:
            assert len(block.payload) == 3200
            assert following == end
