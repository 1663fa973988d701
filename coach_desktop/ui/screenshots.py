"""Pictures of the window while it is used, for the README and for a look at what was built."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QWidget

from coach_desktop.sessions.updates import SessionState, SessionUpdate
from coach_desktop.ui import theme

log = logging.getLogger(__name__)

_NAMES: Final = {"home": "01-home", "live": "02-live", "cue": "03-cue", "report": "04-report"}
_SETTLE_MS: Final = 350
# A change of light and dark reaches the page in the web pane late where there is no graphics card.
_REPAINT_MS: Final = 1_000
_LIVE_AFTER_MS: Final = 4_000
_CUE_AFTER_MS: Final = 600
_SCHEMES: Final = (Qt.ColorScheme.Light, Qt.ColorScheme.Dark)


class Screenshooter(QObject):
    """Saves `NAME-light.png` and `NAME-dark.png` of each page when it appears."""

    def __init__(self, window: QWidget, folder: Path) -> None:
        """Save into `folder`, which is made where needed."""
        super().__init__(window)
        self._window = window
        self._folder = folder
        self._taken: set[str] = set()
        self._cue: str | None = None
        self._pending = 0
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def is_busy(self) -> bool:
        """Whether a picture is still to be taken."""
        return self._pending > 0

    def page_shown(self, page: str) -> None:
        """Take a page that has just appeared."""
        self._take(page, _SETTLE_MS)

    def session_updated(self, update: SessionUpdate) -> None:
        """Take the live page a while after live, and the first cue."""
        if update.state is not SessionState.LIVE:
            return
        self._take("live", _LIVE_AFTER_MS)
        if update.cue and update.cue != self._cue:
            self._cue = update.cue
            self._take("cue", _CUE_AFTER_MS)

    def _take(self, page: str, after_ms: int) -> None:
        if page in self._taken:
            return
        self._taken.add(page)
        self._pending += 1
        QTimer.singleShot(after_ms, self, lambda: self._begin(page))

    def _begin(self, page: str) -> None:
        self._next(page, list(_SCHEMES))

    def _next(self, page: str, schemes: list[Qt.ColorScheme]) -> None:
        look = theme.current()
        if not schemes:
            look.use(None)
            self._pending -= 1
            return
        look.use(schemes[0])
        # The page in the web pane repaints in a process of its own.
        QTimer.singleShot(_REPAINT_MS, self, lambda: self._grab(page, schemes))

    def _grab(self, page: str, schemes: list[Qt.ColorScheme]) -> None:
        path = self._folder / f"{_NAMES[page]}-{theme.current().name}.png"
        if not self._window.grab().save(str(path)):
            log.warning("the picture %s could not be written", path.name)
        self._next(page, schemes[1:])
