"""A server that stands in for Tavus in tests, as faithfully as what is publicly known of it allows."""

from tests.standin.account import ENDED_BY_CALL, Account, Held
from tests.standin.faults import (
    Answer,
    Delay,
    Drip,
    Empty,
    Fault,
    Html,
    Huge,
    Reset,
    Silence,
    Status,
    Truncated,
    WrongTypes,
)
from tests.standin.room import ENDED, NOT_ALLOWED, UNSUPPORTED, RoomKind
from tests.standin.server import Hook, Moment, Operation, Recorded, StandIn, Visit

__all__ = [
    "ENDED", "ENDED_BY_CALL", "NOT_ALLOWED", "UNSUPPORTED", "Account", "Answer", "Delay", "Drip", "Empty", "Fault",
    "Held", "Hook", "Html", "Huge", "Moment", "Operation", "Recorded", "Reset", "RoomKind", "Silence", "StandIn",
    "Status", "Truncated", "Visit", "WrongTypes",
]  # fmt: skip
