"""Work that may take as long as it likes: nobody has to wait for it, and the app can be closed meanwhile."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from coach_desktop.core.errors import CoachError
from coach_desktop.ui.background import surprise, unless_gone

log = logging.getLogger(__name__)
T = TypeVar("T")


class Errand(QObject):
    """Runs one function at a time, each in a thread of its own.

    Unlike a pool of threads it never keeps the process: a keyring may wait for its user for ever.
    """

    _settled = Signal(int, object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        """Start without a thread."""
        super().__init__(parent)
        self._numbers = itertools.count()
        self._current: tuple[int, Callable[[object], None], Callable[[CoachError], None]] | None = None
        self._threads: list[threading.Thread] = []
        self._settled.connect(self._on_work_settled, Qt.ConnectionType.QueuedConnection)

    def run(self, work: Callable[[], T], on_done: Callable[[T], None], on_error: Callable[[CoachError], None]) -> None:
        """Run `work`, then one of the two others in the caller's thread, unless `drop` or another `run` comes first."""
        number = next(self._numbers)
        self._current = (number, on_done, on_error)  # type: ignore[assignment]  # the pair fits `work`, by signature
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=self._work, args=(number, work), name="errand", daemon=True)
        self._threads.append(thread)
        thread.start()

    def drop(self) -> None:
        """Stop waiting for the outcome. The work itself goes on to its own end, unheard."""
        self._current = None

    def close(self, timeout_s: float) -> bool:
        """Drop what is under way and wait for its end, at most `timeout_s`; return whether all has ended."""
        self.drop()
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self, number: int, work: Callable[[], object]) -> None:
        result: object = None
        problem: CoachError | None = None
        try:
            result = work()
        except CoachError as error:
            problem = error
        except Exception as error:  # whatever it is, the one who waits must hear of it
            log.exception("an errand failed")
            problem = surprise(error)
        with unless_gone(self):
            self._settled.emit(number, result, problem)

    def _on_work_settled(self, number: int, result: object, error: CoachError | None) -> None:
        if self._current is None or self._current[0] != number:
            return
        _number, on_done, on_error = self._current
        self._current = None
        if error is not None:
            on_error(error)
        else:
            on_done(result)
