"""The transcript of a report: marked fillers, the way from one to the next, finding and copying."""

from __future__ import annotations

from functools import partial

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QTextCharFormat
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from coach_desktop.coaching.report import Report
from coach_desktop.ui import parts, theme
from coach_desktop.ui.report_page import ReportPage
from coach_desktop.ui.transcript.section import TranscriptSection
from coach_desktop.ui.transcript.view import TranscriptView
from tests.ui.driving import press, seen
from tests.ui.transcript.talks import chuck, told, turn

WAVE, DASHES = QTextCharFormat.UnderlineStyle.WaveUnderline, QTextCharFormat.UnderlineStyle.DashUnderline


def talk() -> Report:
    return told(
        chuck("Tell me more, um, please.", 0.0),
        turn("Um,~ the number is like,= nine.", at_s=3.0),
        turn("And uh~ that is all.", at_s=9.0),
    )


def formats(view: TranscriptView, line: int) -> dict[str, tuple[QTextCharFormat.UnderlineStyle, str]]:
    """Return how the pieces of a line are dressed: the line below them, and their ground."""
    block = view.document().findBlockByNumber(line)
    text = block.text()
    ranges = block.layout().formats()
    return {
        text[one.start : one.start + one.length]: (
            one.format.underlineStyle(),
            one.format.background().color().name(),
        )
        for one in ranges
    }


@pytest.mark.usefixtures("dressed")
class TestTranscript:
    @pytest.fixture
    def page(self, qtbot: QtBot) -> ReportPage:
        page = ReportPage()
        qtbot.addWidget(page)
        page.resize(1024, 640)
        with qtbot.waitActive(page):
            page.show()
            page.activateWindow()
        page.show_report(talk())
        return page

    @pytest.fixture
    def spoken(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """What a screen reader is asked to say."""
        said: list[str] = []

        def hear(_widget: QWidget, words: str) -> None:
            said.append(words)

        monkeypatch.setattr(parts, "announce", hear)
        return said

    @staticmethod
    def view(page: ReportPage) -> TranscriptView:
        (view,) = page.findChildren(TranscriptView)
        return view

    def test_fillers_are_marked_by_a_line_and_not_by_colour_alone(self, page: ReportPage, qtbot: QtBot) -> None:
        view = self.view(page)
        qtbot.waitUntil(lambda: "uh" in formats(view, 2))
        marked = formats(view, 1)
        assert marked["Um"][0] == WAVE
        assert marked["like"][0] == DASHES
        assert set(formats(view, 0)) == {"0:00", "Chuck"}

    def test_what_is_said_again_has_a_line_above_it_beside_that_of_a_filler(
        self, page: ReportPage, qtbot: QtBot
    ) -> None:
        again = turn("I^ think+ I think it is like=^ like= the^ um~ the end.")
        page.show_report(told(again, session_id="again"))
        view = self.view(page)
        qtbot.waitUntil(lambda: "like" in formats(view, 0))
        block = view.document().findBlockByNumber(0)
        dressed = [
            (block.text()[one.start : one.start + one.length], one.format.fontOverline(), one.format.underlineStyle())
            for one in block.layout().formats()
        ]
        plain = QTextCharFormat.UnderlineStyle.NoUnderline
        assert ("I think", True, plain) in dressed
        assert ("like", True, DASHES) in dressed
        assert ("the", True, plain) in dressed
        assert ("um", False, WAVE) in dressed
        assert sum(above for _, above, _ in dressed) == 3
        marks = [mark for mark in view.lines.marks if mark.kind == "repeat"]
        assert len(marks) == sum(word.repeat == "start" for word in again.words)

    def test_a_repeat_is_said_aloud(self, page: ReportPage, spoken: list[str]) -> None:
        page.show_report(told(turn("It is like=^ like= the^ the end."), session_id="again"))
        view = self.view(page)
        press(page, "Next mark")
        press(page, "Next mark")
        line = "0:00, You: It is like like the the end."
        assert spoken[-2:] == [
            f"repeat or restart, like; filler word, like like. {line}",
            f"repeat or restart, the. {line}",
        ]
        assert "Repeats: about 1" in seen(page)
        assert "Repeats: about 1." in view.accessibleDescription()

    def test_an_older_report_that_does_not_say_which_words_they_are_names_no_mark(self, page: ReportPage) -> None:
        assert talk().measures["repeats"].value == 1
        assert "Filler sounds: about 6" in seen(page)
        assert "Repeats: " not in seen(page)

    def test_marks_follow_the_theme_and_the_text_stays(self, page: ReportPage, qtbot: QtBot) -> None:
        view = self.view(page)
        before = view.toPlainText()
        grounds = []
        for scheme in (Qt.ColorScheme.Light, Qt.ColorScheme.Dark):
            theme.current().use(scheme)
            ground = theme.current().tokens.watch_soft
            qtbot.waitUntil(partial(self._is_on, view, ground))
            grounds.append(ground)
        theme.current().use(None)
        assert grounds[0] != grounds[1]
        assert view.toPlainText() == before

    @staticmethod
    def _is_on(view: TranscriptView, ground: str) -> bool:
        return formats(view, 1).get("Um") == (WAVE, ground)

    def test_the_legend_names_both_with_the_figures_of_the_report(self, page: ReportPage) -> None:
        assert "Filler sounds: about 6" in seen(page)
        assert "Filler words: about 2" in seen(page)
        assert "Filler sounds: about 6." in self.view(page).accessibleDescription()

    def test_a_talk_whose_words_were_not_told_apart_says_so(self, page: ReportPage) -> None:
        page.show_report(told(turn("Um nine").model_copy(update={"words": []}), session_id="s2"))
        assert "not told apart" in seen(page)
        assert "Filler sounds: " not in seen(page)
        assert [b.text() for b in page.findChildren(QPushButton) if b.isVisible() and "mark" in b.text()] == []

    def test_from_filler_to_filler_and_round_again(self, page: ReportPage, spoken: list[str]) -> None:
        view = self.view(page)
        passed = []
        for _ in range(4):
            press(page, "Next mark")
            passed.append(view.textCursor().selectedText())
        assert passed == ["Um", "like", "uh", "Um"]
        press(page, "Previous mark")
        assert view.textCursor().selectedText() == "uh"
        assert spoken[1] == "filler word, like. 0:03, You: Um, the number is like, nine."

    def test_the_caret_is_told_what_it_comes_upon(self, page: ReportPage, spoken: list[str]) -> None:
        view = self.view(page)
        view.setFocus()
        QTest.keyClick(view, Qt.Key.Key_Down)
        assert spoken == ["Um, filler sound; like, filler word"]
        for _ in "0:03\tYou\tUm, the number is l":
            QTest.keyClick(view, Qt.Key.Key_Right)
        assert spoken[1:] == ["filler sound", "filler word"]

    def test_control_f_finds_and_goes_round(self, page: ReportPage, spoken: list[str]) -> None:
        QTest.keyClick(page, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
        field = QApplication.focusWidget()
        assert isinstance(field, QLineEdit)
        QTest.keyClicks(field, "UM")
        view = self.view(page)
        places = []
        for _ in range(3):
            places.append(view.textCursor().blockNumber())
            QTest.keyClick(field, Qt.Key.Key_Return)
        # um, Um, n-um-ber.
        assert places == [0, 1, 1]
        assert "1 of 3" in seen(page)
        QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
        assert "3 of 3" in seen(page)
        assert "3 of 3" in spoken
        QTest.keyClicks(field, "xyz")
        assert "Not found" in seen(page)
        for _ in "xyz":
            QTest.keyClick(field, Qt.Key.Key_Backspace)
        QTest.keyClick(field, Qt.Key.Key_Escape)
        assert field.isHidden() or not field.isVisible()
        assert QApplication.focusWidget() is view
        assert view.textCursor().selectedText().lower() == "um"

    def test_what_is_marked_in_the_text_is_looked_for(self, page: ReportPage) -> None:
        press(page, "Next mark")
        press(page, "Next mark")
        press(page, "Find…")
        assert "1 of 1" in seen(page)

    def test_it_is_copied_whole_or_in_part(self, page: ReportPage) -> None:
        press(page, "Copy")
        assert QGuiApplication.clipboard().text() == self.view(page).toPlainText()
        assert "0:03\tYou\tUm, the number is like, nine." in QGuiApplication.clipboard().text()
        press(page, "Next mark")
        self.view(page).setFocus()
        QTest.keyClick(self.view(page), Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        assert QGuiApplication.clipboard().text() == "Um"

    def test_a_newer_version_of_the_report_leaves_the_place(self, page: ReportPage) -> None:
        press(page, "Next mark")
        page.show_report(talk())
        assert self.view(page).textCursor().selectedText() == "Um"
        page.show_report(told(turn("Nothing to mark."), session_id="s3"))
        assert self.view(page).textCursor().selectedText() == ""

    def test_an_hour_of_talk_is_marked_to_its_end_and_scrolls(self, page: ReportPage, qtbot: QtBot) -> None:
        many = [turn("so um~ " + "number " * 12 + "end.", at_s=6.0 * n, step_s=0.4) for n in range(600)]
        page.show_report(told(*many, session_id="long"))
        view = self.view(page)
        assert view.height() < view.document().size().height()
        qtbot.waitUntil(lambda: "um" in formats(view, 599))
        press(page, "Previous mark")
        assert view.textCursor().blockNumber() == 599
        assert view.verticalScrollBar().value() > 0

    def test_every_control_has_a_name(self, page: ReportPage) -> None:
        (section,) = page.findChildren(TranscriptSection)
        section.open_find()
        for control in section.stops:
            assert control.accessibleName()
        assert all(label.textFormat() == Qt.TextFormat.PlainText for label in section.findChildren(QLabel))
        assert section.width() <= parts.COLUMN_WIDTH
