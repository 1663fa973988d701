"""What a session asks for, within the user's own limit of minutes, and what is to be said of it meanwhile."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from coach_desktop.core import ids
from coach_desktop.sessions import budget
from coach_desktop.sessions.limits import Warnings
from coach_desktop.sessions.requests import request_of
from coach_desktop.store.history import History

if TYPE_CHECKING:
    from coach_desktop.core.clock import Clock
    from coach_desktop.store.ledger import LedgerEntry
    from coach_desktop.store.profiles import Profile
    from coach_desktop.store.settings import Settings
    from coach_desktop.tavus.models import CreateConversation


@dataclass
class Asking:
    """What one conversation of `profile` asks for. All of it may wait for the disk; the ledger is read once.

    `settled` was made before, by `request`, and shown to the user: it is asked for just so, or not at all.
    """

    profile: Profile
    settings: Settings
    database: Path
    clock: Clock
    settled: CreateConversation | None = None

    def request(self) -> CreateConversation:
        """Return it, with a name token of its own. Raises `CoachError` where nothing may be asked for."""
        if self.settled is not None:
            if self.profile.provider == "tavus":
                budget.check(self.settled, self.settings, self._entries, self.clock.epoch())
            return self.settled
        longest = {"max_call_duration": self._allowance().longest_s}
        return request_of(self.profile.model_copy(update=longest), ids.new_name_token())

    def warnings(self) -> Warnings:
        """Return what is said while it goes on."""
        return Warnings(before_end_s=self.settings.warn_before_end_s, month=self._allowance().warning)

    def _allowance(self) -> budget.Allowance:
        return budget.allowance(self.profile, self.settings, self._entries, self.clock.epoch())

    @cached_property
    def _entries(self) -> list[LedgerEntry]:
        if self.profile.provider != "tavus" or self.settings.minutes_per_month is None:
            return []
        with closing(History(self.database)) as history:
            return history.ledger()
