"""The history as sessions see it: snapshots and reports instead of JSON text."""

from __future__ import annotations

import logging
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import BaseModel, ValidationError

from coach_desktop.coaching.report import Report, ReportEvent, Turn
from coach_desktop.core.errors import CoachError
from coach_desktop.store.history import AnalysisState, History, HistoryError, SessionRow, UnfinishedSession
from coach_desktop.tavus.delivery import Delivery
from coach_desktop.tavus.timeline import Timeline, TimelineError, from_text, to_text

log = logging.getLogger(__name__)


class Snapshot(BaseModel):
    """What had arrived at a checkpoint, enough to build a report of an interrupted session."""

    delivery: Delivery | None = None
    transcript: list[Turn] = []
    events: list[ReportEvent] = []


class Archive:
    """One connection to the history, for one thread."""

    def __init__(self, path: Path) -> None:
        """Open the history at `path`. Raises `HistoryError`."""
        self.history = History(path)

    def __enter__(self) -> Self:
        """Return the archive."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.history.close()

    def sessions(self) -> list[SessionRow]:
        """Return all sessions, the newest first."""
        return self.history.sessions()

    def report(self, session_id: str) -> Report | None:
        """Return the report of a session, or None where there is none.

        Raises `CoachError` where a report is there and cannot be read.
        """
        text = self.history.report(session_id)
        if text is None:
            return None
        try:
            return Report.model_validate_json(text)
        except ValidationError as error:
            raise CoachError(
                "This report cannot be read.",
                safe="It was left as it is, and the other reports are not affected.",
                do="If a newer version of the app wrote it, read it with that version.",
                details=str(error.errors()[0]["msg"]),
            ) from error

    def newest_report(self) -> Report | None:
        """Return the report of the newest session that has one."""
        for row in self.sessions():
            report = self.report(row.id)
            if report is not None:
                return report
        return None

    def checkpoint(self, session_id: str, duration_s: float, snapshot: Snapshot) -> None:
        """Keep what has arrived so far."""
        self.history.checkpoint(session_id, duration_s, snapshot.model_dump_json())

    def timeline(self, session_id: str) -> Timeline | None:
        """Return what was seen and heard over the time of a session, or None where that was not kept.

        Raises `CoachError` where it is there and cannot be read.
        """
        text = self.history.timeline(session_id)
        return None if text is None else from_text(text)

    def finish(self, report: Report, analysis: AnalysisState = "none", *, timeline: object = None) -> None:
        """Keep the report of a session that has ended; `analysis` says what of it is still to come.

        A `timeline`, in the compact form of `tavus.timeline`, is kept beside it. One that is broken, or cannot be
        kept, never costs the report.
        """
        facts = report.session
        self.history.finish(facts.id, facts.status, facts.duration_s, report.model_dump_json(), analysis)
        if timeline is None:
            return
        try:
            self.history.keep_timeline(facts.id, to_text(timeline))
        except (TimelineError, HistoryError) as error:
            log.warning("the timeline of session %s was not kept: %s (%s)", facts.id, error.what, error.details)

    def put(self, report: Report, name: str, *, timeline: object = None) -> None:
        """Keep the report of a recorded talk called `name`, with its timeline: both or, on an error, neither.

        It may be put again after an error. A timeline that is broken never costs the report. Raises `HistoryError`.
        """
        facts = report.session
        row = SessionRow(
            facts.id, facts.profile_id, name, facts.provider, facts.status, facts.started_at, facts.duration_s
        )
        try:
            text = None if timeline is None else to_text(timeline)
        except TimelineError as error:
            log.warning("the timeline of session %s was not kept: %s (%s)", facts.id, error.what, error.details)
            text = None
        self.history.put(row, report.model_dump_json(), text)

    @staticmethod
    def snapshot_of(session: UnfinishedSession) -> Snapshot:
        """Return the last snapshot of a session, or an empty one."""
        if session.snapshot is None:
            return Snapshot()
        try:
            return Snapshot.model_validate_json(session.snapshot)
        except ValidationError:
            log.warning("the snapshot of session %s cannot be read", session.row.id)
            return Snapshot()
