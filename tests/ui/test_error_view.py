"""An error in the window: its words, its details and the ways out."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QPlainTextEdit,
    QPushButton,
)
from pytestqt.qtbot import QtBot

from coach_desktop.core.errors import CoachError
from coach_desktop.core.redact import REDACTOR
from coach_desktop.ui.error_view import ErrorView
from tests.ui.driving import press, texts


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
