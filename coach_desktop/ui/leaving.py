"""The way out: a session under way is ended first, in a bounded time, and the user hears of it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow, QMessageBox

from coach_desktop.ui import parts
from coach_desktop.ui.bridge import SessionBridge
from coach_desktop.ui.live_page import LivePage
from coach_desktop.ui.screenshots import Screenshooter

_QUIT_AFTER_REPORT_MS: Final = 1500
_SAY_GOODBYE_MS: Final = 1500
_READ_WARNING_MS: Final = 15_000
_PATIENCE_MS: Final = 8_000
_LAST_PATIENCE_MS: Final = 20_000
_SHOTS_TICK_MS: Final = 200


class Leaving(QObject):
    """Closes a window in good order."""

    def __init__(
        self, window: QMainWindow, sessions: SessionBridge, live: LivePage, shots: Screenshooter | None
    ) -> None:
        """Work on this window, which may hold a session and may have pictures to take."""
        super().__init__(window)
        self._window = window
        self._sessions = sessions
        self._live = live
        self._shots = shots
        self._dialog: QMessageBox | None = None
        self.exit_code = 0
        self.has_begun = False
        self.is_paid = False

    def ask(self) -> None:
        """Ask whether the session shall be ended; once at a time."""
        if self.has_begun or self._dialog is not None:
            return
        self._dialog = parts.question(
            self._window,
            "End the session and quit?",
            "A session is under way. It is ended first, and its report is kept in your history.",
            yes="End and quit",
            no="Go on practising",
            on_yes=self.end_and_close,
        )
        self._dialog.finished.connect(self._on_question_closed)
        self._dialog.open()

    def end_and_close(self) -> None:
        """End the session without a question, then close."""
        if not self._sessions.is_active:
            self._window.close()
            return
        if self.has_begun:
            return
        self.has_begun = True
        self._sessions.end()
        QTimer.singleShot(_PATIENCE_MS, self, self._sessions.cancel)
        QTimer.singleShot(_LAST_PATIENCE_MS, self, self._on_patience_over)

    def session_ended(self, warning: str = "") -> None:
        """Say goodbye, where the session was ended for the sake of closing; `warning` is what must be known of it."""
        if not self.has_begun:
            return
        words = warning or "The session was ended. Its report is in your history."
        parts.announce(self._window, words)
        if not warning:
            self._window.statusBar().showMessage(words)
            QTimer.singleShot(_SAY_GOODBYE_MS, self, self.close_now)
            return
        self._warn_and_close(warning)

    def close_after_report(self, code: int) -> None:
        """Close by itself, with this exit code, when the report has been looked at."""
        if not self.has_begun:
            self.exit_code = code
            QTimer.singleShot(_QUIT_AFTER_REPORT_MS, self, self.close_now)

    def close_now(self) -> None:
        """Close without waiting for a session."""
        if self._shots is not None and self._shots.is_busy:
            QTimer.singleShot(_SHOTS_TICK_MS, self, self.close_now)
            return
        self._live.leave_room()
        self._window.hide()
        QApplication.exit(self.exit_code)

    def _on_patience_over(self) -> None:
        if self._sessions.is_active and self.is_paid:
            self._warn_and_close("It could not be ended in time. The next start of the app ends it.")
        else:
            # A local coach goes with the app.
            self.close_now()

    def _warn_and_close(self, words: str) -> None:
        # Whoever may go on paying shall have read it.
        box = parts.notice(self._window, "The conversation may still be running", words)
        box.finished.connect(self.close_now)
        box.open()
        QTimer.singleShot(_READ_WARNING_MS, self, self.close_now)

    def _on_question_closed(self) -> None:
        self._dialog = None
