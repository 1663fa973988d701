"""Tavus rooms in the pane, against real servers: what they may load, who gets the camera, what nobody gets to read."""

from __future__ import annotations

import logging
import socket

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from coach_desktop.ui.room import page_policy
from coach_desktop.ui.room.page_policy import Media, RoomKind
from tests.standin import StandIn
from tests.ui.conftest import Site
from tests.ui.room.rooms import MEDIA_PAGE, MakeSite, Opened, make_room, show

MARKED = "eyJhbGciOiJIUzI1NiJ9.marked-token-5d0c7e.c2ln"
FRAMED = (
    MEDIA_PAGE.replace("document.title =", "parent.postMessage(")
    .replace(".join('+');", ".join('+'), '*');")
    .replace("+ error.name;", "+ error.name, '*');")
)


def fetched(qtbot: QtBot, opened: Opened, address: str) -> str:
    opened.run(
        qtbot,
        f"document.title = 'asking'; fetch({address!r}, {{mode: 'no-cors'}})"
        ".then(() => document.title = 'fetched', () => document.title = 'blocked'); 1",
    )
    qtbot.waitUntil(lambda: opened.title() in {"fetched", "blocked"})
    return opened.title()


class TestTheStandIn:
    def test_a_room_with_a_token_opens_asks_and_shows_the_coach(
        self, qtbot: QtBot, opened: Opened, tavus: StandIn
    ) -> None:
        with qtbot.waitSignal(opened.pane.permission_asked) as asked:
            opened.pane.show_room(QUrl(make_room(tavus, require_auth=True)), kind="tavus")
        assert asked.args == [Media.BOTH]
        with qtbot.waitSignal(opened.pane.picture_seen):
            opened.pane.answer_media(True)
        assert tavus.visits[0].token

    @pytest.mark.parametrize(("chrome", "has_qt"), [(True, False), (False, True)])
    def test_the_engine_calls_itself_as_it_was_set(
        self, qtbot: QtBot, opened: Opened, tavus: StandIn, chrome: bool, has_qt: bool
    ) -> None:
        with qtbot.waitSignal(opened.pane.room_loaded):
            opened.pane.show_room(QUrl(make_room(tavus)), allow_media=True, kind="tavus", chrome_user_agent=chrome)
        agent = tavus.visits[0].user_agent
        assert "Chrome/" in agent
        assert ("QtWebEngine" in agent) is has_qt
        assert "CoachDesktop" not in agent
        assert opened.run(qtbot, "navigator.userAgent") == agent

    def test_a_room_that_says_unsupported_is_heard(self, qtbot: QtBot, opened: Opened, tavus: StandIn) -> None:
        tavus.room = "unsupported"
        with qtbot.waitSignal(opened.pane.picture_missed) as missed:
            opened.pane.show_room(QUrl(make_room(tavus)), kind="tavus")
        assert missed.args == [True]

    def test_a_room_without_a_picture_is_noticed(self, qtbot: QtBot, opened: Opened, tavus: StandIn) -> None:
        tavus.room = "no video"
        show(qtbot, opened, make_room(tavus), allow=True, kind="tavus")
        with qtbot.waitSignal(opened.pane.picture_missed) as missed:
            opened.now = 21.0
        assert missed.args == [False]

    def test_a_room_that_never_finishes_loading_is_noticed(self, qtbot: QtBot, opened: Opened) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            opened.pane.show_room(QUrl(f"http://127.0.0.1:{silent.getsockname()[1]}/rooms/c1"), kind="tavus")
            assert opened.pane.view is not None
            with qtbot.waitSignal(opened.pane.view.page().loadStarted):
                pass
            with qtbot.waitSignal(opened.pane.picture_missed):
                opened.now = 21.0
            opened.pane.leave()


class TestWhatARoomReaches:
    def test_no_other_service_on_this_computer(self, qtbot: QtBot, opened: Opened, make_site: MakeSite) -> None:
        site, elsewhere = make_site(), make_site()
        show(qtbot, opened, site.page("/room", "<title>room</title>"), kind="tavus")
        site.page("/own", "own")
        assert fetched(qtbot, opened, site.url + "/own") == "fetched"
        assert fetched(qtbot, opened, elsewhere.page("/private", "private")) == "blocked"
        assert fetched(qtbot, opened, "data:text/plain,hi") == "fetched"
        assert fetched(qtbot, opened, "file:///etc/passwd") == "blocked"
        assert elsewhere.asked == []

    def test_neither_by_frame_picture_script_nor_socket(
        self, qtbot: QtBot, opened: Opened, make_site: MakeSite
    ) -> None:
        site, elsewhere = make_site(), make_site()
        other, ws = elsewhere.url, elsewhere.url.replace("http", "ws")
        show(
            qtbot, opened,
            site.page("/room", f"<title>room</title><iframe src='{other}/frame'></iframe><img src='{other}/picture'>"
                      f"<script src='{other}/script'></script><script>new WebSocket('{ws}/socket')</script>"
                      f"<link rel=stylesheet href='{other}/style'><video src='{other}/video'></video>"
                      f"<script>navigator.sendBeacon('{other}/beacon'); new EventSource('{other}/events');"
                      f"new Worker(URL.createObjectURL(new Blob([`fetch('{other}/worker')`])))</script>"),
            kind="tavus",
        )  # fmt: skip
        qtbot.wait(500)
        assert elsewhere.asked == []

    def test_nothing_is_read_by_a_redirect(self, qtbot: QtBot, opened: Opened, make_site: MakeSite) -> None:
        """The web engine may send the request before it asks us; what comes back stays out of the page's reach."""
        site, elsewhere = make_site(), make_site()
        site.pages["/away"] = (f"redirect:{elsewhere.page('/private', 'private')}", b"")
        show(qtbot, opened, site.page("/room", "<title>room</title>"), kind="tavus")
        assert fetched(qtbot, opened, site.url + "/away") == "blocked"
        assert "/away" in site.asked

    def test_the_main_frame_stays_all_the_same(self, qtbot: QtBot, opened: Opened, make_site: MakeSite) -> None:
        site, elsewhere = make_site(), make_site()
        show(qtbot, opened, site.page("/room", "<title>room</title>"), kind="tavus")
        for address in (elsewhere.page("/other", "x"), "https://elsewhere.invalid/", "file:///etc/passwd"):
            opened.run(qtbot, f"location.href = {address!r}; 1")
            qtbot.wait(100)
        assert opened.title() == "room"
        assert elsewhere.asked == []

    @pytest.mark.parametrize("kind", ["local", "tavus"])
    def test_a_frame_of_another_origin_gets_no_camera(
        self, qtbot: QtBot, opened: Opened, make_site: MakeSite, monkeypatch: pytest.MonkeyPatch, kind: RoomKind
    ) -> None:
        """Framed with `allow`, and after a yes to the room itself.

        A Tavus room may frame https only, which needs a certificate; so the rule of what is loaded is lifted here.
        """
        monkeypatch.setattr(page_policy, "may_fetch", lambda _url, _room: True)
        site, elsewhere = make_site(), make_site()
        framed = elsewhere.page("/framed", FRAMED)
        room = site.page("/room", f"<title>room</title><script>onmessage = e => document.title = e.data</script>"
                         f"<iframe src='{framed}' allow='camera; microphone'></iframe>")  # fmt: skip
        asked: list[Media] = []
        opened.pane.permission_asked.connect(asked.append)
        show(qtbot, opened, room, allow=True, kind=kind)
        qtbot.waitUntil(lambda: opened.title() != "room")
        assert opened.title().startswith("refused")
        assert asked == []

    def test_a_frame_of_the_room_itself_gets_it(self, qtbot: QtBot, opened: Opened, site: Site) -> None:
        site.page("/framed", FRAMED)
        room = site.page("/room", "<title>room</title><script>onmessage = e => document.title = e.data</script>"
                         "<iframe src='/framed' allow='camera; microphone'></iframe>")  # fmt: skip
        show(qtbot, opened, room, allow=True, kind="tavus")
        qtbot.waitUntil(lambda: opened.title() == "got audio+video")


def window_titles() -> str:
    return "\n".join(window.title() for window in QGuiApplication.topLevelWindows())


class TestTheTokenIsNotTold:
    """Without the help of the log's own redaction, which knows the token as well: here nothing must need it."""

    @pytest.mark.parametrize("kind", ["local", "tavus"])
    def test_not_by_a_page_that_shouts_it(
        self, qtbot: QtBot, opened: Opened, site: Site, caplog: pytest.LogCaptureFixture, kind: RoomKind
    ) -> None:
        caplog.set_level(logging.DEBUG)
        loud = (
            "<body>hi<script>console.log(location.href); console.error('token', location.search.slice(3));"
            "fetch('/nothing' + location.search); console.warn(encodeURIComponent(location.href));"
            "console.log('shouted'); throw new Error(location.href)</script></body>"
        )
        show(qtbot, opened, f"{site.page('/room', loud)}?t={MARKED}", kind=kind)
        qtbot.waitUntil(lambda: "shouted" in caplog.text)
        qtbot.waitUntil(lambda: opened.title() == "Conversation")
        opened.run(qtbot, "location.href = 'mailto:' + location.search; 1")
        qtbot.wait(300)
        assert "marked-token" not in caplog.text
        assert "marked-token" not in window_titles()

    @pytest.mark.expects_warnings("the room did not load")
    def test_not_by_a_room_that_does_not_answer(
        self, qtbot: QtBot, opened: Opened, make_site: MakeSite, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        site = make_site()
        site.pages["/room"] = ("redirect:http://127.0.0.1:9/elsewhere?t=" + MARKED, b"")
        for address in (f"http://127.0.0.1:9/rooms/c1?t={MARKED}", f"{site.url}/nothing?t={MARKED}"):
            failures: list[str] = []
            opened.pane.room_failed.connect(failures.append)
            opened.pane.show_room(QUrl(address), kind="tavus")
            qtbot.waitUntil(lambda: bool(failures))  # noqa: B023 - waits within the turn
            assert "marked-token" not in "".join(failures)
        opened.pane.show_room(QUrl(f"{site.url}/room?t={MARKED}"), kind="tavus")
        qtbot.waitUntil(lambda: "/room?t=" + MARKED in site.asked)
        qtbot.wait(300)
        assert "marked-token" not in caplog.text
        assert "marked-token" not in window_titles()
