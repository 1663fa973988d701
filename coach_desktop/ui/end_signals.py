"""Ctrl-C, SIGTERM and a terminal that hangs up: the app is asked to end, from outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QTimer

from coach_desktop.core import leaving

_NAMES: Final = ("SIGINT", "SIGTERM", "SIGHUP")
_TICK_MS: Final = 200


class EndSignals(QObject):
    """Passes on a wish to end, from the event loop.

    What Qt is painting must not be taken away under it: that ends in a crash. So where the signal comes, the wish is
    only noted; the timer, which also gives Python a turn while Qt waits for events, acts on it.
    """

    def __init__(self, end: Callable[[], object], parent: QObject | None = None) -> None:
        """Listen from now on; `end` is called once for every wish, or once for several that come at the same time."""
        super().__init__(parent)
        self._end = end
        self._wished = False
        leaving.when_signalled(self._note, *_NAMES)
        self._ticker = QTimer(self)
        self._ticker.timeout.connect(self._on_tick)
        self._ticker.start(_TICK_MS)

    def stop(self) -> None:
        """Act on no more signals: the app is ending."""
        self._ticker.stop()

    def _note(self) -> None:
        self._wished = True

    def _on_tick(self) -> None:
        if self._wished:
            self._wished = False
            self._end()
