"""A recorded talk for the window: a child process analyses the file, and nothing is kept unless that is asked for."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coach_desktop.core.errors import Cancelled, CoachError
from coach_desktop.sessions import own_child

if TYPE_CHECKING:
    import subprocess

    from coach_desktop.coaching.report import Report
    from coach_desktop.coaching.track import Track

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TalkProgress:
    """How far the analysis is: seconds of the recording, of how many (None: the file does not say)."""

    at_s: float
    of_s: float | None


@dataclass(frozen=True)
class AnalysedTalk:
    """What came of a recording called `name`; `timeline` is in the compact form of `tavus.timeline`."""

    name: str
    report: Report
    timeline: object = None

    def track(self) -> Track | None:
        """Return the timeline as it is looked at, or None where there is none that can be read.

        That takes a while for a long talk.
        """
        from coach_desktop.coaching.track import track_of
        from coach_desktop.tavus.timeline import TimelineError, unpacked

        if self.timeline is None:
            return None
        try:
            return track_of(unpacked(self.timeline))
        except TimelineError as error:
            log.warning("the timeline of a recorded talk: %s (%s)", error.what, error.details)
            return None


class RecordedTalk:
    """The analysis of one file. `cancel` may be called from any thread, at any time."""

    def __init__(self, path: Path, data_root: Path) -> None:
        """Begin with nothing done."""
        self.path = path
        self._data_root = data_root
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._cancelled = False

    def run(self, on_progress: Callable[[TalkProgress], None]) -> AnalysedTalk:
        """Analyse the file; blocks. `on_progress` is called a few times a second, in this thread.

        Raises `CoachError` where the file cannot be read as a talk, `Cancelled` after `cancel`.
        """
        command = ["analyse", "--lines", "--data-dir", str(self._data_root), "--", str(self.path.absolute())]
        with self._lock:
            if self._cancelled:
                raise Cancelled
            try:
                child = self._child = own_child.start(command)
            except OSError as error:
                raise _not_analysed(str(error)) from error
        try:
            return self._follow(child, on_progress)
        finally:
            with self._lock:
                self._child = None
            own_child.end(child)

    def cancel(self) -> None:
        """Stop as soon as possible; returns at once."""
        with self._lock:
            self._cancelled = True
            if self._child is not None:
                # Nothing of it is kept, so nothing is lost; and it may be deep inside a file that it cannot read.
                self._child.kill()

    def _follow(self, child: subprocess.Popen[str], on_progress: Callable[[TalkProgress], None]) -> AnalysedTalk:
        # Only now: its models take longer to load than the window takes to be drawn.
        from coach_desktop.coaching.report import Report

        for line in child.stdout or ():
            try:
                message = json.loads(line)
                kind = message["type"]
                if kind == "progress":
                    of_s = message["of_s"]
                    on_progress(TalkProgress(float(message["at_s"]), None if of_s is None else float(of_s)))
                elif kind == "report":
                    report = Report.model_validate(message["report"])
                    return AnalysedTalk(self.path.name, report, message.get("timeline"))
                elif kind == "error":
                    raise CoachError(str(message["what"]), safe=str(message["safe"]), do=str(message["do"]))
            except (ValueError, KeyError, TypeError) as error:
                log.warning("unexpected output of the analysis, %d characters: %s", len(line), type(error).__name__)
        if self._cancelled:
            raise Cancelled
        raise _not_analysed(f"it ended without a report, with exit code {child.wait()}")


def keep(talk: AnalysedTalk, database: Path) -> None:
    """Put a recorded talk into the history at `database`, whole or not at all. Raises `CoachError` where that fails."""
    from coach_desktop.sessions.archive import Archive

    with Archive(database) as archive:
        archive.put(talk.report, talk.name, timeline=talk.timeline)


def _not_analysed(details: str) -> CoachError:
    return CoachError(
        "The recording could not be analysed.",
        safe="The file was left as it is, and nothing was kept.",
        do="Try it once more, or save it in another format, such as MP4 or WAV, and open that.",
        details=details,
    )
