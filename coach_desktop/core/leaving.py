"""The end of a process: when whoever started it wants it, and with native libraries at work in threads of its own."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

log = logging.getLogger(__name__)

WORKER = "coach-"
"""How the names of threads begin that may be inside a native library."""
_PATIENCE_S = 2.0


def end_process(code: int, *, patience_s: float = _PATIENCE_S) -> NoReturn:
    """End this process with an exit code, in whatever state its workers are.

    A worker that loads a network cannot be stopped, and an interpreter that is taken down under it aborts the process
    (its C++ frames do not survive the end of a daemon thread). So workers are waited for, and where one is still busy
    after `patience_s` seconds the process ends without taking the interpreter down.
    """
    until = time.monotonic() + patience_s
    workers = [thread for thread in threading.enumerate() if thread.name.startswith(WORKER)]
    for worker in workers:
        worker.join(max(0.0, until - time.monotonic()))
    busy = [worker.name for worker in workers if worker.is_alive()]
    if not busy:
        sys.exit(code)
    log.info("the process ends while %s are at work", " and ".join(busy))
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            # Whoever read it is gone, and there is nobody left to tell.
            continue
    os._exit(code)


def when_input_ends(act: Callable[[], object]) -> None:
    """Call `act`, in a thread of its own, when standard input ends. Returns at once.

    That needs no signal, and comes also when the parent was killed: the same on every system.
    """

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        act()

    threading.Thread(target=watch, name="stdin-watch", daemon=True).start()


def when_signalled(act: Callable[[], object], *names: str) -> dict[int, Any]:
    """Call `act` at each signal of these names that the system knows; return what each did before.

    `act` runs in the main thread between any two of its steps, in the middle of painting a window, say, so it may only
    leave word. Raises `ValueError` outside the main thread.
    """

    def on_signal_received(kind: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signal module's
        act()

    kinds = [getattr(signal, name) for name in names if hasattr(signal, name)]
    return {kind: signal.signal(kind, on_signal_received) for kind in kinds}


@contextlib.contextmanager
def stopped_by_signals(stop: Callable[[], object], *names: str) -> Iterator[None]:
    """Call `stop`, which may only leave word, at each signal of these names, and give them back afterwards.

    Without effect outside the main thread, where no signals arrive.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = when_signalled(stop, *names)
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
