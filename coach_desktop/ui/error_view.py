"""The one way in which the window tells of an error: what happened, what is safe, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QPlainTextEdit, QPushButton, QWidget

from coach_desktop.core.errors import CoachError
from coach_desktop.core.redact import REDACTOR
from coach_desktop.ui import parts, theme
from coach_desktop.ui.ask_bar import Choice
from coach_desktop.ui.theme import Drawing

_MOST_CHOICES: Final = 3
_CARD_WIDTH: Final = 680
_PAGE_SIDE: Final = 32
_CARD_SIDE: Final = 28


class ErrorView(QWidget):
    """Shows a `CoachError` in plain words, with ways out of it and its details to copy."""

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
        # Always the same: a widget that is made later would be last in the order of Tab.
        self._buttons = tuple(self._way(number) for number in range(_MOST_CHOICES))
        self._choices: Sequence[Choice] = ()
        self.setFocusProxy(self._buttons[0])
        self._back = parts.button(back or "Back", self.back_asked.emit, look="quiet", icon="back", tint="accent")
        if not back:
            self._back.hide()
        words = parts.column(self._what, self._safe, self._do, spacing=10)
        content = parts.row(spacing=18)
        top = parts.column(Drawing("error", "act", 36), 1)
        content.addLayout(top)
        content.addLayout(words, 1)
        self._ways = parts.row(*self._buttons)
        ways = QWidget()
        ways.setLayout(parts.row(self._ways, 1, spacing=0))
        # Else the page could not become too narrow for them, and they would never be put below each other.
        ways.setMinimumWidth(1)
        more = parts.row(self._back, 1, self._show_details, self._copy)
        card = parts.frame(
            "card",
            parts.column(content, ways, more, self._details, spacing=14),
            margins=(_CARD_SIDE, 24, _CARD_SIDE, 20),
        )
        card.setMaximumWidth(_CARD_WIDTH)
        around = parts.row(1, spacing=0)
        around.addWidget(card, 100)
        around.addStretch(1)
        page = parts.column(2, around, 3)
        page.setContentsMargins(_PAGE_SIDE, 28, _PAGE_SIDE, 28)
        self.setLayout(page)
        self._error: CoachError | None = None

    def show_error(self, error: CoachError, choices: Sequence[Choice] = ()) -> None:
        """Show an error and say it through a screen reader.

        `choices` are the ways out, at most three, the best first; without any there is trying again.
        """
        self._error = error
        self._choices = choices or [("Try again", self.retry_asked.emit)]
        for number, button in enumerate(self._buttons):
            button.setVisible(number < len(self._choices))
            if number < len(self._choices):
                button.setText(self._choices[number][0])
                button.setAccessibleName(self._choices[number][0])
        self._fit()
        for shown, text in ((self._what, error.what), (self._safe, error.safe), (self._do, error.do)):
            shown.setText(text)
            shown.setVisible(bool(text))
        # What is copied goes into mails and tickets: no secret may be in it.
        self._details.setPlainText(REDACTOR.scrub(error.details or "No more is known."))
        self._show_all(shown=False)
        self.setAccessibleName(error.what)
        self.setAccessibleDescription(" ".join(part for part in (error.safe, error.do) if part))
        parts.announce(self, error.sentences())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make do with less room."""
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        """Fit, now that the style is known."""
        super().showEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Put the ways out below each other where they are too wide to stand side by side."""
        room = min(self.width() - 2 * _PAGE_SIDE, _CARD_WIDTH) - 2 * _CARD_SIDE
        shown = [button for button in self._buttons if not button.isHidden()]
        width = sum(button.sizeHint().width() for button in shown) + (len(shown) - 1) * self._ways.spacing()
        beside = width <= room
        self._ways.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)

    def _on_details_toggled(self) -> None:
        self._show_all(shown=self._details.isHidden())

    def _show_all(self, *, shown: bool) -> None:
        self._details.setVisible(shown)
        self._show_details.setText("Hide details" if shown else "Show details")
        self._show_details.setAccessibleName(self._show_details.text())
        theme.current().set_icon(self._show_details, "collapse" if shown else "expand", "accent")

    def _way(self, number: int) -> QPushButton:
        return parts.button("Try again", lambda: self._choose(number), look="" if number else "primary")

    def _choose(self, number: int) -> None:
        self._choices[number][1]()

    def _on_copy_pressed(self) -> None:
        if self._error is None:
            return
        text = f"{self._error.sentences()}\n\n{self._details.toPlainText()}"
        parts.copy_with_thanks(text, self._copy)
