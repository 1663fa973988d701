"""A session with Tavus in a process of its own, which kills itself at a chosen moment. Run by killing.py.

Standard input: one JSON line `{"base_url", "key", "history", "act", "die_at"}`. `act` is a kind of session, or
"next start" for what the app does when it starts again; `die_at` is the number of the boundary, from 1, or null.
A boundary lies before and after each write to the journal, each request, and the making of what is asked for, and
before each statement that changes the history. Standard output: the name of each boundary that is reached, one a line;
those who are killed by somebody else say so by the last.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from coach_desktop.core import ids
from coach_desktop.sessions.aftercare import Aftercare
from coach_desktop.sessions.archive import Archive
from coach_desktop.sessions.provider import Pace
from coach_desktop.sessions.recovery import recover
from coach_desktop.sessions.requests import request_of
from coach_desktop.sessions.session import Session, SessionUpdate
from coach_desktop.sessions.tavus import TavusProvider
from coach_desktop.store.history import History
from coach_desktop.store.profiles import Profile
from coach_desktop.tavus.client import TavusClient
from coach_desktop.tavus.models import Conversation, CreateConversation

LOOKS = 3
WRITES = ("begin", "set_conversation", "mark_ended", "checkpoint", "finish", "set_analysis", "set_billed", "delete")
CHANGES = re.compile(r"(INSERT INTO|UPDATE|DELETE FROM) (\w+)|COMMIT")
PROFILE = Profile(id="t", name="T", purpose="P", provider="tavus", persona_id="p1", conversation_name="Coach")
PAUSES_S = (0.01, 0.01)


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


class Boundaries:
    """Counts the boundaries, and ends the process at one of them as no process can defend itself against."""

    def __init__(self, die_at: int | None) -> None:
        self._die_at = die_at
        self._reached = 0

    def reach(self, name: str) -> None:
        self._reached += 1
        say(name)
        if self._reached == self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def between(self, call: Callable[..., Any], name: Callable[..., str]) -> Callable[..., Any]:
        def watched(*args: Any, **more: Any) -> Any:
            self.reach(f"before {name(*args)}")
            result = call(*args, **more)
            self.reach(f"after {name(*args)}")
            return result

        return watched

    def watch_journal(self) -> None:
        for write in WRITES:
            setattr(History, write, self.between(getattr(History, write), lambda *_, write=write: f"journal {write}"))
        connect = sqlite3.connect

        def connected(*args: Any, **more: Any) -> sqlite3.Connection:
            connection: sqlite3.Connection = connect(*args, **more)
            connection.set_trace_callback(self._on_statement_begun)
            return connection

        sqlite3.connect = connected  # type: ignore[assignment]

    def _on_statement_begun(self, statement: str) -> None:
        if found := CHANGES.match(statement):
            self.reach(f"before {found.group()}")

    def watch_requests(self) -> None:
        # The id is another one each time.
        def name(_client: object, _asked: object, method: str, path: str) -> str:
            return f"{method} {re.sub('/c[0-9a-f]+', '/ID', path)}"

        TavusClient._call = self.between(TavusClient._call, name)  # type: ignore[method-assign] # noqa: SLF001


def hold(told: dict[str, Any], boundaries: Boundaries) -> None:
    """Hold one session of the kind that is told."""
    provider = TavusProvider(
        told["base_url"],
        lambda: told["key"],
        pace=Pace(poll_s=0.01, patience_s=60.0, final_wait_s=60.0, live_at_once=True),
        end_pauses_s=PAUSES_S,
    )

    def make_request() -> CreateConversation:
        return request_of(PROFILE, ids.new_name_token())

    def notify(update: SessionUpdate) -> None:
        if told["act"] == "cancelled" and update.room_url:
            session.cancel()

    session = Session(
        profile=PROFILE,
        provider=provider,
        history_path=Path(told["history"]),
        notify=notify,
        make_request=boundaries.between(make_request, lambda: "the request is made"),
    )
    looks = itertools.count(1)
    fetch = provider.fetch

    def fetched(conversation_id: str) -> Conversation:
        # By number, not by time: every life of one kind goes through the same boundaries.
        if next(looks) == LOOKS:
            session.request_end()
        return fetch(conversation_id)

    provider.fetch = fetched  # type: ignore[method-assign]
    session.run()


def start_again(history: Path, base_url: str, key: str) -> None:
    """Do what the next start does for what an earlier one has left."""
    with Archive(history) as archive:
        recover(archive)
    aftercare = Aftercare(
        history, lambda: TavusClient(base_url, key), lambda _: None, under_way=tuple, end_pauses_s=PAUSES_S
    )
    for _ in range(2):
        aftercare.look_once()


def main() -> None:
    told = json.loads(sys.stdin.readline())
    boundaries = Boundaries(told["die_at"])
    boundaries.watch_journal()
    boundaries.watch_requests()
    if told["act"] == "next start":
        start_again(Path(told["history"]), told["base_url"], told["key"])
    else:
        hold(told, boundaries)
    say("over")


if __name__ == "__main__":
    main()
