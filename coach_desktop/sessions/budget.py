"""How long the next paid conversation may last by the user's own limit of minutes per month."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING, Final

from coach_desktop.core.errors import CoachError
from coach_desktop.store.ledger import LedgerEntry, month_of

if TYPE_CHECKING:
    from coach_desktop.store.profiles import Profile
    from coach_desktop.store.settings import Settings
    from coach_desktop.tavus.models import CreateConversation

WARN_FROM: Final = 0.8
"""From this share of the month's minutes on, every start says how many are left."""
LEAST_S: Final = 60.0
"""With less than this left nothing is started: it would end before anything was said."""


class BudgetSpentError(CoachError):
    """The user's own limit of minutes per month allows no further paid conversation."""


@dataclass(frozen=True)
class Allowance:
    """What the next conversation may last, in whole seconds, and what the user should hear about it before."""

    longest_s: int
    warning: str | None = None


def spent_s(entries: Iterable[LedgerEntry], now: float, zone: tzinfo | None = None) -> float:
    """Return the seconds of paid conversations in the month of `now` (epoch s), as the user's own calendar has it.

    Those whose end is not known count with all that they can still cost. What seems to lie in a later month counts,
    too: where the clock was set back, nothing that was used comes back with it.
    """
    month = month_of(now, zone)
    return math.fsum(entry.at_most_s for entry in entries if month_of(entry.created_at, zone) >= month)


def allowance(
    profile: Profile, settings: Settings, entries: Iterable[LedgerEntry], now: float, zone: tzinfo | None = None
) -> Allowance:
    """Return how long a conversation of this profile may last if it begins at `now` (epoch s).

    Raises `BudgetSpentError` where less than a minute of the month's limit is left.
    """
    limit = settings.minutes_per_month
    if profile.provider != "tavus" or limit is None:
        return Allowance(profile.max_call_duration)
    known = list(entries)
    left_s = _left_s(limit, known, now, zone)
    if left_s < profile.max_call_duration:
        longest_s = int(left_s)
        return Allowance(
            longest_s, f"Of your {_minutes(limit)} for this month {_left(left_s)}: this conversation ends then."
        )
    if spent_s(known, now, zone) >= WARN_FROM * limit * 60:
        return Allowance(profile.max_call_duration, f"Of your {_minutes(limit)} for this month {_left(left_s)}.")
    return Allowance(profile.max_call_duration)


def check(
    request: CreateConversation,
    settings: Settings,
    entries: Iterable[LedgerEntry],
    now: float,
    zone: tzinfo | None = None,
) -> None:
    """See that a request that was made some time ago, for a paid conversation, is still within the month's limit.

    Raises `BudgetSpentError` where it is not.
    """
    limit = settings.minutes_per_month
    if limit is None:
        return
    left_s = _left_s(limit, list(entries), now, zone)
    asked_s = request.properties.max_call_duration if request.properties else None
    if asked_s is None or asked_s > left_s:
        raise BudgetSpentError(
            f"Of your {_minutes(limit)} for this month {_left(left_s)}, and this conversation could last longer.",
            safe="Nothing was started.",
            do="Start again without the preview: the conversation is then made to fit.",
        )


def _left_s(limit: int, known: Sequence[LedgerEntry], now: float, zone: tzinfo | None) -> float:
    left_s = limit * 60 - spent_s(known, now, zone)
    if left_s < LEAST_S:
        month = month_of(now, zone)
        is_open = any(entry.billed_s is None and month_of(entry.created_at, zone) >= month for entry in known)
        waits = (
            " A conversation whose end is not confirmed yet counts with all that it can still cost." if is_open else ""
        )
        of_limit = f"your limit of {_minutes(limit)} with Tavus"
        raise BudgetSpentError(
            f"Less than a minute is left this month of {of_limit}."
            if left_s > 0
            else f"This month, {of_limit} is used up.",
            safe=f"Nothing was started.{waits}",
            do="Practise with the local coach, which costs nothing, or raise the limit in the settings.",
        )
    return left_s


def _minutes(count: int) -> str:
    return f"{count} {'minute' if count == 1 else 'minutes'}"


def _left(left_s: float) -> str:
    whole = int(left_s // 60)
    return f"{'1 is' if whole == 1 else f'{whole} are'} left"
