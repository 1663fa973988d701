"""The window: pages, menu and keys, and the one place where a session's updates become pages."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QTimer, QUrl
from PySide6.QtGui import QCloseEvent, QDesktopServices, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QWidget

from coach_desktop.core.errors import CoachError
from coach_desktop.sessions.updates import SessionState, SessionUpdate
from coach_desktop.store.history import SessionRow
from coach_desktop.ui import dialogs, parts, theme
from coach_desktop.ui.actions import Actions
from coach_desktop.ui.bridge import FINAL_STATES, HistoryReader, SessionBridge, SessionMaker
from coach_desktop.ui.error_view import ErrorView
from coach_desktop.ui.full_screen import FullScreen
from coach_desktop.ui.history_page import HistoryPage
from coach_desktop.ui.home_page import HomePage
from coach_desktop.ui.leaving import Leaving
from coach_desktop.ui.live_page import LivePage
from coach_desktop.ui.navigation import Navigation
from coach_desktop.ui.screenshots import Screenshooter
from coach_desktop.ui.surface import prepare_for_web

if TYPE_CHECKING:
    from coach_desktop.coaching.report import Report
    from coach_desktop.store.profile_files import StoredProfile
    from coach_desktop.ui.report_page import ReportPage

log = logging.getLogger(__name__)

_SHOTS_TICK_MS: Final = 200
_PAINT_PATIENCE_MS: Final = 1000  # a window that is out of sight is not painted, and begins all the same


@dataclass(frozen=True)
class UiServices:
    """What the window works with; everything is handed in. `prepare` runs once, when the window has been drawn."""

    profiles: Sequence[StoredProfile]
    history_path: Path
    data_root: Path
    make_session: SessionMaker
    prepare: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class UiOptions:
    """How the window begins. `media_allowed` is the yes to camera and microphone that `--start` stands for."""

    start_now: bool = False
    profile_id: str | None = None
    quit_when_done: bool = False
    media_allowed: bool = False
    screenshots: Path | None = None


class MainWindow(QMainWindow):
    """The app's one window."""

    def __init__(self, services: UiServices, options: UiOptions) -> None:
        """Build the window; nothing runs until it is shown."""
        super().__init__()
        self._services = services
        self._options = options
        self._began = False
        self._media_allowed = options.media_allowed
        self._report_from_history = False
        self._look = theme.current()
        self.setWindowTitle("Coach Desktop")
        self.setMinimumSize(760, 520)
        self.resize(1120, 760)
        self._sessions = SessionBridge(services.make_session, self)
        self._history = HistoryReader(services.history_path, self)
        self._home = HomePage(services.profiles, options.profile_id)
        self._live = LivePage()
        self._report: ReportPage | None = None
        self._past = HistoryPage()
        self._error = ErrorView(back="Back to the start")
        self._navigation = Navigation()
        self._pages = QStackedWidget()
        for page in (self._home, self._live, self._past, self._error):
            self._pages.addWidget(page)
        central = QWidget()
        central.setLayout(parts.row(self._navigation, self._pages, spacing=0))
        self.setCentralWidget(central)
        self._actions = Actions(self, self)
        self._surface = prepare_for_web(self)
        self._shots = Screenshooter(self, options.screenshots) if options.screenshots else None
        self._full_screen = FullScreen(self, self._live, self._navigation)
        self._leaving = Leaving(self, self._sessions, self._live, self._shots)
        self._connect()
        self._go(self._home)

    @property
    def page(self) -> QWidget | None:
        """The page that is shown."""
        return self._pages.currentWidget()

    def raise_to_front(self) -> None:
        """Come forward: somebody started the app a second time."""
        if self.isMinimized():
            self.showNormal()
        self.show()
        self.raise_()
        self.activateWindow()

    def quit_without_asking(self) -> None:
        """End a session in good order, without a question, and close."""
        self._leaving.end_and_close()

    def shut_down(self) -> None:
        """Let go of everything, in a bounded time. For after the event loop."""
        self._live.leave_room()
        self._sessions.shutdown()
        self._history.close()

    def start(self) -> None:
        """Start a session with the chosen profile."""
        self._on_first_shown()
        profile = self._home.profile
        if self._sessions.is_active or self._leaving.has_begun:
            return
        if profile is None:
            self._show_error(CoachError("There is no profile to practise with.", do="Choose another profile."))
            return
        self._live.begin(media_allowed=self._media_allowed)
        self._go(self._live)
        self._sessions.start(profile)
        self._set_busy(busy=True)

    def end(self) -> None:
        """End the session that is under way, its report follows; or give up one that is only starting."""
        if self._live.is_live:
            self._sessions.end()
        else:
            self._sessions.cancel()

    def show_home(self) -> None:
        """Show the first page, or the session that is under way."""
        self._go(self._live if self._sessions.is_active else self._home)

    def show_history(self) -> None:
        """Show the past sessions."""
        if not self._sessions.is_active:
            self._history.load()
            self._go(self._past)

    def leave_room(self) -> None:
        """Take the keyboard out of the room, to the bar above it."""
        if self.page is self._live:
            self._live.focus_bar()

    def toggle_full_screen(self) -> None:
        """Fill the screen, or stop filling it."""
        self._full_screen.toggle()

    def show_shortcuts(self) -> None:
        """Show the keys."""
        dialogs.shortcuts(self, self._actions.keys()).open()

    def show_about(self) -> None:
        """Show what this is."""
        dialogs.about(self).open()

    def open_data_folder(self) -> None:
        """Show the data folder in the system's file manager."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._services.data_root)))

    def showEvent(self, event: QShowEvent) -> None:
        """Begin what waits for the window: the history, and a session where one was asked for."""
        super().showEvent(event)
        if not self._began:
            QTimer.singleShot(_PAINT_PATIENCE_MS, self, self._on_first_shown)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Begin what waits for the first picture."""
        super().paintEvent(event)
        if not self._began:
            QTimer.singleShot(0, self, self._on_first_shown)

    def changeEvent(self, event: QEvent) -> None:
        """Bring back the frame of the window when the system ends full screen."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self._full_screen.window_changed()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close at once, or ask first while a session is under way."""
        if not self._sessions.is_active:
            self._live.leave_room()
            event.accept()
            return
        event.ignore()
        self._leaving.ask()

    def _connect(self) -> None:
        self._sessions.session_updated.connect(self._on_session_updated)
        self._sessions.session_finished.connect(self._on_session_finished)
        self._history.history_loaded.connect(self._on_history_loaded)
        self._history.report_loaded.connect(self._on_report_loaded)
        self._history.failed.connect(self._on_history_failed)
        self._history.report_failed.connect(self._on_report_failed)
        self._home.start_asked.connect(self.start)
        self._home.report_asked.connect(self._history.load_report)
        self._home.history_asked.connect(self.show_history)
        self._live.end_asked.connect(self.end)
        self._live.cancel_asked.connect(self._sessions.cancel)
        self._live.full_screen_asked.connect(self.toggle_full_screen)
        self._live.page_full_screen_asked.connect(lambda on: self._full_screen.use(on, room_alone=True))
        self._past.report_asked.connect(self._history.load_report)
        self._past.reload_asked.connect(self._history.load)
        self._past.delete_asked.connect(self._history.delete)
        self._past.delete_all_asked.connect(self._history.delete_all)
        self._past.start_asked.connect(self.start)
        self._error.retry_asked.connect(self.start)
        self._error.back_asked.connect(self.show_home)
        self._navigation.practice_asked.connect(self.show_home)
        self._navigation.history_asked.connect(self.show_history)

    def _on_first_shown(self) -> None:
        if self._began:
            return
        self._began = True
        self._services.prepare()
        if self._shots is not None:
            self._shots.page_shown("home")
        self._history.load()
        if self._options.start_now:
            self._start_by_itself()

    def _start_by_itself(self) -> None:
        if self._shots is not None and self._shots.is_busy:
            QTimer.singleShot(_SHOTS_TICK_MS, self, self._start_by_itself)
            return
        self.start()
        if not self._sessions.is_active:
            self._finish_run(1)

    def _go(self, page: QWidget) -> None:
        self._pages.setCurrentWidget(page)
        self._navigation.mark(history=page is self._past or (page is self._report and self._report_from_history))
        if page is self._home:
            self._home.start_button.setFocus()
        elif page is self._past:
            self._past.focus_list()
        elif page is self._error:
            self._error.setFocus()

    def _set_busy(self, *, busy: bool) -> None:
        self._home.set_busy(busy)
        self._navigation.set_busy(busy)
        self._actions.set_busy(busy)

    def _on_session_updated(self, update: SessionUpdate) -> None:
        if update.state not in FINAL_STATES:
            self._live.show_update(update)
            if self._shots is not None:
                self._shots.session_updated(update)
            return
        self._live.show_update(update)
        self._full_screen.leave_room()
        if update.state is SessionState.DONE and update.report is not None:
            self._show_report(update.report, from_history=False)
            self._finish_run(0 if update.report.session.status == "done" and update.error is None else 1)
        elif update.state is SessionState.FAILED:
            self._show_error(update.error or CoachError(update.message or "The session could not be held."))
            self._finish_run(1)
        else:
            self._go(self._home)
            self._finish_run(1)

    def _on_session_finished(self) -> None:
        self._set_busy(busy=False)
        if self.page is self._home:
            # Until now it could not be pressed, and so not take the keyboard.
            self._home.start_button.setFocus()
        # The yes of --start was for the session that it started; the next one asks.
        self._media_allowed = False
        self._history.load()
        self._leaving.session_ended()

    def _show_report(self, report: Report, *, from_history: bool) -> None:
        self._report_from_history = from_history
        page = self._made_report()
        page.show_report(report)
        self._go(page)
        if self._shots is not None and not from_history:
            self._shots.page_shown("report")

    def _made_report(self) -> ReportPage:
        if self._report is None:
            # Only now: its models take longer to load than the window takes to be drawn.
            from coach_desktop.ui.report_page import ReportPage

            self._report = ReportPage()
            self._report.practise_asked.connect(self.start)
            self._report.back_asked.connect(self._on_report_left)
            self._pages.addWidget(self._report)
        return self._report

    def _show_error(self, error: CoachError) -> None:
        self._error.show_error(error)
        self._go(self._error)

    def _on_history_loaded(self, rows: list[SessionRow]) -> None:
        self._past.show_sessions(rows)
        self._home.show_last_session(next((row for row in rows if row.status in {"done", "interrupted"}), None))

    def _on_report_loaded(self, report: Report) -> None:
        if not self._sessions.is_active:
            self._show_report(report, from_history=self.page is self._past)

    def _on_history_failed(self, error: CoachError) -> None:
        log.warning("history: %s (%s)", error.what, error.details)
        self._past.show_error(error)
        self._home.show_history_problem(error.what)

    def _on_report_failed(self, error: CoachError) -> None:
        log.warning("report: %s (%s)", error.what, error.details)
        self._past.show_error(error)
        if not self._sessions.is_active:
            self._go(self._past)

    def _on_report_left(self) -> None:
        if self._report_from_history:
            self.show_history()
        else:
            self.show_home()

    def _finish_run(self, code: int) -> None:
        """Close by itself where the command line asked for it, with this exit code."""
        if self._options.quit_when_done:
            self._leaving.close_after_report(code)
