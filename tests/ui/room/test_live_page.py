"""The live page with a Tavus room: what it costs, what is asked, and its end."""

from __future__ import annotations

import os
import re
import signal
import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from coach_desktop.sessions.updates import SessionState, SessionUpdate
from coach_desktop.ui import parts
from coach_desktop.ui.live_page import LivePage
from coach_desktop.ui.room.terms import Terms
from coach_desktop.ui.session_bar import END_KEY, DeviceState, SessionBar
from tests.ui.conftest import Site
from tests.ui.driving import Show, press, said
from tests.ui.room.live_pages import asked, begin, devices, live
from tests.ui.room.rooms import MEDIA_PAGE, Opened


@pytest.fixture
def said_aloud(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    words: list[str] = []
    real = parts.announce

    def announce(widget: QWidget, text: str) -> None:
        words.append(text)
        real(widget, text)

    monkeypatch.setattr(parts, "announce", announce)
    return words


def bar_says(page: LivePage) -> str:
    bar = page.findChild(SessionBar)
    assert bar is not None
    return said(bar)


class TestWhatItCosts:
    """Of a time that goes on the last digit is not asked for: a machine may be slow."""

    def test_time_and_cost_since_creation_stand_in_the_bar(self, page: LivePage) -> None:
        begin(page, live(ago_s=151.2))
        assert re.search(r"\b2:3\d\b", bar_says(page))
        assert re.search(r"billed, about 0\.9\d USD", bar_says(page))

    def test_without_a_price_it_is_the_time_alone(self, page: LivePage) -> None:
        begin(page, live(ago_s=61.2), price=None)
        assert re.search(r"\b1:0\d\nbilled", bar_says(page))
        assert "about" not in bar_says(page)

    def test_a_screen_reader_hears_what_the_figure_means(self, page: LivePage) -> None:
        begin(page, live(ago_s=151.2))
        described = [(part.accessibleName(), part.accessibleDescription()) for part in page.findChildren(QWidget)]
        (words,) = [description for name, description in described if name == "Time billed"]
        figure = r"2 minutes 3\d seconds billed since the conversation was created, about 0\.9\d USD"
        assert re.fullmatch(figure, words)

    def test_a_conversation_is_billed_before_it_is_live(self, page: LivePage) -> None:
        update = SessionUpdate(
            SessionState.STARTING, "s1", "Opening the room…", provider="tavus", billed_since=time.time() - 61.2
        )
        begin(page, update)
        assert re.search(r"\b1:0\d\b", bar_says(page))

    def test_a_local_session_costs_nothing(self, page: LivePage) -> None:
        begin(page, SessionUpdate(SessionState.LIVE, "s1", "You are live.", live_since=time.time() - 5.2))
        assert re.search(r"\b0:0[5-9]\b", bar_says(page))
        assert "billed" not in bar_says(page)

    def test_the_next_session_begins_at_nothing(self, page: LivePage) -> None:
        begin(page, live(ago_s=600))
        page.begin(Terms())
        assert "0:00" in bar_says(page)
        assert "billed" not in bar_says(page)


class TestWhatIsAsked:
    def test_the_question_says_where_picture_and_sound_go(self, qtbot: QtBot, page: LivePage, site: Site) -> None:
        begin(page, live(site.page("/room", MEDIA_PAGE)), allow=False)
        assert devices(page) == ["Camera not used", "Microphone not used"]
        qtbot.waitUntil(lambda: "May the coach use" in said(asked(page)))
        assert "go to Tavus (127.0.0.1)" in said(asked(page))
        press(asked(page), "Allow")
        qtbot.waitUntil(lambda: devices(page) == ["Camera allowed", "Microphone allowed"])

    def test_the_answer_gives_the_keyboard_to_the_room_and_to_none_of_its_buttons(
        self, qtbot: QtBot, page: LivePage, site: Site
    ) -> None:
        begin(page, live(site.page("/room", f"{MEDIA_PAGE}<button>Voice on</button>")), allow=False)
        qtbot.waitUntil(lambda: asked(page).is_asking)
        press(asked(page), "Allow")
        qtbot.waitUntil(lambda: devices(page) == ["Camera allowed", "Microphone allowed"])
        pane = page.pane
        assert pane is not None
        room = Opened(pane)
        qtbot.waitUntil(lambda: room.run(qtbot, "document.hasFocus()") is True)
        assert room.run(qtbot, "document.activeElement.tagName") == "BODY"

    def test_a_no_is_taken(self, qtbot: QtBot, page: LivePage, site: Site) -> None:
        begin(page, live(site.page("/room", MEDIA_PAGE)), allow=False)
        qtbot.waitUntil(lambda: asked(page).is_asking)
        press(asked(page), "Not now")
        qtbot.waitUntil(lambda: "does not get your camera" in said(asked(page)))
        assert devices(page) == ["Camera not allowed", "Microphone not allowed"]

    def test_one_device_alone_is_marked_alone(self, qtbot: QtBot, page: LivePage, site: Site) -> None:
        alone = MEDIA_PAGE.replace("video: true, audio: true", "audio: true")
        begin(page, live(site.page("/room", alone)))
        qtbot.waitUntil(lambda: devices(page) == ["Camera not used", "Microphone allowed"])


class TestNotices:
    def test_a_notice_comes_and_goes(self, page: LivePage) -> None:
        gone = "The network is gone; the conversation goes on."
        begin(page, live())
        page.show_update(live(notice=gone))
        assert gone in said(asked(page))
        page.show_update(live(notice=gone))
        page.show_update(live())
        assert asked(page).isHidden()

    def test_a_notice_that_was_closed_stays_closed(self, page: LivePage) -> None:
        begin(page, live(notice="The network is gone."))
        press(asked(page), "Close")
        page.show_update(live(notice="The network is gone."))
        assert asked(page).isHidden()

    def test_what_took_its_place_is_not_taken_away_with_it(self, page: LivePage) -> None:
        begin(page, live(notice="The network is gone."))
        asked(page).tell("Something else.")
        page.show_update(live())
        assert "Something else." in said(asked(page))

    def test_what_came_while_a_question_waited_is_told_after_it(
        self, qtbot: QtBot, page: LivePage, site: Site, said_aloud: list[str]
    ) -> None:
        address = site.page("/room", MEDIA_PAGE)
        begin(page, live(address), allow=False)
        qtbot.waitUntil(lambda: asked(page).is_asking)
        page.show_update(live(address, notice="12 minutes are left."))
        assert "12 minutes" not in said(asked(page))
        press(asked(page), "Allow")
        assert "12 minutes are left." in said(asked(page))
        assert "12 minutes are left." in said_aloud

    @pytest.mark.parametrize("state", [SessionState.ENDING, SessionState.REPORTING, SessionState.FAILED])
    def test_nothing_is_asked_about_a_room_that_is_left(self, page: LivePage, state: SessionState) -> None:
        begin(page, live())
        asked(page).ask("May I?", ("Allow", lambda: None), ("Not now", lambda: None))
        page.show_update(SessionUpdate(state, "s1", "Ending…", provider="tavus"))
        assert asked(page).isHidden()

    def test_the_devices_stand_in_the_bar_in_full_at_once(self, page: LivePage) -> None:
        page.resize(760, 520)
        begin(page, live())
        bar = page.findChild(SessionBar)
        assert bar is not None
        for state in ("off", "unused", "allowed", "browser", "denied"):
            bar.show_devices(state, state)
            layout = bar.layout()
            assert layout is not None
            layout.activate()
            cut = [
                part.accessibleName()
                for part in bar.findChildren(DeviceState)
                if part.width() < part.sizeHint().width()
            ]
            assert not cut, state


class TestTheEnd:
    def test_the_key_is_told_and_that_it_is_billed(self, page: LivePage, said_aloud: list[str], site: Site) -> None:
        begin(page, live(site.page("/room", "<title>room</title>")))
        words = f"You are live. It is billed until it is ended. {end_key()} ends the session."
        assert words in said_aloud
        assert end_button(page).accessibleDescription() == f"Key {end_key()}"

    def test_it_is_where_the_way_out_of_the_room_leads(self, qtbot: QtBot, page: LivePage, site: Site) -> None:
        begin(page, live(site.page("/room", "<title>room</title><input autofocus>")))
        page.activateWindow()
        page.focus_bar()
        qtbot.waitUntil(lambda: QApplication.focusWidget() is end_button(page))
        with qtbot.waitSignal(page.end_asked):
            QTest.keyClick(end_button(page), Qt.Key.Key_Space)

    def test_its_key_works_from_within_the_room(self, show: Show, qtbot: QtBot, site: Site) -> None:
        shown = show()
        session = shown.begin()
        session.live(site.page("/room", "<title>room</title><input autofocus>"))
        QTest.keyClick(shown.enter_room(), Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: session.asked == ["end"])

    @pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
    @pytest.mark.expects_warnings("the page's process ended")
    def test_a_room_that_is_lost_is_told_to_who_pays(self, qtbot: QtBot, page: LivePage, site: Site) -> None:
        begin(page, live(site.page("/room", "<title>room</title>")))
        assert page.pane is not None
        with qtbot.waitSignal(page.pane.room_loaded):
            pass
        for _ in range(3):
            with qtbot.waitSignal(page.pane.room_loaded):
                kill_renderer(page)
        with qtbot.waitSignal(page.renderer_lost):
            kill_renderer(page)
        assert "The conversation is ended" in said(asked(page))


def end_key() -> str:
    return QKeySequence(END_KEY).toString(QKeySequence.SequenceFormat.NativeText)


def end_button(page: LivePage) -> QPushButton:
    return next(button for button in page.findChildren(QPushButton) if button.text() == "End session")


def kill_renderer(page: LivePage) -> None:
    assert page.pane is not None
    assert page.pane.view is not None
    os.kill(page.pane.view.page().renderProcessPid(), signal.SIGKILL)


@pytest.mark.parametrize("width", [1400, 1028, 932, 668])
def test_the_bar_says_what_matters_at_every_width(qtbot: QtBot, page: LivePage, width: int, site: Site) -> None:
    begin(page, live(site.page("/room", "<title>room</title>"), ago_s=59 * 60.0 + 50))
    bar = page.findChild(SessionBar)
    assert bar is not None
    page.resize(width, 500)
    bar.show_devices("denied", "denied")
    qtbot.waitUntil(
        lambda: bar.width() == width and bar.sizeHint().width() <= width and bar.height() == bar.minimumHeight()
    )
    shown = {button.accessibleName(): button.text() for button in bar.findChildren(QPushButton) if button.isVisible()}
    assert shown["End session"] == "End session"
    assert re.search(r"about 22\.\d\d USD", said(bar))
    assert devices(page) == ["Camera not allowed", "Microphone not allowed"]
