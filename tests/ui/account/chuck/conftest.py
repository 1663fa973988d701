"""Chuck's dialog beside a stand-in for Tavus, and what its user reads and does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QListWidget, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from coach_desktop.sessions import chuck
from coach_desktop.sessions.chuck_texts import our_texts
from coach_desktop.store.secrets import NoKeyError
from coach_desktop.tavus.client import TavusClient
from coach_desktop.ui.account.chuck_dialog import ChuckDialog
from coach_desktop.ui.profiles.account import AccountServices
from tests.standin import StandIn
from tests.standin.library import replica_row

OURS = our_texts()


class Shown:
    """A dialog, and what its user reads and does."""

    def __init__(
        self,
        bot: QtBot,
        dialog: ChuckDialog,
        tavus: StandIn,
        folder: Path,
        account: AccountServices,
        keys: list[str],
    ) -> None:
        self.bot, self.dialog, self.tavus, self.folder, self.account = bot, dialog, tavus, folder, account
        self.keys = keys
        self.made: list[str] = []
        dialog.chuck_made.connect(self.made.append)

    def words(self) -> str:
        return " / ".join(label.text() for label in self.dialog.findChildren(QLabel) if label.isVisible())

    def says(self, *words: str) -> None:
        self.bot.waitUntil(lambda: all(word in self.words() for word in words))

    def button(self, text: str) -> QPushButton:
        buttons = self.dialog.findChildren(QPushButton)
        [found] = [button for button in buttons if button.text() == text and button.isVisible()]
        return found

    def has(self, text: str) -> bool:
        buttons = self.dialog.findChildren(QPushButton)
        return any(button.text() == text and button.isVisible() and button.isEnabled() for button in buttons)

    def press(self, text: str) -> None:
        self.bot.waitUntil(lambda: self.has(text))
        QTest.mouseClick(self.button(text), Qt.MouseButton.LeftButton)

    def turn_to(self, title: str) -> None:
        contents = self.dialog.findChild(QListWidget)
        assert contents is not None
        self.bot.waitUntil(contents.isEnabled)
        (item,) = contents.findItems(title, Qt.MatchFlag.MatchExactly)
        contents.setCurrentItem(item)

    def text_of(self, title: str) -> QPlainTextEdit:
        self.turn_to(title)
        [edit] = [edit for edit in self.dialog.findChildren(QPlainTextEdit) if edit.accessibleName() == title]
        return edit

    def write(self, title: str, text: str) -> None:
        edit = self.text_of(title)
        edit.selectAll()
        edit.insertPlainText(text)
        self.turn_to("Overview")

    def chuck(self) -> dict[str, Any]:
        [row] = [row for row in self.tavus.personas if row["persona_name"] == OURS.name]
        return row


Open = Callable[..., Shown]


@pytest.fixture
def tavus(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.setattr(chuck, "LOOK_AGAIN_AFTER_S", (0.0, 0.01))
    with StandIn() as standin:
        standin.replicas.append(replica_row("r874cc5f8a3b", "Lucas"))
        yield standin


@pytest.fixture
def opened(qtbot: QtBot, dressed: QApplication, tmp_path: Path, tavus: StandIn) -> Iterator[Open]:
    shown: list[ChuckDialog] = []
    accounts: list[AccountServices] = []

    def make(key: str | None = tavus.key) -> Shown:
        keys = [] if key is None else [key]

        def connect() -> TavusClient:
            if not keys:
                raise NoKeyError("There is no Tavus key.", safe="Nothing was sent.", do="Enter your key first.")
            return TavusClient(tavus.base_url, keys[0])

        account = AccountServices(connect)
        accounts.append(account)
        dialog = ChuckDialog(connect, tmp_path / "profiles", tmp_path / "chuck.json", account=account)
        shown.append(dialog)
        with qtbot.waitExposed(dialog):
            dialog.show()
        return Shown(qtbot, dialog, tavus, tmp_path, account, keys)

    yield make
    for dialog in shown:
        if isValid(dialog):
            dialog.close()
            qtbot.waitUntil(lambda dialog=dialog: not isValid(dialog))  # type: ignore[misc]  # bound at once
    for account in accounts:
        assert account.close(30)
