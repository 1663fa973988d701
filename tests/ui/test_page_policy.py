"""What a page may do: decisions without a browser."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QUrl

from coach_desktop.ui import page_policy
from coach_desktop.ui.page_policy import CrashBudget, Media, Navigation, Origin

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
    ("address", "clicked", "expected"),
    [
        ("http://127.0.0.1:8123/rooms/c1", False, Navigation.STAY),
        ("http://127.0.0.1:8124/rooms/c1", False, Navigation.DROP),
        ("http://127.0.0.1:8124/rooms/c1", True, Navigation.OPEN_OUTSIDE),
        ("http://localhost:8123/rooms/c1", False, Navigation.DROP),
        ("https://127.0.0.1:8123/rooms/c1", False, Navigation.DROP),
        ("http://u:p@127.0.0.1:8123/rooms/c1", False, Navigation.DROP),
        ("https://example.org/", True, Navigation.OPEN_OUTSIDE),
        ("https://example.org/", False, Navigation.DROP),
        ("https://u:p@example.org/", True, Navigation.DROP),
        ("file:///etc/passwd", True, Navigation.DROP),
        ("chrome://kill", True, Navigation.DROP),
        ("data:text/html,hi", True, Navigation.DROP),
        ("blob:http://127.0.0.1:8123/1", True, Navigation.DROP),
        ("about:blank", False, Navigation.DROP),
        ("mailto:someone@example.org", True, Navigation.DROP),
        ("ws://127.0.0.1:8123/", True, Navigation.DROP),
    ],
)
def test_the_main_frame_stays_on_the_room(address: str, clicked: bool, expected: Navigation) -> None:
    assert page_policy.decide_navigation(QUrl(address), ROOM, main_frame=True, clicked=clicked) is expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://example.org/", Navigation.STAY),
        ("about:blank", Navigation.STAY),
        ("about:srcdoc", Navigation.STAY),
        ("file:///etc/passwd", Navigation.DROP),
        ("chrome://gpu", Navigation.DROP),
        ("mailto:someone@example.org", Navigation.DROP),
    ],
)
def test_frames_inside_never_reach_files(address: str, expected: Navigation) -> None:
    assert page_policy.decide_navigation(QUrl(address), ROOM, main_frame=False, clicked=True) is expected


@pytest.mark.parametrize(
    ("address", "clicked", "expected"),
    [
        ("https://example.org/", True, Navigation.OPEN_OUTSIDE),
        ("http://127.0.0.1:8123/rooms/c1", True, Navigation.OPEN_OUTSIDE),
        ("https://example.org/", False, Navigation.DROP),
        ("file:///etc/passwd", True, Navigation.DROP),
        ("", True, Navigation.DROP),
    ],
)
def test_pop_ups_never_open_inside(address: str, clicked: bool, expected: Navigation) -> None:
    assert page_policy.decide_pop_up(QUrl(address), clicked=clicked) is expected


@given(st.text(max_size=60), st.booleans(), st.booleans())
def test_nothing_but_the_room_ever_stays_in_the_main_frame(text: str, clicked: bool, as_url: bool) -> None:
    url = QUrl(f"http://{text}/" if as_url else text)
    if page_policy.decide_navigation(url, ROOM, main_frame=True, clicked=clicked) is Navigation.STAY:
        assert page_policy.origin_of(url) == ROOM
    if page_policy.decide_pop_up(url, clicked=clicked) is Navigation.OPEN_OUTSIDE:
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
