"""From threads to signals: the session and the history work elsewhere, the window only hears of it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Qt, Signal

from coach_desktop.core.errors import CoachError
from coach_desktop.sessions.updates import SessionState, SessionUpdate
from coach_desktop.store.history import AnalysisState, History, SessionRow
from coach_desktop.ui.background import TaskRunner, surprise, unless_gone

if TYPE_CHECKING:
    from coach_desktop.coaching.report import Report
    from coach_desktop.coaching.track import Track
    from coach_desktop.store.profiles import Profile
    from coach_desktop.tavus.models import CreateConversation

log = logging.getLogger(__name__)

FINAL_STATES = frozenset({SessionState.DONE, SessionState.FAILED, SessionState.IDLE})


class RunnableSession(Protocol):
    """What the bridge needs of a session; `coach_desktop.sessions.session.Session` is one."""

    def run(self) -> SessionUpdate:
        """Hold the session and return its last update."""
        ...

    def request_end(self) -> None:
        """End it. From any thread, returns at once."""
        ...

    def cancel(self) -> None:
        """Give it up. From any thread, returns at once."""
        ...


class SessionMaker(Protocol):
    """Makes a session of a profile that tells of itself; of a request made before, where there is one."""

    def __call__(
        self,
        profile: Profile,
        notify: Callable[[SessionUpdate], None],
        request: CreateConversation | None = None,
        /,
    ) -> RunnableSession:
        """Return the session, ready to run."""
        ...


class SessionBridge(QObject):
    """Runs one session at a time in a thread of its own and tells the window about it."""

    session_updated = Signal(SessionUpdate)
    session_finished = Signal()

    _arrived = Signal(object)
    _ended = Signal(object)

    def __init__(self, make_session: SessionMaker, parent: QObject | None = None) -> None:
        """Hand in what makes a session of a profile."""
        super().__init__(parent)
        self._make_session = make_session
        self._session: RunnableSession | None = None
        self._thread: threading.Thread | None = None
        # Always queued: the updates are sent from the session's thread and belong into the window's.
        self._arrived.connect(self._on_update_arrived, Qt.ConnectionType.QueuedConnection)
        self._ended.connect(self._on_run_ended, Qt.ConnectionType.QueuedConnection)

    @property
    def is_active(self) -> bool:
        """Whether a session is under way."""
        return self._session is not None

    def start(self, profile: Profile, request: CreateConversation | None = None) -> bool:
        """Begin a session; return False where one is under way already. Raises `CoachError` where none can be made.

        `request` is what it asks for, where that is settled.
        """
        if self._session is not None:
            return False
        self._session = self._make_session(profile, self._pass_on, request)
        # A daemon, so that a session that hangs can never keep the process; `shutdown` waits for an orderly end.
        self._thread = threading.Thread(target=self._run, args=(self._session,), name="session", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:
            self._session = self._thread = None
            raise CoachError(
                "The computer has no room for another thread.",
                safe="Nothing was started.",
                do="Close other programs and try again.",
                details=str(error),
            ) from error
        return True

    def end(self) -> None:
        """Ask the session to end and to make its report."""
        if self._session is not None:
            self._session.request_end()

    def cancel(self) -> None:
        """Give up a start, or end a live session."""
        if self._session is not None:
            self._session.cancel()

    def shutdown(self, timeout_s: float = 10.0) -> bool:
        """Cancel and wait for the thread, at most `timeout_s`; return whether it has gone. For after the event loop."""
        self.cancel()
        thread = self._thread
        if thread is None:
            return True
        thread.join(timeout_s)
        if thread.is_alive():
            log.error("the session did not end within %.0f s", timeout_s)
        return not thread.is_alive()

    def _run(self, session: RunnableSession) -> None:
        update: SessionUpdate | None = None
        try:
            update = session.run()
        except Exception as error:  # a bug in a session must end in words on the screen, not in a dead thread
            log.exception("the session's thread failed")
            problem = surprise(error)
            self._pass_on(SessionUpdate(SessionState.FAILED, "", problem.what, error=problem))
        with unless_gone(self):
            self._ended.emit(update)

    def _pass_on(self, update: SessionUpdate) -> None:
        with unless_gone(self):
            self._arrived.emit(update)

    def _on_update_arrived(self, update: SessionUpdate) -> None:
        self.session_updated.emit(update)

    def _on_run_ended(self, _update: SessionUpdate | None) -> None:
        self._session = None
        self._thread = None
        self.session_finished.emit()


@dataclass(frozen=True)
class LoadedReport:
    """A report from the history, and how it stands with transcript and analysis of its conversation.

    `may_run`: the conversation may not have ended yet, and be billed. `title` is what a recorded talk is called.
    """

    report: Report
    analysis: AnalysisState
    may_run: bool = False
    title: str = ""


class HistoryReader(QObject):
    """Reads and tidies the history in a thread, with a connection of its own for every task."""

    history_loaded = Signal(list)
    report_loaded = Signal(LoadedReport)
    failed = Signal(CoachError)
    report_failed = Signal(CoachError)
    track_loaded = Signal(str, object)
    track_failed = Signal(str, CoachError)

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        """Name the history's file; nothing is opened yet."""
        super().__init__(parent)
        self._path = path
        self._tasks = TaskRunner(self)

    def load(self) -> None:
        """Load the list of sessions; `history_loaded` brings it."""
        self._tasks.run(self._sessions, self.history_loaded.emit, self.failed.emit)

    def load_report(self, session_id: str) -> None:
        """Load one report; `report_loaded` brings it as a `LoadedReport`, or `report_failed` why not."""
        self._tasks.run(lambda: self._report(session_id), self.report_loaded.emit, self.report_failed.emit)

    def load_track(self, session_id: str) -> None:
        """Load what was seen over a session; `track_loaded` brings it, or None, or `track_failed` why not."""
        self._tasks.run(
            lambda: self._track(session_id),
            lambda track: self.track_loaded.emit(session_id, track),
            lambda error: self.track_failed.emit(session_id, error),
        )

    def delete(self, session_id: str) -> None:
        """Forget one session; `history_loaded` brings what is left."""
        self._change(lambda history: history.delete(session_id))

    def delete_all(self) -> None:
        """Forget all sessions; `history_loaded` brings what is left."""
        self._change(lambda history: history.delete_all())

    def close(self, timeout_s: float = 3.0) -> bool:
        """Stop; return whether the thread has finished."""
        return self._tasks.close(timeout_s)

    def _sessions(self) -> list[SessionRow]:
        with closing(History(self._path)) as history:
            return history.sessions()

    def _change(self, change: Callable[[History], object]) -> None:
        def work() -> list[SessionRow]:
            with closing(History(self._path)) as history:
                change(history)
                return history.sessions()

        self._tasks.run(work, self.history_loaded.emit, self.failed.emit)

    def _report(self, session_id: str) -> LoadedReport:
        # Only now: its models take longer to load than the window takes to be drawn.
        from coach_desktop.coaching.report import Report

        with closing(History(self._path)) as history:
            text = history.report(session_id)
            row = history.session(session_id)
        if text is None:
            raise CoachError(
                "This session has no report.",
                safe="The other sessions are not touched.",
                do="It may still be running, or may have been deleted: load the list again.",
            )
        try:
            report = Report.model_validate_json(text)
        except ValueError as error:
            raise CoachError(
                "The report of this session cannot be read.",
                safe="It was left as it is, and the other reports still open.",
                do="It may come from another version of this app; that version can show it.",
                details=str(error)[:2000],
            ) from error
        if row is None:
            return LoadedReport(report, "none")
        title = row.profile_name if row.provider == "recording" else ""
        return LoadedReport(report, row.analysis, may_run=row.remote_open, title=title)

    def _track(self, session_id: str) -> Track | None:
        from coach_desktop.coaching.track import track_of
        from coach_desktop.tavus.timeline import from_text

        with closing(History(self._path)) as history:
            text = history.timeline(session_id)
        return None if text is None else track_of(from_text(text))
