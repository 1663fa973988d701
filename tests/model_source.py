"""A real server that a model file comes from: whole, or with breaks, lies and silence, as a test's script says."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from coach_desktop.store.model_files import ModelFile

CONTENT = bytes(range(256)) * 2048
SHARE = len(CONTENT) // 4
Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers as the test's script says, one entry for each request; the last one for all that follow."""

    script: list[Answer]
    asked: list[str | None]

    def do_GET(self) -> None:
        self.asked.append(self.headers.get("Range"))
        (self.script.pop(0) if len(self.script) > 1 else self.script[0])(self)

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    @property
    def begin(self) -> int:
        asked = self.headers.get("Range")
        return int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0

    def answer(self, body: bytes, *, status: int = 200, length: int | None = None, content_range: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        if content_range:
            self.send_header("Content-Range", content_range)
        self.end_headers()
        self.wfile.write(body)


def whole(handler: Handler) -> None:
    handler.answer(CONTENT)


def ranged(handler: Handler) -> None:
    begin = handler.begin
    rest = CONTENT[begin:]
    handler.answer(rest, status=206, content_range=f"bytes {begin}-{len(CONTENT) - 1}/{len(CONTENT)}")


def a_share(handler: Handler) -> None:
    """Break off after a quarter."""
    begin = handler.begin
    handler.answer(
        CONTENT[begin : begin + SHARE],
        status=206 if begin else 200,
        length=len(CONTENT) - begin,
        content_range=f"bytes {begin}-{len(CONTENT) - 1}/{len(CONTENT)}" if begin else "",
    )
    handler.close_connection = True


def a_share_until(go_on: threading.Event) -> Answer:
    """Return what sends a quarter, and a little more once it may `go_on`."""

    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(CONTENT)))
        handler.end_headers()
        handler.wfile.write(CONTENT[:SHARE])
        handler.wfile.flush()
        go_on.wait(60)
        handler.wfile.write(CONTENT[SHARE : SHARE + 1])

    return answer


def elsewhere(handler: Handler) -> None:
    handler.answer(CONTENT[7:], status=206, content_range=f"bytes 7-{len(CONTENT) - 1}/{len(CONTENT)}")


def lie(handler: Handler) -> None:
    handler.answer(CONTENT[::-1])


def too_much(handler: Handler) -> None:
    handler.answer(CONTENT + b"!")


def nothing(handler: Handler) -> None:
    handler.close_connection = True


def refused(handler: Handler) -> None:
    handler.answer(b"gone", status=404)


def out_of_range(handler: Handler) -> None:
    handler.answer(b"", status=416)


def busy(handler: Handler) -> None:
    handler.answer(b"", status=503)


class Source:
    def __init__(self, server: ThreadingHTTPServer, handler: type[Handler]) -> None:
        self._handler = handler
        self.model = ModelFile(
            name="folder/some.model",
            size=len(CONTENT),
            sha256=hashlib.sha256(CONTENT).hexdigest(),
            licence="none",
            origin="nobody",
            url=f"http://127.0.0.1:{server.server_address[1]}/some.model",
            carried=(),
        )

    def plays(self, *script: Answer) -> None:
        self._handler.script = list(script)

    @property
    def asked(self) -> list[str | None]:
        return self._handler.asked


@pytest.fixture
def source() -> Iterator[Source]:
    handler = type("Scripted", (Handler,), {"script": [], "asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Source(server, handler)
        server.shutdown()
        thread.join()
