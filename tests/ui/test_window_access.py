"""The window by keyboard, by screen reader and on a small screen."""

from __future__ import annotations

import functools
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QLabel,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from coach_desktop.ui.history_page import HistoryPage
from coach_desktop.ui.home_page import HomePage
from coach_desktop.ui.live_page import LivePage
from coach_desktop.ui.main_window import MainWindow
from coach_desktop.ui.report_page import ReportPage
from coach_desktop.ui.transcript.find_bar import FindBar
from tests.ui.conftest import Site
from tests.ui.driving import Show, press, said, texts
from tests.ui.room.rooms import MEDIA_PAGE
from tests.ui.stage import keep


def holds_focus(widget: QWidget) -> bool:
    focused = QApplication.focusWidget()
    return focused is not None and (focused is widget or widget.isAncestorOf(focused))


def focused_words() -> str:
    focused = QApplication.focusWidget()
    return focused.text() if isinstance(focused, QPushButton | QToolButton) else ""


class TestKeys:
    def test_start_and_end(self, show: Show, qtbot: QtBot) -> None:
        shown = show()
        shown.wait_for(HomePage)
        shown.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        shown.wait_for(LivePage)
        shown.sessions[0].live()
        qtbot.waitUntil(lambda: shown.live.is_live)
        shown.key(Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
        shown.wait_for(ReportPage)
        assert shown.sessions[0].asked == ["end"]

    def test_f6_takes_the_keyboard_out_of_the_room(self, show: Show, qtbot: QtBot, site: Site) -> None:
        shown = show()
        shown.begin().live(site.page("/room", "<title>room</title><input autofocus>"))
        QTest.keyClick(shown.enter_room(), Qt.Key.Key_F6)
        qtbot.waitUntil(lambda: isinstance(QApplication.focusWidget(), QPushButton))

    def test_tab_goes_from_the_bar_to_what_it_tells(self, show: Show, qtbot: QtBot, site: Site) -> None:
        shown = show()
        shown.begin().live(site.page("/room", MEDIA_PAGE))
        qtbot.waitUntil(lambda: "May Chuck" in said(shown.live))
        press(shown.live, "Not now")
        qtbot.waitUntil(lambda: "does not use your camera" in said(shown.live))
        shown.window.leave_room()
        qtbot.waitUntil(lambda: focused_words() == "End session")
        QTest.keyClick(shown.window, Qt.Key.Key_Tab)
        assert focused_words() == "Close"
        QTest.keyClick(shown.window, Qt.Key.Key_Tab)
        assert focused_words() == "Try again"

    def test_every_place_is_reached_by_tab(self, show: Show) -> None:
        shown = show()
        reached = set()
        for _ in range(8):
            QTest.keyClick(shown.window, Qt.Key.Key_Tab)
            reached.add(focused_words())
        assert {"Practice", "History", "Start practice"} <= reached

    def test_the_keyboard_stays_where_something_can_be_done(self, show: Show, qtbot: QtBot) -> None:
        shown = show()
        shown.begin()
        qtbot.waitUntil(lambda: focused_words() == "Cancel")
        cancel = QApplication.focusWidget()
        assert cancel is not None
        QTest.keyClick(cancel, Qt.Key.Key_Space)
        shown.wait_for(HomePage)
        qtbot.waitUntil(lambda: focused_words() == "Start practice")
        shown.window.show_history()
        # The page loads first; its "Start practice" is another button than the one on the first page.
        qtbot.waitUntil(lambda: holds_focus(shown.wait_for(HistoryPage)) and focused_words() == "Start practice")

    def test_full_screen_and_back(self, show: Show, qtbot: QtBot) -> None:
        shown = show()
        shown.key(Qt.Key.Key_F11)
        qtbot.waitUntil(shown.window.isFullScreen)
        assert shown.window.menuBar().isHidden()
        shown.key(Qt.Key.Key_F11)
        qtbot.waitUntil(lambda: not shown.window.isFullScreen())
        assert not shown.window.menuBar().isHidden()

    def test_escape_never_ends_a_session(self, show: Show, qtbot: QtBot) -> None:
        shown = show()
        session = shown.begin()
        session.live()
        qtbot.waitUntil(lambda: shown.live.is_live)
        shown.key(Qt.Key.Key_Escape)
        qtbot.wait(50)
        assert session.asked == []

    def test_the_keys_are_documented(self, show: Show, qtbot: QtBot) -> None:
        shown = show()
        for open_dialog, words in ((shown.window.show_shortcuts, "F6"), (shown.window.show_about, "MIT")):
            open_dialog()
            dialog = shown.window.findChild(QDialog)
            assert dialog is not None
            assert words in said(dialog)
            QTest.keyClick(dialog, Qt.Key.Key_Escape)
            qtbot.waitUntil(lambda: shown.window.findChild(QDialog) is None)

    def test_the_key_that_finds_words_is_among_them_and_finds(self, show: Show, qtbot: QtBot) -> None:
        shown = show()
        shown.begin().done()
        page = shown.wait_for(ReportPage)
        shown.window.show_shortcuts()
        dialog = shown.window.findChild(QDialog)
        assert dialog is not None
        listed = said(dialog).splitlines()
        key = QKeySequence(QKeySequence.StandardKey.Find)
        assert listed[listed.index("Find in the transcript") + 1] == key.toString()
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        qtbot.waitUntil(lambda: shown.window.findChild(QDialog) is None)
        QTest.keySequence(shown.window, key)
        [bar] = page.findChildren(FindBar)
        qtbot.waitUntil(bar.isVisible)

    def test_no_two_actions_share_a_key(self, show: Show) -> None:
        keys = [action.shortcut().toString() for action in show().window.actions() if not action.shortcut().isEmpty()]
        assert len(keys) == len(set(keys))
        assert len(keys) >= 8


def pages_of(window: MainWindow) -> list[QWidget]:
    stack = window.findChild(QStackedWidget)
    assert stack is not None
    pages = [stack.widget(number) for number in range(stack.count())]
    return [page for page in pages if page is not None]


def test_whatever_takes_the_focus_has_a_name(show: Show, qtbot: QtBot, site: Site, tmp_path: Path) -> None:
    """Walks every page, and stops at the web view: below it, asking for accessibility crashes Qt 6.12."""
    keep(tmp_path / "history.sqlite3", "s9")
    shown = show()
    shown.window.show_history()
    qtbot.waitUntil(lambda: "Open report" in texts(shown.wait_for(HistoryPage)))
    shown.window.show_home()
    shown.begin().live(site.page("/room", MEDIA_PAGE))
    qtbot.waitUntil(lambda: "May Chuck" in said(shown.live))
    press(shown.live, "Not now")
    shown.sessions[0].done()
    shown.wait_for(ReportPage)
    press(shown.wait_for(ReportPage), "Show as text")
    nameless = [
        f"{type(widget).__name__} on {type(page).__name__}"
        for page in [*pages_of(shown.window), shown.window]
        for widget in [page, *page.findChildren(QWidget)]
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        and not widget.accessibleName()
        and not (isinstance(widget, QToolButton | QPushButton) and widget.text())
        and not widget.objectName().startswith("qt_")
    ]
    assert not nameless, "\n".join(nameless)


def nothing_cut(page: QWidget) -> bool:
    narrow: list[QLabel | QPushButton] = [label for label in page.findChildren(QLabel) if not label.wordWrap()]
    narrow += page.findChildren(QPushButton)
    return all(shown.width() >= shown.sizeHint().width() for shown in narrow if shown.isVisible())


def test_nothing_is_cut_off_in_a_small_window(show: Show, qtbot: QtBot) -> None:
    shown = show()
    shown.begin().live()
    shown.sessions[0].done()
    shown.wait_for(ReportPage)
    assert shown.window.minimumSizeHint().width() <= 1024
    assert shown.window.minimumSizeHint().height() <= 640
    for page in pages_of(shown.window):
        stack = shown.window.findChild(QStackedWidget)
        assert stack is not None
        stack.setCurrentWidget(page)
        qtbot.wait(20)
        assert (shown.window.width(), shown.window.height()) == (1024, 640)
        qtbot.waitUntil(functools.partial(nothing_cut, page))


def test_a_second_start_brings_the_window_back(show: Show, qtbot: QtBot) -> None:
    shown = show()
    shown.window.showMinimized()
    qtbot.waitUntil(shown.window.isMinimized)
    shown.window.raise_to_front()
    qtbot.waitUntil(lambda: not shown.window.isMinimized())
