"""The dialog of minutes: what the ledger holds, against the limit, and as a table for spreadsheets."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QProgressBar, QTableWidget, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from coach_desktop.store.history import History, SessionRow
from coach_desktop.store.settings import Settings
from coach_desktop.ui.account.minutes_dialog import MinutesDialog
from coach_desktop.ui.profiles.pick import FileQuestion
from coach_desktop.ui.session_bar import Price
from tests.ui.driving import press, seen

DAY_S = 86_400.0
# In the middle of a month wherever the test runs.
NOW = time.mktime((2026, 11, 15, 12, 0, 0, 0, 0, -1))


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English))
    yield
    QLocale.setDefault(before)


class Shown:
    """A dialog on one history, and the file that its user picks."""

    def __init__(self, bot: QtBot, path: Path, around: QWidget) -> None:
        self.bot, self.path, self.around = bot, path, around
        self.target = path.with_name("minutes.csv")
        self.asked: list[FileQuestion] = []

    def held(self, session_id: str, profile: str, days_ago: float, minutes: float | None) -> None:
        created_at = NOW - days_ago * DAY_S
        with closing(History(self.path)) as history:
            row = SessionRow(session_id, profile.lower(), profile, "tavus", "running", "2026-11-01", None)
            history.begin(row, "token", longest_s=300.0, asked_at=created_at)
            history.set_conversation(session_id, "c1", created_at)
            if minutes is not None:
                history.mark_ended(session_id, None, minutes * 60)

    def open(self, settings: Settings | None = None, price: Price | None = None) -> MinutesDialog:
        def pick(_parent: QWidget, question: FileQuestion, on_picked: Callable[[Path], None]) -> None:
            self.asked.append(question)
            on_picked(self.target)

        self.dialog = MinutesDialog(self.path, settings or Settings(), price, self.around, pick=pick, clock=lambda: NOW)
        with self.bot.waitExposed(self.dialog):
            self.dialog.open()
        self.bot.waitUntil(lambda: "Adding up" not in seen(self.dialog))
        return self.dialog

    def table(self) -> list[list[str]]:
        table = self.dialog.findChild(QTableWidget)
        assert table is not None
        shown = [column for column in range(table.columnCount()) if not table.isColumnHidden(column)]
        return [[_text(table, row, column) for column in shown] for row in range(table.rowCount())]


def _text(table: QTableWidget, row: int, column: int) -> str:
    cell = table.item(row, column)
    assert cell is not None
    return cell.text()


@pytest.fixture
def shown(qtbot: QtBot, dressed: QApplication, tmp_path: Path) -> Iterator[Shown]:
    around = QWidget()
    made = Shown(qtbot, tmp_path / "history.sqlite3", around)
    yield made
    if isValid(made.dialog):
        made.dialog.close()
    qtbot.waitUntil(lambda: not isValid(made.dialog))
    around.deleteLater()


def test_months_and_profiles_stand_below_each_other_with_their_sum(shown: Shown) -> None:
    shown.held("1", "Chuck", 1, 12.25)
    shown.held("2", "Chuck", 2, 10.0)
    shown.held("3", "Ada", 3, 7.5)
    shown.held("4", "Ada", 40, 20.0)
    dialog = shown.open(price=Price(0.5, "EUR"))
    assert shown.table() == [
        ["November 2026", "Ada", "1", "7.5", "about 3.75 EUR"],
        ["November 2026", "Chuck", "2", "22.3", "about 11.12 EUR"],
        ["October 2026", "Ada", "1", "20.0", "about 10.00 EUR"],
    ]
    assert "In all 49.8 minutes in 4 conversations, about 24.88 EUR" in seen(dialog)
    assert "This month, November 2026" in seen(dialog)
    assert "29.8 minutes" in seen(dialog)
    assert "There is no limit" in seen(dialog)


def test_without_a_price_no_cost_is_told(shown: Shown) -> None:
    shown.held("1", "Chuck", 1, 1.0)
    dialog = shown.open()
    assert shown.table() == [["November 2026", "Chuck", "1", "1.0"]]
    assert "In all 1.0 minutes in 1 conversation" in seen(dialog)


def test_limit_is_shown_with_what_is_left_and_what_may_still_run(shown: Shown) -> None:
    shown.held("1", "Chuck", 1, 35.0)
    shown.held("2", "Chuck", 0.1, None)
    dialog = shown.open(Settings(minutes_per_month=50))
    assert shown.table() == [["November 2026", "Chuck", "2 (1 may still run)", "35.0"]]
    assert "40.0 of 50 minutes" in seen(dialog)
    assert "10.0 minutes are left. What may still run counts" in seen(dialog)
    shares = [bar.value() for bar in dialog.findChildren(QProgressBar) if "limit" in bar.accessibleName()]
    assert shares == [800]


def test_limit_that_is_reached_is_said(shown: Shown) -> None:
    shown.held("1", "Chuck", 1, 70.0)
    assert "The limit is reached." in seen(shown.open(Settings(minutes_per_month=60)))


def test_too_little_for_a_conversation_is_not_called_nothing(shown: Shown) -> None:
    shown.held("1", "Chuck", 1, 59.5)
    assert "Less than a minute is left: too little" in seen(shown.open(Settings(minutes_per_month=60)))


def test_nothing_yet_is_said(shown: Shown) -> None:
    dialog = shown.open()
    assert "No minutes yet" in seen(dialog)


def test_history_that_cannot_be_read_is_told_and_read_again(shown: Shown, qtbot: QtBot) -> None:
    shown.path.mkdir()
    dialog = shown.open()
    assert "cannot be opened" in seen(dialog)
    shown.path.rmdir()
    shown.held("1", "Chuck", 1, 1.0)
    press(dialog, "Try again")
    qtbot.waitUntil(lambda: len(shown.table()) == 1)


def test_table_is_exported(shown: Shown, qtbot: QtBot) -> None:
    shown.held("1", "Chuck", 1, 12.0)
    dialog = shown.open()
    press(dialog, "Export as CSV…")
    assert [question.save_as for question in shown.asked] == ["minutes-with-tavus.csv"]
    qtbot.waitUntil(lambda: "Written to minutes.csv." in seen(dialog))
    assert shown.target.read_text(encoding="utf-8-sig").splitlines()[1] == "2026-11,chuck,Chuck,12.00,1,0"


def test_place_that_cannot_be_written_to_is_told(shown: Shown, qtbot: QtBot) -> None:
    shown.held("1", "Chuck", 1, 12.0)
    shown.target = shown.path.with_name("nowhere") / "minutes.csv"
    dialog = shown.open()
    press(dialog, "Export as CSV…")
    qtbot.waitUntil(lambda: "could not be written" in seen(dialog))


def test_escape_closes_and_every_control_has_a_name(shown: Shown, qtbot: QtBot) -> None:
    shown.held("1", "Chuck", 1, 12.0)
    dialog = shown.open(Settings(minutes_per_month=60))
    for widget in dialog.findChildren(QWidget):
        if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            assert widget.accessibleName(), widget
    with qtbot.waitSignal(dialog.rejected):
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
