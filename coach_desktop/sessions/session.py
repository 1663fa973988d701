"""One practice session: idle, starting, live, ending, reporting, then done or failed. No Qt, no clock of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from coach_desktop.coaching.report import Report, ReportEvent, SessionFacts, build_report
from coach_desktop.core import ids
from coach_desktop.core.clock import Clock, SystemClock, iso_utc
from coach_desktop.core.errors import Cancelled, CoachError
from coach_desktop.sessions import conversation_log
from coach_desktop.sessions.archive import Archive, Snapshot
from coach_desktop.sessions.conversation_log import ConversationLog
from coach_desktop.sessions.provider import Provider, ProviderGoneError
from coach_desktop.sessions.requests import request_of
from coach_desktop.sessions.updates import SessionState, SessionUpdate
from coach_desktop.store.history import EndStatus, HistoryError, SessionRow
from coach_desktop.store.profiles import Profile
from coach_desktop.tavus.errors import TavusError
from coach_desktop.tavus.models import Conversation

__all__ = ["Session", "SessionState", "SessionUpdate"]

log = logging.getLogger(__name__)

POLL_S = 0.25
CHECKPOINT_S = 5.0
FINAL_WAIT_S = 15.0
PATIENCE_S = 10.0


# What may follow what; everything else is a bug and raises.
_NEXT = {
    SessionState.IDLE: {SessionState.STARTING, SessionState.FAILED},
    SessionState.STARTING: {SessionState.LIVE, SessionState.ENDING, SessionState.FAILED, SessionState.IDLE},
    SessionState.LIVE: {SessionState.ENDING, SessionState.REPORTING, SessionState.FAILED},
    SessionState.ENDING: {SessionState.REPORTING, SessionState.FAILED},
    SessionState.REPORTING: {SessionState.DONE, SessionState.FAILED},
    SessionState.DONE: set(),
    SessionState.FAILED: set(),
}


class Session:
    """Runs one session in the calling thread; `request_end` and `cancel` may come from any thread."""

    def __init__(
        self,
        *,
        profile: Profile,
        provider: Provider,
        history_path: Path,
        notify: Callable[[SessionUpdate], None],
        end_after_s: float | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Hand in everything; `notify` is called in the thread of `run`. `end_after_s` counts from live."""
        self._profile = profile
        self._provider = provider
        self._history_path = history_path
        self._notify = notify
        self._end_after_s = end_after_s
        self._clock = clock or SystemClock()
        self._session_id = ids.new_session_id()
        self._began = self._clock.epoch()
        self._began_at = self._clock.monotonic()
        self._started_at = iso_utc(self._began)
        self._cancelled = threading.Event()
        self._end_asked = threading.Event()
        self._update = SessionUpdate(SessionState.IDLE, self._session_id, "", provider=provider.kind)

    def request_end(self) -> None:
        """End the conversation and make the report."""
        self._end_asked.set()

    def cancel(self) -> None:
        """Give up a start, or end a live session."""
        self._cancelled.set()
        self._end_asked.set()

    def run(self) -> SessionUpdate:
        """Hold the session from start to report and return the last update. Known errors end in FAILED."""
        try:
            with Archive(self._history_path) as archive:
                return self._run(archive)
        except CoachError as error:
            return self._failed(error)
        finally:
            self._provider.close()

    def _run(self, archive: Archive) -> SessionUpdate:
        self._say(SessionState.STARTING, "Starting the coach…")
        try:
            self._provider.open(self._cancelled)
            if self._cancelled.is_set():
                raise Cancelled
            conversation = self._create(archive)
        except Cancelled:
            return self._say(SessionState.IDLE, "Cancelled. Nothing was recorded.")
        try:
            last, complete = self._hold(archive, conversation)
        except Cancelled:
            self._end_whatever_happens(conversation.conversation_id)
            self._forget(archive)
            return self._say(SessionState.IDLE, "Cancelled. Nothing was recorded.")
        return self._report(archive, last, complete=complete)

    def _create(self, archive: Archive) -> Conversation:
        token = ids.new_name_token()
        row = SessionRow(
            id=self._session_id,
            profile_id=self._profile.id,
            profile_name=self._profile.name,
            provider=self._provider.kind,
            status="running",
            started_at=self._started_at,
            duration_s=None,
        )
        # First the journal, then the request: whatever happens in between can be found again by its token.
        archive.history.begin(row, token)
        conversation = None
        try:
            conversation = self._provider.create(request_of(self._profile, token))
            archive.history.set_conversation(self._session_id, conversation.conversation_id)
            if not conversation.conversation_url:
                raise CoachError("The service created a conversation without a room.", do="Try again.")
        except CoachError:
            if conversation is not None:
                self._end_whatever_happens(conversation.conversation_id)
            self._finish_empty(archive)
            raise
        self._say(SessionState.STARTING, "Opening the room…", room_url=_room_url(conversation))
        return conversation

    def _hold(self, archive: Archive, conversation: Conversation) -> tuple[_Last, bool]:
        """Follow the conversation until it ends; return what is known of it and whether it is complete."""
        last = _Last()
        next_checkpoint = 0.0
        try:
            while not self._over(last):
                last.log = self._fetched(conversation.conversation_id, last)
                self._tell_progress(last.log)
                if last.log.live_since is not None and self._clock.monotonic() >= next_checkpoint:
                    next_checkpoint = self._clock.monotonic() + CHECKPOINT_S
                    self._checkpoint(archive, last)
                if not last.log.ended:
                    self._end_asked.wait(self._pause(last))
            if self._cancelled.is_set() and last.log.live_since is None:
                raise Cancelled
            last.end_asked_at = self._clock.monotonic()
            # The wish that brought us here is being granted; only one more of them cuts the wait short.
            self._cancelled.clear()
            self._say(SessionState.ENDING, "Ending the conversation…")
            self._end(conversation.conversation_id)
            complete = self._await_final(conversation.conversation_id, last)
        except Cancelled:
            raise
        except CoachError as error:
            log.warning("the conversation was lost: %s (%s)", error.what, error.details)
            last.problem = error
            complete = False
            if not isinstance(error, ProviderGoneError):
                self._end_whatever_happens(conversation.conversation_id)
        return last, complete

    def _fetched(self, conversation_id: str, last: _Last) -> ConversationLog:
        """Return the newest log. A call that fails is no reason to give up a talk that goes on: it may pass."""
        asked_at = self._clock.monotonic()
        try:
            known = conversation_log.read(self._provider.fetch(conversation_id))
        except TavusError as error:
            last.silent_since = asked_at if last.silent_since is None else last.silent_since
            if self._clock.monotonic() - last.silent_since > PATIENCE_S:
                raise ProviderGoneError(error.what, safe=error.safe, do=error.do, details=error.details) from error
            return last.log
        last.silent_since = None
        last.heard_at = self._clock.monotonic()
        return replace(known, live_since=self._live_since(known, last))

    def _live_since(self, known: ConversationLog, last: _Last) -> float | None:
        """Return when it went live: once known it stays, and it lies between our start and now.

        The time comes from the provider's clock, which may go wrong by any amount; what we wait for runs by ours, and
        by the one of ours that nobody can set.
        """
        if last.log.live_since is not None or known.live_since is None:
            return last.log.live_since
        now, now_at = self._clock.epoch(), self._clock.monotonic()
        live_since = min(max(known.live_since, self._began), now)
        last.live_at = max(now_at - (now - live_since), self._began_at)
        return live_since

    def _end(self, conversation_id: str) -> None:
        """Ask for the end. Where that fails, what had arrived is worth a report all the same."""
        try:
            self._provider.end(conversation_id)
        except TavusError as error:
            log.warning("the conversation could not be ended: %s (%s)", error.what, error.details)

    def _end_whatever_happens(self, conversation_id: str) -> None:
        """End a conversation that nobody will follow any more."""
        try:
            self._end(conversation_id)
        except CoachError as error:
            log.info("nothing was left to end: %s", error.what)

    def _over(self, last: _Last) -> bool:
        if self._end_asked.is_set() or last.log.ended:
            return True
        return self._end_after_s is not None and last.live_for(self._clock.monotonic()) >= self._end_after_s

    def _pause(self, last: _Last) -> float:
        if self._end_after_s is None or last.live_at is None:
            return POLL_S
        return min(POLL_S, max(0.0, self._end_after_s - last.live_for(self._clock.monotonic())))

    def _await_final(self, conversation_id: str, last: _Last) -> bool:
        """Wait for the final figures; a second wish to end cuts the wait short."""
        deadline = self._clock.monotonic() + FINAL_WAIT_S
        while self._clock.monotonic() < deadline:
            last.log = self._fetched(conversation_id, last)
            if last.log.delivery is not None and last.log.delivery.final:
                return True
            if self._cancelled.wait(POLL_S):
                break
        return False

    def _checkpoint(self, archive: Archive, last: _Last) -> None:
        known = last.log
        snapshot = Snapshot(delivery=known.delivery, transcript=list(known.transcript), events=list(known.events))
        try:
            archive.checkpoint(self._session_id, last.live_for(self._clock.monotonic()), snapshot)
        except HistoryError as error:
            # A talk that goes on is worth more than one checkpoint; the next one may succeed.
            log.warning("the checkpoint was not written: %s (%s)", error.what, error.details)

    def _report(self, archive: Archive, last: _Last, *, complete: bool) -> SessionUpdate:
        if last.log.live_since is None and last.problem is not None:
            self._finish_empty(archive)
            raise last.problem
        self._say(SessionState.REPORTING, "Writing the report…")
        ended_at = last.end_asked_at if last.end_asked_at is not None else last.heard_at
        report = self._built(last.log, last.live_for(ended_at), "done" if complete else "interrupted")
        message = "Your report is ready." if complete else "The session was interrupted. Here is what had arrived."
        try:
            archive.finish(report)
        except HistoryError as error:
            # What a whole talk has shown is worth reading even where it cannot be kept.
            log.warning("the report was not kept: %s (%s)", error.what, error.details)
            return self._say(SessionState.DONE, error.what, report=_unkept(report, error), error=error)
        return self._say(SessionState.DONE, message, report=report)

    def _built(self, known: ConversationLog, duration_s: float, status: EndStatus) -> Report:
        return build_report(
            session=SessionFacts(
                id=self._session_id,
                profile_id=self._profile.id,
                provider=self._provider.kind,
                started_at=self._started_at,
                duration_s=duration_s,
                billed_s=0.0,
                status=status,
            ),
            delivery=known.delivery,
            transcript=list(known.transcript),
            events=list(known.events),
            reason_if_none="Nothing had arrived yet when the session ended.",
        )

    def _finish_empty(self, archive: Archive) -> None:
        archive.finish(self._built(_NOTHING, 0.0, "failed"))

    def _forget(self, archive: Archive) -> None:
        self._finish_empty(archive)
        archive.history.delete(self._session_id)

    def _tell_progress(self, known: ConversationLog) -> None:
        if known.live_since is None:
            return
        if self._update.state is SessionState.STARTING:
            self._say(SessionState.LIVE, "You are live.", live_since=known.live_since)
        if known.newest_cue != self._update.cue:
            self._say(SessionState.LIVE, "You are live.", cue=known.newest_cue)

    def _failed(self, error: CoachError) -> SessionUpdate:
        log.warning("the session failed: %s (%s)", error.what, error.details)
        return self._say(SessionState.FAILED, error.what, error=error)

    def _say(
        self,
        state: SessionState,
        message: str,
        *,
        room_url: str | None = None,
        live_since: float | None = None,
        report: Report | None = None,
        error: CoachError | None = None,
        cue: str | None = None,
    ) -> SessionUpdate:
        before = self._update
        if state is not before.state and state not in _NEXT[before.state]:
            raise RuntimeError(f"a session cannot go from {before.state} to {state}")
        self._update = SessionUpdate(
            state=state,
            session_id=self._session_id,
            message=message,
            room_url=room_url or before.room_url,
            live_since=live_since or before.live_since,
            report=report,
            error=error,
            cue=cue or before.cue,
            provider=before.provider,
        )
        self._notify(self._update)
        return self._update


_NOTHING = ConversationLog(
    live_since=None,
    ended=False,
    shutdown_reason=None,
    delivery=None,
    transcript=(),
    events=(),
    newest_cue=None,
)


@dataclass
class _Last:
    """The newest that is known of a conversation, and how it came to an end. Moments are those that never jump."""

    log: ConversationLog = _NOTHING
    live_at: float | None = None
    end_asked_at: float | None = None
    problem: CoachError | None = None
    silent_since: float | None = None
    heard_at: float = 0.0

    def live_for(self, now: float) -> float:
        """Return the seconds from live to `now`, 0 before live."""
        return 0.0 if self.live_at is None else max(0.0, now - self.live_at)


def _unkept(report: Report, error: CoachError) -> Report:
    """Return the report with a warning that it is not in the history."""
    words = f"This report could not be stored, so read it before you leave it. {error.what} {error.do}"
    warning = ReportEvent(at_s=report.session.duration_s, type="warning", properties={"text": words.strip()})
    return report.model_copy(update={"events": [*report.events, warning]})


def _room_url(conversation: Conversation) -> str:
    url = conversation.conversation_url or ""
    if not conversation.meeting_token:
        return url
    return f"{url}{'&' if '?' in url else '?'}t={conversation.meeting_token}"
