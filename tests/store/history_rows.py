"""Sessions for tests of the history."""

from __future__ import annotations

import dataclasses

from coach_desktop.store.history import History, SessionRow

ROW = SessionRow(
    id="s1",
    profile_id="chuck-local",
    profile_name="Chuck",
    provider="local",
    status="running",
    started_at="2026-11-01T10:00:00.000000Z",
    duration_s=None,
)


def row(session_id: str, started_at: str = ROW.started_at) -> SessionRow:
    return dataclasses.replace(ROW, id=session_id, started_at=started_at)


def finished(history: History, session_id: str, report: str = "{}") -> None:
    history.begin(row(session_id), "token")
    history.finish(session_id, "done", 20.0, report)


def paid(session_id: str = "s1") -> SessionRow:
    return dataclasses.replace(ROW, id=session_id, provider="tavus")
