"""A recorded talk on its way through the window: the page that waits for it, its report, keeping it, its errors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from coach_desktop.core.errors import CoachError
from coach_desktop.ui.ask_bar import AskBar, Choice
from coach_desktop.ui.error_view import ErrorView
from coach_desktop.ui.opened_talk import OpenedTalk
from coach_desktop.ui.past import Past

if TYPE_CHECKING:
    from coach_desktop.coaching.track import Track
    from coach_desktop.sessions.recorded_talk import AnalysedTalk
    from coach_desktop.ui.report_page import ReportPage


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
        self._is_busy = is_busy
        self._unkept: AnalysedTalk | None = None
        self._report: ReportPage | None = None
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
        self._talk.not_kept.connect(self._on_not_kept)
        self._error.back_asked.connect(self.left)
        past.keep_asked.connect(self._on_keep_asked)
        past.report_changed.connect(self._on_report_changed)
        pages.currentChanged.connect(self._on_page_changed)

    def choose(self) -> None:
        """Ask for a recording and open it."""
        self._talk.choose()

    def open(self, path: Path) -> None:
        """Open this recording."""
        self._talk.open(path)

    def take(self, path: Path) -> None:
        """Open this recording as if it had been dropped on the window, or say why not."""
        self._talk.take([path])

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

    def _on_analysed(self, talk: AnalysedTalk, track: Track | None) -> None:
        if self._pages.currentWidget() is self._talk.page:
            self._show(talk, track)
        else:
            self._tell(f"{talk.name} has been analysed.", ("Show the report", lambda: self._show(talk, track)))

    def _show(self, talk: AnalysedTalk, track: Track | None) -> None:
        page = self._past.show_report(talk.report, title=talk.name)
        page.show_track(talk.report.session.id, track)
        page.keeping.offer()
        self._unkept = talk
        self._report = page
        self.page_wanted.emit(page)

    def _on_keep_asked(self) -> None:
        if self._unkept is not None and self._report is not None:
            self._report.keeping.show_keeping()
            self._talk.keep(self._unkept)

    def _on_kept(self, talk: AnalysedTalk) -> None:
        self._past.load()
        if talk is self._unkept and self._report is not None:
            self._unkept = None
            self._report.keeping.show_kept()
        else:
            self._tell(f"{talk.name} is in your history.")

    def _on_not_kept(self, talk: AnalysedTalk, error: CoachError) -> None:
        if talk is self._unkept and self._report is not None:
            self._report.keeping.offer(error.sentences())
        else:
            self._tell(
                f"{talk.name} was not saved. {error.sentences()}", ("Save to history", lambda: self._talk.keep(talk))
            )

    def _on_report_changed(self) -> None:
        # What was offered was about the report before.
        self._unkept = None
        self._news.withdraw(self._told)

    def _on_page_changed(self) -> None:
        """Keep the way back to a report that is not kept: no list leads to it."""
        report, talk = self._report, self._unkept
        if report is None or talk is None or self._is_busy():
            return
        if self._pages.currentWidget() is report:
            self._news.withdraw(self._told)
        else:
            self._tell(f"The report of {talk.name} is not kept.", ("Back to it", lambda: self.page_wanted.emit(report)))

    def _tell(self, words: str, action: Choice | None = None) -> None:
        self._told = words
        self._news.tell(words, action)

    def _on_failed(self, error: CoachError) -> None:
        self._error.show_error(error, [("Choose another file…", self._talk.choose)])
        self.page_wanted.emit(self._error)
        self._error.setFocus()
