"""Cards that tell how something stands: the key, or what came of an attempt."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QProgressBar, QWidget

from coach_desktop.core.errors import CoachError
from coach_desktop.ui import parts
from coach_desktop.ui.account.key_words import KeyWords
from coach_desktop.ui.theme import Drawing


def busy_bar(name: str) -> QProgressBar:
    """Return a bar that shows that something is at work, for how long nobody knows."""
    bar = QProgressBar()
    bar.setRange(0, 0)
    bar.setTextVisible(False)
    bar.setAccessibleName(name)
    return bar


class StateCard(QFrame):
    """A drawing, a title and a sentence; on its right there is room for buttons."""

    def __init__(self, *buttons: QWidget) -> None:
        """Make an empty card."""
        super().__init__()
        self._drawing = Drawing("key", "muted", 24)
        self._title = parts.label("", "strong")
        self._words = parts.label("", "muted")
        self._busy = busy_bar("Waiting")
        text = parts.column(parts.column(self._title, self._words, spacing=4), self._busy, spacing=10)
        layout = parts.row(parts.column(self._drawing, 1), text, *buttons, spacing=14)
        layout.setStretch(1, 1)
        layout.setContentsMargins(18, 14, 14, 14)
        self.setLayout(layout)

    def show_state(self, state: KeyWords, *, busy: bool = False) -> None:
        """Show a state; an empty text takes no room."""
        parts.change_look(self, state.look)
        self._drawing.show_drawing(state.drawing, state.tint)
        for label, text in ((self._title, state.title), (self._words, state.words)):
            label.setText(parts.breakable(text))
            label.setVisible(bool(text))
        self._busy.setVisible(busy)
        self.setAccessibleName(state.title)
        self.setAccessibleDescription(state.words)


class Outcome(QWidget):
    """What came of an attempt, or that it is still under way. Takes no room while there is nothing to say."""

    def __init__(self) -> None:
        """Make it, with nothing to say."""
        super().__init__()
        self._drawing = Drawing("good", "good", 20)
        self._title = parts.label("", "strong")
        self._words = parts.label("", "muted")
        self._busy = busy_bar("Working")
        text = parts.column(parts.column(self._title, self._words, spacing=3), self._busy, spacing=8)
        layout = parts.row(parts.column(self._drawing, 1), text, spacing=10)
        layout.setStretch(1, 1)
        # In a row with buttons it has more room than it needs: drawing and words stay beside each other all the same.
        self.setLayout(parts.column(1, layout, 1))
        self.clear()

    def clear(self) -> None:
        """Say nothing."""
        self.hide()

    def show_busy(self, title: str) -> None:
        """Say what goes on."""
        self._show("info", "muted", "strong", title, "", busy=True)

    def show_good(self, title: str, words: str = "") -> None:
        """Say that it went well."""
        self._show("good", "good", "good", title, words)

    def show_same(self, title: str, words: str = "") -> None:
        """Say that it has changed nothing, or not only what it should."""
        self._show("watch", "watch", "watch", title, words)

    def show_bad(self, error: CoachError, already: str = "") -> None:
        """Say that it did not, and `already` what did."""
        words = " ".join(part for part in (error.safe, error.do) if part)
        self._show("error", "act", "act", f"{already} {error.what}".strip(), words)

    def _show(self, drawing: str, tint: str, look: str, title: str, words: str, *, busy: bool = False) -> None:
        self._drawing.show_drawing(drawing, tint)
        parts.change_look(self._title, look)
        for label, text in ((self._title, title), (self._words, words)):
            label.setText(parts.breakable(text))
            label.setVisible(bool(text))
        self._busy.setVisible(busy)
        self.setAccessibleName(title)
        self.show()
        parts.announce(self, f"{title} {words}".strip())
