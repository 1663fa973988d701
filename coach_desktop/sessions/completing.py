"""A report of a paid conversation, completed with what the provider tells only after the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coach_desktop.sessions import conversation_log, turns
from coach_desktop.sessions.ending import billed_by_account

if TYPE_CHECKING:
    from coach_desktop.coaching.report import Report
    from coach_desktop.tavus.models import Conversation


def completed(report: Report, conversation: Conversation) -> Report:
    """Return the report with what a verbose conversation tells now: transcript, analysis, reason of the end, cost.

    What was measured and found stays, and so does everything of which nothing newer is told.
    """
    known = conversation_log.read(conversation)
    told = {event.type for event in known.events}
    events = [*(event for event in report.events if event.type not in told), *known.events]
    billed_s = billed_by_account(conversation)
    session = report.session if billed_s is None else report.session.model_copy(update={"billed_s": billed_s})
    transcript = list(known.transcript) if turns.has_transcript(conversation) else report.transcript
    return report.model_copy(
        update={
            "session": session,
            "transcript": sorted(transcript, key=lambda turn: turn.start_s),
            "events": sorted(events, key=lambda event: event.at_s),
        }
    )
