"""The one way in which the window tells of an error: what happened, what is safe, what to do."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from coach_desktop.core.errors import CoachError
from coach_desktop.core.redact import REDACTOR
from coach_desktop.ui import parts, theme
from coach_desktop.ui.ask_bar import Choice
from coach_desktop.ui.theme import Drawing


class ErrorView(QWidget):
    """Shows a `CoachError` in plain words, with its details to copy."""

    retry_asked = Signal()
    back_asked = Signal()

    def __init__(self, parent: QWidget | None = None, *, back: str = "") -> None:
        """Make an empty view. `back` are the words on the button that leads away; without them there is none."""
        super().__init__(parent)
        self._what = parts.label("", "heading")
        self._safe = parts.label("", "lead")
        self._do = parts.label("", "lead")
        self._details = QPlainTextEdit()
        self._details.setReadOnly(True)
        self._details.setAccessibleName("Details of the error")
        self._details.setFixedHeight(110)
        self._details.setTabChangesFocus(True)
        self._show_details = parts.button(
            "Show details", self._on_details_toggled, look="quiet", icon="expand", tint="accent"
        )
        self._copy = parts.button("Copy details", self._on_copy_pressed, look="quiet", icon="copy", tint="accent")
        self._retry = parts.button("Try again", self.retry_asked.emit, look="primary", icon="retry", tint="on_accent")
        self._other = parts.button("Something else", self._on_other_pressed)
        self._other.hide()
        self._on_other: Callable[[], object] | None = None
        self.setFocusProxy(self._retry)
        self._back = parts.button(back or "Back", self.back_asked.emit, icon="back")
        if not back:
            self._back.hide()
        words = parts.column(self._what, self._safe, self._do, spacing=10)
        content = parts.row(spacing=18)
        top = parts.column(Drawing("error", "act", 36), 1)
        content.addLayout(top)
        content.addLayout(words, 1)
        buttons = parts.row(self._retry, self._other, self._back, 1)
        more = parts.row(self._show_details, self._copy, 1)
        card = parts.frame(
            "card", parts.column(content, buttons, more, self._details, spacing=14), margins=(28, 24, 28, 20)
        )
        self._card = card
        card.setMaximumWidth(680)
        around = parts.row(1, spacing=0)
        around.addWidget(card, 100)
        around.addStretch(1)
        page = parts.column(2, around, 3)
        page.setContentsMargins(32, 28, 32, 28)
        self.setLayout(page)
        self._error: CoachError | None = None

    def show_error(self, error: CoachError, other: Choice | None = None) -> None:
        """Show an error and say it through a screen reader. `other` is a way out beside trying again."""
        self._error = error
        self._other.setVisible(other is not None)
        if other is not None:
            self._other.setText(other[0])
            self._other.setAccessibleName(other[0])
            self._on_other = other[1]
        for shown, text in ((self._what, error.what), (self._safe, error.safe), (self._do, error.do)):
            shown.setText(text)
            shown.setVisible(bool(text))
        # What is copied goes into mails and tickets: no secret may be in it.
        self._details.setPlainText(REDACTOR.scrub(error.details or "No more is known."))
        self._show_all(shown=False)
        self.setAccessibleName(error.what)
        self.setAccessibleDescription(" ".join(part for part in (error.safe, error.do) if part))
        parts.announce(self, error.sentences())

    def _on_details_toggled(self) -> None:
        self._show_all(shown=self._details.isHidden())

    def _show_all(self, *, shown: bool) -> None:
        self._details.setVisible(shown)
        self._show_details.setText("Hide details" if shown else "Show details")
        self._show_details.setAccessibleName(self._show_details.text())
        theme.current().set_icon(self._show_details, "collapse" if shown else "expand", "accent")

    def _on_other_pressed(self) -> None:
        if self._on_other is not None:
            self._on_other()

    def _on_copy_pressed(self) -> None:
        if self._error is None:
            return
        text = f"{self._error.sentences()}\n\n{self._details.toPlainText()}"
        parts.copy_with_thanks(text, self._copy)
