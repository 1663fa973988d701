"""What a crash left: sessions that are down as running although no app runs become interrupted ones with a report."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection

from pydantic import ValidationError

from coach_desktop.coaching.report import Report, SessionFacts, build_report
from coach_desktop.sessions.archive import Archive
from coach_desktop.sessions.provider import IN_WORDS
from coach_desktop.store.history import UnfinishedSession

log = logging.getLogger(__name__)

_NOTHING_ARRIVED = "The session was interrupted before anything was stored."


def recover(archive: Archive, under_way: Callable[[], Collection[str]] = tuple) -> int:
    """Finish every unfinished session as interrupted and return how many were finished.

    Call it only while holding the lock of the data folder: a session of a living app is unfinished, too. Those of this
    process are left alone by their ids, which `under_way` tells; it may change from one call to the next. A local
    conversation has ended with its service, which never outlives the app. A paid one may still run: nothing is asked
    of anybody here, its row stays open, and `Aftercare` ends it and fetches what it has to tell.
    """
    recovered = 0
    # Asked before and after: a session may begin or end while the history is read.
    busy = set(under_way())
    unfinished = archive.history.unfinished()
    busy.update(under_way())
    for session in unfinished:
        if session.row.id in busy:
            continue
        try:
            report = _report_of(session, archive)
        except ValidationError as error:
            # Damage to one row must keep neither the others from their reports nor the app from starting.
            log.warning("a session cannot be recovered: %s", error.errors()[0]["msg"])
            continue
        # Into a room whose conversation the journal does not know nobody was let, so nothing was said there.
        is_told_later = session.row.provider == "tavus" and session.conversation_id is not None
        archive.finish(report, "pending" if is_told_later else "none")
        recovered += 1
        log.info(
            "session %s was interrupted after %.0f s; its report is kept", session.row.id, report.session.duration_s
        )
    return recovered


def _report_of(session: UnfinishedSession, archive: Archive) -> Report:
    snapshot = archive.snapshot_of(session)
    is_paid = session.row.provider == "tavus"
    duration_s = session.row.duration_s or 0.0
    return build_report(
        session=SessionFacts(
            id=session.row.id,
            profile_id=session.row.profile_id,
            provider=session.row.provider,
            started_at=session.row.started_at,
            duration_s=duration_s,
            # At least that; how much it was is known when its end is.
            billed_s=duration_s if is_paid else 0.0,
            status="interrupted",
        ),
        delivery=snapshot.delivery,
        transcript=snapshot.transcript,
        events=snapshot.events,
        reason_if_none=IN_WORDS if is_paid else _NOTHING_ARRIVED,
    )
