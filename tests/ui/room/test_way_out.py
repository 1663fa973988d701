"""The way out of a room that shows nothing: the system's browser, and the token's way round to it."""

from __future__ import annotations

import pytest
import requests
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from pytestqt.qtbot import QtBot

from coach_desktop.sessions.updates import SessionState, SessionUpdate
from coach_desktop.ui.live_page import LivePage
from tests.standin import StandIn
from tests.ui.driving import press, said
from tests.ui.room.live_pages import Turned, asked, begin, devices, live
from tests.ui.room.rooms import make_room


def browser_opens(monkeypatch: pytest.MonkeyPatch, *, there_is_one: bool = True) -> list[str]:
    opened: list[str] = []

    def open_url(url: QUrl) -> bool:
        opened.append(url.toString())
        return there_is_one

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    return opened


class TestTheWayOut:
    def test_a_room_without_a_picture_offers_the_browser_until_it_comes(
        self, qtbot: QtBot, page: LivePage, clock: Turned, tavus: StandIn
    ) -> None:
        tavus.room = "no video"
        begin(page, live(make_room(tavus)))
        assert page.pane is not None
        with qtbot.waitSignal(page.pane.room_loaded):
            pass
        assert asked(page).isHidden()
        clock.ahead = 21.0
        qtbot.waitUntil(lambda: "no picture of the coach yet" in said(asked(page)))
        page.pane.picture_seen.emit()
        assert asked(page).isHidden()

    def test_with_a_picture_nothing_is_offered(
        self, qtbot: QtBot, page: LivePage, clock: Turned, tavus: StandIn
    ) -> None:
        begin(page, live(make_room(tavus)))
        assert page.pane is not None
        with qtbot.waitSignal(page.pane.picture_seen):
            pass
        clock.ahead = 60.0
        qtbot.wait(700)
        assert asked(page).isHidden()

    def test_the_time_begins_anew_after_our_own_question(
        self, qtbot: QtBot, page: LivePage, clock: Turned, tavus: StandIn
    ) -> None:
        tavus.room = "no video"
        begin(page, live(make_room(tavus)), allow=False)
        qtbot.waitUntil(lambda: asked(page).is_asking)
        assert page.pane is not None
        with qtbot.waitSignal(page.pane.picture_missed):
            clock.ahead = 21.0
        assert "May the coach use" in said(asked(page))
        press(asked(page), "Allow")
        qtbot.wait(700)
        assert asked(page).isHidden()
        clock.ahead = 42.0
        qtbot.waitUntil(lambda: "no picture of the coach yet" in said(asked(page)))

    def test_the_browser_gets_the_room_but_not_its_token_in_an_argument(
        self, qtbot: QtBot, page: LivePage, tavus: StandIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened = browser_opens(monkeypatch)
        tavus.room = "unsupported"
        room = make_room(tavus, require_auth=True)
        begin(page, live(room, ago_s=9.2))
        qtbot.waitUntil(lambda: "does not work in this window" in said(asked(page)))
        press(asked(page), "Open in my browser")
        assert len(opened) == 1
        assert room.split("t=")[1] not in opened[0]
        assert requests.get(opened[0], allow_redirects=False, timeout=10).headers["Location"] == room
        assert page.pane is not None
        assert page.pane.view is None
        assert "billed until you end it here" in said(page)
        assert devices(page) == ["Camera in your browser", "Microphone in your browser"]
        assert page.is_live
        with qtbot.waitSignal(page.end_asked):
            press(page, "End session")
        assert tavus.ends == []

    def test_an_address_without_a_token_is_opened_as_it_is(
        self, page: LivePage, tavus: StandIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened = browser_opens(monkeypatch)
        room = make_room(tavus)
        begin(page, live(room))
        press(page, "Open in my browser")
        assert opened == [room]

    def test_without_a_browser_nothing_is_left_open(
        self, page: LivePage, tavus: StandIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened = browser_opens(monkeypatch, there_is_one=False)
        begin(page, live(make_room(tavus, require_auth=True)))
        press(page, "Open in my browser")
        assert "No browser could be started" in said(asked(page))
        with pytest.raises(requests.ConnectionError):
            requests.get(opened[0], timeout=10)

    def test_the_end_closes_what_was_not_used(
        self, page: LivePage, tavus: StandIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened = browser_opens(monkeypatch)
        begin(page, live(make_room(tavus, require_auth=True)))
        press(page, "Open in my browser")
        page.show_update(SessionUpdate(SessionState.REPORTING, "s1", "Writing the report…", provider="tavus"))
        with pytest.raises(requests.ConnectionError):
            requests.get(opened[0], timeout=10)
