"""The stand-in's server: records every request, goes wrong where told to, answers as the contract says otherwise."""

from __future__ import annotations

import contextlib
import http.server
import json
import socket
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from tests.standin.account import Account, Held
from tests.standin.faults import Answer, Delay, Fault, Wire, http_bytes
from tests.standin.library import JSON
from tests.standin.room import RoomKind, page

Operation = Literal[
    "create", "get", "verbose", "list", "end", "delete",
    "personas", "create_persona", "get_persona", "patch_persona", "delete_persona", "replicas", "get_replica",
    "documents", "create_document", "get_document", "patch_document", "delete_document",
    "unknown",
]  # fmt: skip
Moment = Literal["received", "carried out", "answered"]

_LISTS = {"personas": "persona", "pals": "persona", "replicas": "replica", "faces": "replica"}
_OPERATIONS: dict[str, Operation] = {
    "POST conversations": "create", "GET conversations": "list", "GET conversations/ID": "get",
    "POST conversations/ID/end": "end", "DELETE conversations/ID": "delete",
    "GET personas": "personas", "POST personas": "create_persona", "GET personas/ID": "get_persona",
    "PATCH personas/ID": "patch_persona", "DELETE personas/ID": "delete_persona",
    "GET pals": "personas", "GET pals/ID": "get_persona",
    "GET replicas": "replicas", "GET replicas/ID": "get_replica",
    "GET faces": "replicas", "GET faces/ID": "get_replica",
    "GET documents": "documents", "POST documents": "create_document", "GET documents/ID": "get_document",
    "PATCH documents/ID": "patch_document", "DELETE documents/ID": "delete_document",
}  # fmt: skip
_HEARTBEAT_S = 0.1


@dataclass
class Recorded:
    """One request of the API as it arrived. `number` counts from 1 over all operations."""

    number: int
    operation: Operation
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = field(repr=False)
    carried_out: bool = False

    def json(self) -> Any:
        """Return the body."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Visit:
    """One load of a room's page."""

    path: str
    user_agent: str
    token: str | None = field(repr=False)


Hook = Callable[[Moment, Recorded], None]


class StandIn(Account):
    """Stands in for Tavus on loopback: `with StandIn() as tavus: TavusClient(tavus.base_url, tavus.key)`.

    The account's own switches (credits, max_concurrent, known_personas, transcript, ...) are those of `Account`.
    `room` says what the room's page does. `hook` is called at each moment of each request of the API, in the thread
    that serves it, "carried out" only where it was: a test may kill its client there. All of it may be set any time.
    """

    def __init__(self, key: str = "stand-in-key-5d0c7e", port: int = 0) -> None:
        """Listen on `port`, or on one of the system's choice; serve from `__enter__` on."""
        self.key = key
        self.room: RoomKind = "working"
        self.hook: Hook | None = None
        self.requests: list[Recorded] = []
        self.visits: list[Visit] = []
        self.stopped = threading.Event()
        self.lock = threading.RLock()
        self._plans: dict[str, deque[Fault | None]] = defaultdict(deque)
        self._server = _Server(self, port)
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.base_url = f"{self.origin}/v2"
        super().__init__(self.origin)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="stand-in", daemon=True)

    def __enter__(self) -> Self:
        """Start to serve."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop, close every connection and wait for every thread."""
        self.stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.close_all()
        self._server.server_close()

    def plan(self, operation: Operation, *faults: Fault | None) -> None:
        """Let the next calls of `operation` meet these faults, one each; None is a call that goes well."""
        with self.lock:
            self._plans[operation].extend(faults)

    def add_foreign(self, name: str) -> Held:
        """Add a running conversation that somebody else started with the same account."""
        with self.lock:
            refused_without_credit, self.credits = self.credits, True
            self.create({"replica_id": "r90bbd427f71", "conversation_name": name}, foreign=True)
            self.credits = refused_without_credit
            return list(self.held.values())[-1]

    def active(self) -> list[Held]:
        """Return what runs and costs now and is not foreign, also where it was deleted."""
        with self.lock:
            return [held for held in self.settled() if held.status == "active" and not held.foreign]

    @property
    def conversations(self) -> list[Held]:
        """All conversations that are not foreign, in the order in which they were made."""
        with self.lock:
            return [held for held in self.settled() if not held.foreign]

    @property
    def creates(self) -> list[Recorded]:
        """Every create request that arrived, whether or not it was carried out."""
        return self.requests_of("create")

    @property
    def ends(self) -> list[Recorded]:
        """Every end request that arrived."""
        return self.requests_of("end")

    def requests_of(self, operation: Operation) -> list[Recorded]:
        """Return every request of one operation that arrived."""
        with self.lock:
            return [request for request in self.requests if request.operation == operation]

    def next_fault(self, operation: Operation) -> Fault | None:
        """Take the next fault of the plan."""
        with self.lock:
            plan = self._plans[operation]
            return plan.popleft() if plan else None

    def tell(self, moment: Moment, request: Recorded) -> None:
        """Tell the hook."""
        if self.hook is not None:
            self.hook(moment, request)

    def carry_out(self, request: Recorded) -> Answer:
        """Do what a request asks for and return the proper answer."""
        with self.lock:
            answer = self.proper(request)
            request.carried_out = answer.status < HTTPStatus.MULTIPLE_CHOICES
        return answer

    def proper(self, request: Recorded) -> Answer:
        """Return the proper answer to a request, after doing what it asks for."""
        if request.headers.get("x-api-key") != self.key:
            return Answer(401, {"message": "Invalid access token"})
        parts = request.path.rstrip("/").split("/")
        try:
            match request.operation:
                case "create":
                    return self.create(request.json())
                case "get" | "verbose":
                    return self.get(parts[3], verbose=request.operation == "verbose")
                case "list":
                    return self.list_(request.query)
                case "end":
                    return self.end(parts[3])
                case "delete":
                    return self.delete(parts[3])
                case _:
                    return self._of_library(request, parts)
        except ValueError:
            # A body that is no JSON, or a page that is no number.
            return Answer(400, {"error": "Invalid request"})

    def _of_library(self, request: Recorded, parts: list[str]) -> Answer:
        new_names = parts[2] in {"pals", "faces"}
        match request.operation:
            case "personas" | "replicas":
                return self.people(_LISTS[parts[2]], request.query, new_names=new_names)
            case "get_persona" | "get_replica":
                return self.person(_LISTS[parts[2]], parts[3], new_names=new_names)
            case "create_persona":
                return self.create_persona(request.json())
            case "patch_persona":
                return self.patch_persona(parts[3], request.json())
            case "delete_persona":
                return self.delete_persona(parts[3])
            case "documents":
                return self.list_documents(request.query)
            case "create_document":
                return self.create_document(request.json())
            case "get_document":
                return self.document(parts[3])
            case "patch_document":
                return self.patch_document(parts[3], request.json())
            case "delete_document":
                return self.delete_document(parts[3])
        return Answer(404, {"message": "Not Found"})

    def room_page(self, conversation_id: str, token: str | None) -> tuple[int, str]:
        """Return status and text of a room's page."""
        with self.lock:
            held = self.held.get(conversation_id)
            if held is None:
                return 404, "No such room."
            held.settle()
            return 200, page(self.room, allowed=held.lets_in(token), ended=held.status == "ended")

    def enter(self, conversation_id: str, token: str | None) -> Held | None:
        """Count somebody into a room, if they may enter."""
        with self.lock:
            held = self.held.get(conversation_id)
            if held is None or not held.lets_in(token):
                return None
            held.present += 1
            held.was_joined, held.left_at = True, None
            return held

    def leave(self, held: Held, at: float) -> None:
        """Count somebody out of a room again."""
        with self.lock:
            held.present -= 1
            if held.present == 0:
                held.left_at = at


class _Server(http.server.ThreadingHTTPServer):
    request_queue_size = 64
    daemon_threads = True

    def __init__(self, standin: StandIn, port: int) -> None:
        self.standin = standin
        self._open: dict[socket.socket, threading.Thread] = {}
        self._open_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open[request] = threading.current_thread()
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._open_lock:
                self._open.pop(request, None)

    def close_all(self) -> None:
        """Close what clients keep open, and wait for the threads that served them."""
        with self._open_lock:
            left = dict(self._open)
        for connection, thread in left.items():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about clients that hang up: many tests kill theirs."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing: the requests are recorded."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path.startswith("/rooms/"):
            self._room(parts.path, dict(parse_qsl(parts.query)))
        else:
            self._api()

    def do_POST(self) -> None:
        self._api()

    def do_DELETE(self) -> None:
        self._api()

    def do_PATCH(self) -> None:
        self._api()

    def _api(self) -> None:
        standin = self.server.standin
        request = self._recorded(standin)
        wire = Wire(self.connection, standin.stopped)
        standin.tell("received", request)
        fault = standin.next_fault(request.operation)
        if isinstance(fault, Delay) and fault.late_work and wire.wait(fault.seconds):
            return
        answer = None
        if fault is None or fault.carries_out:
            answer = standin.carry_out(request)
            standin.tell("carried out", request)
        self.close_connection = fault is not None
        with contextlib.suppress(OSError):
            if fault is not None:
                fault.strike(wire, answer)
            elif answer is not None:
                wire.send(http_bytes(answer.status, answer.content(), close=False))
        standin.tell("answered", request)

    def _recorded(self, standin: StandIn) -> Recorded:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        operation = _operation(self.command, parts.path, query)
        headers = {name.lower(): value for name, value in self.headers.items()}
        with standin.lock:
            number = len(standin.requests) + 1
            request = Recorded(number, operation, self.command, parts.path, query, headers, body)
            standin.requests.append(request)
        return request

    def _room(self, path: str, query: dict[str, str]) -> None:
        standin = self.server.standin
        token = query.get("t")
        if path.endswith("/presence"):
            self._presence(path.split("/")[2], token)
            return
        with standin.lock:
            standin.visits.append(Visit(path, self.headers.get("User-Agent", ""), token))
        status, text = standin.room_page(path.removeprefix("/rooms/"), token)
        self.connection.sendall(http_bytes(status, text.encode(), "text/html; charset=utf-8", close=False))

    def _presence(self, conversation_id: str, token: str | None) -> None:
        standin = self.server.standin
        self.close_connection = True
        held = standin.enter(conversation_id, token)
        if held is None:
            self.connection.sendall(http_bytes(403, b"no", "text/plain"))
            return
        try:
            self._stay(standin, held)
        finally:
            standin.leave(held, time.time())

    def _stay(self, standin: StandIn, held: Held) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
        with contextlib.suppress(OSError):
            self.connection.sendall(head)
            while not standin.stopped.wait(_HEARTBEAT_S):
                with standin.lock:
                    held.settle()
                    is_over = held.status == "ended"
                self.connection.sendall(b"event: ended\ndata: -\n\n" if is_over else b": here\n\n")
                if is_over:
                    return


def _operation(method: str, path: str, query: JSON) -> Operation:
    version, *parts = path.strip("/").split("/")
    if version != "v2":
        return "unknown"
    operation = _OPERATIONS.get(
        f"{method} {'/'.join([*parts[:1], *('ID' for _ in parts[1:2]), *parts[2:]])}", "unknown"
    )
    return "verbose" if operation == "get" and query.get("verbose") == "true" else operation
