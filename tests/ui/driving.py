"""Reads and works the window as a user does: by the words on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from coach_desktop.ui.home_page import HomePage
from coach_desktop.ui.live_page import LivePage
from coach_desktop.ui.main_window import MainWindow
from coach_desktop.ui.session_bar import DeviceState
from tests.ui.stage import PlayedSession


def said(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if not label.isHidden())


def seen(widget: QWidget) -> str:
    """Return the words that can be seen now; `said` also has those on pages that are behind."""
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def press(widget: QWidget, text: str) -> None:
    found = [button for button in widget.findChildren(QPushButton) if button.text() == text and not button.isHidden()]
    assert len(found) == 1, f"{text}: {[button.text() for button in widget.findChildren(QPushButton)]}"
    QTest.mouseClick(found[0], Qt.MouseButton.LeftButton)


def texts(page: QWidget) -> set[str]:
    return {button.text() for button in page.findChildren(QPushButton) if button.isVisible()}


@dataclass
class Shown:
    """The window and the sessions that it started."""

    window: MainWindow
    sessions: list[PlayedSession]
    exits: list[int]
    bot: QtBot

    def wait_for(self, page: type[QWidget]) -> QWidget:
        try:
            self.bot.waitUntil(lambda: isinstance(self.window.page, page))
        except self.bot.TimeoutError as error:
            there = "\n".join(seen(widget) for widget in QApplication.topLevelWidgets() if widget.isVisible())
            raise AssertionError(f"instead of {page.__name__} there is {self.window.page}:\n{there}") from error
        assert self.window.page is not None
        return self.window.page

    @property
    def live(self) -> LivePage:
        page = self.window.findChild(LivePage)
        assert page is not None
        return page

    def begin(self) -> PlayedSession:
        press(self.wait_for(HomePage), "Start practice")
        self.wait_for(LivePage)
        return self.sessions[-1]

    def enter_room(self) -> QWidget:
        """Put the keyboard into the room, and return what takes its keys there."""

        def entered() -> bool:
            pane = self.live.pane
            view = None if pane is None else pane.view
            target = None if view is None else view.focusProxy()
            if view is None or target is None or not view.page().title():
                return False
            # Again and again: until a room has been loaded, what takes its keys is replaced by another widget.
            view.setFocus()
            focused = QApplication.focusWidget()
            if focused is None or not self.window.isActiveWindow():
                return False
            return focused is target or target.isAncestorOf(focused)

        self.bot.waitUntil(entered)
        assert self.live.pane is not None
        assert self.live.pane.view is not None
        target = self.live.pane.view.focusProxy()
        assert target is not None
        return target

    def action(self, words: str) -> QAction:
        return next(action for action in self.window.actions() if action.text() == words)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.window, key, modifier)

    def device(self, name: str) -> str:
        return next(
            state.accessibleName() for state in self.live.findChildren(DeviceState) if name in state.accessibleName()
        )


Show = Callable[..., Shown]
