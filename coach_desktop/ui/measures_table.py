"""Every measure as a table: the twin of the cards for those who want figures, and for screen readers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, Qt
from PySide6.QtGui import QFocusEvent, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from coach_desktop.coaching import labels
from coach_desktop.coaching.report_model import ReportMeasure
from coach_desktop.tavus.delivery import MeasureName
from coach_desktop.ui import parts, theme
from coach_desktop.ui.tables import dress

_COLUMNS: Final = ("Measure", "Figure", "How it was")
_FRAME: Final = 14


class MeasuresTable(QTableWidget):
    """As high as its rows, so that the page scrolls and the table does not."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Make the table without rows."""
        super().__init__(0, len(_COLUMNS), parent)
        self.setAccessibleName("All measures")
        self.setHorizontalHeaderLabels(list(_COLUMNS))
        dress(self, stretched=len(_COLUMNS) - 1, row_padding=0)
        self.setWordWrap(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._measures: dict[MeasureName, ReportMeasure] = {}

    def show_measures(self, measures: Mapping[MeasureName, ReportMeasure]) -> None:
        """Show these measures, in the order in which they come."""
        self._measures = dict(measures)
        self._fill()

    def changeEvent(self, event: QEvent) -> None:
        """Draw the bands in the colours of a new theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.rowCount():
            self._fill()

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
        """Follow the rows, which grow where the reasons wrap."""
        super().resizeEvent(event)
        self._fit()

    def _fill(self) -> None:
        tokens = theme.current().tokens
        self.setRowCount(len(self._measures))
        for row, (name, measure) in enumerate(self._measures.items()):
            last = QTableWidgetItem(_judged(measure))
            tint = measure.band or "muted"
            if measure.band or measure.value is None:
                last.setIcon(theme.current().icon(measure.band or "not-measured", tint))
            last.setForeground(parts.colour(getattr(tokens, tint)))
            figure = parts.NO_FIGURE if measure.value is None else labels.figure(name, measure.value)
            cells = (QTableWidgetItem(labels.label(name)), QTableWidgetItem(figure), last)
            spoken = ", ".join(cell.text() for cell in cells if cell.text() not in {"", parts.NO_FIGURE})
            cells[0].setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
            for column, cell in enumerate(cells):
                self.setItem(row, column, cell)
        self._fit()

    def _fit(self) -> None:
        self.resizeRowsToContents()
        height = self.horizontalHeader().sizeHint().height() + self.verticalHeader().length() + _FRAME
        if height != self.height():
            self.setFixedHeight(height)


def _judged(measure: ReportMeasure) -> str:
    if measure.value is None:
        return f"{parts.sentence(labels.NOT_MEASURED)}. {measure.reason}"
    return parts.sentence(labels.band(measure.band) if measure.band else labels.NOT_SCORED)
