"""One run of the command line: streams, data folder, log, and the exit code that an error ends with."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from coach_desktop.cli.arguments import parse
from coach_desktop.cli.commands import COMMANDS
from coach_desktop.cli.outcome import EXIT_CANNOT_START, EXIT_FAILED, EXIT_OK, CannotStartError
from coach_desktop.core import logs, paths
from coach_desktop.core.errors import CoachError
from coach_desktop.core.paths import DataFolder

log = logging.getLogger(__name__)


def main(arguments: list[str]) -> int:
    """Carry out one command and return its exit code."""
    _give_streams()
    options = parse(arguments)
    os.umask(0o077)
    logs.start_early()
    problem = _why_no_window() if options.command is None else None
    if problem:
        print(problem, file=sys.stderr)
        return EXIT_CANNOT_START
    try:
        data = _prepared(options)
        return COMMANDS[options.command](options, data)
    except CannotStartError as error:
        print(error.sentences(), file=sys.stderr)
        return EXIT_CANNOT_START
    except CoachError as error:
        log.warning("%s (%s)", error.what, error.details)
        print(error.sentences(), file=sys.stderr)
        return EXIT_FAILED
    except BrokenPipeError:
        # Whoever read our output (`| head`) has had enough. What is still buffered must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK


def _prepared(options: argparse.Namespace) -> DataFolder:
    """Return the data folder, made where needed, with the log opened in it; a report needs no log of its own."""
    try:
        data = paths.data_folder(getattr(options, "data_dir", None))
    except CoachError as error:
        raise CannotStartError(error.what, do=error.do) from error
    try:
        data.create()
        if options.command == "practice-service":
            logs.open_file(data.logs, "practice")
        elif options.command == "serve":
            logs.open_file(data.logs, "serve")
        elif options.command is None:
            logs.open_file(data.logs, "coach_desktop")
            logs.open_crash_file(data.logs)
    except OSError as error:
        raise CannotStartError(
            f"The data folder {data.root} cannot be used: {error.strerror}.",
            do="Choose another one with --data-dir, or mend its permissions.",
        ) from error
    return data


def _give_streams() -> None:
    # A windowed program on Windows has no streams, and whatever prints would fail; it may have pipes all the same.
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is not None:
            continue
        try:
            os.fstat(descriptor)
            stream = os.fdopen(descriptor, "w", encoding="utf-8", closefd=False)
        except OSError:
            stream = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - kept for the whole run
        setattr(sys, name, stream)


def _why_no_window() -> str | None:
    if not sys.platform.startswith("linux"):
        return None
    if os.geteuid() == 0 and not os.environ.get("QTWEBENGINE_DISABLE_SANDBOX"):
        return (
            "This program is running as root. The web engine that shows the conversation keeps its pages in a"
            " sandbox, and the sandbox does not work for root, so the program stops here and nothing was changed."
            " Start it as an ordinary user. (`make run` can run as root: it switches the sandbox off for that one"
            " process and says so.)"
        )
    if not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        return (
            "There is no display to open a window on, and nothing was changed. Start the program in a desktop"
            " session, or use `make run`, which brings a virtual screen and a demo talk."
        )
    return None
