"""What is offered where a session could not be held: for each error the way out that fits, the best one first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from coach_desktop.core.ids import OWN_CHUCK
from coach_desktop.ui.ask_bar import Choice

if TYPE_CHECKING:
    from coach_desktop.core.errors import CoachError
    from coach_desktop.store.profiles import Profile

OfferKind = Literal["key", "local", "running", "profiles", "retry", "minutes", "settings", "chuck"]

_LABELS: Final[dict[OfferKind, str]] = {
    "key": "Tavus key…",
    "local": "Practise with the local coach",
    "running": "Show running conversations…",
    "profiles": "Edit the profile…",
    "retry": "Try again",
    "minutes": "Show minutes…",
    "settings": "Settings…",
    "chuck": "Chuck in my account…",
}


@dataclass(frozen=True)
class Offer:
    """One way out, and the words on its button."""

    kind: OfferKind
    label: str


def offers_for(error: CoachError, profile: Profile | None, has_key: bool | None) -> list[Offer]:
    """Return what to offer after `error` in a session of `profile`, the best first; never more than three.

    Empty where there is nothing but to try again: the coach on this computer has no other in its place. `has_key` is
    None where that is not known.
    """
    if profile is None or profile.provider != "tavus":
        return []
    is_own_chuck = profile.id == OWN_CHUCK
    return [Offer(kind, _LABELS[kind]) for kind in _kinds(error, has_key=has_key, is_own_chuck=is_own_chuck)]


def choices(offers: Sequence[Offer], actions: Mapping[OfferKind, Callable[[], object]]) -> list[Choice]:
    """Return offers as buttons; one that nobody can fulfil is left out."""
    return [(offer.label, actions[offer.kind]) for offer in offers if offer.kind in actions]


def _kinds(error: CoachError, *, has_key: bool | None, is_own_chuck: bool) -> Sequence[OfferKind]:
    # Only now: models come with them, which the window is drawn without.
    from coach_desktop.sessions.budget import BudgetSpentError
    from coach_desktop.sessions.provider import MayExistError
    from coach_desktop.store.secrets import KeyringError
    from coach_desktop.tavus import errors

    fitting: tuple[tuple[tuple[type[CoachError], ...], Sequence[OfferKind]], ...] = (
        ((BudgetSpentError,), ("local", "minutes", "settings")),
        # Asked for once more, it could run twice.
        ((MayExistError, errors.UnknownOutcomeError, errors.ServerFaultError), ("running", "local")),
        ((errors.NotAllowedError,), ("local", "key")),
        ((errors.KeyRefusedError, KeyringError), ("key", "local")),
        ((errors.CreditsExhaustedError,), ("local", "retry")),
        ((errors.ConcurrencyReachedError,), ("running", "local", "retry")),
        ((errors.TooManyRequestsError, errors.UnknownConversationError, errors.UnreachableError), ("retry", "local")),
        ((errors.NotMadeError,), ("retry", "local", "profiles")),
        ((errors.NoSuchAddressError,), ("settings", "local")),
        # Deleted in Tavus, he is made again there; no id that could be typed would help.
        ((errors.UnknownIdError,), ("chuck" if is_own_chuck else "profiles", "local")),
        ((errors.BadRequestError,), ("profiles", "local")),
    )
    for kinds, offered in fitting:
        if isinstance(error, kinds):
            return offered
    return ("key", "local") if has_key is False else ("retry", "local")
