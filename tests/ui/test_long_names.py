"""Names of any length: the account and other programs set no limits that this app could rely on."""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from coach_desktop.ui import parts
from coach_desktop.ui.profiles import painting

LONG = "W" * 500


def test_a_row_breaks_a_word_that_is_longer_than_its_line(qapp: QApplication) -> None:
    font = QFont(qapp.font())
    for text in (LONG, f"A {LONG}", "🎤" * 200):
        shown = painting.lines(text, font, 200, below=160)
        assert len(shown) == 2
        assert all(QFontMetrics(font).horizontalAdvance(line) <= 200 for line in shown)
        assert shown[0]


def test_a_question_shows_all_of_a_long_word(qtbot: QtBot, dressed: QApplication) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    box = parts.question(window, "Delete it?", f"{LONG} is removed.", yes="Delete", no="Keep", on_yes=lambda: None)
    with qtbot.waitExposed(box):
        box.open()
    words = next(label for label in box.findChildren(QLabel) if "removed" in label.text())
    assert words.text().replace("\u200b", "") == f"{LONG} is removed."
    # As wide as its longest unbroken piece: it would not fit into one line.
    assert words.minimumSizeHint().width() <= words.width()
    assert QFontMetrics(words.font()).boundingRect(words.rect(), 0x1000, words.text()).width() <= words.width()


def test_a_name_within_a_sentence_is_shortened() -> None:
    assert parts.shortened("Chuck") == "Chuck"
    assert parts.shortened(LONG) == f"{'W' * 59}…"
    assert parts.shortened(f"{'W' * 58} {'W' * 40}") == f"{'W' * 58}…"
