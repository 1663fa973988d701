"""What is answered when something fails: a status that says whose doing it is, and the three plain sentences."""

from __future__ import annotations

from coach_desktop.core.errors import CoachError
from coach_desktop.core.redact import REDACTOR
from coach_desktop.sessions.budget import BudgetSpentError
from coach_desktop.sessions.provider import MayExistError
from coach_desktop.store.secrets import KeyringError
from coach_desktop.tavus.errors import (
    BadRequestError,
    ConcurrencyReachedError,
    CreditsExhaustedError,
    KeyRefusedError,
    ServerFaultError,
    TooManyRequestsError,
    UnknownOutcomeError,
    UnreachableError,
)
from coach_desktop.web.conversations import BusyError, NotEndedError, NotStartedHereError, StoppingError

UNKNOWN_OUTCOME = 504

# The first that fits holds.
_STATUS: tuple[tuple[type[CoachError], int], ...] = (
    (KeyRefusedError, 401),
    (KeyringError, 401),
    (CreditsExhaustedError, 402),
    (BudgetSpentError, 402),
    (NotStartedHereError, 404),
    (BusyError, 409),
    (ConcurrencyReachedError, 409),
    (TooManyRequestsError, 429),
    (BadRequestError, 400),
    (UnreachableError, 502),
    (ServerFaultError, 502),
    (NotEndedError, UNKNOWN_OUTCOME),
    (UnknownOutcomeError, UNKNOWN_OUTCOME),
    (StoppingError, 503),
)


def status_of(error: CoachError) -> int:
    """Return the HTTP status for an error; 500 where nobody else is to blame."""
    if isinstance(error, MayExistError):
        # A service that says it has a fault has answered, at least.
        return 502 if isinstance(error.__cause__, ServerFaultError) else UNKNOWN_OUTCOME
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def words_of(error: CoachError) -> dict[str, str]:
    """Return `{"what", "safe", "do"}`. A service may quote anything in its errors, so secrets are taken out."""
    told = {"what": error.what, "safe": error.safe, "do": error.do}
    return {name: REDACTOR.scrub(text) for name, text in told.items()}
