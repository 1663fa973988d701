"""The first moments of a window: it is drawn, then what takes longer is made ready in a thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from coach_desktop.core.errors import CoachError
from coach_desktop.ui.background import TaskRunner

log = logging.getLogger(__name__)

_PAINT_PATIENCE_MS: Final = 1000  # a window that is out of sight is not painted, and begins all the same


class Beginning(QObject):
    """Calls `prepare` once, in a thread, after the first picture; `prepared` comes when it is done."""

    prepared = Signal()

    def __init__(self, prepare: Callable[[], None], parent: QObject) -> None:
        """Wait for the first picture."""
        super().__init__(parent)
        self._prepare = prepare
        self._began = False
        self._tasks = TaskRunner(self)
        self.is_over = False

    def window_shown(self) -> None:
        """Begin soon, picture or not."""
        if not self._began:
            QTimer.singleShot(_PAINT_PATIENCE_MS, self, self.now)

    def window_painted(self) -> None:
        """Begin when the picture has gone out."""
        if not self._began:
            QTimer.singleShot(0, self, self.now)

    def now(self) -> None:
        """Begin, if that has not happened yet."""
        if not self._began:
            self._began = True
            self._tasks.run(self._prepare, lambda _done: self._on_done(), self._on_failed)

    def close(self) -> None:
        """Stop, in a bounded time."""
        self._tasks.close()

    def _on_failed(self, error: CoachError) -> None:
        # The window works all the same: what is wrong shows where it is used.
        log.warning("%s (%s)", error.what, error.details)
        self._on_done()

    def _on_done(self) -> None:
        self.is_over = True
        self.prepared.emit()
