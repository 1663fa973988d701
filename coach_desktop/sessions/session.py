"""One practice session: idle, starting, live, ending, reporting, then done or failed. No Qt, no clock of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from coach_desktop.coaching.labels import duration
from coach_desktop.coaching.report import Report
from coach_desktop.core import ids
from coach_desktop.core.clock import SleeplessClock, SystemClock, iso_utc
from coach_desktop.core.errors import Cancelled, CoachError
from coach_desktop.sessions import conversation_log
from coach_desktop.sessions.archive import Archive
from coach_desktop.sessions.following import Following, Moment, NetworkLostError
from coach_desktop.sessions.journal import Identity, Journal, longest_of
from coach_desktop.sessions.limits import SLEPT, Limits, Warnings
from coach_desktop.sessions.provider import MayExistError, Provider, ProviderGoneError
from coach_desktop.sessions.requests import request_of, room_address
from coach_desktop.sessions.updates import SessionState, SessionUpdate
from coach_desktop.store.ledger import LONGEST_S
from coach_desktop.store.profiles import Profile
from coach_desktop.tavus.models import CreateConversation

__all__ = ["Session", "SessionState", "SessionUpdate"]

log = logging.getLogger(__name__)

CHECKPOINT_S = 5.0
# What comes after the end comes at any moment, and the user waits for it.
FINAL_POLL_S = 1.0

_STARTING = {"local": "Starting the coach…", "tavus": "Asking Tavus for a conversation…"}
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
        warnings: Callable[[], Warnings] = Warnings,
        end_after_s: float | None = None,
        clock: SleeplessClock | None = None,
        session_id: str | None = None,
    ) -> None:
        """Hand in everything; `notify` is called in the thread of `run`. `end_after_s` counts from live.

        `make_request` gives what is asked for, in the thread of `run`; it raises `CoachError` where nothing may be.
        Without it the profile says it all. `warnings` is called after it, in the same thread: what is to be said of
        time and minutes while a paid conversation goes on. Without a `session_id` one is drawn.
        """
        self._profile = profile
        self._make_request = make_request or (lambda: request_of(profile, ids.new_name_token()))
        self._provider = provider
        self._history_path = history_path
        self._notify = notify
        self._warnings = warnings
        self._end_after_s = end_after_s
        self._clock = clock or SystemClock()
        self.session_id = session_id or ids.new_session_id()
        self.is_over = threading.Event()
        self._began = Moment.now(self._clock)
        self._started_at = iso_utc(self._began.epoch)
        self._cancelled = threading.Event()
        self._end_asked = threading.Event()
        self._slept = threading.Event()
        self._longest_s: float | None = None
        self._update = SessionUpdate(SessionState.IDLE, self.session_id, "", provider=provider.kind)

    def request_end(self) -> None:
        """End the conversation and make the report."""
        self._end_asked.set()

    def cancel(self) -> None:
        """Give up a start, or end a live session without waiting for what can be had later."""
        self._cancelled.set()
        self._end_asked.set()

    def computer_slept(self) -> None:
        """Hear that the computer goes to sleep, or did: what is paid for ends. From any thread, returns at once."""
        if self._is_paid and not self._slept.is_set():
            self._slept.set()
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
        journal = Journal(
            archive, Identity(self.session_id, self._profile, self._provider.kind, self._started_at), self._clock
        )
        try:
            self._provider.open(self._cancelled)
            if self._cancelled.is_set():
                raise Cancelled
            followed, limits = self._create(journal)
        except Cancelled:
            return self._say(SessionState.IDLE, "Cancelled. Nothing was recorded.")
        try:
            complete = self._hold(journal, followed, limits)
        except Cancelled:
            return self._undo(journal, followed)
        return self._report(journal, followed, complete=complete)

    def _create(self, journal: Journal) -> tuple[Following, Limits]:
        # Made before the journal says that a conversation may run: what cannot be asked for leaves no doubt behind.
        request = self._make_request()
        warnings = self._warnings()
        if self._is_paid:
            self._longest_s = longest_of(request)
        # First the journal, then the request.
        journal.begin(request)
        followed = None
        try:
            asked = Moment.now(self._clock)
            conversation = self._provider.create(request)
            followed = Following(self._provider, self._clock, self._began, conversation.conversation_id)
            if self._is_paid:
                followed.created_between(asked, Moment.now(self._clock), conversation)
            journal.created(followed)
            if not conversation.conversation_url:
                raise CoachError("The service created a conversation without a room.", do="Try again.")
        except MayExistError:
            journal.finish_empty(followed)
            raise
        except CoachError as error:
            ended = followed is None or self._end_whatever_happens(followed)
            if ended:
                journal.close(followed)
            journal.finish_empty(followed)
            if self._is_paid and not ended:
                raise MayExistError(error.what, safe=self._may_run_on(), do=error.do, details=error.details) from error
            raise
        limits = Limits(
            followed, self._clock, end_after_s=self._end_after_s, longest_s=self._longest_s, warnings=warnings
        )
        self._say(
            SessionState.STARTING,
            "Opening the room…",
            room_url=room_address(conversation),
            conversation_id=conversation.conversation_id,
            billed_since=followed.created.epoch if followed.created is not None else None,
            ends_at=limits.ends_at,
        )
        return followed, limits

    def _hold(self, journal: Journal, followed: Following, limits: Limits) -> bool:
        """Follow the conversation until it ends; return whether all that was to come has come."""
        next_checkpoint = 0.0
        if self._provider.pace.live_at_once and not self._cancelled.is_set():
            followed.go_live()
            self._tell_progress(followed, limits)
        try:
            while not self._over(followed, limits):
                followed.look()
                self._tell_progress(followed, limits)
                if followed.live_at is not None and self._clock.monotonic() >= next_checkpoint:
                    next_checkpoint = self._clock.monotonic() + CHECKPOINT_S
                    journal.checkpoint(followed)
                if not followed.log.ended:
                    limits.sleep.wait(self._end_asked, limits.pause_s(self._provider.pace.poll_s))
            if self._cancelled.is_set() and followed.live_at is None:
                raise Cancelled
            return self._wind_up(journal, followed)
        except Cancelled:
            raise
        except CoachError as error:
            log.warning("the conversation was lost: %s (%s)", error.what, error.details)
            followed.problem = error
            if isinstance(error, NetworkLostError):
                followed.why_ended = error.what
                self._say_ending(followed)
            # A local coach that has gone has nothing to end; whoever is paid is asked in any case.
            if (self._is_paid or not isinstance(error, ProviderGoneError)) and self._end_whatever_happens(followed):
                journal.close(followed)
            return False

    def _wind_up(self, journal: Journal, followed: Following) -> bool:
        """End the conversation and wait for what comes after the end."""
        followed.end_asked_at = self._clock.monotonic()
        in_a_hurry = self._cancelled.is_set()
        # The wish that brought us here is being granted; only one more of them cuts the wait short.
        self._cancelled.clear()
        self._end_asked.clear()
        self._say_ending(followed)
        ended = self._end(followed)
        if ended:
            journal.close(followed)
        if not self._is_paid:
            return self._await_final(followed)
        # Whoever gives up or quits does not wait for what can be fetched later just as well.
        if ended and not in_a_hurry:
            self._say(SessionState.ENDING, "Waiting for the transcript…")
            self._await_final(followed)
        return ended

    def _say_ending(self, followed: Following) -> None:
        self._say(SessionState.ENDING, f"{followed.why_ended} Ending the conversation…".strip())

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

    def _undo(self, journal: Journal, followed: Following) -> SessionUpdate:
        """Take a start back: end the conversation and keep nothing, unless it may still cost money."""
        ended = self._end_whatever_happens(followed)
        if ended:
            journal.close(followed)
        journal.finish_empty(followed)
        if self._is_paid and not ended:
            raise CoachError(
                "The start was cancelled, but a conversation had been started.",
                safe=self._may_run_on(),
                do="The history shows whether it still runs.",
            )
        journal.forget()
        return self._say(SessionState.IDLE, "Cancelled. Nothing was recorded.")

    def _over(self, followed: Following, limits: Limits) -> bool:
        followed.slept_s = limits.sleep.slept_s
        if followed.log.ended:
            return True
        why = SLEPT if self._slept.is_set() else limits.why_over()
        if why is None:
            return self._end_asked.is_set()
        followed.why_ended = why
        return True

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

    def _report(self, journal: Journal, followed: Following, *, complete: bool) -> SessionUpdate:
        if followed.live_at is None and followed.problem is not None:
            journal.finish_empty(followed)
            raise followed.problem
        self._say(SessionState.REPORTING, "Writing the report…")
        message = "Your report is ready." if complete else "The session was interrupted. Here is what had arrived."
        reason = followed.why_ended
        if self._is_paid and followed.ended_by_itself:
            told = followed.log.shutdown_reason
            reason = conversation_log.plain_reason(told) if told else "The conversation has ended by itself."
        notice = self._may_run_on() if self._is_paid and followed.ended_at is None else None
        report, unkept = journal.finish(followed, complete=complete)
        if unkept is not None:
            return self._say(SessionState.DONE, unkept.what, report=report, error=unkept, notice=notice)
        return self._say(SessionState.DONE, f"{reason} {message}".strip(), report=report, notice=notice)

    def _may_run_on(self) -> str:
        left_s, longest_s = self._profile.participant_left_timeout, self._longest_s or LONGEST_S
        soon = "" if left_s is None else f"about {left_s} seconds after everybody has left its room, and "
        return (
            "The conversation may still be running and cost money: Tavus did not confirm its end. The app keeps trying"
            f" to end it. Tavus itself ends it {soon}{duration(longest_s)} after its start at the latest."
        )

    @property
    def _is_paid(self) -> bool:
        return self._provider.kind == "tavus"

    def _tell_progress(self, followed: Following, limits: Limits) -> None:
        known = followed.log
        if known.live_since is None:
            return
        notice = " ".join(filter(None, (limits.notice(), followed.notice()))) if self._is_paid else ""
        told = self._update
        if told.state is SessionState.STARTING or (known.newest_cue, notice or None) != (told.cue, told.notice):
            self._say(
                SessionState.LIVE,
                "You are live.",
                live_since=known.live_since,
                cue=known.newest_cue,
                notice=notice or None,
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
        ends_at: float | None = None,
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
            ends_at=ends_at or before.ends_at,
        )
        self._notify(self._update)
        return self._update
