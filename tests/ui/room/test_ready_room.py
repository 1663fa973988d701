"""What a room is shown with, made while its address is still awaited."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from coach_desktop.sessions.updates import SessionState, SessionUpdate
from coach_desktop.ui.live_page import LivePage
from coach_desktop.ui.room.page_policy import Media
from coach_desktop.ui.room.terms import Terms
from tests.standin import StandIn
from tests.ui.conftest import Site
from tests.ui.room.rooms import MEDIA_PAGE, MakeSite, Opened, make_room, show


def views(page: LivePage) -> list[QWebEngineView]:
    return page.findChildren(QWebEngineView)


@pytest.fixture
def page(qtbot: QtBot, dressed: QApplication) -> Iterator[LivePage]:
    made = LivePage()
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.leave_room()
    made.close()
    made.deleteLater()


@pytest.mark.parametrize("pause_ms", [0, 5, 20, 60, 300])
def test_the_room_is_shown_in_it_whenever_its_address_comes(
    qtbot: QtBot, opened: Opened, site: Site, pause_ms: int
) -> None:
    address = site.page("/room", "<title>room</title>")
    opened.pane.make_ready()
    (ready,) = opened.pane.findChildren(QWebEngineView)
    qtbot.wait(pause_ms)
    show(qtbot, opened, address)
    assert opened.pane.view is ready
    assert ready.isVisible()
    assert opened.title() == "room"


def test_it_is_made_once_and_only_while_there_is_no_room(qtbot: QtBot, opened: Opened, site: Site) -> None:
    opened.pane.make_ready()
    opened.pane.make_ready()
    assert len(opened.pane.findChildren(QWebEngineView)) == 1
    show(qtbot, opened, site.page("/room", "<title>room</title>"))
    opened.pane.make_ready()
    assert opened.pane.findChildren(QWebEngineView) == [opened.pane.view]


def test_leaving_takes_it_away(opened: Opened) -> None:
    opened.pane.make_ready()
    opened.pane.leave()
    assert opened.pane.findChildren(QWebEngineView) == []


def test_it_is_shut_in_as_any_room(qtbot: QtBot, opened: Opened, make_site: MakeSite) -> None:
    site, elsewhere = make_site(), make_site()
    opened.pane.make_ready()
    qtbot.wait(100)
    with qtbot.waitSignal(opened.pane.permission_asked) as asked:
        opened.pane.show_room(QUrl(site.page("/room", MEDIA_PAGE)))
    assert asked.args == [Media.BOTH]
    opened.run(
        qtbot,
        f"fetch('{elsewhere.url}/pixel', {{mode: 'no-cors'}})"
        ".then(() => document.title = 'fetched', () => document.title = 'blocked'); 1",
    )
    qtbot.waitUntil(lambda: opened.title() == "blocked")
    assert elsewhere.asked == []


def test_it_goes_by_the_name_that_is_set(qtbot: QtBot, opened: Opened) -> None:
    with StandIn() as tavus:
        opened.pane.make_ready()
        qtbot.wait(100)
        show(qtbot, opened, make_room(tavus), allow=True, kind="tavus")
        agent = tavus.visits[0].user_agent
        assert "QtWebEngine" not in agent
        assert opened.run(qtbot, "navigator.userAgent") == agent
        opened.pane.leave()


def test_it_is_made_while_a_session_starts(qtbot: QtBot, page: LivePage, site: Site) -> None:
    page.begin(Terms(media_allowed=True))
    qtbot.waitUntil(lambda: len(views(page)) == 1)
    (ready,) = views(page)
    assert page.pane is not None
    with qtbot.waitSignal(page.pane.room_loaded):
        address = site.page("/room", "<title>room</title>")
        page.show_update(SessionUpdate(SessionState.STARTING, "s1", "", room_url=address, provider="local"))
    assert views(page) == [ready]


def test_a_start_that_fails_leaves_nothing_behind(qtbot: QtBot, page: LivePage) -> None:
    page.begin(Terms(media_allowed=True))
    qtbot.waitUntil(lambda: len(views(page)) == 1)
    page.show_update(SessionUpdate(SessionState.FAILED, "s1", "It failed."))
    assert views(page) == []


def test_a_start_that_fails_at_once_makes_nothing(qtbot: QtBot, page: LivePage) -> None:
    page.begin(Terms(media_allowed=True))
    page.show_update(SessionUpdate(SessionState.FAILED, "s1", "It failed."))
    qtbot.wait(100)
    assert page.pane is None


def test_after_a_session_the_next_one_finds_it_made(qtbot: QtBot, page: LivePage) -> None:
    page.begin(Terms(media_allowed=True))
    qtbot.waitUntil(lambda: len(views(page)) == 1)
    page.show_update(SessionUpdate(SessionState.FAILED, "s1", "It failed."))
    page.expect_another()
    qtbot.waitUntil(lambda: len(views(page)) == 1)
    (ready,) = views(page)
    page.begin(Terms(media_allowed=True))
    qtbot.wait(50)
    assert views(page) == [ready]


def test_behind_a_closed_window_none_is_made(qtbot: QtBot, page: LivePage) -> None:
    page.begin(Terms(media_allowed=True))
    qtbot.waitUntil(lambda: len(views(page)) == 1)
    page.show_update(SessionUpdate(SessionState.FAILED, "s1", "It failed."))
    page.expect_another()
    page.hide()
    qtbot.wait(1500)
    assert views(page) == []


def test_who_had_no_session_gets_no_web_engine(qtbot: QtBot, page: LivePage) -> None:
    page.expect_another()
    qtbot.wait(1500)
    assert page.pane is None
