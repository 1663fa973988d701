"""One practice session: idle, starting, live, ending, reporting, then done or failed. No Qt, no clock of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from coach_desktop.coaching.labels import duration
from coach_desktop.coaching.report import Report, ReportEvent, SessionFacts, build_report
from coach_desktop.core import ids
from coach_desktop.core.clock import Clock, SystemClock, iso_utc
from coach_desktop.core.errors import Cancelled, CoachError
from coach_desktop.sessions import conversation_log
from coach_desktop.sessions.archive import Archive, Snapshot
from coach_desktop.sessions.following import NOTHING, Following, Moment
from coach_desktop.sessions.provider import IN_WORDS, MayExistError, Provider, ProviderGoneError
from coach_desktop.sessions.requests import request_of, room_address, token_of
from coach_desktop.sessions.updates import SessionState, SessionUpdate
from coach_desktop.store.history import AnalysisState, EndStatus, HistoryError, SessionRow
from coach_desktop.store.profiles import Profile
from coach_desktop.tavus.models import CreateConversation

__all__ = ["Session", "SessionState", "SessionUpdate"]

log = logging.getLogger(__name__)

CHECKPOINT_S = 5.0
# What comes after the end comes at any moment, and the user waits for it.
FINAL_POLL_S = 1.0

_STARTING = {"local": "Starting the coach…", "tavus": "Asking Tavus for a conversation…"}
_WHY_NO_FIGURES = {
    "local": "Nothing had arrived yet when the session ended.",
    "tavus": IN_WORDS,
}

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
        make_request: Callable[[], CreateConversation] | None = None,
        end_after_s: float | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Hand in everything; `notify` is called in the thread of `run`. `end_after_s` counts from live.

        `make_request` gives what is asked for, in the thread of `run`; it raises `CoachError` where nothing may be.
        Without it the profile says it all.
        """
        self._profile = profile
        self._make_request = make_request or (lambda: request_of(profile, ids.new_name_token()))
        self._provider = provider
        self._history_path = history_path
        self._notify = notify
        self._end_after_s = end_after_s
        self._clock = clock or SystemClock()
        self.session_id = ids.new_session_id()
        self.is_over = threading.Event()
        self._began = Moment.now(self._clock)
        self._started_at = iso_utc(self._began.epoch)
        self._cancelled = threading.Event()
        self._end_asked = threading.Event()
        self._update = SessionUpdate(SessionState.IDLE, self.session_id, "", provider=provider.kind)

    def request_end(self) -> None:
        """End the conversation and make the report."""
        self._end_asked.set()

    def cancel(self) -> None:
        """Give up a start, or end a live session without waiting for what can be had later."""
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
            self.is_over.set()

    def _run(self, archive: Archive) -> SessionUpdate:
        self._say(SessionState.STARTING, _STARTING[self._provider.kind])
        try:
            self._provider.open(self._cancelled)
            if self._cancelled.is_set():
                raise Cancelled
            followed = self._create(archive)
        except Cancelled:
            return self._say(SessionState.IDLE, "Cancelled. Nothing was recorded.")
        try:
            complete = self._hold(archive, followed)
        except Cancelled:
            return self._undo(archive, followed)
        return self._report(archive, followed, complete=complete)

    def _create(self, archive: Archive) -> Following:
        profile = self._profile
        # Made before the journal says that a conversation may run: what cannot be asked for leaves no doubt behind.
        request = self._make_request()
        row = SessionRow(
            self.session_id, profile.id, profile.name, self._provider.kind, "running", self._started_at, duration_s=None
        )
        # First the journal, then the request: whatever happens in between can be found again by its token.
        archive.history.begin(row, token_of(request))
        followed = None
        try:
            asked = Moment.now(self._clock)
            conversation = self._provider.create(request)
            followed = Following(self._provider, self._clock, self._began, conversation.conversation_id)
            if self._is_paid:
                followed.created_between(asked, Moment.now(self._clock), conversation)
            created = followed.created.epoch if followed.created is not None else None
            archive.history.set_conversation(self.session_id, conversation.conversation_id, created)
            if not conversation.conversation_url:
                raise CoachError("The service created a conversation without a room.", do="Try again.")
        except MayExistError:
            self._finish_empty(archive, followed)
            raise
        except CoachError as error:
            ended = followed is None or self._end_whatever_happens(followed)
            if ended:
                self._close_journal(archive)
            self._finish_empty(archive, followed)
            if self._is_paid and not ended:
                raise MayExistError(error.what, safe=self._may_run_on(), do=error.do, details=error.details) from error
            raise
        self._say(
            SessionState.STARTING,
            "Opening the room…",
            room_url=room_address(conversation),
            conversation_id=conversation.conversation_id,
            billed_since=created,
        )
        return followed

    def _hold(self, archive: Archive, followed: Following) -> bool:
        """Follow the conversation until it ends; return whether all that was to come has come."""
        next_checkpoint = 0.0
        if self._provider.pace.live_at_once and not self._cancelled.is_set():
            followed.go_live()
            self._tell_progress(followed)
        try:
            while not self._over(followed):
                followed.look()
                self._tell_progress(followed)
                if followed.live_at is not None and self._clock.monotonic() >= next_checkpoint:
                    next_checkpoint = self._clock.monotonic() + CHECKPOINT_S
                    self._checkpoint(archive, followed)
                if not followed.log.ended:
                    self._end_asked.wait(self._pause(followed))
            if self._cancelled.is_set() and followed.live_at is None:
                raise Cancelled
            return self._wind_up(archive, followed)
        except Cancelled:
            raise
        except CoachError as error:
            log.warning("the conversation was lost: %s (%s)", error.what, error.details)
            followed.problem = error
            # A local coach that has gone has nothing to end; whoever is paid is asked in any case.
            if (self._is_paid or not isinstance(error, ProviderGoneError)) and self._end_whatever_happens(followed):
                self._close_journal(archive)
            return False

    def _wind_up(self, archive: Archive, followed: Following) -> bool:
        """End the conversation and wait for what comes after the end."""
        followed.end_asked_at = self._clock.monotonic()
        in_a_hurry = self._cancelled.is_set()
        # The wish that brought us here is being granted; only one more of them cuts the wait short.
        self._cancelled.clear()
        self._end_asked.clear()
        self._say(SessionState.ENDING, "Ending the conversation…")
        ended = self._end(followed)
        if ended:
            self._close_journal(archive)
        if not self._is_paid:
            return self._await_final(followed)
        # Whoever gives up or quits does not wait for what can be fetched later just as well.
        if ended and not in_a_hurry:
            self._say(SessionState.ENDING, "Waiting for the transcript…")
            self._await_final(followed)
        return ended

    def _end(self, followed: Following) -> bool:
        """Ask for the end and return whether it is confirmed. Where not, what had arrived is worth a report."""
        try:
            self._provider.end(followed.conversation_id)
        except CoachError as error:
            if isinstance(error, ProviderGoneError) and not self._is_paid:
                raise
            log.warning("the conversation could not be ended: %s (%s)", error.what, error.details)
            return False
        if followed.ended_at is None:
            followed.ended_at = self._clock.monotonic()
        return True

    def _end_whatever_happens(self, followed: Following) -> bool:
        """End a conversation that nobody will follow any more, and return whether that is confirmed."""
        try:
            return self._end(followed)
        except CoachError as error:
            log.info("nothing was left to end: %s", error.what)
            return True

    def _close_journal(self, archive: Archive) -> None:
        if not self._is_paid:
            return
        try:
            archive.history.mark_ended(self.session_id, self._clock.epoch())
        except HistoryError as error:
            # It is looked after like one that may still run, and found to have ended.
            log.warning("the end was not written down: %s (%s)", error.what, error.details)

    def _undo(self, archive: Archive, followed: Following) -> SessionUpdate:
        """Take a start back: end the conversation and keep nothing, unless it may still cost money."""
        ended = self._end_whatever_happens(followed)
        if ended:
            self._close_journal(archive)
        self._finish_empty(archive, followed)
        if self._is_paid and not ended:
            raise CoachError(
                "The start was cancelled, but a conversation had been started.",
                safe=self._may_run_on(),
                do="The history shows whether it still runs.",
            )
        archive.history.delete(self.session_id)
        return self._say(SessionState.IDLE, "Cancelled. Nothing was recorded.")

    def _over(self, followed: Following) -> bool:
        if self._end_asked.is_set() or followed.log.ended:
            return True
        return self._end_after_s is not None and followed.live_for(self._clock.monotonic()) >= self._end_after_s

    def _pause(self, followed: Following) -> float:
        poll_s = self._provider.pace.poll_s
        if self._end_after_s is None or followed.live_at is None:
            return poll_s
        return min(poll_s, max(0.0, self._end_after_s - followed.live_for(self._clock.monotonic())))

    def _await_final(self, followed: Following) -> bool:
        """Wait for the final figures, or for the transcript; another wish to end cuts the wait short."""
        pace = self._provider.pace
        deadline = self._clock.monotonic() + pace.final_wait_s
        while self._clock.monotonic() < deadline:
            followed.look()
            known = followed.log
            if followed.has_transcript if self._is_paid else known.delivery is not None and known.delivery.final:
                return True
            if self._end_asked.wait(min(pace.poll_s, FINAL_POLL_S)):
                break
        return False

    def _checkpoint(self, archive: Archive, followed: Following) -> None:
        known = followed.log
        snapshot = Snapshot(delivery=known.delivery, transcript=list(known.transcript), events=list(known.events))
        try:
            archive.checkpoint(self.session_id, followed.live_for(self._clock.monotonic()), snapshot)
        except HistoryError as error:
            # A talk that goes on is worth more than one checkpoint; the next one may succeed.
            log.warning("the checkpoint was not written: %s (%s)", error.what, error.details)

    def _report(self, archive: Archive, followed: Following, *, complete: bool) -> SessionUpdate:
        if followed.live_at is None and followed.problem is not None:
            self._finish_empty(archive, followed)
            raise followed.problem
        self._say(SessionState.REPORTING, "Writing the report…")
        report = self._built(followed, followed.duration_s(), "done" if complete else "interrupted")
        message = "Your report is ready." if complete else "The session was interrupted. Here is what had arrived."
        if self._is_paid and followed.ended_by_itself:
            told = followed.log.shutdown_reason
            reason = conversation_log.plain_reason(told) if told else "The conversation has ended by itself."
            message = f"{reason} {message}"
        notice = self._may_run_on() if self._is_paid and followed.ended_at is None else None
        analysis: AnalysisState = "none"
        if self._is_paid:
            analysis = "done" if followed.log.complete else "pending"
        try:
            archive.finish(report, analysis)
        except HistoryError as error:
            # What a whole talk has shown is worth reading even where it cannot be kept.
            log.warning("the report was not kept: %s (%s)", error.what, error.details)
            return self._say(SessionState.DONE, error.what, report=_unkept(report, error), error=error, notice=notice)
        return self._say(SessionState.DONE, message, report=report, notice=notice)

    def _built(self, followed: Following | None, duration_s: float, status: EndStatus) -> Report:
        known = followed.log if followed is not None and status != "failed" else NOTHING
        return build_report(
            session=SessionFacts(
                id=self.session_id,
                profile_id=self._profile.id,
                provider=self._provider.kind,
                started_at=self._started_at,
                duration_s=duration_s,
                billed_s=0.0 if followed is None else followed.billed_s(),
                status=status,
            ),
            delivery=known.delivery,
            transcript=list(known.transcript),
            events=list(known.events),
            reason_if_none=_WHY_NO_FIGURES[self._provider.kind],
        )

    def _finish_empty(self, archive: Archive, followed: Following | None) -> None:
        try:
            archive.finish(self._built(followed, 0.0, "failed"))
        except HistoryError as error:
            # What went wrong before this is what the user must hear of. The row is taken for one that a crash left.
            log.warning("the failed session was not written down: %s (%s)", error.what, error.details)

    def _may_run_on(self) -> str:
        left_s, longest_s = self._profile.participant_left_timeout, self._profile.max_call_duration
        soon = "" if left_s is None else f"about {left_s} seconds after everybody has left its room, and "
        return (
            "The conversation may still be running and cost money: Tavus did not confirm its end. The app keeps trying"
            f" to end it. Tavus itself ends it {soon}{duration(longest_s)} after its start at the latest."
        )

    @property
    def _is_paid(self) -> bool:
        return self._provider.kind == "tavus"

    def _tell_progress(self, followed: Following) -> None:
        known = followed.log
        if known.live_since is None:
            return
        notice = followed.notice() if self._is_paid else None
        told = self._update
        if told.state is SessionState.STARTING or (known.newest_cue, notice) != (told.cue, told.notice):
            self._say(
                SessionState.LIVE,
                "You are live.",
                live_since=known.live_since,
                cue=known.newest_cue,
                notice=notice,
            )

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
        billed_since: float | None = None,
        notice: str | None = None,
        conversation_id: str | None = None,
    ) -> SessionUpdate:
        before = self._update
        if state is not before.state and state not in _NEXT[before.state]:
            raise RuntimeError(f"a session cannot go from {before.state} to {state}")
        self._update = SessionUpdate(
            state=state,
            session_id=self.session_id,
            message=message,
            room_url=room_url or before.room_url,
            live_since=live_since or before.live_since,
            report=report,
            error=error,
            cue=cue or before.cue,
            provider=before.provider,
            billed_since=billed_since or before.billed_since,
            notice=notice,
            conversation_id=conversation_id or before.conversation_id,
        )
        self._notify(self._update)
        return self._update


def _unkept(report: Report, error: CoachError) -> Report:
    """Return the report with a warning that it is not in the history."""
    words = f"This report could not be stored, so read it before you leave it. {error.what} {error.do}"
    warning = ReportEvent(at_s=report.session.duration_s, type="warning", properties={"text": words.strip()})
    return report.model_copy(update={"events": [*report.events, warning]})
