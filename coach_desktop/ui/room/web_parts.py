"""What a room is shown with: a profile that is off the record, a page whose settings shut it in, and its view."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import shiboken6
from PySide6.QtCore import QLocale
from PySide6.QtWebEngineCore import QWebEngineProfile
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QWidget

from coach_desktop.ui.room.web_page import RoomPage, harden


@dataclass(frozen=True)
class WebParts:
    """The three of one room. Nothing outlives them; they are deleted in the one order that Qt WebEngine bears."""

    profile: QWebEngineProfile
    page: RoomPage
    view: QWebEngineView

    def warm_up(self) -> None:
        """Have the engine start the process that will show the room: that takes as long as loading the room.

        An empty page may not be loaded for that: while one is on its way, the engine drops the address that comes next
        (seen with Qt 6.11, in every second try).
        """
        self.page.runJavaScript("0", 0)

    def delete(self) -> None:
        """Release everything."""
        for part in (self.page, self.view, self.profile):
            if shiboken6.isValid(part):
                shiboken6.delete(part)


def make_parts(parent: QWidget, scrub: Callable[[str], str]) -> WebParts:
    """Return parts for a room to come, which `parent` will show. `scrub` takes secrets out of what the page logs."""
    profile = QWebEngineProfile()
    profile.setPersistentCookiesPolicy(QWebEngineProfile.PersistentCookiesPolicy.NoPersistentCookies)
    # In memory, and the profile goes with the room: a yes never outlives it.
    profile.setPersistentPermissionsPolicy(QWebEngineProfile.PersistentPermissionsPolicy.StoreInMemory)
    profile.setHttpAcceptLanguage(", ".join(QLocale().uiLanguages()[:3]))
    profile.setSpellCheckEnabled(False)
    view = QWebEngineView(parent)
    page = RoomPage(profile, view, scrub)
    harden(page.settings())
    view.setPage(page)
    return WebParts(profile, page, view)
