"""Whatever a server or a network does, a call ends in a typed error, is asked once, and keeps the key to itself."""

from __future__ import annotations

import gc
import gzip
import socket
import ssl

import pytest

from coach_desktop.tavus import caller
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
    UnknownIdError,
    UnknownOutcomeError,
    UnreachableError,
)
from tests.tavus.calls import (
    CALLS,
    CREATE,
    CREATED,
    KEY,
    PATIENCE_S,
    client_of,
    everything_told,
    failure,
)
from tests.tavus.misbehaving_server import (
    Answer,
    Server,
    answer,
    chunked,
    drip,
    endless,
    never,
    raw,
    reset,
)

# For the cases where the time-out has to strike, and for the one where it must not strike before the head is there.
IMPATIENCE_S = {
    "slow drip": 0.15, "slow drip until it closes": 0.15, "slow drip of chunks": 0.15, "slow drip of a head": 0.15,
    "one interim answer after the other": 0.15, "silence": 0.15, "401 that never ends": 2.0,
}  # fmt: skip


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
