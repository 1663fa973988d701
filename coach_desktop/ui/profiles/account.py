"""What the dialogs around profiles may ask of the user's Tavus account, where there is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from coach_desktop.sessions.directory import Directory
from coach_desktop.ui.profiles.thumbnails import Thumbnails

if TYPE_CHECKING:
    from coach_desktop.tavus.client import TavusClient


@dataclass(frozen=True)
class AccountServices:
    """One for each run of the app, made in the window's thread, so that what was loaded once is there the next time.

    `connect` is called in threads of their own, and raises `CoachError` where there is no key.
    """

    connect: Callable[[], TavusClient]
    directory: Directory = field(init=False)
    thumbnails: Thumbnails = field(init=False, default_factory=Thumbnails)

    def __post_init__(self) -> None:
        """Make the directory of this account."""
        object.__setattr__(self, "directory", Directory(self.connect))

    def forget(self) -> None:
        """Forget what the account holds: there is another key now, or another address."""
        self.directory.forget()

    def close(self, timeout_s: float = 0.0) -> bool:
        """Fetch no more pictures; wait at most `timeout_s` for what is under way and return whether all has ended."""
        return self.thumbnails.close(timeout_s)
