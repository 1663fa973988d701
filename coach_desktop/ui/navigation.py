"""The slim bar on the left: where the user is, and where else to go."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QFrame, QToolButton, QWidget

from coach_desktop.ui import parts, theme

_WIDTH = 92
_AROUND = 16
_PADDING = 18  # of a place, with its border, as the style sheet has it
_PIXELS = 24


class Navigation(QFrame):
    """Two places: practice and history."""

    practice_asked = Signal()
    history_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Make the bar with practice marked."""
        super().__init__(parent)
        self.setProperty("look", "navigation")
        self._practice = self._place("Practice", "practice")
        self._history = self._place("History", "history")
        self._practice.clicked.connect(self.practice_asked)
        self._history.clicked.connect(self.history_asked)
        places = parts.column(self._practice, self._history, 1, spacing=6)
        places.setContentsMargins(_AROUND // 2, 12, _AROUND // 2, 12)
        self.setLayout(places)
        self._fit()
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

    def changeEvent(self, event: QEvent) -> None:
        """Fit, when the style or the size of its letters has changed."""
        super().changeEvent(event)
        if event.type() in {QEvent.Type.StyleChange, QEvent.Type.FontChange}:
            self._fit()

    def _fit(self) -> None:
        """Be wide enough for the words, in bold, in whatever size the system writes them."""
        needed = _WIDTH
        for place in self.findChildren(QToolButton):
            place.ensurePolished()
            font = place.font()
            font.setWeight(QFont.Weight.DemiBold)
            needed = max(needed, QFontMetrics(font).horizontalAdvance(place.text()) + _PADDING + _AROUND)
        self.setFixedWidth(needed)
        for place in self.findChildren(QToolButton):
            place.setFixedWidth(needed - _AROUND)

    def _place(self, text: str, drawing: str) -> QToolButton:
        place = QToolButton()
        place.setText(text)
        place.setAccessibleName(text)
        place.setProperty("look", "navigation")
        place.setCheckable(True)
        place.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        place.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme.current().set_icon(place, drawing, "muted", _PIXELS)
        return place
