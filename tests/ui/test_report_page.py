"""The page of a report: what it shows, and what can be done with it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QListWidget,
    QPlainTextEdit,
    QScrollArea,
    QWidget,
)
from pytestqt.qtbot import QtBot

from coach_desktop.coaching.report import Report
from coach_desktop.ui import parts
from coach_desktop.ui.account.knowledge_dialog import KnowledgeDialog
from coach_desktop.ui.measures_table import MeasuresTable
from coach_desktop.ui.prose_view import ProseView
from coach_desktop.ui.report_page import FindingCard, ReportPage
from tests.ui.driving import press, said, texts
from tests.ui.stage import report


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
