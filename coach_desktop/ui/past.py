"""The sessions that were: their list, their reports, and the last of them for the first page."""

from __future__ import annotations

import logging
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from coach_desktop.core.errors import CoachError
from coach_desktop.store import recordings
from coach_desktop.store.history import AnalysisState, SessionRow
from coach_desktop.ui.bridge import HistoryReader, LoadedReport
from coach_desktop.ui.history_page import HistoryPage

if TYPE_CHECKING:
    from coach_desktop.coaching.report import Report
    from coach_desktop.ui.report_page import ReportPage

log = logging.getLogger(__name__)


class Past(QObject):
    """Reads the history and shows it on its two pages. Which page is in view is the window's to say."""

    page_wanted = Signal(QWidget)
    practise_asked = Signal()
    left = Signal()
    last_session_known = Signal(object)
    history_refused = Signal(str)
    report_changed = Signal()
    """Another report is about to be shown."""
    keep_asked = Signal()
    """The report in view, of a recorded talk, is to be kept."""

    def __init__(self, path: Path, pages: QStackedWidget) -> None:
        """Read the history at `path`; the pages are added to `pages`."""
        super().__init__(pages)
        self._pages = pages
        self._from_history = False
        self._shown_id = ""
        # Whether it is a refresh, for each report that was asked for: they come in the order of the asking.
        self._awaited: deque[bool] = deque()
        self._reader = HistoryReader(path, self)
        self._recordings = recordings.beside(path)
        self._report: ReportPage | None = None
        self.list = HistoryPage()
        pages.addWidget(self.list)
        self._reader.history_loaded.connect(self._on_history_loaded)
        self._reader.report_loaded.connect(self._on_report_loaded)
        self._reader.failed.connect(self._on_history_failed)
        self._reader.report_failed.connect(self._on_report_failed)
        self.list.report_asked.connect(self.open_report)
        self.list.reload_asked.connect(self._reader.load)
        self.list.delete_asked.connect(self._reader.delete)
        self.list.delete_all_asked.connect(self._reader.delete_all)
        self.list.start_asked.connect(self.practise_asked)

    @property
    def is_in_view(self) -> bool:
        """Whether the user looks at the list, or at a report opened from it."""
        page = self._pages.currentWidget()
        return page is self.list or (page is self._report and self._from_history)

    def load(self) -> None:
        """Load the list anew."""
        self._reader.load()

    def show_list(self) -> None:
        """Show the list."""
        self._reader.load()
        self.page_wanted.emit(self.list)

    def open_report(self, session_id: str) -> None:
        """Load a report and show it."""
        self._load_report(session_id, refresh=False)

    def refresh(self, session_id: str | None) -> None:
        """Load a report anew where it is the one in view: more is known of it. None: of whichever is in view."""
        if session_id in {None, self._shown_id} and self._report and self._pages.currentWidget() is self._report:
            self._load_report(self._shown_id, refresh=True)

    def show_report(
        self,
        report: Report,
        analysis: AnalysisState | None = None,
        *,
        may_run: bool = False,
        from_history: bool = False,
        title: str = "",
    ) -> ReportPage:
        """Put a report on its page, and return the page.

        Without `analysis` the session has only just ended: what Tavus has to tell of it comes later. `title` is what a
        recorded talk is called.
        """
        self.report_changed.emit()
        self._from_history = from_history
        self._shown_id = report.session.id
        page = self._made_report()
        pending: AnalysisState = "pending" if report.session.provider == "tavus" else "none"
        page.show_title(title)
        page.keeping.hide()
        page.show_report(report, analysis=analysis or pending, may_run=may_run)
        self._reader.load_track(report.session.id)
        return page

    def close(self) -> None:
        """Stop, in a bounded time."""
        self._reader.close()
        if self._report is not None:
            self._report.close_tasks()

    def _load_report(self, session_id: str, *, refresh: bool) -> None:
        self._awaited.append(refresh)
        self._reader.load_report(session_id)

    def _made_report(self) -> ReportPage:
        if self._report is None:
            # Only now: its models take longer to load than the window takes to be drawn.
            from coach_desktop.ui.report_page import ReportPage

            self._report = ReportPage(recordings=self._recordings)
            self._report.practise_asked.connect(self.practise_asked)
            self._report.back_asked.connect(self._on_report_left)
            self._report.keeping.pressed.connect(self.keep_asked)
            self._reader.track_loaded.connect(self._report.show_track)
            self._reader.track_failed.connect(self._report.show_track_problem)
            self._pages.addWidget(self._report)
        return self._report

    def _on_history_loaded(self, rows: list[SessionRow]) -> None:
        self.list.show_sessions(rows)
        self.last_session_known.emit(next((row for row in rows if row.status in {"done", "interrupted"}), None))

    def _on_report_loaded(self, loaded: LoadedReport) -> None:
        report, analysis = loaded.report, loaded.analysis
        if not self._awaited.popleft():
            in_list = self._pages.currentWidget() is self.list
            shown = self.show_report(report, analysis, may_run=loaded.may_run, from_history=in_list, title=loaded.title)
            self.page_wanted.emit(shown)
        elif self._report is not None and report.session.id == self._shown_id:
            self._report.show_report(report, analysis=analysis, may_run=loaded.may_run)

    def _on_history_failed(self, error: CoachError) -> None:
        log.warning("history: %s (%s)", error.what, error.details)
        self.list.show_error(error)
        self.history_refused.emit(error.what)

    def _on_report_failed(self, error: CoachError) -> None:
        log.warning("report: %s (%s)", error.what, error.details)
        if self._awaited.popleft():
            # What is in view is still true.
            return
        self.list.show_error(error)
        self.page_wanted.emit(self.list)

    def _on_report_left(self) -> None:
        if self._from_history:
            self.show_list()
        else:
            self.left.emit()
