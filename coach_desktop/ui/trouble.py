"""The page for a session that could not be held: what happened, and the ways out that fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from coach_desktop.core.errors import CoachError
from coach_desktop.ui import offers
from coach_desktop.ui.error_view import ErrorView

if TYPE_CHECKING:
    from coach_desktop.ui.desk import Desk
    from coach_desktop.ui.starting import Starting
    from coach_desktop.ui.tavus_desk import TavusDesk


class Trouble(QObject):
    """Shows errors of sessions. Which page is in view is the window's to say."""

    page_wanted = Signal(QWidget)
    left = Signal()

    def __init__(self, starting: Starting, desk: Desk, account: TavusDesk) -> None:
        """Offer what these can do."""
        super().__init__(starting)
        self._starting = starting
        self._desk = desk
        self._account = account
        self.page = ErrorView(back="Back to the start")
        self.page.retry_asked.connect(starting.start_again)
        self.page.back_asked.connect(self.left)
        starting.refused.connect(self.show)

    def show(self, error: CoachError) -> None:
        """Show an error of the session that was started last."""
        starting, desk, account = self._starting, self._desk, self._account
        profile = starting.profile
        ways: dict[offers.OfferKind, Callable[[], object]] = {
            "key": desk.show_key,
            "local": starting.start_locally,
            "running": account.show_running,
            "profiles": lambda: desk.manage_profiles(edit=profile.id if profile is not None else None),
            "retry": starting.start_again,
            "minutes": account.show_minutes,
            "settings": desk.show_settings,
            "chuck": account.show_chuck,
        }
        self.page.show_error(error, offers.choices(offers.offers_for(error, profile, desk.has_key), ways))
        self.page_wanted.emit(self.page)
