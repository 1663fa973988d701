"""Whatever a server does, the client answers with a typed result or a typed error, and keeps the key to itself."""

from __future__ import annotations

import gc
import gzip
import json
import socket
import ssl
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from coach_desktop import __version__
from coach_desktop.core.errors import CoachError
from coach_desktop.tavus import caller
from coach_desktop.tavus.client import TavusClient
from coach_desktop.tavus.document_models import ChangeDocument, CreateDocument
from coach_desktop.tavus.errors import (
    BadRequestError,
    ConcurrencyReachedError,
    CreditsExhaustedError,
    KeyRefusedError,
    NoSuchAddressError,
    NotAllowedError,
    ServerFaultError,
    TavusError,
    TooManyRequestsError,
    UnknownConversationError,
    UnknownIdError,
    UnknownOutcomeError,
    UnreachableError,
)
from coach_desktop.tavus.models import ConversationProperties, CreateConversation, CreatePersona, PatchStep
from tests.tavus.misbehaving_server import (
    Answer,
    Server,
    answer,
    drip,
    endless,
    http_bytes,
    never,
    raw,
    reset,
)

KEY = "marked-key-0b1d93fe"
PATIENCE_S = 20.0
# For the cases where the time-out has to strike, and for the one where it must not strike before the head is there.
IMPATIENCE_S = {
    "slow drip": 0.15, "slow drip until it closes": 0.15, "slow drip of chunks": 0.15, "slow drip of a head": 0.15,
    "one interim answer after the other": 0.15, "silence": 0.15, "401 that never ends": 2.0,
}  # fmt: skip
CREATE = CreateConversation(
    persona_id="p1", conversation_name="A talk [token]", properties=ConversationProperties(max_call_duration=60)
)
PERSONA = CreatePersona(persona_name="Chuck", system_prompt="You are a coach.", default_replica_id="r1")
STEPS = [
    PatchStep(op="replace", path="/system_prompt", value="You are Chuck."),
    PatchStep(op="remove", path="/context"),
]
CREATED = {"conversation_id": "c1", "conversation_url": "http://h/c1", "status": "active"}

CALLS: dict[str, Callable[[TavusClient], object]] = {
    "create": lambda client: client.create_conversation(CREATE),
    "get": lambda client: client.get_conversation("c1", verbose=True),
    "list": lambda client: client.list_conversations(status="active"),
    "end": lambda client: client.end_conversation("c1"),
    "delete": lambda client: client.delete_conversation("c1", hard=True),
    "personas": lambda client: client.list_personas(kind="user"),
    "create_persona": lambda client: client.create_persona(PERSONA),
    "get_persona": lambda client: client.get_persona("p1"),
    "patch_persona": lambda client: client.patch_persona("p1", STEPS),
    "replicas": lambda client: client.list_replicas(),
    "get_replica": lambda client: client.get_replica("r1"),
    "documents": lambda client: client.list_documents(),
    "create_document": lambda client: client.create_document(CreateDocument(document_url="https://h/a.pdf")),
    "get_document": lambda client: client.get_document("d1"),
    "patch_document": lambda client: client.patch_document("d1", ChangeDocument(tags=["a"])),
    "delete_document": lambda client: client.delete_document("d1"),
    "check_key": lambda client: client.check_key(),
}


def client_of(base_url: str, patience_s: float = PATIENCE_S) -> TavusClient:
    return TavusClient(base_url, KEY, read_timeout_s=patience_s)


def everything_told(error: BaseException) -> str:
    """Return all that a log, a window or a bug report could take from an error."""
    parts = ["".join(traceback.format_exception(error)), repr(error), repr(vars(error))]
    if isinstance(error, CoachError):
        parts += [error.sentences(), error.details]
    return "\n".join(parts)


@contextmanager
def without_collection() -> Iterator[None]:
    """Keep garbage until later: collected where a nested answer has used up the stack, its finalizers would fail."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def failure(answers: tuple[Answer, ...], call: str, patience_s: float = PATIENCE_S) -> tuple[TavusError, Server]:
    with Server(*answers) as server, client_of(server.base_url, patience_s) as client, without_collection():
        with pytest.raises(TavusError) as caught:
            CALLS[call](client)
        # A client that gave up early may be ahead of the server, which reads the request all the same.
        server.wait_for_request()
    return caught.value, server


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + body + end


OK_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n"
HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
MISBEHAVIOUR: list[tuple[str, Answer, type[TavusError]]] = [
    ("401", answer(401, {"message": "Invalid access token"}), KeyRefusedError),
    ("403", answer(403, b""), NotAllowedError),
    ("400 about the token", answer(400, {"message": "Invalid access token"}), KeyRefusedError),
    ("402", answer(402, {"message": "The user is out of conversational credits."}), CreditsExhaustedError),
    ("402 without a word", answer(402, b""), CreditsExhaustedError),
    ("400 out of credits", answer(400, {"error": "user is OUT OF conversational CREDITS"}), CreditsExhaustedError),
    ("400 concurrency", answer(400, {"message": "User has reached maximum concurrent conversations"}),
     ConcurrencyReachedError),
    ("400 with both words", answer(400, {"error": "Invalid persona_id", "message": "other"}), UnknownIdError),
    ("400 without a word", answer(400, b""), BadRequestError),
    ("400 with a list", answer(400, ["no", "object"]), BadRequestError),
    ("400 with words of a wrong type", answer(400, {"error": {"code": 5}}), BadRequestError),
    ("400 nested without end", answer(400, b"[" * 200_000), BadRequestError),
    ("404", answer(404, {"error": "not found"}), BadRequestError),
    ("408", answer(408, b""), ServerFaultError),
    ("499", answer(499, b""), ServerFaultError),
    ("422", answer(422, {"message": "Invalid JSON patch format"}), BadRequestError),
    ("429", answer(429, {"error": "limit reached"}), TooManyRequestsError),
    ("500", answer(500, {"message": "internal"}), ServerFaultError),
    ("502 in HTML", answer(502, HTML, "Content-Type: text/html"), ServerFaultError),
    ("503 cut short", raw(b"HTTP/1.1 503 X\r\nContent-Length: 500\r\n\r\nsorry"), ServerFaultError),
    ("401 that never ends", drip(b"HTTP/1.1 401 X\r\nContent-Length: 9000\r\n\r\n", 0.01), KeyRefusedError),
    ("301 elsewhere", answer(301, b"", "Location: http://127.0.0.1:1/other"), ServerFaultError),
    ("302 to a log-in page", answer(302, HTML, "Location: /login"), ServerFaultError),
    ("307 with the body again", answer(307, b"", "Location: /v2/conversations"), ServerFaultError),
    ("200 in HTML", answer(200, HTML), ServerFaultError),
    ("200 empty", answer(200, b""), ServerFaultError),
    ("204", raw(b"HTTP/1.1 204 No Content\r\n\r\n"), ServerFaultError),
    ("200 with null", answer(200, None), ServerFaultError),
    ("200 with a list", answer(200, [CREATED]), ServerFaultError),
    ("200 with a number for an id", answer(200, {"conversation_id": 5, "data": 5}), ServerFaultError),
    ("200 with a list for an id", answer(200, {"conversation_id": ["c1"], "data": "c1"}), ServerFaultError),
    ("200 with wrong events", answer(200, {"conversation_id": "c1", "events": [5], "data": [5]}), ServerFaultError),
    ("200 in no encoding", answer(200, b'{"conversation_id": "\xff\xfe", "data": "\xff"}'), ServerFaultError),
    ("200 with half a JSON", answer(200, b'{"conversation_id": "c1", "data": ['), ServerFaultError),
    ("200 nested without end", answer(200, b'{"data":' * 50_000), ServerFaultError),
    ("200 over 8 MB", endless, ServerFaultError),
    ("200 not gzip at all", answer(200, b"plain", "Content-Encoding: gzip"), ServerFaultError),
    ("200 of gzip without end",
     answer(200, gzip.compress(b" " * 40_000_000), "Content-Encoding: gzip"), ServerFaultError),
    ("slow drip of a head", drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", 0.01), UnknownOutcomeError),
    ("one interim answer after the other", drip(b"", 0.01, b"HTTP/1.1 100 Continue\r\n\r\n"),
     UnknownOutcomeError),
    ("cut short", raw(OK_HEAD + b'{"conversation_id"'), UnknownOutcomeError),
    ("cut short in a chunk", raw(chunked(b'{"conver', end=b"fff\r\nsation")), UnknownOutcomeError),
    ("cut short between chunks", raw(chunked(b'{"conver', end=b"")), UnknownOutcomeError),
    ("slow drip", drip(OK_HEAD, 0.01), UnknownOutcomeError),
    ("slow drip until it closes", drip(b"HTTP/1.1 200 OK\r\n\r\n", 0.01), UnknownOutcomeError),
    ("slow drip of chunks", drip(chunked(b"{", end=b"ff\r\n"), 0.01), UnknownOutcomeError),
    ("silence", never, UnknownOutcomeError),
    ("reset", reset, UnknownOutcomeError),
    ("closed at once", raw(b""), UnknownOutcomeError),
    ("not HTTP", raw(b"220 smtp.example.net ready\r\n"), UnknownOutcomeError),
    ("header without end", raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n"), UnknownOutcomeError),
]  # fmt: skip

# What tells nothing more than "done" needs no body, so these are no misbehaviour of it.
BODYLESS = {"end", "delete", "patch_persona", "patch_document", "delete_document"}
# What is asked of conversations, and one that adds, meet all of it; the others, sent and read by the same lines, this.
MEET_ALL = {"create", "get", "list", "end", "delete", "create_persona"}
MET_BY_ALL = {
    "401", "404", "422", "429", "500", "302 to a log-in page", "200 in HTML", "200 empty", "200 with null",
    "200 with a list", "200 with a number for an id", "200 with wrong events", "200 with half a JSON", "cut short",
    "reset",
}  # fmt: skip
FINE_WITHOUT_BODY = {
    "200 empty", "204", "200 with null", "200 with a list", "200 with a number for an id",
    "200 with a list for an id", "200 with wrong events",
}  # fmt: skip
CASES = [
    pytest.param(behaviour, expected, call, IMPATIENCE_S.get(name, PATIENCE_S), id=f"{name}-{call}")
    for name, behaviour, expected in MISBEHAVIOUR
    for call in CALLS
    if not (call in BODYLESS and name in FINE_WITHOUT_BODY)
    if call in MEET_ALL or name in MET_BY_ALL
    # Waits for long, and what a status means is the same for every call.
    if name != "401 that never ends" or call in {"create", "end"}
]


@pytest.mark.parametrize(("behaviour", "expected", "call", "patience_s"), CASES)
def test_misbehaviour_is_a_typed_error_asked_once_and_keeps_the_key(
    behaviour: Answer, expected: type[TavusError], call: str, patience_s: float
) -> None:
    error, server = failure((behaviour,), call, patience_s)
    # To a create, 404 means an address where no such API is.
    assert type(error) is (NoSuchAddressError if "HTTP 404" in error.details and call == "create" else expected)
    assert error.what
    assert error.safe
    assert error.do
    assert len(error.sentences()) < 800
    assert KEY not in everything_told(error)
    # An end that is refused is followed by a question, never by another end.
    questions = ["GET"] if call == "end" and isinstance(error, BadRequestError) else []
    assert [request.method for request in server.requests][1:] == questions
    assert server.requests[0].headers["x-api-key"] == KEY


@pytest.mark.parametrize("call", sorted(BODYLESS))
@pytest.mark.parametrize("name", sorted(FINE_WITHOUT_BODY))
def test_what_only_has_to_be_done_needs_no_body(name: str, call: str) -> None:
    (behaviour,) = [behaviour for known, behaviour, _ in MISBEHAVIOUR if known == name]
    with Server(behaviour) as server, client_of(server.base_url) as client:
        CALLS[call](client)
    assert len(server.requests) == 1


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_two_lengths_are_an_unknown_outcome() -> None:
    error, _ = failure((raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n12345"),), "create")
    assert type(error) is UnknownOutcomeError
    del error
    gc.collect()  # urllib3 forgets to close this one connection; its warning belongs to this test


@pytest.mark.parametrize("call", CALLS)
def test_nobody_listening_is_unreachable(call: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with client_of(f"http://127.0.0.1:{port}/v2") as client, pytest.raises(UnreachableError) as caught:
        CALLS[call](client)
    assert caught.value.safe == {
        "create": "No new conversation was started.",
        "end": "The conversation may still be running.",
        "delete": "Nothing was deleted.",
        "create_persona": "Nothing was added to the account.",
        "create_document": "Nothing was added to the account.",
        "patch_persona": "Nothing in the account was changed.",
        "patch_document": "Nothing in the account was changed.",
        "delete_document": "Nothing was removed from the account.",
    }.get(call, "Nothing was started or changed.")
    assert KEY not in everything_told(caught.value)


@pytest.mark.parametrize(
    "base_url",
    ["http://no-such-host.invalid/v2", "nonsense", "ftp://127.0.0.1/v2", "http://127.0.0.1:99999/v2", "http:///v2"],
)
def test_address_that_leads_nowhere_is_unreachable(base_url: str) -> None:
    with client_of(base_url) as client, pytest.raises(UnreachableError) as caught:
        client.create_conversation(CREATE)
    assert KEY not in everything_told(caught.value)


def test_http_where_https_was_asked_for_is_unreachable() -> None:
    with Server(never) as server:
        https = server.base_url.replace("http://", "https://")
        with client_of(https) as client, pytest.raises(UnreachableError):
            client.get_conversation("c1")
    assert server.requests == []


def test_secure_connection_that_breaks_after_the_request_is_an_unknown_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> int:
        raise ssl.SSLError(1, "[SSL: DECRYPTION_FAILED_OR_BAD_RECORD_MAC]")

    monkeypatch.setattr("coach_desktop.tavus.deadline._UntilDeadline.readinto", broken)
    with (
        Server(answer(200, CREATED)) as server,
        client_of(server.base_url) as client,
        pytest.raises(UnknownOutcomeError),
    ):
        client.create_conversation(CREATE)
    assert len(server.requests) == 1


def test_full_backlog_is_unreachable_after_the_connect_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caller, "_CONNECT_TIMEOUT_S", 0.2)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        with client_of(f"http://127.0.0.1:{listener.getsockname()[1]}/v2") as client, pytest.raises(UnreachableError):
            client.create_conversation(CREATE)
        for one in waiting:
            one.close()


@pytest.mark.parametrize("echo", [KEY, f"your key {KEY} is bad", "x" * 490 + KEY, KEY * 200])
@pytest.mark.parametrize("status", [400, 401, 500])
def test_key_that_the_server_echoes_goes_no_further(echo: str, status: int) -> None:
    for body in ({"error": echo}, echo.encode()):
        error, _ = failure((answer(status, body),), "get")
        told = everything_told(error)
        assert KEY not in told
        assert KEY[:12] not in told


@pytest.mark.parametrize(
    "bad", ["", "two words", "line\nbreak", " blank-before", "kéy-with-accent", "ключ-ключ", "\x00" * 8]
)
def test_key_that_no_header_can_carry_is_refused_before_anything_is_sent(bad: str) -> None:
    with Server(answer(200, CREATED)) as server, pytest.raises(KeyRefusedError) as caught:
        TavusClient(server.base_url, bad)
    assert server.requests == []
    assert not bad.strip() or bad not in everything_told(caught.value)


def test_create_sends_what_was_asked_for_once_and_nothing_else() -> None:
    with Server(answer(200, CREATED)) as server, client_of(server.base_url + "/") as client:
        conversation = client.create_conversation(CREATE)
    (request,) = server.requests
    assert conversation.conversation_id == "c1"
    assert (request.method, request.path) == ("POST", "/v2/conversations")
    assert json.loads(request.body) == {
        "persona_id": "p1",
        "conversation_name": "A talk [token]",
        "properties": {"max_call_duration": 60},
    }
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"] == f"coach-desktop/{__version__}"


def test_get_list_and_end_ask_as_the_contract_says() -> None:
    with (
        Server(
            answer(200, CREATED | {"conversation_id": "c/1 ?x"}),
            answer(200, CREATED),
            answer(200, {"data": []}),
            answer(200, b""),
        ) as server,
        client_of(server.base_url) as client,
    ):
        client.get_conversation("c/1 ?x")
        client.get_conversation("c1", verbose=True)
        assert client.list_conversations(status="active", page=2, limit=7).data == []
        client.end_conversation("c1")
    asked = [(request.method, request.path, request.body) for request in server.requests]
    assert asked == [
        ("GET", "/v2/conversations/c%2F1%20%3Fx", b""),
        ("GET", "/v2/conversations/c1?verbose=true", b""),
        ("GET", "/v2/conversations?limit=7&page=2&status=active", b""),
        ("POST", "/v2/conversations/c1/end", b""),
    ]
    assert "Content-Type" not in server.requests[3].headers


def test_answer_about_another_conversation_says_nothing_about_ours() -> None:
    other = answer(200, CREATED | {"conversation_id": "c2", "status": "ended"})
    error, _ = failure((other,), "get")
    assert isinstance(error, ServerFaultError)
    # Taken for ours, it would let ours run on.
    error, _ = failure((answer(400, {"error": "Invalid conversation_id"}), other), "end")
    assert isinstance(error, ServerFaultError)


@pytest.mark.parametrize("success", [answer(200, b""), raw(b"HTTP/1.1 204 No Content\r\n\r\n"), answer(200, {})])
def test_end_needs_no_body(success: Answer) -> None:
    with Server(success) as server, client_of(server.base_url) as client:
        client.end_conversation("c1")
    assert len(server.requests) == 1


@pytest.mark.parametrize(("status", "raises"), [("ended", False), ("active", True)])
def test_end_that_is_refused_is_fine_only_where_the_conversation_has_ended(status: str, raises: bool) -> None:
    refusal = answer(400, {"error": "Invalid conversation_id"})
    with (
        Server(refusal, answer(200, CREATED | {"status": status})) as server,
        client_of(server.base_url) as client,
    ):
        if raises:
            with pytest.raises(UnknownConversationError):
                client.end_conversation("c1")
        else:
            client.end_conversation("c1")
    assert [request.method for request in server.requests] == ["POST", "GET"]


@pytest.mark.parametrize(
    "data",
    [
        chunked(json.dumps(CREATED).encode()[:9], json.dumps(CREATED).encode()[9:]),
        http_bytes(200, gzip.compress(json.dumps(CREATED).encode()), "Content-Encoding: gzip"),
        b"HTTP/1.1 200 OK\r\n\r\n" + json.dumps(CREATED).encode(),
        http_bytes(200, json.dumps(CREATED | {"new_field": {"a": [1]}, "status": "odd"}).encode()),
        http_bytes(200, json.dumps(CREATED).encode() + b" " * 5_000_000),
    ],
    ids=["chunks", "gzip", "until it closes", "unknown fields", "5 MB"],
)
def test_every_proper_way_to_answer_is_read(data: bytes) -> None:
    with Server(raw(data)) as server, client_of(server.base_url) as client:
        assert client.get_conversation("c1").conversation_id == "c1"


def test_neither_proxy_nor_netrc_is_used_on_loopback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password hunter2\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with Server(answer(200, CREATED)) as server, client_of(server.base_url) as client:
        client.get_conversation("c1")
    assert "Authorization" not in server.requests[0].headers


def test_proxy_is_used_beyond_loopback_and_netrc_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine api.invalid login me password hunter2\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with Server(answer(200, CREATED)) as server:
        monkeypatch.setenv("http_proxy", server.base_url.removesuffix("/v2"))
        with client_of("http://api.invalid/v2") as client:
            client.get_conversation("c1")
    assert server.requests[0].path == "http://api.invalid/v2/conversations/c1"
    assert "Authorization" not in server.requests[0].headers


def test_a_socks_proxy_is_never_gone_past(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:1")
    with client_of("http://api.invalid/v2") as client, pytest.raises(UnreachableError) as caught:
        client.check_key()
    assert "SOCKS" in caught.value.details


def test_personas_replicas_and_documents_are_asked_for_as_the_contract_says() -> None:
    persona, replica, document = {"pal_id": "p 1"}, {"face_id": "r1"}, {"document_id": "d0-1"}
    with (
        Server(
            answer(200, {"data": [persona]}),
            answer(200, {"persona_id": "p1"}),
            answer(200, b""),
            answer(200, replica),
            answer(200, {"data": [replica]}),
            answer(200, {"data": []}),
            answer(200, document),
            raw(b"HTTP/1.1 204 No Content\r\n\r\n"),
        ) as server,
        client_of(server.base_url) as client,
    ):
        client.get_persona("p 1")
        client.create_persona(PERSONA)
        assert client.patch_persona("p1", STEPS)
        client.get_replica("r1")
        client.list_replicas(kind="system", verbose=True)
        client.list_documents(limit=5, sort="descending", status="ready", name_or_uuid="keys", tags=["a", "b"])
        client.patch_document("d0-1", ChangeDocument(document_name="Keys"))
        client.delete_document("d0-1")
    asked = [(request.method, request.path) for request in server.requests]
    assert asked == [
        ("GET", "/v2/personas/p%201"),
        ("POST", "/v2/personas"),
        ("PATCH", "/v2/personas/p1"),
        ("GET", "/v2/replicas/r1?verbose=true"),
        ("GET", "/v2/replicas?limit=100&page=1&replica_type=system&verbose=true"),
        ("GET", "/v2/documents?limit=5&page=0&sort=descending&status=ready&name_or_uuid=keys&tags=a%2Cb"),
        ("PATCH", "/v2/documents/d0-1"),
        ("DELETE", "/v2/documents/d0-1"),
    ]
    assert json.loads(server.requests[2].body) == [
        {"op": "replace", "path": "/system_prompt", "value": "You are Chuck."},
        {"op": "remove", "path": "/context"},
    ]
    assert server.requests[2].headers["Content-Type"] == "application/json"
    assert json.loads(server.requests[6].body) == {"document_name": "Keys"}


def test_nothing_to_change_is_no_error_even_where_it_says_so_in_a_body() -> None:
    said = b'{"message": "No changes were made to the persona"}'
    answers = (
        raw(b"HTTP/1.1 304 Not Modified\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said)),
        answer(200, {"persona_id": "p1"}),
    )
    with Server(*answers) as server, client_of(server.base_url) as client:
        assert client.patch_persona("p1", STEPS) is False
        # What was left unread of that body is no answer to the next question.
        assert client.get_persona("p1").persona_id == "p1"


@pytest.mark.parametrize("call", ["get_persona", "get_replica", "get_document"])
def test_answer_about_another_one_is_none(call: str) -> None:
    other = answer(200, {"persona_id": "p2", "replica_id": "r2", "document_id": "d2"})
    error, _ = failure((other,), call)
    assert isinstance(error, ServerFaultError)


@pytest.mark.parametrize("call", ["create_persona", "create_document"])
def test_what_may_have_been_added_is_said_to_be_in_doubt(call: str) -> None:
    error, _ = failure((reset,), call)
    assert "not known whether it was added" in error.safe
    assert "not asked for twice" in error.safe
