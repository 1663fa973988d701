"""What paid conversations need when their session is over: those left running are ended, what comes later is fetched.

Only sessions that are not down as running are touched. The one under way is, from before its request until its report
is written; and what a crash left running is marked as interrupted (`recover`) before this begins.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from coach_desktop.core.clock import Clock, SystemClock
from coach_desktop.core.errors import CoachError
from coach_desktop.sessions import conversation_log, turns
from coach_desktop.sessions.archive import Archive
from coach_desktop.sessions.completing import completed
from coach_desktop.sessions.ending import OWN_END_S, PAUSES_S, end_surely
from coach_desktop.sessions.updates import AftercareNews
from coach_desktop.store.history import AnalysisState, HistoryError, RemoteSession
from coach_desktop.tavus.errors import KeyRefusedError, TavusError, UnknownConversationError, UnreachableError
from coach_desktop.tavus.lookup import find_by_token

if TYPE_CHECKING:
    from coach_desktop.tavus.client import TavusClient

__all__ = ["Aftercare", "AftercareNews"]

log = logging.getLogger(__name__)

BACK_OFF_S = (5.0, 10.0, 20.0, 40.0, 60.0)
"""Between two tries; the last one again and again."""
FETCH_FOR_S = 1800.0
"""So long transcript and analysis are asked for in one run of the app; the next run tries afresh."""
GIVE_UP_AFTER_S = 3 * 86_400.0

_MAY_RUN = "A conversation with Tavus may still be running."
_BY_ITSELF = "Tavus itself ends it an hour after its start at the latest."
_NO_KEY = f"{_MAY_RUN} Without the key it cannot be ended from here: enter the key. {_BY_ITSELF}"
_REFUSED = f"{_MAY_RUN} Tavus does not take the key, so it cannot be ended from here: check the key. {_BY_ITSELF}"
_NO_ANSWER = f"{_MAY_RUN} Tavus cannot be reached or does not answer; the app keeps trying to end it. {_BY_ITSELF}"

_Kind = Literal["end", "fetch"]


@dataclass
class _Job:
    """One thing to do for one session. Moments by the clock that never jumps; `next_at` is inf while nothing helps."""

    kind: _Kind
    item: RemoteSession
    began_at: float
    next_at: float
    failures: int = 0
    needs_key: bool = False

    @property
    def session_id(self) -> str:
        return self.item.row.id


class Aftercare:
    """One thread with a history connection of its own. `notify` is called in that thread."""

    def __init__(
        self,
        history_path: Path,
        make_client: Callable[[], TavusClient | None],
        notify: Callable[[AftercareNews], None],
        *,
        clock: Clock | None = None,
        back_off_s: Sequence[float] = BACK_OFF_S,
        end_pauses_s: Sequence[float] = PAUSES_S,
    ) -> None:
        """Hand in everything. `make_client` returns None, or raises `CoachError`, where there is no key to use."""
        self._history_path = history_path
        self._make_client = make_client
        self._notify = notify
        self._clock = clock or SystemClock()
        self._back_off_s = back_off_s
        self._end_pauses_s = end_pauses_s
        self._jobs: dict[tuple[_Kind, str], _Job] = {}
        self._told: set[str] = set()
        self._stopped = threading.Event()
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name="aftercare", daemon=True)

    def start(self) -> None:
        """Begin. Call `recover` before."""
        self._thread.start()

    def wake(self) -> None:
        """Look again now: a session has ended, or a key has come. From any thread."""
        self._woken.set()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Stop, and return whether the thread has gone within `timeout_s`. What is left waits for the next start."""
        self._stopped.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopped.is_set():
            wait_s = self.look_once()
            self._woken.wait(wait_s)

    def look_once(self) -> float | None:
        """Do all that is due, and return the seconds until more will be, or None where only `wake` brings more."""
        if self._woken.is_set():
            self._woken.clear()
            self._let_them_try_again()
        try:
            with Archive(self._history_path) as archive:
                self._take_stock(archive)
                self._do_what_is_due(archive)
        except HistoryError as error:
            log.warning("nothing can be looked after now: %s (%s)", error.what, error.details)
            return self._back_off_s[-1]
        next_at = min((job.next_at for job in self._jobs.values()), default=math.inf)
        return None if math.isinf(next_at) else max(0.0, next_at - self._clock.monotonic())

    def _let_them_try_again(self) -> None:
        for job in self._jobs.values():
            if job.kind == "end" or job.needs_key:
                job.next_at, job.needs_key = 0.0, False

    def _take_stock(self, archive: Archive) -> None:
        now = self._clock.monotonic()
        known, self._jobs = self._jobs, {}
        found: list[tuple[_Kind, RemoteSession]] = [("end", item) for item in archive.history.leftovers()]
        found += [("fetch", item) for item in archive.history.pending_analyses()]
        for kind, item in found:
            job = known.get((kind, item.row.id)) or _Job(kind, item, began_at=now, next_at=now)
            job.item = item
            self._jobs[kind, item.row.id] = job

    def _do_what_is_due(self, archive: Archive) -> None:
        now = self._clock.monotonic()
        due = [job for job in self._jobs.values() if job.next_at <= now]
        if not due:
            return
        with self._client() as client:
            if client is None:
                self._wait_for_key(archive, due, _NO_KEY)
                return
            for number, job in enumerate(due):
                if self._stopped.is_set():
                    return
                try:
                    self._do(archive, client, job)
                except KeyRefusedError:
                    self._wait_for_key(archive, due[number:], _REFUSED)
                    return
                except UnreachableError as error:
                    # It would be the same for all.
                    for one in due[number:]:
                        self._put_off(one, error)
                    return
                except TavusError as error:
                    self._put_off(job, error)

    @contextmanager
    def _client(self) -> Iterator[TavusClient | None]:
        try:
            client = self._make_client()
        except CoachError as error:
            log.info("there is no key to look after conversations with: %s", error.what)
            client = None
        if client is None:
            yield None
            return
        with client:
            yield client

    def _do(self, archive: Archive, client: TavusClient, job: _Job) -> None:
        if job.kind == "end":
            self._end(archive, client, job)
        else:
            self._fetch(archive, client, job)

    def _end(self, archive: Archive, client: TavusClient, job: _Job) -> None:
        item = job.item
        was_running = False
        if item.conversation_id is not None:
            was_running = self._end_one(client, item.conversation_id)
        # Whatever bears its token is ours, too: found again after a lost answer, or not known to the journal at all.
        found = [one.conversation_id for one in find_by_token(client, item.name_token)]
        if item.conversation_id is None:
            if not found and self._age_s(item) <= OWN_END_S:
                # A request that was under way when it was last heard of may still be carried out.
                self._put_off(job, None)
                return
            if found:
                archive.history.set_conversation(job.session_id, found[0])
        for conversation_id in found:
            was_running |= self._end_one(client, conversation_id)
        self._close(archive, job, was_running=was_running)
        known_id = item.conversation_id or next(iter(found), None)
        if known_id is not None:
            self._write_bill(archive, client, job, known_id)

    def _end_one(self, client: TavusClient, conversation_id: str) -> bool:
        """End one, and return whether it was running until then."""
        try:
            if client.get_conversation(conversation_id).status == "ended":
                return False
        except UnknownConversationError:
            return False
        return end_surely(client, conversation_id, self._end_pauses_s)

    def _close(self, archive: Archive, job: _Job, *, was_running: bool) -> None:
        archive.history.mark_ended(job.session_id, self._clock.epoch())
        self._told.discard(job.session_id)
        self._jobs.pop(("end", job.session_id), None)
        text = (
            "A conversation that had been left running was ended."
            if was_running
            else "Nothing of an earlier conversation runs any more."
        )
        log.info("session %s: %s", job.session_id, text)
        if job.item.row.analysis == "pending":
            self._jobs["fetch", job.session_id] = _Job(
                "fetch", job.item, self._clock.monotonic(), self._clock.monotonic()
            )
        self._notify(AftercareNews(job.session_id, "ended_leftover", text))

    def _write_bill(self, archive: Archive, client: TavusClient, job: _Job, conversation_id: str) -> None:
        try:
            report = archive.report(job.session_id)
            conversation = client.get_conversation(conversation_id, verbose=True)
        except HistoryError:
            raise
        except CoachError as error:
            log.info("what session %s has cost is not known: %s", job.session_id, error.what)
            return
        if report is not None:
            new = completed(report, conversation)
            archive.history.set_analysis(job.session_id, job.item.row.analysis, new.model_dump_json())

    def _fetch(self, archive: Archive, client: TavusClient, job: _Job) -> None:
        item = job.item
        if item.conversation_id is None:
            self._settle(archive, job, "missing", "There was no conversation, so there is no transcript.")
            return
        try:
            conversation = client.get_conversation(item.conversation_id, verbose=True)
        except UnknownConversationError:
            self._settle(archive, job, "missing", "Tavus does not know the conversation any more.")
            return
        try:
            report = archive.report(job.session_id)
        except HistoryError:
            raise
        except CoachError as error:
            log.warning("the report of session %s cannot be completed: %s", job.session_id, error.what)
            job.next_at = math.inf
            return
        new = None if report is None else completed(report, conversation)
        text = new.model_dump_json() if new is not None and new != report else None
        if conversation_log.read(conversation).complete:
            self._settle(archive, job, "done", "Transcript and analysis have come.", text)
        elif self._has_waited_enough(job):
            if turns.has_transcript(conversation):
                self._settle(archive, job, "done", "The transcript has come.", text)
            elif self._age_s(item) > GIVE_UP_AFTER_S:
                self._settle(archive, job, "missing", "Tavus has sent no transcript.", text)
            else:
                job.next_at = math.inf
        else:
            if text is not None:
                archive.history.set_analysis(job.session_id, "pending", text)
                self._notify(AftercareNews(job.session_id, "report_updated", "More of the report has come."))
            self._put_off(job, None)

    def _has_waited_enough(self, job: _Job) -> bool:
        waited_s = self._clock.monotonic() - job.began_at
        return waited_s > FETCH_FOR_S or self._age_s(job.item) > GIVE_UP_AFTER_S

    def _settle(self, archive: Archive, job: _Job, state: AnalysisState, text: str, report: str | None = None) -> None:
        archive.history.set_analysis(job.session_id, state, report)
        self._jobs.pop(("fetch", job.session_id), None)
        log.info("session %s: %s", job.session_id, text)
        self._notify(AftercareNews(job.session_id, "report_updated", text))

    def _put_off(self, job: _Job, error: TavusError | None) -> None:
        pause_s = self._back_off_s[min(job.failures, len(self._back_off_s) - 1)]
        job.failures += 1
        job.next_at = self._clock.monotonic() + pause_s
        if error is not None:
            log.info("session %s is looked after again in %.0f s: %s", job.session_id, pause_s, error.what)
            if job.kind == "end":
                self._tell_once([job], _NO_ANSWER)

    def _wait_for_key(self, archive: Archive, jobs: Sequence[_Job], text: str) -> None:
        for job in jobs:
            job.next_at, job.needs_key = math.inf, True
            if job.kind == "end" and self._age_s(job.item) > OWN_END_S:
                # Nobody can be asked, and it has ended by itself long ago.
                self._close(archive, job, was_running=False)
        self._tell_once([job for job in jobs if job.kind == "end" and self._age_s(job.item) <= OWN_END_S], text)

    def _tell_once(self, jobs: Sequence[_Job], text: str) -> None:
        new = {job.session_id for job in jobs} - self._told
        if new:
            self._told |= new
            self._notify(AftercareNews(new.pop() if len(new) == 1 else None, "cannot_end", text))

    def _age_s(self, item: RemoteSession) -> float:
        began = item.created_at
        if began is None:
            try:
                began = datetime.fromisoformat(item.row.started_at).timestamp()
            except ValueError:
                # A damaged row must not be waited for, and not be kept, for ever.
                return math.inf
        return self._clock.epoch() - began
