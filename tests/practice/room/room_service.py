"""A service that speaks the room's protocol over real sockets and writes down what the page sends.

It is the page's counterpart in tests, so it judges nothing: it keeps every message with the time it came.
"""

from __future__ import annotations

import asyncio
import json
import struct
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

ROOM = Path(__file__).parents[3] / "resources" / "room"
HEADER = struct.Struct("<BBHIdHH")
VIDEO, AUDIO = 1, 2
_TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}


def came(condition: str) -> str:
    """Return a step that waits for a text of which the JavaScript `condition` holds to have come to the service.

    A page is ahead of what it sends, and what is still on its way is lost when the page is closed.
    """
    ask = "fetch('/came').then((answer)=>answer.json()).then((texts)=>{ window.came = texts; })"
    return f"({ask}, window.came ?? []).some((text)=>{condition})"


@dataclass(frozen=True)
class Packet:
    """One binary message, its header read."""

    came_at: float
    payload: bytes
    kind: int
    format: int
    reserved: int
    seq: int
    media_s: float
    width: int
    height: int


@dataclass
class Recording:
    """What one page sent over its connections."""

    texts: list[dict[str, Any]] = field(default_factory=list)
    packets: list[Packet] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)
    connections: int = 0
    most_in_flight: int = 0

    def of_kind(self, kind: int) -> list[Packet]:
        """Return the packets of one kind in the order they came."""
        return [packet for packet in self.packets if packet.kind == kind]

    @property
    def devices(self) -> list[tuple[str, str]]:
        """Return the (camera, microphone) states in the order they were told."""
        return [(text["camera"], text["microphone"]) for text in self.texts if text["type"] == "devices"]


class RoomService:
    """Serves the room and speaks with its page.

    The script says what the first connection hears: (seconds, a message, a raw text, or a close code). Its clock
    starts with the page's hello, or with the first frame and block of sound to have come; then it also closes right
    after a block of sound.
    """

    def __init__(
        self,
        script: Sequence[tuple[float, Mapping[str, Any] | str | int]] | None = None,
        *,
        starts_with: Literal["hello", "media"] = "hello",
        acks: bool = True,
        meter: Callable[[float], dict[str, Any]] | None = None,
        welcome: dict[str, Any] | None = None,
    ) -> None:
        self.recording = Recording()
        self.acks = acks
        self._script = script or []
        self._starts_with = starts_with
        self._media = asyncio.Event()
        self._sound = asyncio.Event()
        self._meter = meter
        self._welcome = welcome or {}
        config = uvicorn.Config(
            self._app(),
            host="127.0.0.1",
            port=0,
            log_config=None,
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            ws_max_size=13 * 1024 * 1024,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="room service")

    def __enter__(self) -> Self:
        self._thread.start()
        until = time.monotonic() + 30
        while not self._server.started:
            assert self._thread.is_alive(), "the room service did not start"
            assert time.monotonic() < until, "the room service did not start in time"
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=30)

    @property
    def host(self) -> str:
        """Return host:port."""
        host, port = self._server.servers[0].sockets[0].getsockname()[:2]
        return f"{host}:{port}"

    @property
    def url(self) -> str:
        """Return the address of the room."""
        return f"http://{self.host}/rooms/c0ffee?t=letmein"

    def _app(self) -> FastAPI:
        app = FastAPI()

        @app.middleware("http")
        async def _guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
            response = await call_next(request)
            response.headers["Content-Security-Policy"] = (
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
                f"media-src 'self' blob:; connect-src 'self' ws://{self.host}; worker-src 'self'; "
                "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
            )
            response.headers["X-Content-Type-Options"] = "nosniff"
            return response

        @app.get("/rooms/{conversation_id}")
        def _page(conversation_id: str) -> Response:
            return Response((ROOM / "room.html").read_bytes(), media_type="text/html; charset=utf-8")

        @app.get("/room-assets/{name}")
        def _asset(name: str) -> Response:
            path = ROOM / name
            if not path.is_file():
                return Response(status_code=404)
            return Response(path.read_bytes(), media_type=_TYPES[path.suffix])

        @app.get("/came")
        async def _came() -> list[dict[str, Any]]:
            return self.recording.texts

        @app.websocket("/rooms/{conversation_id}/stream")
        async def _stream(socket: WebSocket, conversation_id: str) -> None:
            await self._speak(socket)

        return app

    async def _speak(self, socket: WebSocket) -> None:
        await socket.accept()
        self.recording.connections += 1
        self.recording.queries.append(socket.url.query)
        self.recording.origins.append(socket.headers.get("origin", ""))
        hello = await socket.receive_json()
        self.recording.texts.append(hello)
        welcome = {"conversation_name": "Team talk", "persona_name": "Chuck", "live_s": None}
        await socket.send_json({"type": "welcome", **welcome, "max_call_duration": 600, **self._welcome})
        others: list[asyncio.Task[None]] = []
        if self.recording.connections == 1:
            others.append(asyncio.create_task(self._play(socket)))
        if self._meter is not None:
            others.append(asyncio.create_task(self._measure(socket)))
        try:
            await self._listen(socket)
        except WebSocketDisconnect:
            pass
        finally:
            for other in others:
                other.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    async def _listen(self, socket: WebSocket) -> None:
        unacknowledged = 0
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if message.get("text") is not None:
                self.recording.texts.append(json.loads(message["text"]))
                continue
            data: bytes = message["bytes"]
            packet = Packet(time.monotonic(), data[HEADER.size :], *HEADER.unpack_from(data))
            self.recording.packets.append(packet)
            if {known.kind for known in self.recording.packets[-100:]} == {VIDEO, AUDIO}:
                self._media.set()
            if packet.kind == AUDIO:
                self._sound.set()
            if packet.kind == VIDEO:
                unacknowledged += 1
                self.recording.most_in_flight = max(self.recording.most_in_flight, unacknowledged)
                if self.acks:
                    await socket.send_json({"type": "ack", "seq": packet.seq})
                    unacknowledged -= 1

    async def _play(self, socket: WebSocket) -> None:
        if self._starts_with == "media":
            await self._media.wait()
        started = time.monotonic()
        for at_s, what in self._script:
            await asyncio.sleep(max(0.0, at_s - (time.monotonic() - started)))
            if isinstance(what, int):
                if self._starts_with == "media":
                    # A block that is on its way is lost with its connection; right after one the next is not yet.
                    self._sound.clear()
                    await self._sound.wait()
                await socket.close(what)
                return
            if isinstance(what, str):
                await socket.send_text(what)
            else:
                await socket.send_json(what)

    async def _measure(self, socket: WebSocket) -> None:
        assert self._meter is not None
        started = time.monotonic()
        while True:
            await asyncio.sleep(0.125)
            await socket.send_json({"type": "meter", **self._meter(time.monotonic() - started)})
