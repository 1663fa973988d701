"""What paid conversations need when their session is over: those left running are ended, what comes later is fetched.

A session under way is never touched: whoever runs it tells its id from before its request until it is over. What is
down as running in the history and is not under way was left by a crash, or by a history that could not be written to.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
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
from coach_desktop.sessions.ending import OWN_END_S, PAUSES_S, billed_by_account, end_surely
from coach_desktop.sessions.recovery import recover
from coach_desktop.sessions.updates import AftercareNews
from coach_desktop.store.history import AnalysisState, HistoryError, RemoteSession
from coach_desktop.tavus.errors import KeyRefusedError, TavusError, UnknownConversationError, UnreachableError
from coach_desktop.tavus.lookup import find_by_token

if TYPE_CHECKING:
    from coach_desktop.tavus.client import TavusClient
    from coach_desktop.tavus.models import Conversation

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
_NOT_KNOWN = (
    f"{_MAY_RUN} Tavus does not know it by this key, so it cannot be ended from here: check that the key, and the"
    f" address in the settings, are those it was started with. {_BY_ITSELF}"
)
_OUR_FAULT = f"{_MAY_RUN} Something went wrong inside the app when it was to be ended; it is tried again. {_BY_ITSELF}"

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
        under_way: Callable[[], Collection[str]],
        clock: Clock | None = None,
        back_off_s: Sequence[float] = BACK_OFF_S,
        end_pauses_s: Sequence[float] = PAUSES_S,
    ) -> None:
        """Hand in everything. `make_client` returns None, or raises `CoachError`, where there is no key to use.

        `under_way` tells the ids of the sessions of this process that are not over; it is called in the thread.
        """
        self._history_path = history_path
        self._under_way = under_way
        self._make_client = make_client
        self._notify = notify
        self._clock = clock or SystemClock()
        self._back_off_s = back_off_s
        self._end_pauses_s = end_pauses_s
        self._jobs: dict[tuple[_Kind, str], _Job] = {}
        self._told: set[str] = set()
        self._stopped = threading.Event()
        self._woken = threading.Event()
        self._has_recovered = False
        self._thread = threading.Thread(target=self._run, name="aftercare", daemon=True)

    def start(self) -> None:
        """Begin."""
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
            try:
                wait_s = self.look_once()
            except Exception:  # a bug of ours must not leave conversations running that nobody looks after any more
                log.exception("what looks after conversations has failed; it goes on")
                wait_s = self._back_off_s[-1]
            self._woken.wait(wait_s)

    def look_once(self) -> float | None:
        """Do all that is due, and return the seconds until more will be, or None where only `wake` brings more."""
        if self._woken.is_set():
            self._woken.clear()
            self._has_recovered = False
            self._let_them_try_again()
        try:
            with Archive(self._history_path) as archive:
                if not self._has_recovered:
                    recover(archive, self._under_way)
                    self._has_recovered = True
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
        # Asked before and after: a session may begin or end while the history is read.
        busy = set(self._under_way())
        leftovers = archive.history.leftovers()
        busy.update(self._under_way())
        found: list[tuple[_Kind, RemoteSession]] = [("end", item) for item in leftovers if item.row.id not in busy]
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
                    self._attempt(archive, client, job)
                except KeyRefusedError:
                    self._wait_for_key(archive, due[number:], _REFUSED)
                    for one in due[number:]:
                        # Somebody between us and Tavus may have refused it, and may be gone soon.
                        one.next_at = now + self._back_off_s[-1] if one.kind == "end" else math.inf
                    return
                except UnreachableError as error:
                    # It would be the same for all.
                    for one in due[number:]:
                        self._put_off(one, error)
                    return

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

    def _attempt(self, archive: Archive, client: TavusClient, job: _Job) -> None:
        """Do one thing, or put it off. Raises what would be the same for all the others."""
        try:
            (self._end if job.kind == "end" else self._fetch)(archive, client, job)
        except (HistoryError, KeyRefusedError, UnreachableError):
            raise
        except TavusError as error:
            self._put_off(job, error)
        except Exception:  # whatever is wrong with one row, the others' conversations must be ended
            log.exception("session %s could not be looked after", job.session_id)
            self._put_off(job, None)
            if job.kind == "end":
                self._tell_once([job], _OUR_FAULT)

    def _end(self, archive: Archive, client: TavusClient, job: _Job) -> None:
        item = job.item
        is_over = self._is_surely_over(job)
        outcomes: list[bool | None] = []
        if item.conversation_id is not None:
            outcomes.append(self._end_one(client, item.conversation_id, is_over=is_over))
        # Whatever bears its token is ours, too: found again after a lost answer, or not known to the journal at all.
        named = find_by_token(client, item.name_token) if item.name_token.strip() else []
        found = [one.conversation_id for one in named]
        if item.conversation_id is None:
            if not found and not is_over:
                # A request that was under way when it was last heard of may still be carried out.
                self._put_off(job, None)
                return
            if found:
                archive.history.set_conversation(job.session_id, found[0])
        outcomes += [self._end_one(client, conversation_id, is_over=is_over) for conversation_id in found]
        if None in outcomes and not is_over:
            # Another account's key, or another address, knows nothing of it either: that is no end.
            self._put_off(job, None)
            self._tell_once([job], _NOT_KNOWN)
            return
        self._close(archive, job, was_running=True in outcomes)
        known_id = item.conversation_id or next(iter(found), None)
        if known_id is not None:
            self._write_bill(archive, client, job, known_id)

    def _end_one(self, client: TavusClient, conversation_id: str, *, is_over: bool) -> bool | None:
        """End one, and return whether it was running until then, or None where it is not known to the API."""
        try:
            status = client.get_conversation(conversation_id).status
        except UnknownConversationError:
            return None
        if status == "ended" or (is_over and status != "active"):
            return False
        return end_surely(client, conversation_id, self._end_pauses_s) or None

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
        self._enter_bill(archive, job, conversation)
        if report is not None:
            new = completed(report, conversation)
            archive.history.set_analysis(job.session_id, job.item.row.analysis, new.model_dump_json())

    def _enter_bill(self, archive: Archive, job: _Job, conversation: Conversation) -> None:
        """Correct the ledger: by our own clock it is known when a conversation was found to have ended, not more."""
        billed_s = billed_by_account(conversation)
        if billed_s is not None:
            archive.history.set_billed(job.session_id, billed_s)

    def _fetch(self, archive: Archive, client: TavusClient, job: _Job) -> None:
        item = job.item
        if item.conversation_id is None:
            self._settle(archive, job, "missing", "There was no conversation, so there is no transcript.")
            return
        try:
            conversation = client.get_conversation(item.conversation_id, verbose=True)
        except UnknownConversationError:
            if self._age_s(item) > GIVE_UP_AFTER_S:
                self._settle(archive, job, "missing", "Tavus does not know the conversation any more.")
            else:
                # The key may be another account's for now.
                job.next_at, job.needs_key = math.inf, True
            return
        self._enter_bill(archive, job, conversation)
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

    def _is_surely_over(self, job: _Job) -> bool:
        # Watched for so long it has ended, too, whatever clocks say that were set.
        return max(self._age_s(job.item), self._clock.monotonic() - job.began_at) > OWN_END_S

    def _age_s(self, item: RemoteSession) -> float:
        began = item.created_at
        if began is None:
            try:
                began = datetime.fromisoformat(item.row.started_at).timestamp()
            except (ValueError, OverflowError):
                # A damaged row must not be waited for, and not be kept, for ever.
                return math.inf
        return self._clock.epoch() - began
