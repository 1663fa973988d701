"""The section of a report that shows what was seen over time: the chart, any second in words, and a table."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QTableWidgetItem, QWidget

from coach_desktop.coaching import labels
from coach_desktop.coaching.report import Report
from coach_desktop.coaching.track import ROWS, Track, looks_away, share
from coach_desktop.ui import parts, theme
from coach_desktop.ui.eyes_strip import MARGIN, EyesStrip
from coach_desktop.ui.grown_table import GrownTable

# In two lines they fit into the smallest window.
_TITLES: Final = ("From", "Eye\ncontact", "Face", "Smile", "Speaking", "Hands", "Hand\nat face")
_COLUMNS: Final = ("From", *(name for name, _ in ROWS))
_HOW: Final = (
    "A block is as high as the share or the score it stands for; where there is no line, nothing was measured."
)
_AWAY: Final = "Flags mark looks away of 2 s and more."
_KEYS: Final = "Left and Right go by a second, Page Up and Page Down by ten, Ctrl with Left and Right by looks away."


class EyesSection(QWidget):
    """Hidden until there is a timeline to show in which something was seen."""

    def __init__(self) -> None:
        """Make the section without a timeline."""
        super().__init__()
        self._report: Report | None = None
        self._shown_id = ""
        self._track: Track | None = None
        self._away: list[tuple[float, float]] = []
        self._why = parts.label("", "muted")
        self._strip = EyesStrip()
        self._strip.second_changed.connect(self._on_second_changed)
        self._moment = parts.label("")
        # Two lines are kept for it: the page must not jump while the mouse goes over the chart.
        self._moment.setMinimumHeight(2 * self._moment.fontMetrics().lineSpacing())
        self._moment.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._moment.setAccessibleName("At this second")
        self._how = parts.label("", "small")
        for words in (self._moment, self._how):
            # In line with the names of the chart, which keeps some room for its ring of the focus.
            words.setContentsMargins(MARGIN, 0, MARGIN, 0)
        self._toggle = parts.button("Show as a table", self._on_toggled, look="quiet", icon="expand", tint="accent")
        self._table = _StretchesTable()
        self._chart = parts.frame(
            "card",
            parts.column(self._strip, self._moment, self._how, spacing=8),
            margins=(16, 12, 16, 12),
        )
        self.setLayout(
            parts.column(
                parts.label("Your eyes over time", "heading"),
                self._why,
                self._chart,
                parts.row(self._toggle, 1),
                self._table,
                spacing=10,
            )
        )
        self._table.hide()
        self.hide()

    def show_report(self, report: Report) -> None:
        """Belong to a report from now on; what is shown of another one goes. Its timeline comes when it is loaded."""
        self._report = report
        if report.session.id != self._shown_id:
            self._shown_id = report.session.id
            self._track = None
            self.hide()

    def show_track(self, session_id: str, track: Track | None) -> None:
        """Show the timeline of the session in view; None: it has none. What is shown already stays as it is."""
        report = self._report
        if report is None or session_id != self._shown_id or self._track is not None:
            return
        if track is None or not track.timeline.rows or not track.saw_anything:
            # Why nothing was seen stands beside the figures.
            self.hide()
            return
        self._track = track
        away = self._away = looks_away(report)
        self._show_chart(shown=True)
        self._how.setText(" ".join([_HOW, *([_AWAY] if away else [])]))
        self._strip.setAccessibleDescription(f"{track.summary()} {_away_words(away)} {_KEYS}")
        self._strip.show_track(track, away)
        self._table.show_track(track)
        self.show()

    def show_problem(self, session_id: str, words: str) -> None:
        """Say that there is a timeline, and why it cannot be shown."""
        if session_id == self._shown_id and self._track is None:
            self._why.setText(words)
            self._show_chart(shown=False)
            self.show()

    def _show_chart(self, *, shown: bool) -> None:
        self._why.setVisible(not shown)
        for part in (self._chart, self._toggle):
            part.setVisible(shown)
        self._unfold(unfolded=False)

    def _unfold(self, *, unfolded: bool) -> None:
        self._table.setVisible(unfolded)
        words = "Hide the table" if unfolded else "Show as a table"
        self._toggle.setText(words)
        self._toggle.setAccessibleName(f"{words}: your eyes over time")
        theme.current().set_icon(self._toggle, "collapse" if unfolded else "expand", "accent")

    def _on_toggled(self) -> None:
        self._unfold(unfolded=self._table.isHidden())

    def _on_second_changed(self, at_s: float) -> None:
        if self._track is not None:
            self._moment.setText(f"{labels.clock(at_s)} · {self._track.words_at(at_s, self._away)}")


class _StretchesTable(GrownTable):
    """The twin of the chart: the session in parts, and the share of each row in them."""

    def __init__(self) -> None:
        super().__init__(_TITLES, "Your eyes over time, as a table")
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    def fit(self) -> None:
        """Share the width that the words leave over: columns of the same width would cut the longer titles."""
        header = self.horizontalHeader()
        needed = [max(header.sectionSizeHint(n), self.sizeHintForColumn(n)) for n in range(self.columnCount())]
        left_over = max(0, self.viewport().width() - sum(needed)) // len(needed)
        for number, width in enumerate(needed):
            header.resizeSection(number, width + left_over)
        super().fit()

    def show_track(self, track: Track) -> None:
        stretches = track.stretches()
        self.setRowCount(len(stretches))
        for row, stretch in enumerate(stretches):
            figures = [labels.NOT_MEASURED if mean is None else share(mean) for mean in stretch.means]
            for column, words in enumerate((labels.clock(stretch.start_s), *figures)):
                cell = QTableWidgetItem(parts.NO_FIGURE if words == labels.NOT_MEASURED else words)
                cell.setData(Qt.ItemDataRole.AccessibleTextRole, f"{_COLUMNS[column]}: {words}")
                self.setItem(row, column, cell)
        self.fit()


def _away_words(away: list[tuple[float, float]]) -> str:
    if not away:
        return "No look away of 2 s or more."
    start_s, end_s = max(away, key=lambda one: one[1] - one[0])
    longest = f"the longest at {labels.clock(start_s)} for {labels.duration(end_s - start_s)}"
    return f"{len(away)} looks away of 2 s and more, {longest}." if len(away) > 1 else f"One look away, {longest}."
