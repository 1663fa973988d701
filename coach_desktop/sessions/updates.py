"""What a session tells those who watch it. Apart from it, so that a window is drawn before it is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from coach_desktop.core.errors import CoachError

if TYPE_CHECKING:
    from coach_desktop.coaching.report import Report


class SessionState(StrEnum):
    """Where a session stands."""

    IDLE = "idle"
    STARTING = "starting"
    LIVE = "live"
    ENDING = "ending"
    REPORTING = "reporting"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class SessionUpdate:
    """What a session tells: its state, and what goes with it.

    `live_since` is in epoch seconds; `report` comes with DONE, `error` with FAILED, and with DONE where the report
    could not be kept; IDLE after STARTING means that the user cancelled and nothing was kept.
    """

    state: SessionState
    session_id: str
    message: str
    room_url: str | None = None
    live_since: float | None = None
    report: Report | None = None
    error: CoachError | None = None
    cue: str | None = None
