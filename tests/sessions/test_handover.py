"""The handover: one use, the right page, a bounded time, and no thread left."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
import requests

from coach_desktop.sessions.handover import Handover, carries_token

ROOM = "https://tavus.daily.co/c477c9dd7aa6e4fe?t=eyJhbGciOi.marked-token.x"


@contextmanager
def handed_over(room: str = ROOM, patience_s: float = 60.0) -> Iterator[tuple[Handover, str]]:
    handover = Handover(room, patience_s=patience_s)
    try:
        yield handover, handover.start()
    finally:
        handover.close()


def get(url: str, method: str = "GET") -> requests.Response:
    return requests.request(method, url, allow_redirects=False, timeout=60)


def wait_for_the_end() -> None:
    for thread in threading.enumerate():
        if thread.name == "handover":
            thread.join(60)
            assert not thread.is_alive()


@pytest.mark.parametrize(
    ("url", "carries"),
    [
        (ROOM, True),
        ("https://tavus.daily.co/c1?lang=en&t=abc", True),
        ("https://tavus.daily.co/c1", False),
        ("https://tavus.daily.co/c1?lang=en", False),
        ("https://tavus.daily.co/c1?t=", False),
    ],
)
def test_a_token_in_an_address_is_seen(url: str, carries: bool) -> None:
    assert carries_token(url) is carries


def test_the_address_that_is_opened_holds_nothing_of_the_room() -> None:
    with handed_over() as (_, url):
        assert urlsplit(url).hostname == "127.0.0.1"
        assert "marked-token" not in url
        assert "tavus" not in url


def test_the_browser_is_sent_on_once() -> None:
    with handed_over() as (_, url):
        answer = get(url)
        assert answer.status_code == 303
        assert answer.headers["Location"] == ROOM
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        wait_for_the_end()
        with pytest.raises(requests.ConnectionError):
            get(url)


@pytest.mark.parametrize(
    ("method", "change"),
    [
        ("GET", lambda url: url + "x"),
        ("GET", lambda url: url[:-1]),
        ("GET", lambda url: url + "?a=1"),
        ("GET", lambda url: url.rsplit("/", 1)[0] + "/"),
        ("HEAD", lambda url: url),
        ("POST", lambda url: url),
    ],
)
def test_whatever_else_is_asked_is_not_found_and_spends_nothing(method: str, change: object) -> None:
    with handed_over() as (_, url):
        assert callable(change)
        answer = get(change(url), method)
        assert answer.status_code == 404
        assert "Location" not in answer.headers
        assert get(url).status_code == 303


def test_connections_that_say_nothing_or_nonsense_hold_nothing_up() -> None:
    with handed_over() as (_, url):
        port = urlsplit(url).port
        silent = [socket.create_connection(("127.0.0.1", port or 0)) for _ in range(5)]
        silent[1].sendall(b"\x16\x03\x01" * 40)
        silent[2].sendall(b"GET /" + b"x" * 100_000)
        silent[3].close()
        assert get(url).status_code == 303
        wait_for_the_end()
        for one in silent:
            one.close()


def test_of_many_who_ask_at_once_one_gets_it() -> None:
    codes: list[int] = []
    with handed_over() as (_, url):

        def ask() -> None:
            try:
                codes.append(get(url).status_code)
            except requests.ConnectionError:
                codes.append(0)

        askers = [threading.Thread(target=ask) for _ in range(8)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join(60)
    assert codes.count(303) == 1
    assert set(codes) <= {0, 303, 404}


def test_it_ends_by_itself_when_nobody_comes() -> None:
    with handed_over(patience_s=0.05) as (_, url):
        wait_for_the_end()
        with pytest.raises(requests.ConnectionError):
            get(url)


def test_it_can_be_closed_early_and_twice() -> None:
    with handed_over() as (handover, url):
        handover.close()
        handover.close()
        with pytest.raises(requests.ConnectionError):
            get(url)


@pytest.mark.parametrize(
    "room", ["file:///etc/passwd", "javascript:alert(1)", "https://h/\r\nSet-Cookie: a=b", "https://h/\u2028", ""]
)
def test_only_the_address_of_a_room_is_handed_over(room: str) -> None:
    with pytest.raises(ValueError, match="not the address") as caught:
        Handover(room)
    assert not room or room not in str(caught.value)


def test_the_token_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with handed_over() as (_, url):
        get(url + "x")
        get(url)
        wait_for_the_end()
    assert "marked-token" not in caplog.text
