"""What can go wrong on the wire, each with plain words and a next step."""

from __future__ import annotations

from coach_desktop.core.errors import CoachError


class TavusError(CoachError):
    """Any failure of a call to a Tavus-shaped API."""


class KeyRefusedError(TavusError):
    """401 or 403: the key is missing, wrong or revoked."""


class CreditsExhaustedError(TavusError):
    """402: no conversational credit is left."""


class ConcurrencyReachedError(TavusError):
    """400 with its own words: as many conversations run as the account may have."""


class BadRequestError(TavusError):
    """Another 4xx: an id or a field that the API does not take."""


class UnreachableError(TavusError):
    """No connection could be made: the request did not reach the API."""


class ServerFaultError(TavusError):
    """5xx, a redirect, or an answer that cannot be read."""


class UnknownOutcomeError(TavusError):
    """The request went out and no answer came back: it may or may not have been carried out."""


def from_status(status: int, text: str) -> TavusError:
    """Return the error for an answer of `status` whose body says `text` (contract: match the text, not only codes)."""
    said = text.casefold()
    details = f"HTTP {status}: {text[:500]}"
    if "maximum concurrent" in said:
        return ConcurrencyReachedError(
            "As many conversations are running as this account may have at once.",
            safe="No new conversation was started.",
            do="End one of them, or wait a few minutes, then try again.",
            details=details,
        )
    if status == 402 or ("out of" in said and "credit" in said):
        return CreditsExhaustedError(
            "The account has no conversation credit left.",
            safe="No new conversation was started.",
            do="Add credit to the account, or practise with the local coach.",
            details=details,
        )
    if status in {401, 403} or "invalid access token" in said:
        return KeyRefusedError(
            "The key was not accepted.",
            safe="No conversation was started.",
            do="Check the key, or practise with the local coach.",
            details=details,
        )
    if 300 <= status < 400:
        return ServerFaultError(
            "Something else than the service answered and pointed elsewhere; it was not followed.",
            safe="Nothing of yours is lost, and the key went no further.",
            do="A network with a log-in page of its own does that: open any web page, log in, and try again.",
            details=details,
        )
    if status >= 500:
        return ServerFaultError(
            "The service has a fault of its own.",
            safe="Nothing of yours is lost.",
            do="Try again in a few minutes.",
            details=details,
        )
    return BadRequestError(
        f"The service did not take the request: {text[:200] or f'HTTP {status}'}",
        safe="Nothing was started or changed.",
        do="Check the ids and fields of the profile.",
        details=details,
    )
