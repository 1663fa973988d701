"""What a page may do: decisions without a browser."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QUrl, QUrlQuery

from coach_desktop.ui.room import page_policy
from coach_desktop.ui.room.page_policy import CrashBudget, Media, Origin, Room, RoomKind

HERE = Origin("http", "127.0.0.1", 8123)
ROOM = Room(HERE, "local")
TAVUS = Room(Origin("https", "tavus.daily.co", 443), "tavus")
STAND_IN = Room(HERE, "tavus")
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) QtWebEngine/6.11.3 Chrome/140.0.0.0"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://127.0.0.1:8123/rooms/c1?t=x", HERE),
        ("HTTP://127.0.0.1:8123/", HERE),
        ("ws://127.0.0.1:8123/rooms/c1/stream", HERE),
        ("https://Tavus.Daily.co/abc", Origin("https", "tavus.daily.co", 443)),
        ("http://localhost", Origin("http", "localhost", 80)),
        ("file:///etc/passwd", None),
        ("about:blank", None),
        ("javascript:alert(1)", None),
        ("http://", None),
        ("", None),
    ],
)
def test_origin_is_scheme_host_and_port(address: str, expected: Origin | None) -> None:
    assert page_policy.origin_of(QUrl(address)) == expected


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://127.0.0.1:8123/rooms/c1", True),
        ("http://[::1]:8123/rooms/c1", True),
        ("https://tavus.daily.co/c1", True),
        ("http://tavus.daily.co/c1", False),
        ("http://user:secret@127.0.0.1:8123/rooms/c1", False),
        ("ws://127.0.0.1:8123/rooms/c1", False),
        ("file:///rooms/c1", False),
        ("chrome://gpu", False),
    ],
)
@pytest.mark.parametrize("kind", ["local", "tavus"])
def test_only_safe_addresses_become_rooms(address: str, shown: bool, kind: RoomKind) -> None:
    room = page_policy.room_of(QUrl(address), kind)
    assert (room is not None) is shown
    assert room is None or room.kind == kind


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("http://127.0.0.1:8123/rooms/c1", True),
        ("http://127.0.0.1:8124/rooms/c1", False),
        ("http://localhost:8123/rooms/c1", False),
        ("https://127.0.0.1:8123/rooms/c1", False),
        ("http://u:p@127.0.0.1:8123/rooms/c1", False),
        ("https://example.org/", False),
        ("file:///etc/passwd", False),
        ("chrome://kill", False),
        ("data:text/html,hi", False),
        ("blob:http://127.0.0.1:8123/1", False),
        ("about:blank", False),
        ("mailto:someone@example.org", False),
        ("ws://127.0.0.1:8123/", False),
    ],
)
def test_the_main_frame_stays_on_the_room(address: str, allowed: bool) -> None:
    assert page_policy.may_navigate(QUrl(address), ROOM, main_frame=True) is allowed
    assert page_policy.may_navigate(QUrl(address), STAND_IN, main_frame=True) is allowed


@pytest.mark.parametrize(
    ("address", "local", "tavus"),
    [
        ("https://example.org/", False, True),
        ("http://127.0.0.1:8123/inside", True, True),
        ("about:blank", True, True),
        ("about:srcdoc", True, True),
        ("http://example.org/", False, False),
        ("wss://example.org/", False, False),
        ("https://127.0.0.1:8443/", False, False),
        ("file:///etc/passwd", False, False),
        ("chrome://gpu", False, False),
        ("mailto:someone@example.org", False, False),
    ],
)
def test_frames_inside_go_where_the_room_may_load_from(address: str, local: bool, tavus: bool) -> None:
    assert page_policy.may_navigate(QUrl(address), ROOM, main_frame=False) is local
    assert page_policy.may_navigate(QUrl(address), STAND_IN, main_frame=False) is tavus


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://example.org/", True),
        ("http://127.0.0.1:8123/rooms/c1", True),
        ("https://u:p@example.org/", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_only_web_addresses_go_to_the_system_browser(address: str, allowed: bool) -> None:
    assert page_policy.may_open_outside(QUrl(address)) is allowed


@given(st.text(max_size=60), st.booleans())
def test_nothing_but_the_room_ever_stays_in_the_main_frame(text: str, as_url: bool) -> None:
    url = QUrl(f"http://{text}/" if as_url else text)
    if page_policy.may_navigate(url, ROOM, main_frame=True):
        assert page_policy.origin_of(url) == HERE
    if page_policy.may_open_outside(url):
        assert url.scheme() in {"http", "https"}


@pytest.mark.parametrize(
    ("address", "room", "fetched"),
    [
        ("http://127.0.0.1:8123/room-assets/room.js", ROOM, True),
        ("ws://127.0.0.1:8123/rooms/c1/stream", ROOM, True),
        ("data:image/png;base64,", ROOM, True),
        ("blob:http://127.0.0.1:8123/1", ROOM, True),
        ("https://example.org/pixel.png", ROOM, False),
        ("http://127.0.0.1:9/", ROOM, False),
        ("file:///etc/passwd", ROOM, False),
        # Not the address decides how far a room is trusted, but whose it is.
        ("https://cdn.example.org/", Room(TAVUS.origin, "local"), False),
        ("https://tavus.daily.co/app.js", Room(TAVUS.origin, "local"), True),
    ],
)
def test_a_local_room_loads_from_its_own_origin_only(address: str, room: Room, fetched: bool) -> None:
    assert page_policy.may_fetch(QUrl(address), room) is fetched


@pytest.mark.parametrize(
    ("address", "fetched"),
    [
        ("https://cdn.example.org/app.js", True),
        ("wss://sfu.example.org/", True),
        ("data:image/png;base64,", True),
        ("blob:https://tavus.daily.co/1", True),
        ("http://cdn.example.org/app.js", False),
        ("ws://cdn.example.org/", False),
        ("http://192.168.1.1/", False),
        ("http://127.0.0.1:8123/v2/conversations", False),
        ("https://127.0.0.1:8443/", False),
        ("https://localhost/", False),
        ("wss://sub.localhost:9222/", False),
        ("https://localhost./", False),
        ("https://[::1]/", False),
        ("https://[::ffff:127.0.0.1]/", False),
        ("https://0.0.0.0/", False),
        ("file:///etc/passwd", False),
        ("chrome://gpu", False),
        ("ftp://example.org/", False),
    ],
)
def test_a_tavus_room_loads_from_the_web_and_never_from_this_computer(address: str, fetched: bool) -> None:
    assert page_policy.may_fetch(QUrl(address), TAVUS) is fetched


def test_a_room_on_this_computer_reaches_itself_and_no_other_port() -> None:
    assert page_policy.may_fetch(QUrl("http://127.0.0.1:8123/assets/a.js"), STAND_IN)
    assert page_policy.may_fetch(QUrl("ws://127.0.0.1:8123/socket"), STAND_IN)
    assert page_policy.may_fetch(QUrl("https://cdn.example.org/"), STAND_IN)
    assert not page_policy.may_fetch(QUrl("http://127.0.0.1:8124/"), STAND_IN)
    assert not page_policy.may_fetch(QUrl("http://localhost:8123/"), STAND_IN)


@given(st.sampled_from(["http", "https", "ws", "wss"]), st.integers(0, 2**24 - 1), st.integers(1, 65535))
def test_no_loopback_address_is_reached_from_the_web(scheme: str, host: int, port: int) -> None:
    url = QUrl(f"{scheme}://127.{host >> 16}.{host >> 8 & 255}.{host & 255}:{port}/")
    assert not page_policy.may_fetch(url, TAVUS)


def test_the_engine_calls_itself_as_the_room_needs_it() -> None:
    assert page_policy.user_agent(AGENT, ROOM, version="1.2", chrome_like=True) == f"{AGENT} CoachDesktop/1.2"
    assert page_policy.user_agent(AGENT, TAVUS, version="1.2", chrome_like=False) == AGENT
    chrome = page_policy.user_agent(AGENT, TAVUS, version="1.2", chrome_like=True)
    assert chrome.endswith("(KHTML, like Gecko) Chrome/140.0.0.0")
    assert "Qt" not in chrome


@given(st.text(max_size=40))
def test_what_an_address_hides_is_found_in_it(secret: str) -> None:
    query = QUrlQuery()
    query.addQueryItem("a", "1")
    query.addQueryItem("t", QUrl.toPercentEncoding(secret).toStdString())
    url = QUrl("https://tavus.daily.co/c1")
    url.setQuery(query)
    assert page_policy.secrets_of(url) == ["1", secret] if secret else ["1"]


def test_media_is_for_the_exact_origin() -> None:
    assert page_policy.may_ask_for_media(QUrl("http://127.0.0.1:8123/"), ROOM)
    for other in ("http://127.0.0.1:8124/", "http://localhost:8123/", "https://127.0.0.1:8123/", "", "about:blank"):
        assert not page_policy.may_ask_for_media(QUrl(other), ROOM)


def test_a_yes_covers_its_own_kind_only() -> None:
    camera, microphone, both = Media.CAMERA, Media.MICROPHONE, Media.BOTH
    assert not page_policy.covers(frozenset(), camera)
    assert page_policy.covers(frozenset({camera}), camera)
    assert not page_policy.covers(frozenset({camera}), microphone)
    assert not page_policy.covers(frozenset({camera}), both)
    assert page_policy.covers(frozenset({both}), microphone)
    assert page_policy.covers(frozenset({camera, microphone}), both)


@given(st.text(max_size=2000), st.text(max_size=300), st.integers(0, 10**6))
def test_a_console_line_is_one_short_line(message: str, source: str, line: int) -> None:
    written = page_policy.console_line(message, source, line)
    assert len(written.splitlines()) <= 1
    assert len(written) <= 380


def test_a_console_line_does_not_carry_the_room_address() -> None:
    assert "secret" not in page_policy.console_line("hello", "http://127.0.0.1:1/rooms/c1?t=secret", 3)


@given(st.lists(st.floats(0, 400), max_size=40))
def test_never_more_than_three_reloads_in_five_minutes(gaps: list[float]) -> None:
    now = 0.0
    budget = CrashBudget(lambda: now)
    reloads: list[float] = []
    for gap in gaps:
        now += gap
        if budget.spend():
            reloads.append(now)
        assert len([time for time in reloads if now - time < 300]) <= 3


def test_crashes_far_apart_are_always_forgiven() -> None:
    now = 0.0
    budget = CrashBudget(lambda: now)
    for _ in range(10):
        assert budget.spend()
        now += 150
