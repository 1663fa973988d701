"""What is wrong with files of profiles, above the list of those that can be used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from coach_desktop.core.errors import CoachError
from coach_desktop.ui import parts
from coach_desktop.ui.theme import Drawing

_LINES: Final = 6  # in view at a time
_AROUND: Final = 20


class ProblemsCard(QFrame):
    """Hidden until there is something to say; scrolls when there is much."""

    def __init__(self) -> None:
        """Make the card, hidden."""
        super().__init__()
        self.setProperty("look", "card-watch")
        self._title = parts.label("", "strong", wrap=False)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusProxy(self._area)
        self._area.setAccessibleName("Files that cannot be used")
        self._area.setMaximumHeight(_LINES * self.fontMetrics().lineSpacing() + _AROUND)
        header = parts.row(Drawing("watch", "watch", 20), self._title, 1)
        layout = parts.column(header, self._area, spacing=6)
        layout.setContentsMargins(16, 12, 10, 12)
        self.setLayout(layout)
        self.hide()

    def show_problems(self, problems: Sequence[CoachError]) -> None:
        """Say of each file what is wrong, what is safe and what to do."""
        self.setVisible(bool(problems))
        if not problems:
            return
        count = len(problems)
        self._title.setText("A profile cannot be used" if count == 1 else f"{count} profiles cannot be used")
        words = QVBoxLayout()
        words.setContentsMargins(30, 0, 8, 0)
        words.setSpacing(10)
        for problem in problems:
            what = parts.label(parts.breakable(problem.what))
            rest = parts.label(parts.breakable(f"{problem.safe} {problem.do}".strip()), "muted")
            words.addLayout(parts.column(what, rest, spacing=2))
        page = QWidget()
        page.setProperty("look", "page")
        page.setLayout(words)
        self._area.setWidget(page)
        self._area.setAccessibleDescription(" ".join(problem.sentences() for problem in problems))
