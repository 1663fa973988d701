"""Logging: kept in memory until the data folder is known, then in a rotating file that only the user can read."""

from __future__ import annotations

import faulthandler
import io
import logging
import logging.handlers
import os
import sys
import threading
import traceback as tracebacks
from pathlib import Path
from types import TracebackType

from coach_desktop.core.redact import REDACTOR, ScrubbingFormatter

FORMAT = "%(asctime)s %(levelname)-7s %(process)d %(threadName)s %(name)s: %(message)s"
_MAX_BYTES = 1_000_000
_KEEP = 3
_EARLY_RECORDS = 500

log = logging.getLogger(__name__)


class _PrivateRotatingFile(logging.handlers.RotatingFileHandler):
    """A rotating file that is readable by this user only, from its first byte and after every roll-over."""

    def _open(self) -> io.TextIOWrapper:
        fd = os.open(self.baseFilename, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        return io.TextIOWrapper(os.fdopen(fd, "ab"), encoding=self.encoding, errors=self.errors)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the base class's name
        # The base class prints the raw record, secrets and all, to standard error.
        if sys.stderr is not None:
            place = f"{record.name}, line {record.lineno}"
            sys.stderr.write(f"A log record ({place}) could not be written: {type(sys.exception()).__name__}.\n")


class _EarlyRecords(logging.handlers.MemoryHandler):
    """Holds what is logged before there is a file; the oldest records go first."""

    def __init__(self) -> None:
        super().__init__(_EARLY_RECORDS, flushLevel=logging.CRITICAL + 1, flushOnClose=False)

    def shouldFlush(self, record: logging.LogRecord) -> bool:  # noqa: ARG002, N802 - the base class's signature
        del self.buffer[:-_EARLY_RECORDS]
        return False


_early = _EarlyRecords()


def start_early() -> None:
    """Begin to log into memory and send uncaught exceptions of every thread to the log."""
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    if _early not in root.handlers:
        root.addHandler(_early)
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    sys.excepthook = _on_exception_uncaught
    threading.excepthook = _on_thread_exception_uncaught


def open_file(folder: Path, name: str) -> Path:
    """Log into `folder/name.log` from now on, beginning with what was kept in memory; return the file's path.

    Raises OSError where the folder cannot be written to.
    """
    path = folder / f"{name}.log"
    handler = _PrivateRotatingFile(
        path, maxBytes=_MAX_BYTES, backupCount=_KEEP, encoding="utf-8", errors="backslashreplace"
    )
    handler.setFormatter(ScrubbingFormatter(FORMAT))
    root = logging.getLogger()
    root.addHandler(handler)
    _early.setTarget(handler)
    _early.flush()
    root.removeHandler(_early)
    return path


def open_crash_file(folder: Path) -> None:
    """Let a crash of the interpreter itself leave its tracebacks in `folder/crash.log`, and nothing but them."""
    _leave_no_core()
    fd = os.open(folder / "crash.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    # The file stays open for the life of the process: faulthandler writes to it when nothing else works.
    faulthandler.enable(file=fd)


def _leave_no_core() -> None:
    # A file with all that is in memory has keys in it, ours and those that the web engine's processes were given.
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _on_exception_uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
        return
    log.critical("uncaught exception", exc_info=(kind, error, traceback))
    if sys.stderr is None:
        return
    if _early in logging.getLogger().handlers:
        # There is no file yet, and there will be none: this is the only place left for the details.
        sys.stderr.write(REDACTOR.scrub("".join(tracebacks.format_exception(kind, error, traceback))))
        return
    sys.stderr.write(f"Something went wrong inside the app ({kind.__name__}); the log has the details.\n")


def _on_thread_exception_uncaught(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is None or issubclass(args.exc_type, SystemExit):
        return
    name = args.thread.name if args.thread else "?"
    log.critical("uncaught exception in thread %s", name, exc_info=(args.exc_type, args.exc_value, args.exc_traceback))
