"""Every measure of a report; where none was taken, that is said in a line and the table is folded away."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from coach_desktop.coaching.report import Report
from coach_desktop.ui import parts, theme
from coach_desktop.ui.measures_table import MeasuresTable


class FiguresSection(QWidget):
    """The table of measures under its heading."""

    def __init__(self) -> None:
        """Make the section without figures."""
        super().__init__()
        self._why = parts.label("", "muted")
        self.toggle = parts.button("Show all measures", self._on_toggled, look="quiet", icon="expand", tint="accent")
        self._table = MeasuresTable()
        self.setLayout(
            parts.column(
                parts.column(parts.label("All measures", "heading"), self._why, spacing=2),
                parts.row(self.toggle, 1),
                self._table,
                spacing=12,
            )
        )

    @property
    def stops(self) -> tuple[QWidget, QWidget]:
        """Where the keyboard stops on its way through."""
        return self.toggle, self._table

    @staticmethod
    def folds(report: Report) -> bool:
        """Return whether the table would say "not measured" in every row, of a talk held elsewhere."""
        return report.session.provider == "tavus" and all(one.value is None for one in report.measures.values())

    def show_report(self, report: Report, *, renewed: bool) -> None:
        """Show the measures of a report. A newer version of the same report stays folded or unfolded."""
        folded = self.folds(report)
        self._why.setText(_why(report) if folded else "")
        self._why.setVisible(folded)
        self.toggle.setVisible(folded)
        if not (renewed and folded):
            self._unfold(not folded)
        self._table.show_measures(report.measures)

    def _unfold(self, shown: bool) -> None:
        self._table.setVisible(shown)
        words = "Hide all measures" if shown else "Show all measures"
        self.toggle.setText(words)
        self.toggle.setAccessibleName(words)
        theme.current().set_icon(self.toggle, "collapse" if shown else "expand", "accent")

    def _on_toggled(self) -> None:
        self._unfold(self._table.isHidden())


def _why(report: Report) -> str:
    reasons = list(dict.fromkeys(one.reason for one in report.measures.values() if one.reason))
    said = f" {reasons[0]}" if len(reasons) == 1 else ""
    return f"Eye contact, pauses and the other figures were not measured.{said}"
