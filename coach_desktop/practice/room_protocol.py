"""What a room's page may send, read strictly. What the service sends is built where it is known.

Text messages are JSON objects with a `type`. Binary messages carry one frame or one block of sound behind a header
of 20 bytes, little-endian `<BBHIdHH`: kind, format, reserved 0, seq, media time in seconds, width, height.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, StrictInt, StringConstraints, TypeAdapter, ValidationError

VERSION = 1
HEADER = struct.Struct("<BBHIdHH")
VIDEO, AUDIO = 1, 2
PCM16 = 1
I420, NV12, RGBA = 1, 2, 3
MAX_SIDE = 4096
SAMPLE_RATE = 16000
MAX_SAMPLES = SAMPLE_RATE
MAX_TEXT = 16 * 1024
# One I420 frame of 3840 x 2160 fits.
MAX_MESSAGE = 13 * 1024 * 1024
# No clock of a page reaches a thousand years; beyond that a float no longer holds milliseconds.
_MAX_MEDIA_S = 3.2e10
_MAX_DETAIL = 300

UNSUPPORTED, POLICY = 1003, 1008


class ProtocolError(Exception):
    """A message that no page of ours sends. `code` is the WebSocket close code; the reason is for the log, too."""

    def __init__(self, code: int, reason: str) -> None:
        """Keep both."""
        super().__init__(reason)
        self.code = code
        self.reason = reason


class DeviceState(StrEnum):
    """What has become of a camera or microphone."""

    ON = "on"
    PENDING = "pending"
    DENIED = "denied"
    MISSING = "missing"
    ENDED = "ended"
    FAILED = "failed"
    OFF = "off"


# What is only switched off, by the user or for a moment by the system, may come back.
GIVEN_UP = {DeviceState.DENIED, DeviceState.MISSING, DeviceState.FAILED, DeviceState.ENDED}


class Hello(BaseModel):
    """The first message of every connection."""

    type: Literal["hello"]
    version: StrictInt


DeviceId = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{16,64})?$")]


class Devices(BaseModel):
    """The state of both devices; sent whenever one changes.

    `camera_id` stays the same for the same camera and says nothing else about it: a hash of its name, or empty.
    So does `microphone_id`, which is empty also where the browser changes the gain by itself.
    """

    type: Literal["devices"]
    camera: DeviceState
    microphone: DeviceState
    detail: str = ""
    camera_id: DeviceId = ""
    microphone_id: DeviceId = ""


class Leave(BaseModel):
    """The user pressed End in the page."""

    type: Literal["leave"]


class Calibrate(BaseModel):
    """The user wants to look at the camera for three seconds."""

    type: Literal["calibrate"]


class VoiceReport(BaseModel):
    """What became of the coach's voice in the page: an utterance began or ended, or the user switched it off or on.

    `id` is the utterance's; `stopped` is an end before its time.
    """

    type: Literal["voice"]
    state: Literal["started", "ended", "stopped", "off", "on"]
    id: StrictInt = 0


PageMessage = Hello | Devices | Leave | Calibrate | VoiceReport
_PAGE_MESSAGE: TypeAdapter[PageMessage] = TypeAdapter(PageMessage)


@dataclass(frozen=True)
class VideoFrame:
    """One packed camera frame; `media_s` is the camera's own time, from any origin."""

    seq: int
    media_s: float
    format: int
    width: int
    height: int
    payload: memoryview


@dataclass(frozen=True)
class AudioBlock:
    """A block of PCM, 16 bit little-endian, mono, 16 kHz; `media_s` is the index of its first sample / 16000."""

    seq: int
    media_s: float
    payload: memoryview

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.payload) / 2 / SAMPLE_RATE


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def read_text(text: str) -> PageMessage:
    """Read a text message. Raises `ProtocolError`."""
    if len(text) > MAX_TEXT:
        raise ProtocolError(POLICY, "a text message is too long")
    try:
        message = _PAGE_MESSAGE.validate_python(json.loads(text, parse_constant=_no_constant))
    except ValidationError as error:
        raise ProtocolError(UNSUPPORTED, "a text message is none of this protocol") from error
    except (ValueError, RecursionError) as error:
        raise ProtocolError(UNSUPPORTED, "a text message is not JSON") from error
    if isinstance(message, Devices):
        # The detail ends up in the log and in the report: one line, of a length that fits there.
        detail = " ".join(message.detail.split())[:_MAX_DETAIL]
        return message.model_copy(update={"detail": "".join(c for c in detail if c.isprintable())})
    return message


def read_binary(data: bytes) -> VideoFrame | AudioBlock:
    """Read a binary message. Raises `ProtocolError`."""
    if len(data) < HEADER.size:
        raise ProtocolError(UNSUPPORTED, "a binary message is shorter than its header")
    kind, fmt, reserved, seq, media_s, width, height = HEADER.unpack_from(data)
    if reserved != 0:
        raise ProtocolError(UNSUPPORTED, "a reserved field is not zero")
    if not math.isfinite(media_s) or abs(media_s) > _MAX_MEDIA_S:
        raise ProtocolError(UNSUPPORTED, "a media time is out of range")
    payload = memoryview(data)[HEADER.size :]
    if kind == AUDIO:
        return _audio(fmt, seq, media_s, width, height, payload)
    if kind == VIDEO:
        return _video(fmt, seq, media_s, width, height, payload)
    raise ProtocolError(UNSUPPORTED, "a binary message is neither video nor audio")


def _audio(fmt: int, seq: int, media_s: float, width: int, height: int, payload: memoryview) -> AudioBlock:
    samples, odd = divmod(len(payload), 2)
    if fmt != PCM16 or width or height or odd or not 1 <= samples <= MAX_SAMPLES:
        raise ProtocolError(UNSUPPORTED, "a block of sound is not what its header says")
    return AudioBlock(seq, media_s, payload)


def _video(fmt: int, seq: int, media_s: float, width: int, height: int, payload: memoryview) -> VideoFrame:
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise ProtocolError(UNSUPPORTED, "a frame has an impossible size")
    if len(payload) != frame_bytes(fmt, width, height):
        raise ProtocolError(UNSUPPORTED, "a frame is not what its header says")
    return VideoFrame(seq, media_s, fmt, width, height, payload)


def frame_bytes(fmt: int, width: int, height: int) -> int | None:
    """Return the size of a packed frame, None for an unknown format.

    `seeing.frames` knows it, too, but with numpy, whose import would hold up the event loop at the very first frame.
    """
    if fmt == RGBA:
        return 4 * width * height
    if fmt in {I420, NV12}:
        return width * height + 2 * ((width + 1) // 2) * ((height + 1) // 2)
    return None
