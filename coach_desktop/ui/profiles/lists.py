"""What lists of painted rows have in common: how they look and scroll, and the rows themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView, QListView

from coach_desktop.ui.tables import Index

Row = TypeVar("Row")


def dress(view: QListView) -> None:
    """Make a list one of rows of which one is the current one; it scrolls smoothly, and never sideways."""
    view.setProperty("look", "profiles")
    view.setMouseTracking(True)
    view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.setResizeMode(QListView.ResizeMode.Adjust)
    view.verticalScrollBar().setSingleStep(24)


class ListModel(QAbstractListModel, Generic[Row]):
    """Rows below each other. What one shows is left to `data`."""

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__()
        self.rows: list[Row] = []

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows."""
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's signature
        """Return how many rows there are."""
        return 0 if parent.isValid() else len(self.rows)
