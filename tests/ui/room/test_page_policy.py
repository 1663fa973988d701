"""What a page may do: decisions without a browser."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QUrl

from coach_desktop.ui.room import page_policy
from coach_desktop.ui.room.page_policy import CrashBudget, Media, Origin

ROOM = Origin("http", "127.0.0.1", 8123)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://127.0.0.1:8123/rooms/c1?t=x", ROOM),
        ("HTTP://127.0.0.1:8123/", ROOM),
        ("ws://127.0.0.1:8123/rooms/c1/stream", ROOM),
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
def test_only_safe_addresses_become_rooms(address: str, shown: bool) -> None:
    assert (page_policy.room_origin(QUrl(address)) is not None) is shown


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


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://example.org/", True),
        ("about:blank", True),
        ("about:srcdoc", True),
        ("file:///etc/passwd", False),
        ("chrome://gpu", False),
        ("mailto:someone@example.org", False),
    ],
)
def test_frames_inside_never_reach_files(address: str, allowed: bool) -> None:
    assert page_policy.may_navigate(QUrl(address), ROOM, main_frame=False) is allowed


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
        assert page_policy.origin_of(url) == ROOM
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
        ("https://cdn.example.org/", Origin("https", "tavus.daily.co", 443), True),
    ],
)
def test_a_local_room_stays_on_this_computer(address: str, room: Origin, fetched: bool) -> None:
    assert page_policy.may_fetch(QUrl(address), room) is fetched


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
