"""What ids in a profile are called in the user's account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from coach_desktop.ui import parts
from coach_desktop.ui.profiles.loading import Loader
from coach_desktop.ui.profiles.picker import PICKS

if TYPE_CHECKING:
    from coach_desktop.sessions.directory import Directory, Kind


class Names(QObject):
    """Looks up, quietly and once, what is in the account; `names_came` tells that more is known.

    An account that cannot be asked is no reason to trouble anybody: there are just no names.
    """

    names_came = Signal()

    def __init__(self, directory: Directory, parent: QObject | None = None) -> None:
        """Ask nothing yet."""
        super().__init__(parent)
        self._directory = directory
        self._loaders: dict[Kind, Loader] = {}

    def words(self, field: str, ids: Sequence[str]) -> tuple[str, str]:
        """Return what the ids in a field are called, and what is doubtful about them; nothing while it is not known."""
        pick = PICKS[field]
        if pick.tags or not ids:
            return "", ""
        listing = self._directory.known(pick.kind)
        if listing is None:
            self._look_up(pick.kind)
        known = (self._directory.name_of(pick.kind, each) for each in ids)
        names = ", ".join(parts.shortened(name) for name in known if name)
        if listing is not None and not listing.capped:
            missing = [each for each in ids if listing.find(each) is None]
            if missing:
                return names, f"Not among the {pick.several} of your account: {', '.join(missing)}"
        return names, ""

    def stop(self) -> None:
        """Wait for nothing more."""
        for loader in self._loaders.values():
            loader.stop()

    def _look_up(self, kind: Kind) -> None:
        if kind in self._loaders:
            return
        loader = self._loaders[kind] = Loader(self._directory, self)
        loader.listing_came.connect(lambda listing: self.names_came.emit() if listing.complete else None)
        loader.load(kind)
