"""The card on a report that is not kept yet: it says so, and keeps it on request."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from coach_desktop.ui import parts
from coach_desktop.ui.theme import Drawing

NOT_KEPT = "This report is not kept yet: the next one takes its place."
KEEPING = "Saving…"
KEPT = "Saved. The report is in your history."


class KeepCard(QWidget):
    """Hidden while there is nothing to say about keeping."""

    pressed = Signal()

    def __init__(self) -> None:
        """Make the card, hidden."""
        super().__init__()
        self._drawing = Drawing("info", "watch", 22)
        self._words = parts.label("")
        self.button = parts.button("Save to history", self.pressed.emit, icon="history")
        line = parts.row(self._drawing, self._words, self.button, spacing=14)
        line.setStretch(1, 1)
        self._frame = parts.frame("card-watch", line, margins=(20, 12, 16, 12))
        self.setLayout(parts.column(self._frame))
        self.hide()

    def offer(self, problem: str = "") -> None:
        """Offer to keep the report. `problem`: why that has just failed."""
        self._show(problem or NOT_KEPT, button=True)
        if problem:
            parts.announce(self, problem)

    def show_keeping(self) -> None:
        """Say that it is being kept."""
        self._show(KEEPING, button=True)
        self.button.setEnabled(False)

    def show_kept(self) -> None:
        """Say that it is kept."""
        self._show(KEPT, button=False)
        self._drawing.show_drawing("good", "good")
        parts.change_look(self._frame, "card-good")
        parts.announce(self, KEPT)

    def _show(self, words: str, *, button: bool) -> None:
        self._drawing.show_drawing("info", "watch")
        parts.change_look(self._frame, "card-watch")
        self._words.setText(words)
        self.button.setVisible(button)
        self.button.setEnabled(True)
        self.show()
