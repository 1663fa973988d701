"""The page of past sessions: what it shows and what it asks for."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QMessageBox,
    QPushButton,
    QTableView,
)
from pytestqt.qtbot import QtBot

from coach_desktop.core.errors import CoachError
from coach_desktop.store.history import SessionRow
from coach_desktop.ui import parts
from coach_desktop.ui.history_page import HistoryPage
from tests.ui.driving import press, said
from tests.ui.stage import STARTED


@pytest.mark.usefixtures("dressed")
class TestHistory:
    ROWS = (
        SessionRow("new", "p", "Chuck", "local", "running", STARTED, None),
        SessionRow("mid", "p", "Chuck", "local", "done", STARTED, 62.0),
        SessionRow("old", "p", "Chuck", "local", "interrupted", STARTED, 8.0),
    )

    @pytest.fixture
    def page(self, qtbot: QtBot) -> HistoryPage:
        page = HistoryPage()
        qtbot.addWidget(page)
        page.resize(900, 600)
        with qtbot.waitActive(page):
            page.show()
            page.activateWindow()
        return page

    def table(self, page: HistoryPage) -> QTableView:
        table = page.findChild(QTableView)
        assert table is not None
        return table

    def test_it_shows_when_with_whom_how_long_and_how_it_ended(self, page: HistoryPage) -> None:
        page.show_sessions(self.ROWS)
        model = self.table(page).model()
        cells = [[model.index(row, column).data() for column in range(4)] for row in range(3)]
        assert [row[1:] for row in cells] == [
            ["Chuck · local", parts.NO_FIGURE, "Under way"],
            ["Chuck · local", "1:02", "Report ready"],
            ["Chuck · local", "0:08", "Interrupted"],
        ]
        assert "2026" in cells[1][0]

    REMOTE = (
        SessionRow("now", "p", "Chuck (Tavus)", "tavus", "running", STARTED, None, remote_open=True),
        SessionRow(
            "open", "p", "Interview", "tavus", "interrupted", STARTED, 8.0, remote_open=True, analysis="pending"
        ),
        SessionRow("wait", "p", "Interview", "tavus", "done", STARTED, 8.0, analysis="pending"),
        SessionRow("cut", "p", "Interview", "tavus", "interrupted", STARTED, 8.0, analysis="pending"),
        SessionRow("gone", "p", "Interview", "tavus", "done", STARTED, 8.0, analysis="missing"),
        SessionRow("full", "p", "Interview", "tavus", "done", STARTED, 8.0, analysis="done"),
    )

    def test_conversations_on_tavus_say_what_may_still_run_and_what_follows(self, page: HistoryPage) -> None:
        page.show_sessions(self.REMOTE)
        model = self.table(page).model()
        assert [(model.index(row, 1).data(), model.index(row, 3).data()) for row in range(6)] == [
            ("Chuck (Tavus)", "Under way"),
            ("Interview · Tavus", "May still be running"),
            ("Interview · Tavus", "Transcript follows"),
            ("Interview · Tavus", "Interrupted, transcript follows"),
            ("Interview · Tavus", "Report ready"),
            ("Interview · Tavus", "Report ready"),
        ]
        notes = ["", "keeps trying to end it", "added by themselves", "added by themselves", "no longer asks", ""]
        for row, note in enumerate(notes):
            self.table(page).selectRow(row)
            tip = model.index(row, 3).data(Qt.ItemDataRole.ToolTipRole) or ""
            spoken = model.index(row, 0).data(Qt.ItemDataRole.AccessibleDescriptionRole)
            described = self.table(page).accessibleDescription()
            for told in (tip, spoken, said(page), described):
                assert note in told
                assert bool(note) or "Tavus" not in told

    def test_what_may_still_run_is_not_forgotten_and_says_why(self, page: HistoryPage, qtbot: QtBot) -> None:
        page.show_sessions(self.REMOTE[1:])
        self.table(page).selectRow(0)
        page.focus_list()
        with qtbot.assertNotEmitted(page.delete_asked):
            QTest.keyClick(self.table(page), Qt.Key.Key_Delete)
        box = page.findChild(QMessageBox)
        assert box is not None
        assert "cannot be deleted yet" in box.text()
        assert "cost money" in box.informativeText()
        press(box, "Close")
        qtbot.waitUntil(lambda: page.findChild(QMessageBox) is None)
        press(page, "Delete all…")
        box = page.findChild(QMessageBox)
        assert box is not None
        assert "4 sessions with their reports" in box.informativeText()
        assert "1 session that may still be running is kept" in box.informativeText()
        press(box, "Keep")

    def test_nothing_but_what_may_still_run_cannot_be_deleted_at_all(self, page: HistoryPage) -> None:
        page.show_sessions(self.REMOTE[:2])
        assert "Delete all…" in {button.text() for button in page.findChildren(QPushButton) if not button.isEnabled()}

    def test_enter_opens_a_report(self, page: HistoryPage, qtbot: QtBot) -> None:
        page.show_sessions(self.ROWS)
        self.table(page).selectRow(1)
        page.focus_list()
        with qtbot.waitSignal(page.report_asked) as asked:
            QTest.keyClick(self.table(page), Qt.Key.Key_Return)
        assert asked.args == ["mid"]

    def test_a_session_under_way_is_neither_opened_nor_deleted(self, page: HistoryPage, qtbot: QtBot) -> None:
        page.show_sessions(self.ROWS)
        self.table(page).selectRow(0)
        with qtbot.assertNotEmitted(page.report_asked):
            QTest.keyClick(self.table(page), Qt.Key.Key_Return)
        QTest.keyClick(self.table(page), Qt.Key.Key_Delete)
        assert page.findChild(QMessageBox) is None

    def test_deleting_asks_first_and_no_is_the_default(self, page: HistoryPage, qtbot: QtBot) -> None:
        page.show_sessions(self.ROWS)
        self.table(page).selectRow(1)
        page.focus_list()
        QTest.keyClick(self.table(page), Qt.Key.Key_Delete)
        box = page.findChild(QMessageBox)
        assert box is not None
        assert "cannot be undone" in box.informativeText()
        with qtbot.assertNotEmitted(page.delete_asked):
            QTest.keyClick(box, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: page.findChild(QMessageBox) is None)
        press(page, "Delete…")
        box = page.findChild(QMessageBox)
        assert box is not None
        with qtbot.waitSignal(page.delete_asked) as asked:
            press(box, "Delete session")
        assert asked.args == ["mid"]

    def test_deleting_all_asks_first(self, page: HistoryPage, qtbot: QtBot) -> None:
        page.show_sessions(self.ROWS)
        press(page, "Delete all…")
        box = page.findChild(QMessageBox)
        assert box is not None
        assert "2 sessions" in box.informativeText()
        with qtbot.waitSignal(page.delete_all_asked):
            press(box, "Delete all")

    def test_an_empty_history_leads_to_the_first_session(self, page: HistoryPage, qtbot: QtBot) -> None:
        page.show_sessions([])
        assert "No sessions yet" in said(page)
        with qtbot.waitSignal(page.start_asked):
            press(page, "Start practice")

    def test_a_history_that_cannot_be_read_is_told_and_tried_again(self, page: HistoryPage, qtbot: QtBot) -> None:
        page.show_error(CoachError("It is damaged.", safe="It was left as it is.", do="Move it away."))
        for words in ("It is damaged.", "It was left as it is.", "Move it away."):
            assert words in said(page)
        with qtbot.waitSignal(page.reload_asked):
            press(page, "Try again")

    def test_the_selection_stays_when_the_list_is_loaded_again(self, page: HistoryPage) -> None:
        page.show_sessions(self.ROWS)
        self.table(page).selectRow(2)
        page.show_sessions(self.ROWS[1:])
        assert page.selected_id == "old"

    def test_a_session_that_has_just_been_held_is_selected(self, page: HistoryPage) -> None:
        page.show_sessions(self.ROWS[1:])
        self.table(page).selectRow(1)
        page.show_sessions(self.ROWS)
        assert page.selected_id == self.ROWS[0].id
