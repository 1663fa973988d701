"""One bar for what needs an answer or a glance. A question is never pushed aside by a notice."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QWidget

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
        # Always the same two: a widget that is made later would be last in the order of Tab, behind the room.
        self._buttons = (
            parts.button("Close", lambda: self._choose(0)),
            parts.button("Close", lambda: self._choose(1)),
        )
        self._choices: tuple[Choice, ...] = ()
        self.is_asking = False
        row = parts.row(self._drawing, self._words, *self._buttons, spacing=12)
        row.setStretch(1, 1)
        row.setContentsMargins(20, 10, 16, 10)
        self.setLayout(row)
        self.clear()

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

    def focus_action(self) -> None:
        """Give the keyboard to what can be done."""
        self._buttons[len(self._choices) - 1].setFocus()

    def withdraw(self, words: str) -> None:
        """Hide the bar if this is what it tells: what was said is no longer true."""
        if not self.is_asking and words == self._words.text():
            self.clear()

    def clear(self) -> None:
        """Hide the bar."""
        self.is_asking = False
        self.hide()
        self._choices = ()
        for button in self._buttons:
            button.hide()

    def _show(self, look: str, drawing: str, tint: str, words: str, *choices: Choice, primary: bool = True) -> None:
        self._choices = choices
        parts.change_look(self, look)
        self._drawing.show_drawing(drawing, tint)
        self._words.setText(words)
        self.setAccessibleName(words)
        for number, button in enumerate(self._buttons):
            button.setVisible(number < len(choices))
            if number < len(choices):
                button.setText(choices[number][0])
                button.setAccessibleName(choices[number][0])
                last = number == len(choices) - 1
                parts.change_look(button, "primary" if primary and last else "")
        self.show()
        parts.announce(self, words)

    def _choose(self, number: int) -> None:
        if number < len(self._choices):
            self._choices[number][1]()
