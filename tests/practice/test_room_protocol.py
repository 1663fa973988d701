"""Whatever a page sends is read or refused, never more."""

from __future__ import annotations

import json
import math
import struct
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.practice.room_protocol import (
    MAX_SAMPLES,
    MAX_SIDE,
    MAX_TEXT,
    AudioBlock,
    Calibrate,
    Devices,
    DeviceState,
    Hello,
    Leave,
    ProtocolError,
    VideoFrame,
    frame_bytes,
    read_binary,
    read_text,
)
from coach_desktop.practice.seeing import frames
from tests.practice.client import header

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
)
STATES = st.sampled_from([state.value for state in DeviceState])


def test_each_text_message_is_read() -> None:
    assert read_text('{"type": "hello", "version": 1}') == Hello(type="hello", version=1)
    assert read_text('{"type": "leave", "later": "field"}') == Leave(type="leave")
    assert read_text('{"type": "calibrate"}') == Calibrate(type="calibrate")


@pytest.mark.parametrize("field", ["camera_id", "microphone_id"])
@pytest.mark.parametrize("name", ["FaceTime HD", "../../etc", "a" * 65, "abc", "A1" * 16, "a1" * 16 + "\n"])
def test_a_device_is_known_by_a_hash_and_nothing_else(field: str, name: str) -> None:
    message = {"type": "devices", "camera": "on", "microphone": "on", field: name}
    with pytest.raises(ProtocolError):
        read_text(json.dumps(message))
    known = read_text(json.dumps(message | {field: "a1" * 16}))
    assert isinstance(known, Devices)
    assert getattr(known, field) == "a1" * 16


@given(STATES, STATES, st.text())
def test_devices_are_read_with_a_detail_fit_for_a_log(camera: str, microphone: str, detail: str) -> None:
    text = json.dumps({"type": "devices", "camera": camera, "microphone": microphone, "detail": detail})
    if len(text) > MAX_TEXT:
        return
    devices = read_text(text)
    assert isinstance(devices, Devices)
    assert (devices.camera, devices.microphone) == (camera, microphone)
    assert len(devices.detail) <= 300
    assert all(character.isprintable() for character in devices.detail)


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "[]", "{}", '"hello"', '{"type": "hello"}', '{"type": "hello", "version": "1"}',
        '{"type": "hello", "version": true}', '{"type": "other"}', '{"type": ["hello"], "version": 1}',
        '{"type": "devices", "camera": "open", "microphone": "on"}', '{"type": "devices", "camera": "on"}',
        '{"type": "devices", "camera": "on", "microphone": "on", "detail": 1}', '{"type": "hello", "version": NaN}',
        "[" * 9_000, "9" * 9_000, '{"type": "leave", "x": "' + "x" * MAX_TEXT + '"}',
    ],
)  # fmt: skip
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        read_text(text)
    assert refused.value.code in {1003, 1008}


@given(st.text() | JSON.map(json.dumps))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ProtocolError):
        assert isinstance(read_text(text), Hello | Devices | Leave)


SIZES: dict[int, Any] = {
    1: lambda w, h: w * h + 2 * (-(-w // 2)) * (-(-h // 2)),
    2: lambda w, h: w * h + 2 * (-(-w // 2)) * (-(-h // 2)),
    3: lambda w, h: 4 * w * h,
}


@given(
    st.sampled_from([1, 2, 3]),
    st.integers(0, 2**32 - 1),
    st.floats(-1e9, 1e9),
    st.integers(1, 40),
    st.integers(1, 40),
)
def test_a_frame_comes_back_as_it_was_sent(fmt: int, seq: int, media_s: float, width: int, height: int) -> None:
    payload = bytes(i % 251 for i in range(SIZES[fmt](width, height)))
    frame = read_binary(header(1, fmt, seq, media_s, width, height) + payload)
    assert frame == VideoFrame(seq, media_s, fmt, width, height, memoryview(payload))
    for wrong in (payload[:-1], payload + b"\0"):
        with pytest.raises(ProtocolError):
            read_binary(header(1, fmt, seq, media_s, width, height) + wrong)


@given(st.integers(0, 2**32 - 1), st.integers(0, 10**9), st.integers(1, 300))
def test_a_block_of_sound_comes_back_as_it_was_sent(seq: int, first: int, samples: int) -> None:
    payload = b"\x01\x02" * samples
    block = read_binary(header(2, 1, seq, first / 16000, 0, 0) + payload)
    assert block == AudioBlock(seq, first / 16000, memoryview(payload))
    assert isinstance(block, AudioBlock)
    assert block.duration_s == samples / 16000


@given(st.integers(0, 5), st.integers(0, 5000), st.integers(0, 5000))
def test_the_eyes_take_what_the_protocol_lets_in(fmt: int, width: int, height: int) -> None:
    accepted = 1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE and frame_bytes(fmt, width, height)
    if accepted:
        assert frames.payload_size(fmt, width, height) == accepted
    else:
        with pytest.raises(frames.FrameError):
            frames.payload_size(fmt, width, height)


BAD = {
    "nothing": b"",
    "half a header": header(2, 1, 0, 0, 0, 0)[:-1],
    "no samples": header(2, 1, 0, 0, 0, 0),
    "half a sample": header(2, 1, 0, 0, 0, 0) + b"\0\0\0",
    "too many samples": header(2, 1, 0, 0, 0, 0) + b"\0\0" * (MAX_SAMPLES + 1),
    "sound with a width": header(2, 1, 0, 0, 1, 0) + b"\0\0",
    "another sound format": header(2, 2, 0, 0, 0, 0) + b"\0\0",
    "another picture format": header(1, 4, 0, 0, 2, 2) + b"\0" * 6,
    "no pixels": header(1, 1, 0, 0, 0, 0),
    "one side": header(1, 1, 0, 0, 5, 0),
    "a gigantic claim": header(1, 3, 0, 0, 65535, 65535),
    "another kind": header(3, 1, 0, 0, 0, 0) + b"\0\0",
    "kind zero": header(0, 1, 0, 0, 0, 0) + b"\0\0",
    "reserved": header(2, 1, 0, 0, 0, 0, reserved=1) + b"\0\0",
    "no number": header(2, 1, 0, math.nan, 0, 0) + b"\0\0",
    "endless": header(2, 1, 0, -math.inf, 0, 0) + b"\0\0",
    "far away": header(2, 1, 0, 1e300, 0, 0) + b"\0\0",
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD.keys())
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError) as refused:
        read_binary(data)
    assert refused.value.code in {1003, 1008}


HEADERS = st.builds(
    struct.Struct("<BBHIdHH").pack,
    st.integers(0, 4),
    st.integers(0, 4),
    st.sampled_from([0, 0, 0, 1]),
    st.integers(0, 2**32 - 1),
    st.floats(),
    st.integers(0, 8) | st.integers(0, 65535),
    st.integers(0, 8) | st.integers(0, 65535),
)


@given(st.binary(max_size=80) | st.builds(bytes.__add__, HEADERS, st.binary(max_size=80)))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        block = read_binary(data)
    except ProtocolError:
        return
    assert math.isfinite(block.media_s)
    assert len(block.payload) == len(data) - 20
