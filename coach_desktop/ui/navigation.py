"""The slim bar on the left: where the user is, and where else to go."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QToolButton, QWidget

from coach_desktop.ui import parts, theme

_WIDTH = 92
_PIXELS = 24


class Navigation(QFrame):
    """Two places: practice and history."""

    practice_asked = Signal()
    history_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Make the bar with practice marked."""
        super().__init__(parent)
        self.setProperty("look", "navigation")
        self.setFixedWidth(_WIDTH)
        self._practice = self._place("Practice", "practice")
        self._history = self._place("History", "history")
        self._practice.clicked.connect(self.practice_asked)
        self._history.clicked.connect(self.history_asked)
        places = parts.column(self._practice, self._history, 1, spacing=6)
        places.setContentsMargins(8, 12, 8, 12)
        self.setLayout(places)
        self.mark(history=False)

    def mark(self, *, history: bool) -> None:
        """Mark the place that is shown."""
        for place, drawing, here in ((self._practice, "practice", not history), (self._history, "history", history)):
            place.setChecked(here)
            theme.current().set_icon(place, drawing, "on_accent_soft" if here else "muted", _PIXELS)

    def set_busy(self, busy: bool) -> None:
        """While a session is under way its page stays in view: a page that is hidden sends no frames."""
        self._history.setEnabled(not busy)
        self._history.setToolTip("End the session first" if busy else "Ctrl+H")

    def _place(self, text: str, drawing: str) -> QToolButton:
        place = QToolButton()
        place.setText(text)
        place.setAccessibleName(text)
        place.setProperty("look", "navigation")
        place.setCheckable(True)
        place.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        place.setFixedWidth(_WIDTH - 16)
        place.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme.current().set_icon(place, drawing, "muted", _PIXELS)
        return place
