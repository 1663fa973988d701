"""The window: pages, menu and keys, and the one place where a session's updates become pages."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QCloseEvent, QDesktopServices, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QWidget

from coach_desktop.core.errors import CoachError
from coach_desktop.sessions.updates import SessionState, SessionUpdate
from coach_desktop.ui import dialogs, hearing_again, parts, theme
from coach_desktop.ui.actions import Actions
from coach_desktop.ui.ask_bar import AskBar
from coach_desktop.ui.background import unless_gone
from coach_desktop.ui.beginning import Beginning
from coach_desktop.ui.bridge import FINAL_STATES, SessionBridge
from coach_desktop.ui.desk import Desk
from coach_desktop.ui.full_screen import FullScreen
from coach_desktop.ui.home_page import HomePage
from coach_desktop.ui.leaving import Leaving
from coach_desktop.ui.live_page import LivePage
from coach_desktop.ui.navigation import Navigation
from coach_desktop.ui.past import Past
from coach_desktop.ui.profile_choice import ProfileChoice
from coach_desktop.ui.reporting import Reporting
from coach_desktop.ui.screenshots import Screenshooter
from coach_desktop.ui.services import UiOptions, UiServices
from coach_desktop.ui.starting import Starting
from coach_desktop.ui.surface import prepare_for_web
from coach_desktop.ui.talk_desk import TalkDesk
from coach_desktop.ui.tavus_desk import TavusDesk
from coach_desktop.ui.trouble import Trouble

if TYPE_CHECKING:
    from pathlib import Path

    from coach_desktop.sessions.updates import AftercareNews
    from coach_desktop.store.secrets import KeyStatus

log = logging.getLogger(__name__)

_SHOTS_TICK_MS: Final = 200
_LOG_OUT_S: Final = 6.0


class MainWindow(QMainWindow):
    """The app's one window."""

    paid_session_changed = Signal(bool)
    """Whether a session is under way that costs money."""
    _news_told = Signal(object)

    def __init__(self, services: UiServices, options: UiOptions) -> None:
        """Build the window; nothing runs until it is shown."""
        super().__init__()
        self._services = services
        self._options = options
        self._session_id = self._warning = ""
        self._start_wanted = options.start_now
        self._talk_wanted = options.talk
        self._look = theme.current()
        self.setWindowTitle("Coach Desktop")
        self.setMinimumSize(760, 520)
        self.resize(1120, 760)
        self._sessions = SessionBridge(services.make_session, self)
        self.desk = Desk(services.desk, self)
        self._account = TavusDesk(services.desk, self.desk, self)
        self._beginning = Beginning(services.prepare, self)
        settings = self.desk.settings
        self._home = HomePage(
            services.profiles, options.profile_id or settings.last_profile, keeps_sound=settings.keep_audio
        )
        self._live = LivePage()
        self._news = AskBar()
        self._navigation = Navigation()
        self._pages = QStackedWidget()
        for page in (self._home, self._live):
            self._pages.addWidget(page)
        self._past = Past(services.history_path, self._pages)
        central = QWidget()
        central.setLayout(parts.column(self._news, parts.row(self._navigation, self._pages, spacing=0), spacing=0))
        self.setCentralWidget(central)
        self.talks = TalkDesk(self._pages, self._past, self._news, services.history_path, self._is_in_session)
        self._actions = Actions(self, self, self.desk, self._account, self.talks)
        self._surface = prepare_for_web(self)
        self._shots = Screenshooter(self, options.screenshots) if options.screenshots else None
        self._full_screen = FullScreen(self, self._live, self._navigation)
        self._leaving = Leaving(self, self._sessions, self._live, self._shots)
        self._reporting = Reporting(
            self, self._live, self._past, self._leaving, self._shots, closes=options.quit_when_done
        )
        self._starting = Starting(
            self._home,
            self._live,
            self._sessions,
            self.desk,
            self._leaving,
            media_allowed=options.media_allowed,
            asks_for_key=not options.quit_when_done,
        )
        self._trouble = Trouble(self._starting, self.desk, self._account)
        self._pages.addWidget(self._trouble.page)
        ProfileChoice(self._home, self.desk, self._account)
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

    def end_at_log_out(self) -> None:
        """End a session and wait for it, in a bounded time: the system ends the app soon after."""
        self._live.leave_room()
        self._sessions.shutdown(_LOG_OUT_S)

    def shut_down(self) -> None:
        """Let go of everything, in a bounded time. For after the event loop."""
        self._live.leave_room()
        self._sessions.shutdown()
        self.desk.close()
        self._account.close()
        self._beginning.close()
        self._past.close()
        self.talks.close()

    def tell(self, news: AftercareNews) -> None:
        """Tell what has become of an earlier conversation. From any thread."""
        with unless_gone(self):
            self._news_told.emit(news)

    def start(self) -> None:
        """Start a session with the chosen profile."""
        if not self._beginning.is_over:
            # Sessions that a crash left are marked first: this one must not be taken for one of them.
            self._start_wanted = True
            self._beginning.now()
            return
        self._starting.start()

    def open_talk(self, path: Path) -> None:
        """Open this recorded talk as if it had been dropped here."""
        self._talk_wanted = path
        if self._beginning.is_over:
            self._open_wanted_talk()
        else:
            self._beginning.now()

    def end(self) -> None:
        """End the session that is under way, its report follows; or give up one that is only starting."""
        if self._live.is_live:
            self._live.end_wished()
            self._sessions.end()
        else:
            self._sessions.cancel()

    def show_home(self) -> None:
        """Show the first page, or the session that is under way."""
        self._go(self._live if self._sessions.is_active else self._home)

    def show_history(self) -> None:
        """Show the past sessions."""
        if not self._sessions.is_active:
            self._past.show_list()

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

    def preview(self) -> None:
        """Show what the next start sends."""
        if self._home.profile is not None:
            self._account.preview(self._home.profile)

    def open_data_folder(self) -> None:
        """Show the data folder in the system's file manager."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._services.data_root)))

    def showEvent(self, event: QShowEvent) -> None:
        """Begin what waits for the window: the history, and a session where one was asked for."""
        super().showEvent(event)
        self._beginning.window_shown()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Begin what waits for the first picture."""
        super().paintEvent(event)
        self._beginning.window_painted()

    def changeEvent(self, event: QEvent) -> None:
        """Bring back the frame of the window when the system ends full screen."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self._full_screen.window_changed()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close at once, or ask first while a session is under way."""
        if not self._sessions.is_active:
            self.talks.stop()
            self._live.leave_room()
            event.accept()
            return
        event.ignore()
        self._leaving.ask()

    def _connect(self) -> None:
        self._starting.begun.connect(self._on_begun)
        self._trouble.page_wanted.connect(self._go)
        self._trouble.left.connect(self.show_home)
        self._sessions.session_updated.connect(self._on_session_updated)
        self._sessions.session_finished.connect(self._on_session_finished)
        self._reporting.page_wanted.connect(self._go)
        self._past.page_wanted.connect(self._on_past_wanted)
        self._past.practise_asked.connect(self.start)
        self._past.left.connect(self.show_home)
        self.talks.page_wanted.connect(self._on_past_wanted)
        self.talks.left.connect(self.show_home)
        self._past.last_session_known.connect(self._home.show_last_session)
        self._past.history_refused.connect(self._home.show_history_problem)
        self._beginning.prepared.connect(self._on_prepared)
        self._news_told.connect(self._on_news_told, Qt.ConnectionType.QueuedConnection)
        self.desk.address_changed.connect(self._services.look_again)
        self.desk.keeping_changed.connect(self._home.show_keeping)
        self.desk.key_known.connect(self._on_key_known)
        self.desk.settings_refused.connect(lambda error: self._say(error.sentences()))
        self.desk.preview_asked.connect(lambda profile: self._account.preview(profile, can_start=False))
        self.desk.check_asked.connect(lambda profile: self._account.preview(profile, can_start=False, check=True))
        self._account.request_shown.connect(self._starting.settle)
        self._account.start_asked.connect(self._starting.begin)
        self._account.documents_changed.connect(self.desk.forget_account)
        self._account.running_ended.connect(self._services.look_again)
        self._account.left_running.connect(self._on_left_running)
        self._account.refused.connect(lambda error: self._say(error.sentences()))
        self._home.chuck_asked.connect(self._account.show_chuck)
        self._home.preview_asked.connect(self.preview)
        self._home.manage_asked.connect(self.desk.manage_profiles)
        self._home.key_asked.connect(self.desk.show_key)
        self._home.start_asked.connect(self.start)
        self._home.report_asked.connect(self._past.open_report)
        self._home.history_asked.connect(self.show_history)
        self._live.end_asked.connect(self.end)
        self._live.cancel_asked.connect(self._sessions.cancel)
        self._live.renderer_lost.connect(self._on_renderer_lost)
        self._live.full_screen_asked.connect(self.toggle_full_screen)
        self._live.page_full_screen_asked.connect(lambda on: self._full_screen.use(on, room_alone=True))
        self._navigation.practice_asked.connect(self.show_home)
        self._navigation.history_asked.connect(self.show_history)

    def _on_prepared(self) -> None:
        if self._shots is not None:
            self._shots.page_shown("home")
        self._past.load()
        self.desk.begin(offer=not self._start_wanted and self._talk_wanted is None)
        if self._start_wanted:
            self._start_by_itself()
        self._open_wanted_talk()

    def _open_wanted_talk(self) -> None:
        talk, self._talk_wanted = self._talk_wanted, None
        if talk is not None:
            self.talks.take(talk)

    def _start_by_itself(self) -> None:
        if self._shots is not None and self._shots.is_busy:
            QTimer.singleShot(_SHOTS_TICK_MS, self, self._start_by_itself)
            return
        self.start()
        if not self._sessions.is_active:
            self._finish_run(1)

    def _is_in_session(self) -> bool:
        return self._sessions.is_active

    def _on_begun(self) -> None:
        self.talks.stop()
        self._account.drop_preview()
        self.paid_session_changed.emit(self._starting.is_paid)
        self._go(self._live)
        self._set_busy(busy=True)

    def _go(self, page: QWidget) -> None:
        self._pages.setCurrentWidget(page)
        self._navigation.mark(history=self._past.is_in_view)
        if page is self._home:
            self._home.start_button.setFocus()
        elif page is self._past.list:
            self._past.list.focus_list()
        elif page is self._trouble.page:
            page.setFocus()

    def _set_busy(self, *, busy: bool) -> None:
        self._home.set_busy(busy)
        self._navigation.set_busy(busy)
        self._actions.set_busy(busy)

    def _on_session_updated(self, update: SessionUpdate) -> None:
        self._session_id = update.session_id
        self._warning = (update.notice or "") if update.state in FINAL_STATES else ""
        self._live.show_update(update)
        if update.state not in FINAL_STATES:
            if self._shots is not None:
                self._shots.session_updated(update)
            return
        self._full_screen.leave_room()
        if update.state is SessionState.DONE and update.report is not None:
            self._reporting.report_due(update, update.report)
        elif update.state is SessionState.FAILED:
            self._trouble.show(update.error or CoachError(update.message or "The session could not be held."))
            self._finish_run(1)
        else:
            self._go(self._home)
            self._finish_run(1)

    def _on_session_finished(self) -> None:
        self.paid_session_changed.emit(False)
        self._set_busy(busy=False)
        if self.page is self._home:
            # Until now it could not be pressed, and so not take the keyboard.
            self._home.start_button.setFocus()
        self._starting.session_over()
        self._services.look_again()
        self._past.load()
        self._past.refresh(self._session_id)
        self._leaving.session_ended(self._warning)
        self._live.expect_another()

    def _on_renderer_lost(self) -> None:
        # Nobody sees or hears a conversation whose page is gone, and it would be paid for all the same.
        if self._starting.is_paid:
            self.end()

    def _on_key_known(self, status: KeyStatus) -> None:
        self._home.show_key(status)
        # With a key, what an earlier start had to leave can be ended.
        self._services.look_again()
        if self.desk.has_key:
            self._account.look_once()

    def _on_news_told(self, news: AftercareNews) -> None:
        if hearing_again.show(self._news, news, self._services.stop_hearing):
            # How far it is changes no report, and one that is shown anew all the time is not to be read.
            return
        self._past.load()
        self._past.refresh(news.session_id)
        if news.kind != "report_updated":
            self._say(news.text)

    def _on_left_running(self, words: str) -> None:
        self._news.tell(words, ("Show running conversations…", self._account.show_running))

    def _say(self, words: str) -> None:
        # In full, and until it is closed: it may be about money.
        self._news.tell(words)

    def _on_past_wanted(self, page: QWidget) -> None:
        # A report that was asked for may come when a session has begun; that one must stay in view.
        if not self._sessions.is_active:
            self._go(page)

    def _finish_run(self, code: int) -> None:
        """Close by itself where the command line asked for it, with this exit code."""
        if self._options.quit_when_done:
            self._leaving.close_after_report(code)
