"""The bar for questions and notices."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from coach_desktop.ui.ask_bar import AskBar
from tests.ui.driving import press, said


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
