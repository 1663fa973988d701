"""What the client sends and reads, and how it keeps the key to itself."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from coach_desktop import __version__
from coach_desktop.tavus.client import TavusClient
from coach_desktop.tavus.document_models import ChangeDocument
from coach_desktop.tavus.errors import (
    KeyRefusedError,
    ServerFaultError,
    UnknownConversationError,
    UnreachableError,
)
from tests.tavus.calls import (
    CREATE,
    CREATED,
    KEY,
    PERSONA,
    STEPS,
    client_of,
    everything_told,
    failure,
)
from tests.tavus.misbehaving_server import (
    Answer,
    Server,
    answer,
    chunked,
    http_bytes,
    kept_open,
    raw,
    reset,
)


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
    unchanged = b"HTTP/1.1 304 Not Modified\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said)
    persona = http_bytes(200, b'{"persona_id": "p1"}')
    # Whether the next question comes on the same connection is the client's affair.
    with Server(kept_open(unchanged, persona), raw(persona)) as server, client_of(server.base_url) as client:
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
