"""The pages, each by itself: what they show and what they ask for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QListWidget,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from coach_desktop.coaching.report import Report
from coach_desktop.core.errors import CoachError
from coach_desktop.core.redact import REDACTOR
from coach_desktop.store.history import SessionRow
from coach_desktop.ui import parts
from coach_desktop.ui.account.knowledge_dialog import KnowledgeDialog
from coach_desktop.ui.ask_bar import AskBar
from coach_desktop.ui.error_view import ErrorView
from coach_desktop.ui.history_page import HistoryPage
from coach_desktop.ui.measures_table import MeasuresTable
from coach_desktop.ui.prose_view import ProseView
from coach_desktop.ui.report_page import FindingCard, ReportPage
from tests.ui.driving import press, said, texts
from tests.ui.stage import STARTED, report


@pytest.mark.usefixtures("dressed")
class TestReport:
    @pytest.fixture
    def page(self, qtbot: QtBot) -> ReportPage:
        page = ReportPage()
        qtbot.addWidget(page)
        page.resize(1024, 640)
        page.show()
        return page

    def test_findings_have_figure_band_time_and_reason(self, page: ReportPage) -> None:
        shown = report()
        page.show_report(shown)
        cards = page.findChildren(FindingCard)
        assert len(cards) == len(shown.findings)
        assert any(finding.measure == "eye_contact" and finding.kind == "action" for finding in shown.findings)
        action = next(card for card in cards if "Eye contact" in said(card))
        assert "31 %" in said(action)
        assert " at 0:" in said(action)
        finding = next(finding for finding in shown.findings if finding.measure == "eye_contact")
        assert parts.whole_figures(finding.text) in said(action)
        assert "31\u00a0% of the time" in said(action)
        assert finding.why not in said(action)
        press(action, "Why?")
        assert finding.why in said(action)

    def test_an_action_quotes_the_key_it_rests_on_and_opens_it(self, page: ReportPage) -> None:
        page.show_report(report())
        strength, action, *_more = page.findChildren(FindingCard)
        assert "Keys to Public Speaking" not in said(strength)
        passage = report().findings[1].knowledge
        assert passage is not None
        for words in ("Keys to Public Speaking: Eye contact", passage.text, f"Source: {passage.source}"):
            assert words in said(action)
        press(action, "Read the key")
        dialog = page.findChild(KnowledgeDialog)
        assert dialog is not None
        contents = dialog.findChild(QListWidget)
        assert contents is not None
        assert contents.currentItem().text() == "Eye contact"
        dialog.close()

    def test_an_action_from_before_there_were_keys_quotes_nothing(self, page: ReportPage) -> None:
        shown = report()
        old = [finding.model_copy(update={"knowledge": None}) for finding in shown.findings]
        page.show_report(shown.model_copy(update={"findings": old}))
        assert "Keys to Public Speaking" not in said(page)
        assert "Read the key" not in texts(page)

    def test_a_time_is_shown_only_where_there_is_one(self, page: ReportPage) -> None:
        shown = report()
        strength = shown.findings[0].model_copy(update={"kind": "strength", "at_s": 0.0})
        page.show_report(shown.model_copy(update={"findings": [strength]}))
        assert " at 0:" not in said(page.findChildren(FindingCard)[-1])

    def test_a_long_word_never_widens_the_page(self, page: ReportPage, qtbot: QtBot) -> None:
        shown = report()
        turn = shown.transcript[0].model_copy(update={"text": "Donaudampfschiff" * 20})
        page.resize(668, 500)
        page.show_report(shown.model_copy(update={"transcript": [turn]}))
        area = page.findChild(QScrollArea)
        assert area is not None
        inner = area.widget()
        assert inner is not None
        qtbot.waitUntil(lambda: inner.width() <= area.viewport().width())

    def test_tab_goes_down_the_page(self, page: ReportPage, qtbot: QtBot) -> None:
        page.show_report(report())
        page.activateWindow()
        qtbot.waitUntil(page.isActiveWindow)
        qtbot.waitUntil(lambda: all(card.toggle.isVisible() for card in page.findChildren(FindingCard)))
        table = page.findChild(MeasuresTable)
        assert table is not None
        passed: list[QWidget] = []
        while (focused := QApplication.focusWidget()) is not None and focused not in passed:
            passed.append(focused)
            QTest.keyClick(focused, Qt.Key.Key_Tab)
        whys = [number for number, widget in enumerate(passed) if widget.accessibleName().startswith("Why?")]
        assert len(whys) == len(report().findings), [w.accessibleName() for w in passed]
        assert max(whys) < passed.index(table)

    def test_the_table_holds_every_measure_and_the_reason_of_what_is_missing(self, page: ReportPage) -> None:
        shown = report()
        page.show_report(shown)
        table = page.findChild(MeasuresTable)
        assert table is not None
        rows = [[table.item(row, column).text() for column in range(3)] for row in range(table.rowCount())]  # type: ignore[union-attr]
        assert len(rows) == len(shown.measures)
        assert next(row[:2] for row in rows if row[0] == "Eye contact") == ["Eye contact", "31 %"]
        assert ["Loudness range", parts.NO_FIGURE, "Not measured. The microphone was too quiet."] in rows
        for measure, row in zip(shown.measures.values(), range(table.rowCount()), strict=True):
            item = table.item(row, 2)
            assert item is not None
            assert item.text()
            assert item.icon().isNull() is (measure.status == "measured" and measure.band is None)

    def test_the_table_is_never_cut_off(self, page: ReportPage, qtbot: QtBot) -> None:
        page.show_report(report())
        table = page.findChild(MeasuresTable)
        assert table is not None
        for width in (760, 1280):
            page.resize(width, 640)
            qtbot.waitUntil(
                lambda: page.width() == width and table.viewport().height() >= table.verticalHeader().length()  # noqa: B023
            )

    def test_an_interrupted_session_says_so(self, page: ReportPage) -> None:
        page.show_report(report("interrupted", warnings=["The picture was dark."]))
        assert "interrupted" in said(page)
        assert "The picture was dark." in said(page)
        page.show_report(report())
        assert "interrupted" not in said(page)

    def test_words_are_never_markup(self, page: ReportPage) -> None:
        page.show_report(report())
        view = next(view for view in page.findChildren(ProseView) if view.accessibleName() == "What was said")
        assert view.toPlainText() == "0:00\tChuck\tHi, I am <b>Chuck</b>."
        assert all(label.textFormat() == Qt.TextFormat.PlainText for label in page.findChildren(QLabel))

    @pytest.mark.parametrize(("button", "expected"), [("Show as text", "Eye contact"), ("Show as JSON", '"schema": 1')])
    def test_it_can_be_read_and_copied_as_text(self, page: ReportPage, button: str, expected: str) -> None:
        page.show_report(report())
        press(page, button)
        text = page.findChild(QPlainTextEdit)
        assert text is not None
        dialog = text.window()
        assert expected in text.toPlainText()
        press(dialog, "Copy")
        assert QGuiApplication.clipboard().text() == text.toPlainText()
        if "JSON" in button:
            assert Report.model_validate_json(text.toPlainText()) == report()
        press(dialog, "Close")

    def test_practise_again_and_back(self, page: ReportPage, qtbot: QtBot) -> None:
        page.show_report(report())
        with qtbot.waitSignal(page.practise_asked):
            press(page, "Practise again")
        with qtbot.waitSignal(page.back_asked):
            press(page, "Back")


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


@pytest.mark.usefixtures("dressed")
class TestError:
    def test_details_are_shown_on_request_copied_and_without_secrets(self, qtbot: QtBot) -> None:
        view = ErrorView()
        qtbot.addWidget(view)
        view.show()
        REDACTOR.add("top-secret-value-1")
        view.show_error(CoachError("It failed.", details="key top-secret-value-1 refused"))
        details = view.findChild(QPlainTextEdit)
        assert details is not None
        assert details.isHidden()
        press(view, "Show details")
        assert not details.isHidden()
        press(view, "Copy details")
        copied = QGuiApplication.clipboard().text()
        assert "It failed." in copied
        assert "refused" in copied
        assert "top-secret" not in copied

    def test_the_ways_out_stand_in_order_and_the_first_is_the_main_one(self, qtbot: QtBot) -> None:
        view = ErrorView(back="Back to the start")
        qtbot.addWidget(view)
        view.resize(900, 600)
        view.show()
        pressed: list[str] = []
        ways = [(words, lambda words=words: pressed.append(words)) for words in ("First", "Second", "Third")]
        view.show_error(CoachError("It failed."), ways)
        shown = [button for button in view.findChildren(QPushButton) if button.isVisible()]
        assert [button.text() for button in shown][:3] == ["First", "Second", "Third"]
        assert [button.accessibleName() for button in shown][:3] == ["First", "Second", "Third"]
        assert [button.property("look") for button in shown if button.property("look") == "primary"] == ["primary"]
        assert view.focusProxy() is shown[0]
        assert shown[0].property("look") == "primary"
        for words, _way in ways:
            press(view, words)
        assert pressed == ["First", "Second", "Third"]
        view.show_error(CoachError("It failed again."), ways[:1])
        assert not {"Second", "Third"} & texts(view)
        with qtbot.waitSignal(view.retry_asked):
            view.show_error(CoachError("And again."))
            press(view, "Try again")

    def test_ways_out_that_are_too_wide_stand_below_each_other(self, qtbot: QtBot) -> None:
        view = ErrorView()
        qtbot.addWidget(view)
        view.resize(900, 600)
        view.show()
        ways = [(words, lambda: None) for words in ("Show all of them", "Practise with another", "Try it once more")]
        view.show_error(CoachError("It failed."), ways)

        def tops() -> set[int]:
            return {button.y() for button in view.findChildren(QPushButton) if button.text() in dict(ways)}

        qtbot.waitUntil(lambda: len(tops()) == 1)
        view.resize(420, 700)
        qtbot.waitUntil(lambda: len(tops()) == 3)

    def test_the_next_error_begins_with_its_details_folded(self, qtbot: QtBot) -> None:
        view = ErrorView()
        qtbot.addWidget(view)
        view.show()
        view.show_error(CoachError("It failed."))
        press(view, "Show details")
        view.show_error(CoachError("It failed again."))
        (toggle,) = [button for button in view.findChildren(QPushButton) if button.text() == "Show details"]
        assert toggle.accessibleName() == "Show details"


@pytest.mark.usefixtures("dressed")
class TestAskBar:
    def test_a_notice_never_pushes_a_question_aside(self, qtbot: QtBot) -> None:
        bar = AskBar()
        qtbot.addWidget(bar)
        answers: list[str] = []
        bar.ask("May I?", ("Allow", lambda: answers.append("yes")), ("Not now", lambda: answers.append("no")))
        bar.tell("By the way.")
        assert "May I?" in said(bar)
        press(bar, "Allow")
        assert answers == ["yes"]
        bar.clear()
        bar.tell("By the way.")
        assert "By the way." in said(bar)
        press(bar, "Close")
        assert bar.isHidden()


@pytest.mark.parametrize(
    ("seconds", "clock", "spoken"),
    [
        (0, "0:00", "0 seconds"),
        (61, "1:01", "1 minute 1 second"),
        (120.4, "2:00", "2 minutes"),
        (3723, "1:02:03", "62 minutes 3 seconds"),
    ],
)
def test_lengths_of_time(seconds: float, clock: str, spoken: str) -> None:
    assert (parts.minutes(seconds), parts.spoken_minutes(seconds)) == (clock, spoken)


def test_times_are_the_users_own() -> None:
    now = datetime.now(UTC).astimezone().replace(hour=12)
    iso = "%Y-%m-%dT%H:%M:%S.%fZ"
    assert parts.local_time(now.astimezone(UTC).strftime(iso), now).startswith("Today, ")
    assert parts.local_time((now - timedelta(days=1)).astimezone(UTC).strftime(iso), now).startswith("Yesterday, ")
    assert "2020" in parts.local_time("2020-02-29T12:00:00.000000Z", now)
    assert parts.local_time("not a time", now) == "not a time"
