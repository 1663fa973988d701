"""One bar for what needs an answer or a glance. A question is never pushed aside by a notice."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from coach_desktop.ui import parts
from coach_desktop.ui.theme import Drawing

Choice = tuple[str, Callable[[], object]]


class AskBar(QFrame):
    """Hidden until there is something to ask or to tell."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Make the bar, hidden."""
        super().__init__(parent)
        self._drawing = Drawing("info", "text", 22)
        self._words = parts.label("")
        self._buttons: list[QPushButton] = []
        self._row = parts.row(self._drawing, self._words, spacing=12)
        self._row.setStretch(1, 1)
        self._row.setContentsMargins(20, 10, 16, 10)
        self.setLayout(self._row)
        self.is_asking = False
        self.hide()

    def ask(self, question: str, yes: Choice, no: Choice) -> None:
        """Ask a question; the bar stays until `clear`."""
        self.is_asking = True
        self._show("bar-ask", "private", "on_accent_soft", question, no, yes)
        self._buttons[-1].setFocus()

    def tell(self, words: str, action: Choice | None = None) -> None:
        """Tell something that can be closed. While a question waits, nothing else is shown."""
        if self.is_asking or (not self.isHidden() and words == self._words.text()):
            return
        close: Choice = ("Close", self.clear)
        self._show(
            "bar-notice", "info", "watch", words, *((close,) if action is None else (close, action)), primary=False
        )

    def clear(self) -> None:
        """Hide the bar."""
        self.is_asking = False
        self.hide()
        for button in self._buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons.clear()

    def _show(self, look: str, drawing: str, tint: str, words: str, *choices: Choice, primary: bool = True) -> None:
        asking = self.is_asking
        self.clear()
        self.is_asking = asking
        parts.change_look(self, look)
        self._drawing.show_drawing(drawing, tint)
        self._words.setText(words)
        self.setAccessibleName(words)
        for number, (text, on_pressed) in enumerate(choices, start=1):
            last = number == len(choices)
            button = parts.button(text, on_pressed, look="primary" if primary and last else "")
            self._row.addWidget(button)
            self._buttons.append(button)
        self.show()
        parts.announce(self, words)
