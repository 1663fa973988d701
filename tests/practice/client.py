"""What the tests of the service share: an HTTP client, a page's side of the WebSocket, and real pictures and sound."""

from __future__ import annotations

import io
import json
import shutil
import struct
import subprocess
import time
import wave
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import numpy as np
import pytest
import requests
from numpy.typing import NDArray
from PIL import Image
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

RATE = 16000
BLOCK = 1600
LOCAL = {"persona_id": "pchuck0local"}

Rgb = NDArray[np.uint8]
Samples = NDArray[np.int16]


class Api:
    """Calls the service as its app does."""

    def __init__(self, base_url: str, api_key: str, stop_service: Callable[[], None] = lambda: None) -> None:
        self.base_url = base_url
        self.stop_service = stop_service
        self.api_key = api_key
        self.origin = base_url.removesuffix("/v2")
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["x-api-key"] = api_key

    def close(self) -> None:
        self._session.close()

    def call(self, method: str, path: str, **rest: Any) -> requests.Response:
        return self._session.request(method, self.base_url + path, timeout=60, allow_redirects=False, **rest)

    def get(self, path: str, **rest: Any) -> requests.Response:
        return self.call("GET", path, **rest)

    def post(self, path: str, **rest: Any) -> requests.Response:
        return self.call("POST", path, **rest)

    def create(self, **fields: Any) -> dict[str, Any]:
        answer = self.post("/conversations", json=LOCAL | fields)
        assert answer.status_code == 200, answer.text
        created: dict[str, Any] = answer.json()
        return created

    def verbose(self, conversation_id: str) -> dict[str, Any]:
        answer = self.get(f"/conversations/{conversation_id}", params={"verbose": "true"})
        assert answer.status_code == 200, answer.text
        conversation: dict[str, Any] = answer.json()
        return conversation

    def end(self, conversation_id: str) -> None:
        answer = self.post(f"/conversations/{conversation_id}/end")
        assert (answer.status_code, answer.content) == (200, b"")

    def final_delivery(self, conversation_id: str) -> dict[str, Any]:
        """End a conversation and wait for its final measures."""
        self.end(conversation_id)
        delivery: dict[str, Any] = {}

        def is_final() -> bool:
            nonlocal delivery
            [event] = events(self.verbose(conversation_id), "application.delivery")
            delivery = event["properties"]
            return bool(delivery["final"])

        wait_until(is_final)
        return delivery

    def enter(self, conversation: dict[str, Any], **options: Any) -> Page:
        return Page(conversation["conversation_url"], token=conversation.get("meeting_token"), **options)


class Page(AbstractContextManager["Page"]):
    """A room's page, as far as the wire goes. Keeps every message that came."""

    def __init__(self, room_url: str, *, token: str | None = None, hello: bool = True, **options: Any) -> None:
        parts = urlsplit(room_url)
        query = f"?t={token}" if token else ""
        self.messages: list[dict[str, Any]] = []
        self.socket: ClientConnection
        self._seq = {1: 0, 2: 0}
        self._hello = hello
        self._address = f"ws://{parts.netloc}{parts.path}/stream{query}"
        self._options: dict[str, Any] = {"proxy": None, "max_size": None, "close_timeout": 2, **options}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self.socket = self._stack.enter_context(connect(self._address, **self._options))
        if self._hello:
            self.send({"type": "hello", "version": 1})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    def send(self, message: dict[str, Any]) -> None:
        self.socket.send(json.dumps(message))

    def devices(self, camera: str, microphone: str, detail: str = "") -> None:
        self.send({"type": "devices", "camera": camera, "microphone": microphone, "detail": detail})

    def frame(self, media_s: float, payload: bytes, width: int, height: int, fmt: int = 1) -> int:
        return self._binary(1, fmt, media_s, width, height, payload)

    def sound(self, media_s: float, samples: Samples) -> int:
        return self._binary(2, 1, media_s, 0, 0, samples.astype("<i2").tobytes())

    def _binary(self, kind: int, fmt: int, media_s: float, width: int, height: int, payload: bytes) -> int:
        seq = self._seq[kind]
        self._seq[kind] += 1
        self.socket.send(header(kind, fmt, seq, media_s, width, height) + payload)
        return seq

    def read(self, timeout: float = 60.0) -> dict[str, Any]:
        text = self.socket.recv(timeout)
        assert isinstance(text, str)
        message: dict[str, Any] = json.loads(text)
        self.messages.append(message)
        return message

    def until(self, kind: str, timeout: float = 60.0) -> dict[str, Any]:
        """Read on until a message of this type comes."""
        deadline = time.monotonic() + timeout
        while (message := self.read(max(0.01, deadline - time.monotonic())))["type"] != kind:
            pass
        return message

    def read_to_close(self, timeout: float = 60.0) -> tuple[int, str]:
        """Read all that still comes and return the close code and reason."""
        deadline = time.monotonic() + timeout
        try:
            while True:
                self.read(max(0.01, deadline - time.monotonic()))
        except ConnectionClosed as closed:
            frame = closed.rcvd
            return (frame.code, frame.reason) if frame else (1006, "")

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["type"] == kind]


def header(kind: int, fmt: int, seq: int, media_s: float, width: int, height: int, reserved: int = 0) -> bytes:
    return struct.pack("<BBHIdHH", kind, fmt, reserved, seq, media_s, width, height)


def events(conversation: dict[str, Any], event_type: str) -> list[dict[str, Any]]:
    return [event for event in conversation["events"] if event["event_type"] == event_type]


def wait_until(condition: Callable[[], bool], timeout: float = 60.0) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


def astronaut() -> Rgb:
    """A face that looks near the camera, 512 x 512; from a wheel that is read as files and never imported."""
    try:
        files = metadata.files("scikit-image") or []
    except metadata.PackageNotFoundError:
        pytest.skip("the scikit-image wheel, which carries the picture, is not installed")
    [found] = [file for file in files if file.as_posix() == "skimage/data/astronaut.png"]
    with Image.open(Path(str(found.locate()))) as picture:
        return np.asarray(picture.convert("RGB"))


def i420(rgb: Rgb) -> tuple[bytes, int, int]:
    """Return a picture as a browser's camera frame: BT.601, limited range; with its width and height."""
    height, width = (side - side % 2 for side in rgb.shape[:2])
    red, green, blue = (rgb[:height, :width, i].astype(float) for i in range(3))
    luma = 16 + (65.481 * red + 128.553 * green + 24.966 * blue) / 255
    cb = 128 + (-37.797 * red - 74.203 * green + 112.0 * blue) / 255
    cr = 128 + (112.0 * red - 93.786 * green - 18.214 * blue) / 255
    small = [plane.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3)) for plane in (cb, cr)]
    return b"".join(np.round(plane).astype(np.uint8).tobytes() for plane in (luma, *small)), width, height


def speech(text: str) -> Samples:
    """Return spoken words, 16 kHz mono, from the espeak-ng program."""
    program = shutil.which("espeak-ng")
    if program is None:
        pytest.skip("espeak-ng is not installed")
    spoken = subprocess.run([program, "-s", "150", "--stdout", text], check=True, capture_output=True, timeout=60)
    with wave.open(io.BytesIO(spoken.stdout)) as sound:
        rate = sound.getframerate()
        # The length in a streamed header is not the truth, so read what is there.
        samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(float)
    at = np.arange(int(len(samples) * RATE / rate)) * rate / RATE
    resampled: Samples = np.interp(at, np.arange(len(samples)), samples).astype(np.int16)
    return resampled


def blocks(samples: Samples) -> list[Samples]:
    return [samples[i : i + BLOCK] for i in range(0, len(samples) - BLOCK + 1, BLOCK)]
