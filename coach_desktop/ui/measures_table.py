"""Every measure as a table: the twin of the cards for those who want figures, and for screen readers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QTableWidgetItem, QWidget

from coach_desktop.coaching import labels
from coach_desktop.coaching.report_model import ReportMeasure
from coach_desktop.tavus.delivery import MeasureName
from coach_desktop.ui import parts, theme
from coach_desktop.ui.grown_table import GrownTable

_COLUMNS: Final = ("Measure", "Figure", "How it was")


class MeasuresTable(GrownTable):
    """A row a measure."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Make the table without rows."""
        super().__init__(_COLUMNS, "All measures", parent)
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
        self.fit()


def _judged(measure: ReportMeasure) -> str:
    if measure.value is None:
        return f"{parts.sentence(labels.NOT_MEASURED)}. {measure.reason}"
    return parts.sentence(labels.band(measure.band) if measure.band else labels.NOT_SCORED)
