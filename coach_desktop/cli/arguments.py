"""What can be typed behind `coach-desktop`: commands, options, and what their values may be."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from coach_desktop import __version__
from coach_desktop.cli.commands import COMMANDS

if TYPE_CHECKING:
    from coach_desktop.practice.plays import Play


Number = TypeVar("Number", int, float)

_WITH_VALUE: Final = ("--data-dir", "--profile", "--end-after", "--screenshots")
"""The options of the window that take the next word with them."""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what was typed. Exits, as argparse does, where it cannot be understood.

    `command` is None where the window is to open, and `file` is then the recorded talk to open in it, if any.
    """
    return _opening(arguments) if _names_file(arguments) else _with_commands().parse_args(arguments)


def _names_file(arguments: Sequence[str]) -> bool:
    """Return whether the first word of its own is a file and no command: argparse cannot tell them apart."""
    words = iter(arguments)
    for word in words:
        if word == "--":
            return True
        if not word.startswith("-") or word == "-":
            return word not in COMMANDS
        if "=" not in word and any(option.startswith(word) for option in _WITH_VALUE):
            next(words, None)
    return False


def _opening(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what was typed where it names a recorded talk."""
    parser = _window_parser(_common())
    parser.add_argument("file", type=_recording, metavar="FILE", help="the recording of a talk, to open it")
    parser.set_defaults(command=None)
    options = parser.parse_args(arguments)
    if options.start or options.end_after is not None or options.quit_when_done or options.screenshots is not None:
        parser.error("with a FILE there is no session: only --profile and --data-dir go with it")
    return options


def _common() -> argparse.ArgumentParser:
    # SUPPRESS: an option given before the subcommand must not be overwritten by the subcommand's default.
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--data-dir", type=_folder, default=argparse.SUPPRESS, metavar="DIR", help="keep everything in DIR"
    )
    return common


def _window_parser(common: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="coach-desktop", description="Practise public speaking with Chuck.", parents=[common]
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.add_argument("--start", action="store_true", help="start a session at once; yes to camera and microphone")
    parser.add_argument("--profile", metavar="ID", help="the persona profile to use")
    parser.add_argument("--end-after", type=_seconds, metavar="SECONDS", help="end the session after so long")
    parser.add_argument("--quit-when-done", action="store_true", help="quit when the report is there")
    parser.add_argument("--screenshots", type=Path, metavar="DIR", help="save pictures of the window into DIR")
    return parser


def _with_commands() -> argparse.ArgumentParser:
    common = _common()
    parser = _window_parser(common)
    parser.set_defaults(file=None)
    commands = parser.add_subparsers(
        dest="command",
        metavar="FILE | COMMAND",
        title="a file or a command",
        description="FILE is the recording of a talk, which the window opens; write ./report for a file of that name.",
    )

    report = commands.add_parser("report", parents=[common], help="print a report")
    which = report.add_mutually_exclusive_group()
    which.add_argument("--last", action="store_true", help="the newest one (the default)")
    which.add_argument("id", nargs="?", metavar="ID", help="the one of this session")
    report.add_argument("--json", action="store_true", help="as JSON (docs/report.md)")
    report.add_argument(
        "--timeline", type=_file, metavar="OUT.csv", help="write what was seen over time to a file (docs/timeline.md)"
    )

    analysis = commands.add_parser("analyse", parents=[common], help="make the report of a recorded talk")
    analysis.add_argument("file", type=_talk, metavar="FILE", help="any sound or video file")
    analysis.add_argument(
        "--timeline",
        type=_file,
        metavar="OUT.csv",
        help="also write what was seen and heard over time, as comma-separated values (docs/timeline.md)",
    )
    analysis.add_argument(
        "--overlay",
        type=_file,
        metavar="OUT.mp4",
        help="also write a film of what the eyes made out (.mp4, .m4v, .mov, .mkv or .webm)",
    )
    # For the app alone, and so is --record-to: the words of a session once more, from its recording.
    analysis.add_argument("--again", action="store_true", help=argparse.SUPPRESS)
    form = analysis.add_mutually_exclusive_group()
    form.add_argument("--json", dest="form", action="store_const", const="json", help="as JSON (docs/report.md)")
    form.add_argument("--lines", dest="form", action="store_const", const="lines", help="JSON lines, with progress")
    analysis.add_argument("--save", action="store_true", help="keep the report in the history, too")
    analysis.add_argument("--calibrate", action="store_true", help="take the first 3 s as a look into the camera")
    analysis.set_defaults(form="words")

    diagnosis = commands.add_parser("diagnose", parents=[common], help="say what is installed and what works")
    diagnosis.add_argument("--json", action="store_true", help="as JSON")
    diagnosis.add_argument("--network", action="store_true", help="also ask the Tavus API; otherwise nothing goes out")

    server = commands.add_parser("serve", parents=[common], help="serve a small page that starts and ends a session")
    server.add_argument("--port", type=_port, default=0, help="a fixed port (default: any free one)")
    server.add_argument(
        "--profile", default=argparse.SUPPRESS, metavar="ID", help="the persona profile to use (default: the last one)"
    )

    # For `diagnose` alone: its web engine is asked in a process of its own.
    commands.add_parser("probe-engine", parents=[common])

    service = commands.add_parser("practice-service", parents=[common], help="run the local coach without a window")
    service.add_argument("--port", type=_port, default=0, help="a fixed port (default: any free one)")
    service.add_argument("--ready-file", type=Path, metavar="FILE", help="write address and key into FILE when ready")
    service.add_argument("--until-stdin-closes", action="store_true", help="stop when standard input is closed")
    service.add_argument("--record-to", type=Path, metavar="FILE", help=argparse.SUPPRESS)
    sandbox = service.add_argument_group("as a sandbox for other programs (docs/sandbox.md)")
    sandbox.add_argument("--max-concurrent", type=_count, metavar="N", help="refuse more than N conversations at once")
    sandbox.add_argument(
        "--play",
        type=_play,
        action="append",
        default=[],
        metavar="WHAT[:TIMES]",
        help="answer with trouble, always or so often: key, fault, credits, concurrency, forbidden, rate, persona,"
        " replica, create, missing, field, lost, silence, crawl, document",
    )
    waits = "how long a document takes (default: 2)"
    sandbox.add_argument("--documents-ready-after", type=_wait, default=2.0, metavar="SECONDS", help=waits)
    return parser


def _folder(text: str) -> Path:
    if not text.strip():
        # An unset variable of a script would otherwise fill the current folder.
        raise argparse.ArgumentTypeError("must name a folder")
    return Path(text)


def _file(text: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError("must name a file")
    return Path(text)


def _talk(text: str) -> Path:
    path = _file(text)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", text):
        # As a path it would lose one of its strokes.
        raise argparse.ArgumentTypeError(f"'{text}' is an address, which cannot be opened: download it first")
    return path


def _recording(text: str) -> Path:
    path = _talk(text)
    try:
        if path.is_file():
            return path
        reason = "that is no file" if path.exists() else "there is no such file, and no such command"
    except OSError as error:
        reason = f"it cannot be opened ({error.strerror})"
    raise argparse.ArgumentTypeError(f"'{text}': {reason}")


def _number(
    convert: Callable[[str], Number], is_allowed: Callable[[Number], bool], what: str
) -> Callable[[str], Number]:
    """Return what makes a number of a text, and says that it must be `what` where it is no such number."""

    def number(text: str) -> Number:
        with suppress(ValueError):
            value = convert(text)
            if is_allowed(value):
                return value
        raise argparse.ArgumentTypeError(f"must be {what}")

    return number


_seconds = _number(float, lambda value: 0 < value <= 3600, "a number of seconds, over 0 and up to 3600")
_wait = _number(float, lambda value: 0 <= value <= 3600, "a number of seconds, from 0 to 3600")
_port = _number(int, lambda value: 0 <= value <= 65535, "a number from 0 to 65535")
_count = _number(int, lambda value: value >= 0, "a whole number, 0 or more")


def _play(text: str) -> tuple[Play, float]:
    from coach_desktop.practice import plays

    try:
        return plays.parsed(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
