"""What came of an attempt, beside the buttons of a dialog."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from coach_desktop.ui import parts
from coach_desktop.ui.account.cards import Outcome
from coach_desktop.ui.theme import Drawing


@pytest.mark.parametrize("height", [36, 90])
def test_the_drawing_stays_beside_the_first_line(qtbot: QtBot, dressed: QApplication, height: int) -> None:
    window, outcome, button = QWidget(), Outcome(), parts.button("Close", lambda: None)
    button.setFixedHeight(height)
    row = parts.row(outcome, button)
    row.setStretch(0, 1)
    window.setLayout(row)
    window.resize(500, height)
    qtbot.addWidget(window)
    outcome.show_good("keys.pdf is ready.")
    with qtbot.waitExposed(window):
        window.show()
    (drawing,) = outcome.findChildren(Drawing)
    title = next(label for label in outcome.findChildren(QLabel) if label.isVisible() and label.text())
    assert abs(drawing.geometry().center().y() - title.geometry().center().y()) <= 3
    assert outcome.rect().contains(title.geometry())
