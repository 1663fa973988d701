"""What a server can do wrong with one request: plain values, consumed one per call by `StandIn.plan`.

`after` says when a fault strikes: False before the request is carried out, True after it (a conversation was made,
and whoever asked for it does not hear so). Faults that spoil the proper answer always carry the request out first.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import threading
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

HTML_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass(frozen=True)
class Answer:
    """What would be answered properly. `body` None is an empty body."""

    status: int
    body: Any = None

    def content(self) -> bytes:
        """Return the body as it goes over the wire."""
        return b"" if self.body is None else json.dumps(self.body).encode()


def http_bytes(status: int, body: bytes, kind: str = "application/json", *, close: bool = True) -> bytes:
    """Return a complete HTTP answer."""
    head = [f"HTTP/1.1 {status} Stand-in"]
    if status != 204:
        head += [f"Content-Length: {len(body)}"]
    if body:
        head += [f"Content-Type: {kind}"]
    if close:
        head += ["Connection: close"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


class Wire:
    """The connection on which a fault strikes. `stopped` is set when the stand-in stops."""

    def __init__(self, connection: socket.socket, stopped: threading.Event) -> None:
        """Strike on `connection`."""
        self._connection = connection
        self.stopped = stopped

    def send(self, data: bytes) -> None:
        """Send; raises OSError where the client has gone."""
        self._connection.sendall(data)

    def wait(self, seconds: float) -> bool:
        """Wait; return whether the stand-in was stopped meanwhile."""
        return self.stopped.wait(seconds)

    def until_gone(self) -> None:
        """Keep silent until the client hangs up or the stand-in stops."""
        while not self.stopped.is_set():
            if select.select([self._connection], [], [], 0.02)[0] and not self._connection.recv(4096):
                return

    def reset(self) -> None:
        """End the connection with a reset."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # A proper close would come from the server's own hand later, and be a polite one.
        socket.close(self._connection.detach())


class Fault(Protocol):
    """One way to go wrong."""

    @property
    def carries_out(self) -> bool:
        """Whether the request is carried out all the same."""
        ...

    def strike(self, wire: Wire, answer: Answer | None, /) -> None:
        """Answer, or not. `answer` is the proper one, None where the request was not carried out."""
        ...


@dataclass(frozen=True)
class _BeforeOrAfter:
    after: bool = field(default=False, kw_only=True)

    @property
    def carries_out(self) -> bool:
        """See `Fault`."""
        return self.after


@dataclass(frozen=True)
class Status(_BeforeOrAfter):
    """Answer `code` with `body`: bytes and text as they are, anything else as JSON, None as nothing."""

    code: int = 500
    body: Any = None

    def strike(self, wire: Wire, _answer: Answer | None, /) -> None:
        """See `Fault`."""
        body = self.body.encode() if isinstance(self.body, str) else self.body
        wire.send(http_bytes(self.code, body if isinstance(body, bytes) else Answer(self.code, body).content()))


@dataclass(frozen=True)
class Html(_BeforeOrAfter):
    """Answer with a page of a gateway or a log-in, of status `code`."""

    code: int = 502

    def strike(self, wire: Wire, _answer: Answer | None, /) -> None:
        """See `Fault`."""
        wire.send(http_bytes(self.code, HTML_PAGE, "text/html"))


@dataclass(frozen=True)
class Reset(_BeforeOrAfter):
    """Reset the connection in place of an answer."""

    def strike(self, wire: Wire, _answer: Answer | None, /) -> None:
        """See `Fault`."""
        wire.reset()


@dataclass(frozen=True)
class Silence(_BeforeOrAfter):
    """Never answer: the client's own time-out has to end it."""

    def strike(self, wire: Wire, _answer: Answer | None, /) -> None:
        """See `Fault`."""
        wire.until_gone()


@dataclass(frozen=True)
class Delay:
    """Answer properly, `seconds` late. With `late_work` the request itself is carried out only after the wait.

    A client may have given up by then, and a conversation appears when it has already looked for it.
    """

    seconds: float
    late_work: bool = False
    carries_out: bool = True

    def strike(self, wire: Wire, answer: Answer | None, /) -> None:
        """See `Fault`."""
        if not self.late_work and wire.wait(self.seconds):
            return
        if answer is not None:
            wire.send(http_bytes(answer.status, answer.content()))


@dataclass(frozen=True)
class Empty:
    """Carry out, and answer with an empty body."""

    code: int = 200
    carries_out: bool = True

    def strike(self, wire: Wire, _answer: Answer | None, /) -> None:
        """See `Fault`."""
        wire.send(http_bytes(self.code, b""))


@dataclass(frozen=True)
class Truncated:
    """Carry out, and cut the answer in its half."""

    carries_out: bool = True

    def strike(self, wire: Wire, answer: Answer | None, /) -> None:
        """See `Fault`."""
        body = (answer.content() if answer else b"") or b"{}"
        head = http_bytes(200, body).removesuffix(body)
        wire.send(head + body[: len(body) // 2])


@dataclass(frozen=True)
class WrongTypes:
    """Carry out, and answer 200 with every value of a wrong type."""

    carries_out: bool = True

    def strike(self, wire: Wire, answer: Answer | None, /) -> None:
        """See `Fault`."""
        wire.send(http_bytes(200, json.dumps(_distorted(answer.body if answer else None)).encode()))


@dataclass(frozen=True)
class Huge:
    """Carry out, and answer with the proper body made `size` bytes large."""

    size: int = 50 * 1024 * 1024
    carries_out: bool = True

    def strike(self, wire: Wire, answer: Answer | None, /) -> None:
        """See `Fault`."""
        body = ((answer.content() if answer else b"") or b"{}").removesuffix(b"}")
        opening = body + (b', "padding": "' if body != b"{" else b'"padding": "')
        wire.send(http_bytes(200, b"x" * self.size).removesuffix(b"x" * self.size))
        wire.send(opening)
        left = self.size - len(opening) - 2
        block = b"x" * 65536
        while left > 0:
            wire.send(block[:left])
            left -= len(block)
        wire.send(b'"}')


@dataclass(frozen=True)
class Drip:
    """Carry out, and send the proper answer one byte at a time: its body, or its head already."""

    every_s: float = 0.05
    of: Literal["head", "body"] = "body"
    carries_out: bool = True

    def strike(self, wire: Wire, answer: Answer | None, /) -> None:
        """See `Fault`."""
        proper = http_bytes(answer.status if answer else 200, (answer.content() if answer else b"") or b"{}")
        at_once = proper.index(b"\r\n\r\n") + 4 if self.of == "body" else 1
        wire.send(proper[:at_once])
        for at in range(at_once, len(proper)):
            if wire.wait(self.every_s):
                return
            wire.send(proper[at : at + 1])


def _distorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _distorted(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return "a text in place of a list"
    return 5 if isinstance(value, str) else ["a list in place of a value"]
