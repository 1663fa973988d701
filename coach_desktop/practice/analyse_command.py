"""The command `analyse`: a recorded talk in a terminal, or as a child process that tells a window how far it is.

As `lines`, each line that is announced is a JSON object: `{"type": "progress", "at_s", "of_s"}` (seconds, `of_s` null
where the file does not say) a few times a second, and at the end `{"type": "report", "report", "timeline"}`, the report
as in docs/report.md and the timeline as in docs/timeline.md, or `{"type": "error", "what", "safe", "do"}`, or both
where the report could not be kept. Closing standard input cancels: nothing goes on where the window is gone.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Literal

from coach_desktop.coaching import labels, plain_words
from coach_desktop.core import leaving
from coach_desktop.core.errors import CoachError
from coach_desktop.practice.outputs import NO_OUTPUTS
from coach_desktop.practice.recordings import Progress, Task

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TextIO

    from coach_desktop.coaching.report import Report
    from coach_desktop.practice.outputs import Outputs

Form = Literal["words", "json", "lines"]

_OFTEN_S = 0.25


def run(
    path: Path,
    *,
    models_cache: Path,
    form: Form,
    announce: Callable[[str], None],
    terminal: TextIO,
    save: Callable[[Report, dict[str, object] | None], None],
    outputs: Outputs = NO_OUTPUTS,
    calibrate: bool = False,
    saves: bool = False,
) -> None:
    """Analyse a file, hand the report to `save` with its timeline in the compact form, and announce it.

    `calibrate` by its first three seconds. `saves` is whether `save` keeps the report.

    Progress is shown on the `terminal`, if it is one, or announced as lines. Ctrl-C, and as lines the end of standard
    input, cancel; then none of the `outputs` is written. Raises `CoachError` and `Cancelled`; as lines that was
    announced, too.
    """
    bar = _Bar(terminal, path.name)
    show = _announced(announce) if form == "lines" else bar.show
    try:
        # Whether they can be written is known before anything takes time.
        with outputs.opened(path) as files:
            task = Task(None if files.overlay is None else files.overlay.add)
            if form == "lines":
                leaving.when_input_ends(task.cancel)
            with leaving.stopped_by_signals(task.cancel, "SIGINT", "SIGTERM", "SIGBREAK"):
                try:
                    report = task.run(path, models_cache, _now_and_then(show), calibrate=calibrate)
                finally:
                    bar.clear()
            try:
                # First of all: whoever reads may have had enough in the middle of the report.
                save(report, task.timeline)
                files.finish(task.rows)
            finally:
                announce(_told(report, task.timeline, form, saved=saves))
    except CoachError as error:
        if form == "lines":
            announce(json.dumps({"type": "error", "what": error.what, "safe": error.safe, "do": error.do}))
        raise


def _told(report: Report, timeline: dict[str, object] | None, form: Form, *, saved: bool) -> str:
    if form == "lines":
        return json.dumps({"type": "report", "report": report.model_dump(mode="json"), "timeline": timeline})
    if form == "json":
        return report.model_dump_json(indent=2)
    return plain_words.words(report, kept=saved)


class _Bar:
    """One line of a terminal that is written over; nothing where there is no terminal."""

    def __init__(self, terminal: TextIO, name: str) -> None:
        self._terminal = terminal if terminal.isatty() else None
        self._name = name
        self._width = 0

    def show(self, now: Progress) -> None:
        whole = "" if now.of_s is None else f" of {labels.clock(now.of_s)}"
        self._write(f"{self._name}: {labels.clock(now.at_s)}{whole} analysed, Ctrl-C stops")

    def clear(self) -> None:
        if self._width:
            self._write("")
            self._write("")

    def _write(self, text: str) -> None:
        if self._terminal is not None:
            self._terminal.write(f"\r{text:<{self._width}}")
            self._terminal.flush()
            self._width = len(text)


def _announced(announce: Callable[[str], None]) -> Callable[[Progress], None]:
    def show(now: Progress) -> None:
        of_s = None if now.of_s is None else round(now.of_s, 2)
        announce(json.dumps({"type": "progress", "at_s": round(now.at_s, 2), "of_s": of_s}))

    return show


def _now_and_then(show: Callable[[Progress], None]) -> Callable[[Progress], None]:
    shown_at = -_OFTEN_S

    def sometimes(now: Progress) -> None:
        nonlocal shown_at
        if time.monotonic() - shown_at >= _OFTEN_S:
            shown_at = time.monotonic()
            show(now)

    return sometimes
