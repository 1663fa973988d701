"""What a crash left: sessions that are down as running although no app runs become interrupted ones with a report."""

from __future__ import annotations

import logging

from coach_desktop.coaching.report import SessionFacts, build_report
from coach_desktop.sessions.archive import Archive

log = logging.getLogger(__name__)

_NOTHING_ARRIVED = "The session was interrupted before anything was stored."


def recover(archive: Archive) -> int:
    """Finish every unfinished session as interrupted and return how many there were.

    Call it only while holding the lock of the data folder: a session of a living app is unfinished, too. A local
    conversation has ended with its service, which never outlives the app.
    """
    left = archive.history.unfinished()
    for session in left:
        snapshot = archive.snapshot_of(session)
        duration_s = session.row.duration_s or 0.0
        report = build_report(
            session=SessionFacts(
                id=session.row.id,
                profile_id=session.row.profile_id,
                provider=session.row.provider,
                started_at=session.row.started_at,
                duration_s=duration_s,
                billed_s=0.0,
                status="interrupted",
            ),
            delivery=snapshot.delivery,
            transcript=snapshot.transcript,
            events=snapshot.events,
            reason_if_none=_NOTHING_ARRIVED,
        )
        archive.finish(report)
        log.info("session %s was interrupted after %.0f s; its report is kept", session.row.id, duration_s)
    return len(left)
