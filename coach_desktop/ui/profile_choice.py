"""Which profiles the first page offers, and which of them is chosen: as they are read, made, imported and pressed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from coach_desktop.store.profile_files import Shelf
    from coach_desktop.ui.desk import Desk
    from coach_desktop.ui.home_page import HomePage
    from coach_desktop.ui.tavus_desk import TavusDesk


class ProfileChoice(QObject):
    """Keeps the first page and the shelf of profiles in step."""

    def __init__(self, home: HomePage, desk: Desk, account: TavusDesk) -> None:
        """Listen to those who change profiles."""
        super().__init__(home)
        self._home = home
        self._desk = desk
        self._new: str | None = None
        desk.shelf_loaded.connect(self._on_shelf_loaded)
        desk.profile_imported.connect(self._on_profile_imported)
        account.profile_made.connect(self._on_profile_made)
        home.profile_chosen.connect(self._on_profile_chosen)

    def _on_shelf_loaded(self, shelf: Shelf) -> None:
        self._home.show_profiles(shelf.profiles, self._new)
        self._new = None

    def _on_profile_made(self, profile_id: str) -> None:
        self._desk.forget_account()
        self._on_profile_imported(profile_id)
        self._desk.reload_profiles()

    def _on_profile_imported(self, profile_id: str) -> None:
        # It is chosen when it has been read.
        self._new = profile_id

    def _on_profile_chosen(self, _profile_id: str) -> None:
        if self._home.profile is not None:
            self._desk.profile_chosen(self._home.profile)
