"""The app's real window in the test's own process, worked as a user does."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QListView, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from coach_desktop import app as composition
from coach_desktop.core import logs
from coach_desktop.core.paths import DataFolder
from coach_desktop.sessions.backstage import Backstage
from coach_desktop.store.profile_files import load_shelf
from coach_desktop.ui.home_page import HomePage
from coach_desktop.ui.main_window import MainWindow
from tests.ui.driving import said


@dataclass
class Run:
    """One run of the app within this process."""

    window: MainWindow
    backstage: Backstage
    bot: QtBot

    def page(self, kind: type[QWidget]) -> QWidget:
        """Wait until a page of this kind is shown, and return it."""
        self.bot.waitUntil(lambda: isinstance(self.window.page, kind))
        assert self.window.page is not None
        return self.window.page

    def dialog(self, words: str) -> QDialog:
        """Wait for a dialog that says these words, and return it."""

        def found() -> list[QDialog]:
            return [
                dialog
                for dialog in self.window.findChildren(QDialog)
                if dialog.isVisible() and (words in said(dialog) or words in dialog.windowTitle())
            ]

        self.bot.waitUntil(lambda: bool(found()))
        return found()[0]

    def wait_for_words(self, widget: QWidget, words: str) -> None:
        """Wait until a part of the window says these words."""
        self.bot.waitUntil(lambda: words in said(widget))

    def press(self, widget: QWidget, words: str) -> None:
        """Wait until a button can be pressed, and press it."""

        def ready() -> list[QPushButton]:
            return [
                button
                for button in widget.findChildren(QPushButton)
                if button.text() == words and button.isVisible() and button.isEnabled()
            ]

        self.bot.waitUntil(lambda: len(ready()) == 1)
        QTest.mouseClick(ready()[0], Qt.MouseButton.LeftButton)

    def leave(self) -> None:
        """Quit the app."""
        self.window.shut_down()
        self.backstage.close()
        self.window.hide()
        self.window.deleteLater()


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataFolder]:
    folder = DataFolder(tmp_path / "data")
    folder.create()
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    root.setLevel(logging.INFO)
    logs.open_file(folder.logs, "coach_desktop")
    yield folder
    root.setLevel(level)
    for handler in set(root.handlers) - set(before):
        root.removeHandler(handler)
        handler.close()


@pytest.fixture
def launch(qtbot: QtBot, dressed: QApplication, data: DataFolder) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def make(env_file: Path | None = None, talk: Path | None = None) -> Run:
        options = composition.Options(data=data, talk=talk)
        window, backstage = composition.build(options, load_shelf(data.profiles), env_file)
        window.resize(1024, 640)
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        runs.append(Run(window, backstage, qtbot))
        return runs[-1]

    yield make
    for run in runs:
        run.leave()


def choose(run: Run, name: str) -> None:
    """Choose a profile by typing its name into the list, as the keyboard does."""
    (listed,) = run.page(HomePage).findChildren(QListView)
    listed.setFocus()
    QTest.keyClicks(listed, name)
    run.bot.waitUntil(lambda: name in str(listed.currentIndex().data()))
