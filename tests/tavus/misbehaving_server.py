"""A real server on loopback that answers with exactly the bytes, pauses and resets that a test asks for."""

from __future__ import annotations

import http.client
import io
import json
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

TLS_HANDSHAKE = 0x16

Answer = Callable[[socket.socket, threading.Event], None]


@dataclass(frozen=True)
class Request:
    """One request as it arrived."""

    method: str
    path: str
    headers: http.client.HTTPMessage
    body: bytes


def raw(data: bytes) -> Answer:
    """Send `data` and close."""
    return lambda connection, _: connection.sendall(data)


def kept_open(first: bytes, then: bytes) -> Answer:
    """Send `first`, and `then` in answer to what comes next on the same connection, if anything does."""

    def send(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(first)
        if _read_request(connection) is not None:
            connection.sendall(then)

    return send


def http_bytes(status: int, body: bytes, *headers: str) -> bytes:
    """Return a complete HTTP answer."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answer(status: int, body: object, *headers: str) -> Answer:
    """Answer with `body`: bytes as they are, anything else as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return raw(http_bytes(status, data, *headers))


def never(connection: socket.socket, stopped: threading.Event) -> None:
    """Read the request and say nothing."""
    connection.settimeout(0.05)
    while not stopped.is_set():
        try:
            if connection.recv(1) == b"":
                return
        except TimeoutError:
            continue


def drip(head: bytes, every_s: float, piece: bytes = b" ") -> Answer:
    """Send `head`, then one piece at a time, each well within any read time-out."""

    def send(connection: socket.socket, stopped: threading.Event) -> None:
        connection.sendall(head)
        while not stopped.wait(every_s):
            try:
                connection.sendall(piece)
            except OSError:
                return

    return send


def reset(connection: socket.socket, _: threading.Event) -> None:
    """Let the connection end with a reset in place of an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def endless(connection: socket.socket, stopped: threading.Event) -> None:
    """Send a JSON string that does not end."""
    connection.sendall(b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"conversation_id": "')
    block = b"x" * 65536
    while not stopped.is_set():
        try:
            connection.sendall(block)
        except OSError:
            return


class Server:
    """Gives each request the next answer, the last one again and again; remembers every request."""

    def __init__(self, *answers: Answer) -> None:
        self.requests: list[Request] = []
        self._answers = list(answers)
        self._stopped = threading.Event()
        self._was_asked = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, name="misbehaving-server")

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/v2"

    def wait_for_request(self) -> None:
        """Wait until a request has arrived."""
        assert self._was_asked.wait(60), "no request arrived"

    def __enter__(self) -> Self:
        self._listener.settimeout(0.01)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(60)
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        request = _read_request(connection)
        if request is None:
            return
        self.requests.append(request)
        self._was_asked.set()
        chosen = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        try:
            chosen(connection, self._stopped)
        except OSError:
            # The client has had enough, which is what the test wants to see.
            return


def _read_request(connection: socket.socket) -> Request | None:
    received = b""
    while b"\r\n\r\n" not in received:
        try:
            more = connection.recv(65536)
        except OSError:
            return None
        if not more:
            return None
        if more[0] == TLS_HANDSHAKE:
            connection.sendall(http_bytes(400, b"this is HTTP"))
            return None
        received += more
    head, _, body = received.partition(b"\r\n\r\n")
    first, _, rest = head.partition(b"\r\n")
    headers = http.client.parse_headers(io.BytesIO(rest + b"\r\n\r\n"))
    length = int(headers.get("Content-Length", 0))
    while len(body) < length:
        body += connection.recv(65536)
    method, path, _ = first.decode().split(" ", 2)
    return Request(method, path, headers, body)


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + body + end
