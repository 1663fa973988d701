"""What a session tells those who watch it. Apart from it, so that a window is drawn before it is loaded."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

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

    `conversation_id` comes with `room_url`: the provider's own name of the conversation.

    `billed_since` is when a paid conversation was created, in epoch seconds, None where nothing is billed; `notice`
    is something to know while things go on, None when it is no longer true. `ends_at` is when a paid conversation is
    ended at the latest, in epoch seconds.
    """

    state: SessionState
    session_id: str
    message: str
    room_url: str | None = field(default=None, repr=False)
    live_since: float | None = None
    report: Report | None = None
    error: CoachError | None = None
    cue: str | None = None
    provider: Literal["local", "tavus"] = "local"
    billed_since: float | None = None
    notice: str | None = None
    conversation_id: str | None = None
    ends_at: float | None = None


@dataclass(frozen=True)
class AftercareNews:
    """What is told of sessions that are over: about one of them, or (None) about all that is left.

    `report_updated`: transcript or analysis have come, load the report again. `ended_leftover`: a conversation that a
    crash or a lost network had left was ended. `cannot_end`: one may still run, and `text` says why. `hearing_again`:
    how far the words of a talk are made out once more; `heard_again`: that is over, whatever came of it.
    """

    session_id: str | None
    kind: Literal["report_updated", "ended_leftover", "cannot_end", "hearing_again", "heard_again"]
    text: str
