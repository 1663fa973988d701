"""Work that must not keep the window waiting: runs in a thread, its outcome comes back to the window's own."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import shiboken6
from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal

from coach_desktop.core.errors import CoachError

log = logging.getLogger(__name__)
T = TypeVar("T")


def surprise(error: BaseException) -> CoachError:
    """Return a bug of ours in the words of an error that can be shown; the log has the traceback."""
    return CoachError(
        "Something went wrong inside the app.",
        safe="Sessions that were kept before are still in your history.",
        do="Try again. If it comes back, the log in the data folder says more.",
        details=f"{type(error).__name__}: {error}",
    )


@contextmanager
def unless_gone(owner: QObject) -> Iterator[None]:
    """Do without what follows where `owner` is gone, and with it whoever waited: a thread may outlive a window.

    Raises the `RuntimeError` of what follows where it is not: an outcome must not be lost without a word.
    """
    try:
        yield
    except RuntimeError:
        if shiboken6.isValid(owner):
            raise


class _Task(QRunnable):
    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__()
        self._work = work

    def run(self) -> None:
        self._work()


class TaskRunner(QObject):
    """Runs functions one after another in a thread of its own."""

    _settled = Signal(int, object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        """Start without a thread; the first task makes one."""
        super().__init__(parent)
        self._pool = QThreadPool(self)
        # One at a time: what is asked for later sees what was done before.
        self._pool.setMaxThreadCount(1)
        self._numbers = itertools.count()
        self._closed = False
        self._waiting: dict[int, tuple[Callable[[object], None], Callable[[CoachError], None]]] = {}
        self._settled.connect(self._on_task_settled, Qt.ConnectionType.QueuedConnection)

    def run(self, work: Callable[[], T], on_done: Callable[[T], None], on_error: Callable[[CoachError], None]) -> None:
        """Run `work` in the thread, then one of the two others in the caller's, unless `close` came before."""
        if self._closed:
            return
        number = next(self._numbers)
        self._waiting[number] = (on_done, on_error)  # type: ignore[assignment]  # the pair fits `work`, by signature

        def settle(result: object, error: CoachError | None) -> None:
            with unless_gone(self):
                self._settled.emit(number, result, error)

        def task() -> None:
            try:
                result = work()
            except CoachError as error:
                settle(None, error)
            except Exception as error:  # whatever it is, the one who waits must hear of it
                log.exception("a task in the background failed")
                settle(None, surprise(error))
            else:
                settle(result, None)

        self._pool.start(_Task(task))

    def close(self, timeout_s: float = 3.0) -> bool:
        """Drop what has not begun and wait for the rest, at most `timeout_s`; return whether all is done."""
        self._closed = True
        self._waiting.clear()
        self._pool.clear()
        return self._pool.waitForDone(int(timeout_s * 1000))

    def _on_task_settled(self, number: int, result: object, error: CoachError | None) -> None:
        on_done, on_error = self._waiting.pop(number, (None, None))
        if error is not None and on_error is not None:
            on_error(error)
        elif error is None and on_done is not None:
            on_done(result)
