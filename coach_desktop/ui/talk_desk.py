"""A recorded talk on its way through the window: the page that waits for it, its report, keeping it, its errors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from coach_desktop.core.errors import CoachError
from coach_desktop.ui.ask_bar import AskBar
from coach_desktop.ui.error_view import ErrorView
from coach_desktop.ui.opened_talk import OpenedTalk
from coach_desktop.ui.past import Past

if TYPE_CHECKING:
    from coach_desktop.sessions.recorded_talk import AnalysedTalk


class TalkDesk(QObject):
    """Shows recorded talks. Which page is in view is the window's to say."""

    page_wanted = Signal(QWidget)
    left = Signal()

    def __init__(
        self, pages: QStackedWidget, past: Past, news: AskBar, history_path: Path, is_busy: Callable[[], bool]
    ) -> None:
        """Add the pages to `pages`. While the window `is_busy` with a session nothing is opened."""
        super().__init__(pages)
        self._pages = pages
        self._past = past
        self._news = news
        self._told = ""
        self._error = ErrorView(back="Back to the start")
        self._talk = OpenedTalk(pages.window(), history_path, is_busy)
        for page in (self._talk.page, self._error):
            pages.addWidget(page)
        self._talk.page_wanted.connect(self._on_begun)
        self._talk.analysed.connect(self._on_analysed)
        self._talk.failed.connect(self._on_failed)
        self._talk.cancelled.connect(self.left)
        self._talk.refused.connect(self._news.tell)
        self._talk.kept.connect(self._on_kept)
        self._error.back_asked.connect(self.left)
        past.report_changed.connect(self._on_report_changed)

    def choose(self) -> None:
        """Ask for a recording and open it."""
        self._talk.choose()

    def open(self, path: Path) -> None:
        """Open this recording."""
        self._talk.open(path)

    def stop(self) -> None:
        """Give up what is being analysed: something else goes first."""
        self._talk.stop()
        self._news.withdraw(self._told)

    def close(self) -> None:
        """Stop for good, in a bounded time."""
        self._talk.close()

    def _on_begun(self, page: QWidget) -> None:
        self._news.withdraw(self._told)
        self.page_wanted.emit(page)

    def _on_analysed(self, talk: AnalysedTalk) -> None:
        if self._pages.currentWidget() is self._talk.page:
            self._show(talk)
        else:
            self._told = f"{talk.name} has been analysed."
            self._news.tell(self._told, ("Show the report", lambda: self._show(talk)))

    def _show(self, talk: AnalysedTalk) -> None:
        self._news.withdraw(self._told)
        self.page_wanted.emit(self._past.show_report(talk.report, title=talk.name))
        self._told = f"The report of {talk.name} is shown and not kept."
        self._news.tell(self._told, ("Save to history", lambda: self._keep(talk)))

    def _keep(self, talk: AnalysedTalk) -> None:
        self._news.withdraw(self._told)
        self._talk.keep(talk)

    def _on_kept(self, session_id: str) -> None:
        self._past.load()
        self._past.refresh(session_id)
        self._told = "Saved. The report is in your history."
        self._news.tell(self._told)

    def _on_report_changed(self) -> None:
        # What was offered was about the report before.
        self._news.withdraw(self._told)

    def _on_failed(self, error: CoachError) -> None:
        self._error.show_error(error, [("Choose another file…", self._talk.choose)])
        self.page_wanted.emit(self._error)
        self._error.setFocus()
