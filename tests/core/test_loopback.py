"""What servers on loopback share: the port, the addresses, the headers."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.core import loopback
from coach_desktop.core.errors import CoachError

Sent = list[dict[str, Any]]


def sent_through(*messages: dict[str, Any]) -> Sent:
    """Return what arrives of the messages that go through `with_security_headers`."""
    arrived: Sent = []

    async def send(message: Any) -> None:
        arrived.append(dict(message))

    async def go() -> None:
        for message in messages:
            await loopback.with_security_headers(send)(message)

    asyncio.run(go())
    return arrived


def test_a_port_is_taken_at_once_on_this_computer_alone() -> None:
    with closing(loopback.bound_socket(0, who="The server")) as bound:
        host, port = bound.getsockname()
        assert host == "127.0.0.1"
        assert port > 0
        bound.listen()
        with closing(socket.create_connection((host, port), timeout=10)):
            pass


def test_a_port_is_free_again_for_the_next_one() -> None:
    with closing(loopback.bound_socket(0, who="The server")) as bound:
        bound.listen()
        port = bound.getsockname()[1]
        with closing(socket.create_connection(("127.0.0.1", port), timeout=10)):
            bound.accept()[0].close()
    loopback.bound_socket(port, who="The server").close()


def test_a_port_that_is_taken_is_said_in_words() -> None:
    with closing(loopback.bound_socket(0, who="The server")) as bound:
        bound.listen()
        port = bound.getsockname()[1]
        with pytest.raises(CoachError, match=f"The other one cannot use the port {port}: ") as caught:
            loopback.bound_socket(port, who="The other one")
    assert "another port" in caught.value.do


@given(st.integers(1, 65535).filter(lambda port: port != 80))
def test_own_addresses_name_the_port(port: int) -> None:
    assert loopback.own_hosts(port) == {f"127.0.0.1:{port}", f"localhost:{port}"}
    assert loopback.own_origins(port) == {f"http://127.0.0.1:{port}", f"http://localhost:{port}"}


def test_browsers_leave_out_the_port_80() -> None:
    assert loopback.own_hosts(80) == {"127.0.0.1:80", "localhost:80", "127.0.0.1", "localhost"}
    assert "http://localhost" in loopback.own_origins(80)


def test_an_answer_gets_the_security_headers_but_for_its_own() -> None:
    own = (b"Cache-Control", b"max-age=60")
    start, body = sent_through(
        {"type": "http.response.start", "status": 200, "headers": [own]},
        {"type": "http.response.body", "body": b"x"},
    )
    others = [header for header in loopback.SECURITY_HEADERS if header[0] != b"cache-control"]
    assert start == {"type": "http.response.start", "status": 200, "headers": [own, *others]}
    assert body == {"type": "http.response.body", "body": b"x"}


def test_an_answer_without_headers_gets_them_all() -> None:
    (start,) = sent_through({"type": "http.response.start", "status": 204})
    assert start["headers"] == list(loopback.SECURITY_HEADERS)


@given(st.dictionaries(st.text(), st.text()))
def test_an_answer_in_json_says_how_long_it_is(told: dict[str, str]) -> None:
    arrived: Sent = []

    async def send(message: Any) -> None:
        arrived.append(dict(message))

    asyncio.run(loopback.answer_json(send, 403, told))
    start, body = arrived
    headers = dict(start["headers"])
    assert start["status"] == 403
    assert headers == {b"content-type": b"application/json", b"content-length": str(len(body["body"])).encode()}
    assert json.loads(body["body"]) == told
