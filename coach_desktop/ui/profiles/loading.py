"""Brings what an account holds to the window, page by page, without ever holding it up."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from coach_desktop.core.errors import CoachError
from coach_desktop.ui.account.errand import Errand
from coach_desktop.ui.background import unless_gone

if TYPE_CHECKING:
    from coach_desktop.sessions.directory import Directory, Kind, Listing


class Loader(QObject):
    """Loads one list at a time. `listing_came` tells of each page, and of the whole; `load_failed` of an error."""

    listing_came = Signal(object)
    load_failed = Signal(CoachError)
    _page_came = Signal(int, object)

    def __init__(self, directory: Directory, parent: QObject | None = None) -> None:
        """Load nothing yet."""
        super().__init__(parent)
        self._directory = directory
        self._errand = Errand(self)
        self._numbers = itertools.count()
        self._number = -1
        self._stop = threading.Event()
        self._page_came.connect(self._on_page_came, Qt.ConnectionType.QueuedConnection)

    @property
    def is_loading(self) -> bool:
        """Whether something is still to come."""
        return self._number >= 0

    def load(self, kind: Kind, *, refresh: bool = False) -> None:
        """Load a list, in place of what is being loaded."""
        self.stop()
        number = self._number = next(self._numbers)
        stop = self._stop = threading.Event()

        def on_page(listing: Listing) -> None:
            with unless_gone(self):
                self._page_came.emit(number, listing)

        self._errand.run(
            lambda: self._directory.load(kind, on_page, stop, refresh=refresh),
            self._on_listing_loaded,
            self._on_load_failed,
        )

    def stop(self) -> None:
        """Wait for nothing more. A request that is out goes on to its own end, unheard."""
        self._stop.set()
        self._errand.drop()
        self._number = -1

    def _on_page_came(self, number: int, listing: Listing) -> None:
        if number == self._number:
            self.listing_came.emit(listing)

    def _on_listing_loaded(self, listing: Listing) -> None:
        self._number = -1
        self.listing_came.emit(listing)

    def _on_load_failed(self, error: CoachError) -> None:
        self._number = -1
        self.load_failed.emit(error)
