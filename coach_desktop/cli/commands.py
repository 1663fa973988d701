"""What each command does. All that it needs is imported only then."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from coach_desktop.cli import interrupts
from coach_desktop.cli.outcome import EXIT_CANCELLED, EXIT_FAILED, EXIT_OK, CannotStartError
from coach_desktop.core.errors import Cancelled
from coach_desktop.core.paths import DataFolder

if TYPE_CHECKING:
    from coach_desktop.coaching.report import Report


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

    saved = False

    def save(report: Report, timeline: dict[str, object] | None) -> None:
        nonlocal saved
        if options.save:
            from coach_desktop.sessions import recorded_talk

            recorded_talk.keep(recorded_talk.AnalysedTalk(options.file.name, report, timeline), data.database)
            saved = True
            _warn(f"Saved as session {report.session.id}.")

    _speak_to_terminal(json_alone=options.form != "words")
    try:
        interrupts.as_errors()
        analyse_command.run(
            options.file,
            models_cache=data.models,
            form=options.form,
            outputs=Outputs(options.timeline, options.overlay),
            announce=_announce,
            terminal=sys.stderr,
            save=save,
            calibrate=options.calibrate,
            saves=options.save,
        )
    except (Cancelled, KeyboardInterrupt):
        # Once it is saved it stays so, whoever stops it then.
        _warn("Cancelled." if saved else interrupts.NOTHING_SAVED)
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
            # The app that runs already may have started in another folder.
            talk=None if options.file is None else options.file.absolute(),
        )
    )


def _no_qt(error: ImportError) -> ImportError | CannotStartError:
    # A library of the system that Qt needs: not ours to bring along, and not a mistake in the app.
    library, missing, _ = str(error).partition(": cannot open shared object file")
    if not missing:
        return error
    return CannotStartError(
        f"The window cannot open: the system library {library} is missing. Nothing was changed.",
        do="Install it. On Debian and Ubuntu `make run` prints the line that installs all that is needed.",
    )


COMMANDS: Final[dict[str | None, Callable[[argparse.Namespace, DataFolder], int]]] = {
    "report": _report,
    "analyse": _analyse,
    "diagnose": _diagnose,
    "practice-service": _practice_service,
    "serve": _serve,
    "probe-engine": _probe_engine,
    None: _window,
}
"""By what is typed; without any command the window opens."""
