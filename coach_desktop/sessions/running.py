"""What runs now in the user's account: which of it is ours, and ending it. Nobody else's is ever touched."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coach_desktop.core.errors import CoachError
from coach_desktop.sessions.ending import PAUSES_S, end_surely
from coach_desktop.store.history import History, HistoryError
from coach_desktop.tavus.errors import KeyRefusedError, ServerFaultError, TavusError, UnreachableError
from coach_desktop.tavus.lookup import all_running

if TYPE_CHECKING:
    from coach_desktop.store.history import RemoteSession
    from coach_desktop.tavus.client import TavusClient
    from coach_desktop.tavus.models import Conversation

log = logging.getLogger(__name__)

_ONE_RUNS = "A conversation of Coach Desktop runs in your Tavus account, perhaps from another computer, and is billed."
_SOME_RUN = "{} conversations of Coach Desktop run in your Tavus account, perhaps from other computers, and are billed."
_OUR_MARK = re.compile(r" ?\[([0-9a-f]{12})\]$")


@dataclass(frozen=True)
class OwnConversation:
    """One that this app started. `created_at` is in epoch seconds of the provider's clock.

    `session_id` and `profile_name` are None where this computer's history knows nothing of it: then it bears our mark
    in its name, and was started by another copy of the app, or its session was deleted.
    """

    conversation_id: str
    name: str
    created_at: float | None
    session_id: str | None = None
    profile_name: str | None = None


@dataclass(frozen=True)
class Running:
    """What runs now: ours, oldest first, and how many more there are that this app leaves alone."""

    ours: tuple[OwnConversation, ...]
    foreign_count: int

    @property
    def unknown_here(self) -> tuple[OwnConversation, ...]:
        """Those of ours that this computer's history knows nothing of: nobody here looks after them."""
        return tuple(one for one in self.ours if one.session_id is None)

    @property
    def told_of_unknown(self) -> str | None:
        """What to say of those, None where there are none."""
        count = len(self.unknown_here)
        if not count:
            return None
        return _ONE_RUNS if count == 1 else _SOME_RUN.format(count)


@dataclass(frozen=True)
class Ended:
    """What came of one end. `error` is None where it is confirmed."""

    conversation: OwnConversation
    error: CoachError | None


def running_now(client: TavusClient, journal: Sequence[RemoteSession]) -> Running:
    """Return what runs in the account now. `journal` are the paid sessions of this computer's history.

    Raises `TavusError` where not all of the list can be had.
    """
    by_id = {item.conversation_id: item for item in journal if item.conversation_id}
    by_token = {item.name_token: item for item in journal if item.name_token.strip()}
    ours, foreign_count = [], 0
    for row in all_running(client):
        mark = _OUR_MARK.search(row.conversation_name or "")
        item = by_id.get(row.conversation_id) or _bearing(by_token, row)
        if (item is None and mark is None) or not row.conversation_id.strip():
            foreign_count += 1
        else:
            ours.append(_own(row, item))
    ours.sort(key=lambda one: (one.created_at or 0.0, one.conversation_id))
    return Running(tuple(ours), foreign_count)


def look(connect: Callable[[], TavusClient], history_path: Path) -> Running:
    """Return what runs in the account that `connect` reaches, by the history at `history_path`. It waits.

    Raises `CoachError` where it cannot be asked.
    """
    with connect() as client:
        return running_now(client, journal_at(history_path))


def journal_at(history_path: Path) -> list[RemoteSession]:
    """Return the paid sessions of a history; none where it cannot be read."""
    try:
        with closing(History(history_path)) as history:
            return history.paid_sessions()
    except HistoryError as error:
        # What costs money must be seen also then; our mark in the names is left to know ours by.
        log.info("what runs is looked at without the history: %s", error.what)
        return []


def end_ours(
    client: TavusClient, conversations: Sequence[OwnConversation], pauses_s: Sequence[float] = PAUSES_S
) -> list[Ended]:
    """End conversations that `running_now` has told to be ours, and return what came of each. Never raises for one."""
    results: list[Ended] = []
    for number, one in enumerate(conversations):
        try:
            results.append(Ended(one, _end(client, one, pauses_s)))
        except (KeyRefusedError, UnreachableError) as error:
            # It would be the same for all the others.
            return results + [Ended(left, error) for left in conversations[number:]]
        except TavusError as error:
            results.append(Ended(one, error))
    return results


def _end(client: TavusClient, one: OwnConversation, pauses_s: Sequence[float]) -> CoachError | None:
    if end_surely(client, one.conversation_id, pauses_s):
        return None
    if all(row.conversation_id != one.conversation_id for row in all_running(client)):
        return None
    return ServerFaultError(
        "The service does not know the conversation, and lists it as running all the same.",
        safe="It may go on and cost money.",
        do="Look again in a minute.",
    )


def _bearing(by_token: dict[str, RemoteSession], row: Conversation) -> RemoteSession | None:
    name = row.conversation_name or ""
    return next((item for token, item in by_token.items() if f"[{token}]" in name), None)


def _own(row: Conversation, item: RemoteSession | None) -> OwnConversation:
    name = _OUR_MARK.sub("", row.conversation_name or "").strip()
    created_at = row.created()
    if item is None:
        return OwnConversation(row.conversation_id, name, created_at)
    if created_at is None:
        created_at = item.created_at
    return OwnConversation(row.conversation_id, name, created_at, item.row.id, item.row.profile_name)
