"""A table that is as high as its rows, so that the page scrolls and the table does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QFocusEvent, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QTableWidget, QWidget

from coach_desktop.ui.tables import dress

_FRAME: Final = 14


class GrownTable(QTableWidget):
    """One of whole rows, which the arrow keys go through while it has the keyboard."""

    def __init__(self, titles: Sequence[str], name: str, parent: QWidget | None = None) -> None:
        """Make the table without rows; a screen reader calls it `name`. Its last column takes the room left over."""
        super().__init__(0, len(titles), parent)
        self.setAccessibleName(name)
        self.setHorizontalHeaderLabels(list(titles))
        dress(self, stretched=len(titles) - 1, row_padding=0)
        self.setWordWrap(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the arrow keys would go from."""
        super().focusInEvent(event)
        if self.currentRow() < 0 and self.rowCount():
            self.selectRow(0)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Let go of the row: what is marked on a page without the keyboard says nothing."""
        super().focusOutEvent(event)
        self.setCurrentIndex(QModelIndex())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the rows, which grow where their words wrap."""
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Become as high as the rows."""
        self.resizeRowsToContents()
        height = self.horizontalHeader().sizeHint().height() + self.verticalHeader().length() + _FRAME
        if height != self.height():
            self.setFixedHeight(height)
