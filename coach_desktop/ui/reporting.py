"""From the end of a session to its report: Chuck may say his last words first."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from coach_desktop.ui import parts
from coach_desktop.ui.leaving import Leaving
from coach_desktop.ui.live_page import LivePage
from coach_desktop.ui.past import Past
from coach_desktop.ui.screenshots import Screenshooter

if TYPE_CHECKING:
    from coach_desktop.coaching.report import Report
    from coach_desktop.sessions.updates import SessionUpdate


class Reporting(QObject):
    """Shows the report of a session that has just been held."""

    page_wanted = Signal(QWidget)

    def __init__(
        self,
        window: QWidget,
        live: LivePage,
        past: Past,
        leaving: Leaving,
        shots: Screenshooter | None,
        *,
        closes: bool,
    ) -> None:
        """Work for this window, which may have pictures to take, and `closes` by itself after the report."""
        super().__init__(window)
        self._window = window
        self._live = live
        self._past = past
        self._leaving = leaving
        self._shots = shots
        self._closes = closes

    def report_due(self, update: SessionUpdate, report: Report) -> None:
        """Show this report when Chuck has said all; at once, where nobody is there to listen."""
        if self._closes or self._leaving.has_begun:
            self._live.last_words.stop()
        self._live.last_words.wait(partial(self._show, update, report))

    def _show(self, update: SessionUpdate, report: Report) -> None:
        self.page_wanted.emit(self._past.show_report(report))
        self._live.expect_another()
        if self._shots is not None:
            self._shots.page_shown("report")
        if self._closes:
            good = report.session.status == "done" and update.error is None
            self._leaving.close_after_report(0 if good else 1)
        elif update.notice and not self._leaving.has_begun:
            parts.notice(self._window, "The conversation may still be running", update.notice).open()
