"""Ctrl-C from the first moment on: a sentence and an exit code, and no traceback."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from coach_desktop.cli.outcome import EXIT_CANCELLED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

NOTHING_SAVED = "Cancelled. Nothing was saved."


@contextmanager
def told(arguments: Sequence[str]) -> Iterator[None]:
    """End the process at Ctrl-C; where a talk is to be analysed, at once until `as_errors` is called."""
    # Whoever started us in the background may have switched it off.
    if "analyse" in arguments and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)
    try:
        yield
    except KeyboardInterrupt:
        ignore()
        print("Cancelled.", file=sys.stderr, flush=True)
        from coach_desktop.core import leaving

        leaving.end_process(EXIT_CANCELLED)


def as_errors() -> None:
    """Make Ctrl-C a `KeyboardInterrupt` again: from here on there are things to be put away."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def ignore() -> None:
    """Take no more notice of Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _leave(kind: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signal module's
    # While libraries are loaded: an error raised in the middle of one of them may be swallowed there.
    os.write(2, f"{NOTHING_SAVED}\n".encode())
    os._exit(EXIT_CANCELLED)
