"""What one session writes down: first that it begins, then what has arrived, at last its report."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Literal

from coach_desktop.coaching.report import Report, ReportEvent, SessionFacts, build_report
from coach_desktop.core.clock import Clock
from coach_desktop.core.errors import CoachError
from coach_desktop.sessions.archive import Archive, Snapshot
from coach_desktop.sessions.following import NOTHING, Following
from coach_desktop.sessions.provider import IN_WORDS
from coach_desktop.sessions.requests import token_of
from coach_desktop.store.history import AnalysisState, EndStatus, HistoryError, SessionRow
from coach_desktop.store.ledger import LONGEST_S
from coach_desktop.store.profiles import Profile
from coach_desktop.tavus.models import CreateConversation

log = logging.getLogger(__name__)

_WHY_NO_FIGURES = {
    "local": "Nothing had arrived yet when the session ended.",
    "tavus": IN_WORDS,
}


@dataclass(frozen=True)
class Identity:
    """Whose session it is. `started_at` is ISO 8601 in UTC."""

    session_id: str
    profile: Profile
    provider: Literal["local", "tavus"]
    started_at: str


def longest_of(request: CreateConversation) -> float:
    """Return the seconds that a conversation may last by what was asked for."""
    asked_s = request.properties.max_call_duration if request.properties else None
    return LONGEST_S if asked_s is None else float(asked_s)


class Journal:
    """The history as one session writes it."""

    def __init__(self, archive: Archive, identity: Identity, clock: Clock) -> None:
        """Write into `archive`; nothing is written yet."""
        self._archive = archive
        self._who = identity
        self._clock = clock

    def begin(self, request: CreateConversation) -> None:
        """Write down what is about to be asked for: whatever happens next can be found again by its token."""
        who = self._who
        row = SessionRow(
            who.session_id, who.profile.id, who.profile.name, who.provider, "running", who.started_at, duration_s=None
        )
        self._archive.history.begin(row, token_of(request), longest_s=longest_of(request), asked_at=self._clock.epoch())

    def created(self, followed: Following) -> None:
        """Write down that it came to be."""
        created_at = followed.created.epoch if followed.created is not None else None
        self._archive.history.set_conversation(self._who.session_id, followed.conversation_id, created_at)

    def close(self, followed: Following | None) -> None:
        """Write down that nothing runs any more that costs money; None: there never was a conversation."""
        if self._who.provider != "tavus":
            return
        billed_s = None if followed is None else followed.billed_s()
        try:
            self._archive.history.mark_ended(self._who.session_id, self._clock.epoch(), billed_s)
        except HistoryError as error:
            # It is looked after like one that may still run, and found to have ended.
            log.warning("the end was not written down: %s (%s)", error.what, error.details)

    def checkpoint(self, followed: Following) -> None:
        """Keep what has arrived so far."""
        known = followed.log
        snapshot = Snapshot(delivery=known.delivery, transcript=list(known.transcript), events=list(known.events))
        try:
            self._archive.checkpoint(self._who.session_id, followed.live_for(self._clock.monotonic()), snapshot)
        except HistoryError as error:
            # A talk that goes on is worth more than one checkpoint; the next one may succeed.
            log.warning("the checkpoint was not written: %s (%s)", error.what, error.details)

    def finish(self, followed: Following, *, complete: bool) -> tuple[Report, HistoryError | None]:
        """Make the report of what has arrived and keep it. Where that fails, the report says so and comes with why."""
        report = self._built(followed, followed.duration_s(), "done" if complete else "interrupted")
        analysis: AnalysisState = "none"
        if self._who.provider == "tavus":
            analysis = "done" if followed.log.complete else "pending"
        try:
            delivery = followed.log.delivery
            self._archive.finish(report, analysis, timeline=None if delivery is None else delivery.timeline)
            if followed.billed_by_account_s is not None:
                self._archive.history.set_billed(self._who.session_id, followed.billed_by_account_s)
        except HistoryError as error:
            # What a whole talk has shown is worth reading even where it cannot be kept.
            log.warning("the report was not kept: %s (%s)", error.what, error.details)
            return _unkept(report, error), error
        return report, None

    def finish_empty(self, followed: Following | None) -> None:
        """Keep a report without figures: it did not come to a talk."""
        try:
            self._archive.finish(self._built(followed, 0.0, "failed"))
        except HistoryError as error:
            # What went wrong before this is what the user must hear of. The row is taken for one that a crash left.
            log.warning("the failed session was not written down: %s (%s)", error.what, error.details)

    def forget(self) -> None:
        """Take back that there was a session."""
        self._archive.history.delete(self._who.session_id)

    def _built(self, followed: Following | None, duration_s: float, status: EndStatus) -> Report:
        known = followed.log if followed is not None and status != "failed" else NOTHING
        who = self._who
        return build_report(
            session=SessionFacts(
                id=who.session_id,
                profile_id=who.profile.id,
                provider=who.provider,
                started_at=who.started_at,
                duration_s=duration_s,
                billed_s=0.0 if followed is None else followed.billed_s(),
                status=status,
            ),
            delivery=known.delivery,
            transcript=list(known.transcript),
            events=list(known.events),
            reason_if_none=_WHY_NO_FIGURES[who.provider],
        )


def _unkept(report: Report, error: CoachError) -> Report:
    """Return the report with a warning that it is not in the history."""
    words = f"This report could not be stored, so read it before you leave it. {error.what} {error.do}"
    warning = ReportEvent(at_s=report.session.duration_s, type="warning", properties={"text": words.strip()})
    return report.model_copy(update={"events": [*report.events, warning]})
