"""After a session: lets a child process make its words out once more, and puts them into the report.

The first report is never held up by it, and stays where this is stopped, fails or dies. The recording that was lent
for it goes when it is over, whatever the outcome.
"""

from __future__ import annotations

import json
import logging
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from coach_desktop.coaching.heard_again import HeardAgain, made_anew
from coach_desktop.coaching.report import Report
from coach_desktop.core.errors import CoachError
from coach_desktop.core.paths import DataFolder
from coach_desktop.sessions import own_child
from coach_desktop.sessions.archive import Archive
from coach_desktop.sessions.conversation_log import ConversationLog
from coach_desktop.sessions.updates import AftercareNews
from coach_desktop.store.recordings import Recordings

log = logging.getLogger(__name__)

_TOLD_EVERY: Final = 0.1
_GONE_WITHIN_S: Final = 5.0

AGAIN: Final = "Words are being made out once more, {percent} %. Your report is there already."
DONE: Final = "The words of your last talk were made out once more, and its report has them now."


class HearingAgain:
    """One for each run of the app. Sessions may end while an earlier one is heard: they wait for their turn."""

    def __init__(self, data: DataFolder, notify: Callable[[AftercareNews], None]) -> None:
        """Hand in everything; `notify` is called in a thread of its own."""
        self._data = data
        self._recordings = Recordings(data.recordings)
        self._notify = notify
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._threads: list[threading.Thread] = []
        self._closed = False

    def session_over(self, session_id: str, reported: tuple[Report, ConversationLog] | None) -> None:
        """Hear a session once more that has a report, and let go of what was lent of one that has none."""
        known = None if reported is None else reported[1]
        path = self._recording(session_id)
        if reported is None or known is None or known.delivery is None or path is None:
            self._recordings.return_lent(session_id)
            return
        thread = threading.Thread(target=self._run, args=(path, *reported), name="hearing-again", daemon=True)
        with self._lock:
            if self._closed:
                self._recordings.return_lent(session_id)
                return
            self._threads = [*(one for one in self._threads if one.is_alive()), thread]
            thread.start()

    def cancel(self) -> None:
        """Stop what is being heard now; its first report stays. From any thread, returns at once."""
        with self._lock:
            if self._child is not None:
                self._child.kill()

    def close(self) -> None:
        """Stop for good, in a bounded time."""
        with self._lock:
            self._closed = True
        self.cancel()
        for thread in self._threads:
            thread.join(_GONE_WITHIN_S)

    def _recording(self, session_id: str) -> Path | None:
        places = (self._recordings.lent(session_id), self._recordings.kept(session_id))
        return next((path for path in places if path.is_file()), None)

    def _run(self, path: Path, report: Report, known: ConversationLog) -> None:
        session_id = report.session.id
        try:
            with self._turn:
                heard = self._heard(path)
            if heard is not None and known.delivery is not None:
                anew = made_anew(report, known.delivery, known.transcript, known.events, heard)
                with Archive(self._data.database) as archive:
                    archive.history.set_analysis(session_id, "none", anew.model_dump_json())
                log.info("the words of session %s were made out once more", session_id)
                self._notify(AftercareNews(session_id, "report_updated", DONE))
        except (CoachError, OSError) as error:
            log.warning("the words were not made out once more: %s", error)
        finally:
            self._recordings.return_lent(session_id)
            self._notify(AftercareNews(None, "heard_again", ""))

    def _heard(self, path: Path) -> HeardAgain | None:
        command = ["analyse", "--again", str(path), "--data-dir", str(self._data.root)]
        with self._lock:
            if self._closed:
                return None
            child = self._child = own_child.start(command)
        try:
            return self._follow(child)
        finally:
            with self._lock:
                self._child = None
            own_child.end(child)

    def _follow(self, child: subprocess.Popen[str]) -> HeardAgain | None:
        told = -1
        for line in child.stdout or ():
            try:
                message = json.loads(line)
                if message["type"] == "heard":
                    return HeardAgain.model_validate(message["heard"])
                tenth = int(float(message["share"]) / _TOLD_EVERY)
            except (ValueError, KeyError, TypeError, ValidationError):
                log.info("unexpected output of the second pass, %d characters", len(line))
                continue
            if tenth != told:
                told = tenth
                self._notify(AftercareNews(None, "hearing_again", AGAIN.format(percent=10 * tenth)))
        log.info("the second pass ended without words")
        return None
