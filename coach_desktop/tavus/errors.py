"""What can go wrong on the wire, each with plain words and a next step.

What is safe depends on what was asked for: see `Asked`.
"""

from __future__ import annotations

import re
from enum import StrEnum
from http import HTTPStatus

from coach_desktop.core.errors import CoachError

_QUOTED = 200
_DETAILS = 500


class TavusError(CoachError):
    """Any failure of a call to a Tavus-shaped API."""


class KeyRefusedError(TavusError):
    """401: the key is missing, wrong or revoked."""


class NotAllowedError(KeyRefusedError):
    """403: the key is known, and its account or plan may not do this."""


class CreditsExhaustedError(TavusError):
    """402: no conversational credit is left."""


class ConcurrencyReachedError(TavusError):
    """400 with its own words: as many conversations run as the account may have."""


class BadRequestError(TavusError):
    """Another 4xx: an id or a field that the API does not take. Nothing was carried out."""


class UnknownIdError(BadRequestError):
    """A persona, replica or document that the account does not have."""


class NotMadeError(BadRequestError):
    """A conversation could not be made, for reasons that the API keeps to itself."""


class NoSuchAddressError(BadRequestError):
    """404 for something that every Tavus API has: another service answers at this address."""


class UnknownConversationError(BadRequestError):
    """A conversation that the account does not have, or has no more."""


class TooManyRequestsError(BadRequestError):
    """429: the API wants to be left alone for a while."""


class UnreachableError(TavusError):
    """No connection could be made: the request did not reach the API."""


class ServerFaultError(TavusError):
    """5xx, a redirect, or an answer that cannot be read. What was asked for may have been carried out."""


class NotModifiedError(ServerFaultError):
    """304: the change that was asked for would change nothing. To anything else it is no answer."""


class UnknownOutcomeError(TavusError):
    """The request went out and no answer came back: it may or may not have been carried out."""


class Asked(StrEnum):
    """What a request was for, as far as money and data are concerned.

    CREATE, END and DELETE are about conversations; ADD, CHANGE and REMOVE about what the account keeps: personas and
    documents.
    """

    CREATE = "create"
    END = "end"
    DELETE = "delete"
    READ = "read"
    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"


_REFUSED = {
    Asked.CREATE: "No new conversation was started.",
    Asked.END: "The conversation may still be running.",
    Asked.DELETE: "Nothing was deleted.",
    Asked.READ: "Nothing was started or changed.",
    Asked.ADD: "Nothing was added to the account.",
    Asked.CHANGE: "Nothing in the account was changed.",
    Asked.REMOVE: "Nothing was removed from the account.",
}
_IN_DOUBT = {
    Asked.CREATE: "It is not known whether a conversation was started. It is not asked for twice: the app looks for "
    "the conversation, and takes it or ends it.",
    Asked.END: "It is not known whether the conversation has ended. Ending it again does no harm.",
    Asked.DELETE: "It is not known whether the conversation was deleted. Deleting it again does no harm.",
    Asked.READ: "Nothing was started or changed: this was only a question.",
    Asked.ADD: "It is not known whether it was added to the account. It costs nothing, and is not asked for twice: the "
    "app looks for it first.",
    Asked.CHANGE: "It is not known whether the change was made. Making it again does no harm.",
    Asked.REMOVE: "It is not known whether it was removed from the account. Removing it again does no harm.",
}
_RETRY = {
    Asked.CREATE: "Wait until the app has looked for it, then try again.",
    Asked.END: "Try again in a few minutes.",
    Asked.DELETE: "Try again in a few minutes.",
    Asked.READ: "Try again in a few minutes.",
    Asked.ADD: "Try again in a few minutes.",
    Asked.CHANGE: "Try again in a few minutes.",
    Asked.REMOVE: "Try again in a few minutes.",
}

# Request Timeout, and nginx's Client Closed Request: what was asked may have been done all the same.
_GAVE_UP_WAITING = {408, 499}

_THINGS = {
    "persona": "persona", "pal": "persona", "replica": "replica", "face": "replica", "document": "document",
}  # fmt: skip
_UNKNOWN_THING = re.compile(
    r"invalid (persona|pal|replica|face|document)(?:s|_ids?|_uuids?)?\b|\b(persona|pal|replica|face|document) not found"
)


def from_status(status: int, text: str, asked: Asked = Asked.READ) -> TavusError:
    """Return the error for an answer of `status` whose body says `text` (contract: match the text, not only codes)."""
    said = text.casefold()
    details = f"HTTP {status}: {text[:_DETAILS]}"
    if "maximum concurrent" in said:
        return ConcurrencyReachedError(
            "As many conversations are running as this account may have at once.",
            safe=_REFUSED[asked],
            do="End one of them, or wait a few minutes, then try again.",
            details=details,
        )
    if status == 402 or ("out of" in said and "credit" in said):
        return CreditsExhaustedError(
            "The account has no conversation credit left.",
            safe=_REFUSED[asked],
            do="Add credit to the account, or practise with the local coach.",
            details=details,
        )
    if status == 403 and "invalid access token" not in said:
        return NotAllowedError(
            "The account of this key may not do this.",
            safe=_REFUSED[asked],
            do="See what its plan includes, or practise with the local coach.",
            details=details,
        )
    if status in {401, 403} or "invalid access token" in said:
        return KeyRefusedError(
            "The key was not accepted.",
            safe=_REFUSED[asked],
            do="Check the key, or practise with the local coach.",
            details=details,
        )
    if 300 <= status < 400:
        kind = NotModifiedError if status == HTTPStatus.NOT_MODIFIED else ServerFaultError
        return kind(
            "Something else than the service answered and pointed elsewhere; it was not followed.",
            safe=f"{_IN_DOUBT[asked]} The key went no further.",
            do="A network with a log-in page of its own does that: open any web page, log in, and try again.",
            details=details,
        )
    if status >= 500 or status in _GAVE_UP_WAITING:
        return ServerFaultError(
            "The service has a fault of its own.", safe=_IN_DOUBT[asked], do=_RETRY[asked], details=details
        )
    return _bad_request(status, text, asked, details)


def _bad_request(status: int, text: str, asked: Asked, details: str) -> BadRequestError:
    said = text.casefold()
    if "invalid conversation" in said:
        return UnknownConversationError(
            "The service does not know this conversation, or no more.",
            safe="What was saved of it on this computer is still here.",
            do="Nothing needs to be done if it was deleted elsewhere. Else check that the key is of the same account.",
            details=details,
        )
    if unknown := _UNKNOWN_THING.search(said):
        thing = _THINGS[unknown.group(1) or unknown.group(2)]
        if asked is not Asked.CREATE:
            return UnknownIdError(
                f"The account does not have this {thing}, or no more.",
                safe=_REFUSED[asked],
                do=f"Look whether the {thing} is still in the list, and that the key is of the account it belongs to.",
                details=details,
            )
        return UnknownIdError(
            f"The service does not know the {thing} of this profile.",
            safe=_REFUSED[asked],
            do=f"Check the {thing} id in the profile, and that the key is of the account that it belongs to.",
            details=details,
        )
    if status == 429:
        return TooManyRequestsError(
            "The service was asked too often.",
            safe=_REFUSED[asked],
            do="Wait a minute, then try again.",
            details=details,
        )
    if "error creating the conversation" in said:
        return NotMadeError(
            "The service could not make a conversation, and does not say why.",
            safe=_REFUSED[asked],
            do="Try again in a few minutes. If it comes back, check persona and replica of the profile, or ask the"
            " support of Tavus.",
            details=details,
        )
    if status == 404 and asked is Asked.CREATE:
        return NoSuchAddressError(
            "There is no Tavus API at the address in the settings.",
            safe=_REFUSED[asked],
            do="Correct the address of the service in the settings, or practise with the local coach.",
            details=details,
        )
    if status == 422 and asked is Asked.CREATE:
        return BadRequestError(
            f"The service cannot work with a field of this profile: {text[:_QUOTED] or 'HTTP 422'}",
            safe=_REFUSED[asked],
            do="Change it, or leave it empty.",
            details=details,
        )
    return BadRequestError(
        f"The service did not take the request: {text[:_QUOTED] or f'HTTP {status}'}",
        safe=_REFUSED[asked],
        do="Check the ids and fields of the profile, and the address of the service in the settings.",
        details=details,
    )


def unreachable(asked: Asked, details: str) -> UnreachableError:
    """Return the error for a request that never left."""
    return UnreachableError(
        "The service cannot be reached.",
        safe=_REFUSED[asked],
        do="Check the network, or practise with the local coach, which needs none.",
        details=details,
    )


def no_answer(asked: Asked, details: str) -> UnknownOutcomeError:
    """Return the error for a request that went out and was not answered, or not to the end."""
    return UnknownOutcomeError(
        "The service did not answer in time.", safe=_IN_DOUBT[asked], do=_RETRY[asked], details=details
    )


def unreadable(asked: Asked, details: str) -> ServerFaultError:
    """Return the error for an answer that says all is well and cannot be read."""
    return ServerFaultError(
        "The service gave an answer that cannot be read.", safe=_IN_DOUBT[asked], do=_RETRY[asked], details=details
    )
