"""From the button to a session: which profile, what is asked for, and what has to be known before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from coach_desktop.core.errors import CoachError
from coach_desktop.ui.models_question import ModelsQuestion
from coach_desktop.ui.room.terms import Terms

if TYPE_CHECKING:
    from coach_desktop.store.profiles import Profile
    from coach_desktop.tavus.models import CreateConversation
    from coach_desktop.ui.bridge import SessionBridge
    from coach_desktop.ui.desk import Desk
    from coach_desktop.ui.home_page import HomePage
    from coach_desktop.ui.leaving import Leaving
    from coach_desktop.ui.live_page import LivePage


class Starting(QObject):
    """Starts sessions. `profile` is the one of the session that was started last."""

    begun = Signal()
    refused = Signal(CoachError)

    def __init__(
        self,
        home: HomePage,
        live: LivePage,
        sessions: SessionBridge,
        desk: Desk,
        leaving: Leaving,
        *,
        media_allowed: bool,
        asks_for_key: bool,
    ) -> None:
        """Hand in everything. `media_allowed` is the yes of the command line, which holds for one session.

        Without `asks_for_key` a session of a paid profile begins, and fails, without a key.
        """
        super().__init__(sessions)
        self._home = home
        self._live = live
        self._sessions = sessions
        self._desk = desk
        self._leaving = leaving
        self._media_allowed = media_allowed
        self._asks_for_key = asks_for_key
        self._models = ModelsQuestion(desk, home)
        self._settled: tuple[Profile, CreateConversation] | None = None
        self.profile: Profile | None = None

    @property
    def is_paid(self) -> bool:
        """Whether the session that was started last costs money."""
        return self.profile is not None and self.profile.provider == "tavus"

    def start(self) -> None:
        """Start a session with the chosen profile; where it needs a key and there is none, ask for that first."""
        profile = self._home.profile
        if not self._can_begin:
            return
        if profile is None:
            self.refused.emit(CoachError("There is no profile to practise with.", do="Choose another profile."))
        elif profile.provider == "tavus" and self._desk.has_key is False and self._asks_for_key:
            self._desk.look_for_key(self._begin_chosen)
        else:
            self.begin(profile)

    def settle(self, profile: Profile, request: CreateConversation) -> None:
        """Ask for exactly this, once, at the next start of this very profile: the user has seen it."""
        self._settled = profile, request

    def begin(self, profile: Profile) -> None:
        """Start a session with this profile, if none is under way. A model that it lacks is asked about first."""
        if self._can_begin:
            self._models.settle(profile, lambda: self._begin(profile))

    def _begin(self, profile: Profile) -> None:
        # While something was asked, the window may have been closed.
        if not self._can_begin:
            return
        self.profile = profile
        self._leaving.is_paid = self.is_paid
        # The yes of the command line is one to the coach on this computer.
        allowed = self._media_allowed and profile.provider == "local"
        self._live.begin(Terms.chosen(self._desk.settings, media_allowed=allowed))
        settled, self._settled = self._settled, None
        try:
            self._sessions.start(profile, settled[1] if settled is not None and settled[0] == profile else None)
        except CoachError as error:
            self.refused.emit(error)
            return
        self.begun.emit()

    def start_locally(self) -> None:
        """Let the coach on this computer take over from a paid one. The chosen profile stays the one that is chosen."""
        from coach_desktop.sessions.fallback import local_instead

        if self.profile is not None:
            self.begin(local_instead(self.profile))

    def start_again(self) -> None:
        """Start once more what has failed: where the local coach had taken over, that one."""
        from coach_desktop.sessions.fallback import local_instead

        last, chosen = self.profile, self._home.profile
        if last is not None and chosen is not None and last == local_instead(chosen):
            self.begin(last)
        else:
            self.start()

    def session_over(self) -> None:
        """Hold nothing over for the next session."""
        self._media_allowed = False
        # What may be asked for depends on what has been used up.
        self._settled = None

    @property
    def _can_begin(self) -> bool:
        return not self._sessions.is_active and not self._leaving.has_begun

    def _begin_chosen(self) -> None:
        profile = self._home.profile
        if profile is not None:
            self.begin(profile)
