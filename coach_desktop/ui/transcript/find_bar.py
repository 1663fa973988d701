"""A bar to find words in a text: as they are typed, to the next and the one before, closed by Escape."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QWidget

from coach_desktop.ui import parts


class FindBar(QFrame):
    """Asks for words and tells how many places hold them. What is searched is another's business."""

    words_changed = Signal(str)
    step_asked = Signal(int)
    """1 for the next place, -1 for the one before."""
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Make the bar, hidden."""
        super().__init__(parent)
        self._field = QLineEdit()
        self._field.setAccessibleName("Find in the transcript")
        self._field.setAccessibleDescription("Enter goes to the next place, Shift and Enter to the one before.")
        self._field.setPlaceholderText("Find in the transcript")
        self._field.setClearButtonEnabled(True)
        self._field.textChanged.connect(self.words_changed)
        self._count: QLabel = parts.label("", "muted", wrap=False)
        self._before = parts.button("Previous", lambda: self.step_asked.emit(-1))
        self._next = parts.button("Next", lambda: self.step_asked.emit(1))
        self._before.setAccessibleName("Previous place found")
        self._next.setAccessibleName("Next place found")
        close = parts.button("Close", self.close_bar, look="quiet")
        close.setAccessibleName("Close the find bar")
        # The keys have their meaning only while the bar has the keyboard.
        for key, step in ((QKeySequence.StandardKey.FindNext, 1), (QKeySequence.StandardKey.FindPrevious, -1)):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda step=step: self.step_asked.emit(step))
        line = parts.row(self._field, self._count, self._before, self._next, close, spacing=8)
        line.setStretch(0, 1)
        line.setContentsMargins(0, 0, 0, 0)
        self.setLayout(line)
        self.stops: tuple[QWidget, ...] = (self._field, self._before, self._next, close)
        self.show_count(0, None)
        self.hide()

    @property
    def words(self) -> str:
        """What is looked for."""
        return self._field.text()

    def open_with(self, words: str) -> None:
        """Show the bar with the keyboard in it; `words`, where there are any, are looked for at once."""
        self.show()
        if words:
            self._field.setText(words)
        self._field.setFocus()
        self._field.selectAll()

    def close_bar(self) -> None:
        """Go away; what was looked for is kept for the next time."""
        if not self.isHidden():
            self.hide()
            self.closed.emit()

    def show_count(self, count: int, current: int | None) -> None:
        """Tell how many places were found, and which of them, from 0, is in view."""
        told = ""
        if self.words:
            told = "Not found" if current is None or not count else f"{current + 1} of {count}"
        if told and told != self._count.text():
            parts.announce(self._field, told)
        self._count.setText(told)
        for button in (self._before, self._next):
            button.setEnabled(count > 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go on at Enter, back at Shift and Enter, away at Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_bar()
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self._field.hasFocus():
            self.step_asked.emit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        else:
            super().keyPressEvent(event)
