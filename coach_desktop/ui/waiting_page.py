"""What stands in the place of a room while there is none: what goes on, and the one thing that can be done."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from coach_desktop.ui import parts
from coach_desktop.ui.theme import Drawing


class WaitingPage(QWidget):
    """Tells what is waited for."""

    pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Make the page, without words yet."""
        super().__init__(parent)
        self._title = parts.label("", "title")
        self._words = parts.label("", "muted")
        self._progress = QProgressBar()
        self._progress.setRange(0, 0)
        self._progress.setTextVisible(False)
        self._progress.setFixedWidth(320)
        self._progress.setAccessibleName("Working")
        self._button = parts.button("Cancel", self.pressed.emit)
        middle = QVBoxLayout()
        middle.setSpacing(16)
        middle.setContentsMargins(32, 16, 32, 16)
        middle.addStretch(2)
        middle.addLayout(parts.row(1, Drawing("app", pixels=64), 1))
        for words in (self._title, self._words):
            # Over the whole width, so that they wrap only where they must.
            words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            middle.addWidget(words)
        for part in (self._progress, self._button):
            middle.addLayout(parts.row(1, part, 1))
        middle.addStretch(3)
        self.setLayout(middle)

    def show_words(self, title: str, words: str, *, button: str = "", busy: bool = True) -> None:
        """Show what goes on, and a button where `button` has words for it. `busy` shows that something is at work."""
        self._title.setText(title)
        self._words.setText(words)
        self._progress.setVisible(busy)
        self._button.setVisible(bool(button))
        if button:
            self._button.setText(button)
            self._button.setAccessibleName(button)

    def show_share(self, share: float | None) -> None:
        """Show how much is done, from 0 to 1; None: nobody knows."""
        self._progress.setRange(0, 0 if share is None else 1000)
        if share is not None:
            self._progress.setValue(round(1000 * min(1.0, max(0.0, share))))

    def focus_button(self) -> None:
        """Give the keyboard to the button."""
        self._button.setFocus()
