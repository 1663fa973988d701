"""The command line. What needs no window runs without importing Qt; JSON alone goes to stdout, progress to stderr."""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from coach_desktop import __version__
from coach_desktop.core import leaving, logs, paths
from coach_desktop.core.errors import Cancelled, CoachError
from coach_desktop.core.paths import DataFolder

if TYPE_CHECKING:
    from coach_desktop.coaching.report import Report
    from coach_desktop.practice.plays import Play

log = logging.getLogger(__name__)

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_CANNOT_START = 2
EXIT_CANCELLED = 130
"""As shells report what Ctrl-C ended."""


def run() -> NoReturn:
    """Run the command line of this process and exit."""
    leaving.end_process(main(sys.argv[1:]))


def main(arguments: list[str]) -> int:
    """Carry out one command and return its exit code."""
    _give_streams()
    options = _parser().parse_args(arguments)
    os.umask(0o077)
    logs.start_early()
    problem = _why_no_window() if options.command is None else None
    if problem:
        print(problem, file=sys.stderr)
        return EXIT_CANNOT_START
    commands = {
        "report": _report,
        "analyse": _analyse,
        "diagnose": _diagnose,
        "practice-service": _practice_service,
        "serve": _serve,
        "probe-engine": _probe_engine,
        None: _window,
    }
    try:
        data = _prepared(options)
        return commands[options.command](options, data)
    except _CannotStartError as error:
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


class _CannotStartError(CoachError):
    """The place for the data, or for the logs in it, cannot be used."""


def _prepared(options: argparse.Namespace) -> DataFolder:
    """Return the data folder, made where needed, with the log opened in it; a report needs no log of its own."""
    try:
        data = paths.data_folder(getattr(options, "data_dir", None))
    except CoachError as error:
        raise _CannotStartError(error.what, do=error.do) from error
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
        raise _CannotStartError(
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


def _parser() -> argparse.ArgumentParser:
    # SUPPRESS: an option given before the subcommand must not be overwritten by the subcommand's default.
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--data-dir", type=_folder, default=argparse.SUPPRESS, metavar="DIR", help="keep everything in DIR"
    )
    parser = argparse.ArgumentParser(
        prog="coach-desktop", description="Practise public speaking with Chuck.", parents=[common]
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.add_argument("--start", action="store_true", help="start a session at once; yes to camera and microphone")
    parser.add_argument("--profile", metavar="ID", help="the persona profile to use")
    parser.add_argument("--end-after", type=_seconds, metavar="SECONDS", help="end the session after so long")
    parser.add_argument("--quit-when-done", action="store_true", help="quit when the report is there")
    parser.add_argument("--screenshots", type=Path, metavar="DIR", help="save pictures of the window into DIR")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    report = commands.add_parser("report", parents=[common], help="print a report")
    which = report.add_mutually_exclusive_group()
    which.add_argument("--last", action="store_true", help="the newest one (the default)")
    which.add_argument("id", nargs="?", metavar="ID", help="the one of this session")
    report.add_argument("--json", action="store_true", help="as JSON (docs/report.md)")
    report.add_argument(
        "--timeline", type=_file, metavar="OUT.csv", help="write what was seen over time to a file (docs/timeline.md)"
    )

    analysis = commands.add_parser("analyse", parents=[common], help="make the report of a recorded talk")
    analysis.add_argument("file", type=Path, metavar="FILE", help="any sound or video file")
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


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError("must be a number of seconds, over 0 and up to 3600")
    return value


def _port(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = -1
    if not 0 <= value <= 65535:
        raise argparse.ArgumentTypeError("must be a number from 0 to 65535")
    return value


def _count(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = -1
    if value < 0:
        raise argparse.ArgumentTypeError("must be a whole number, 0 or more")
    return value


def _wait(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 3600:
        raise argparse.ArgumentTypeError("must be a number of seconds, from 0 to 3600")
    return value


def _play(text: str) -> tuple[Play, float]:
    from coach_desktop.practice import plays

    try:
        return plays.parsed(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _report(options: argparse.Namespace, data: DataFolder) -> int:
    from coach_desktop.coaching import report as reports
    from coach_desktop.sessions import timeline_file
    from coach_desktop.sessions.archive import Archive
    from coach_desktop.sessions.recovery import recover
    from coach_desktop.store.lock import FolderLock

    with Archive(data.database) as archive:
        lock = FolderLock(data.lock)
        # Where no app runs, what is down as running was left by a crash. The lock is not touched without a need: an
        # app that starts in this moment would take us for another app.
        if archive.history.unfinished() and lock.take():
            try:
                recover(archive)
            finally:
                lock.release()
        if any(left.row.status != "running" for left in archive.history.leftovers()):
            _warn("A conversation with Tavus may still be running and cost money. The app ends it as soon as it runs.")
        report = archive.report(options.id) if options.id else archive.newest_report()
        if report is not None and options.timeline:
            timeline_file.write(archive.timeline(report.session.id), options.timeline)
    if report is None:
        wanted = f"There is no report of a session '{options.id}'." if options.id else "There is no report yet."
        print(wanted, file=sys.stderr)
        return EXIT_FAILED
    _speak_to_terminal(json_alone=options.json)
    print(report.model_dump_json(indent=2) if options.json else reports.words(report), flush=True)
    return EXIT_OK


def _speak_to_terminal(*, json_alone: bool) -> None:
    # JSON is UTF-8, whatever the terminal speaks; words show a mark where it lacks a letter.
    if isinstance(sys.stdout, io.TextIOWrapper):
        if json_alone:
            sys.stdout.reconfigure(encoding="utf-8")
        else:
            sys.stdout.reconfigure(errors="replace")


def _analyse(options: argparse.Namespace, data: DataFolder) -> int:
    from coach_desktop.practice import analyse_command, second_pass
    from coach_desktop.practice.outputs import Outputs

    if options.again:
        return second_pass.run(options.file, data.models, _announce)

    def save(report: Report, timeline: dict[str, object] | None) -> None:
        if options.save:
            from coach_desktop.sessions import recorded_talk

            recorded_talk.keep(recorded_talk.AnalysedTalk(options.file.name, report, timeline), data.database)
            _warn(f"Saved as session {report.session.id}.")

    _speak_to_terminal(json_alone=options.form != "words")
    try:
        analyse_command.run(
            options.file,
            models_cache=data.models,
            form=options.form,
            outputs=Outputs(options.timeline, options.overlay),
            announce=_announce,
            terminal=sys.stderr,
            save=save,
            calibrate=options.calibrate,
        )
    except Cancelled:
        _warn("Cancelled. Nothing was saved.")
        return EXIT_CANCELLED
    return EXIT_OK


def _diagnose(options: argparse.Namespace, data: DataFolder) -> int:
    import json

    from coach_desktop.sessions import diagnosis

    print("Looking…", file=sys.stderr)
    facts = diagnosis.diagnose(data, network=options.network)
    _speak_to_terminal(json_alone=options.json)
    print(json.dumps(facts, indent=2, ensure_ascii=False) if options.json else diagnosis.words(facts), flush=True)
    return EXIT_OK


def _probe_engine(_options: argparse.Namespace, _data: DataFolder) -> int:
    from coach_desktop.ui import engine_probe

    return engine_probe.run()


def _practice_service(options: argparse.Namespace, data: DataFolder) -> int:
    from coach_desktop.practice import service
    from coach_desktop.practice.plays import Plays

    return service.run(
        port=options.port,
        ready_file=options.ready_file,
        until_stdin_closes=options.until_stdin_closes,
        models_cache=data.models,
        announce=_announce,
        plays=Plays(dict(options.play), options.max_concurrent),
        documents_ready_after_s=options.documents_ready_after,
        record_to=options.record_to,
    )


def _serve(options: argparse.Namespace, data: DataFolder) -> int:
    from coach_desktop.web import server

    return server.run(data, port=options.port, profile_id=options.profile, announce=_announce, warn=_warn)


def _warn(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _announce(line: str) -> None:
    print(line, flush=True)


def _window(options: argparse.Namespace, data: DataFolder) -> int:
    try:
        from coach_desktop import app
    except ImportError as error:
        raise _no_qt(error) from error
    return app.run(
        app.Options(
            data=data,
            start=options.start,
            profile_id=options.profile,
            end_after_s=options.end_after,
            quit_when_done=options.quit_when_done,
            screenshots=options.screenshots,
        )
    )


def _no_qt(error: ImportError) -> ImportError | _CannotStartError:
    # A library of the system that Qt needs: not ours to bring along, and not a mistake in the app.
    library, missing, _ = str(error).partition(": cannot open shared object file")
    if not missing:
        return error
    return _CannotStartError(
        f"The window cannot open: the system library {library} is missing. Nothing was changed.",
        do="Install it. On Debian and Ubuntu `make run` prints the line that installs all that is needed.",
    )


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
