"""A session with Tavus in a process of its own, which kills itself at a chosen moment. Run by test_kill.py.

Standard input: one JSON line `{"base_url", "key", "history", "die_at"}`; `die_at` is the number of the boundary, from
1, or null. A boundary lies before and after each write to the journal and each request. Standard output: the name of
each boundary that is reached, one a line; those who are killed by somebody else say so by the last.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from coach_desktop.sessions.provider import Pace
from coach_desktop.sessions.session import Session
from coach_desktop.sessions.tavus import TavusProvider
from coach_desktop.store.history import History
from coach_desktop.store.profiles import Profile
from coach_desktop.tavus.client import TavusClient
from coach_desktop.tavus.models import Conversation

LOOKS = 2
WRITES = ("begin", "set_conversation", "mark_ended", "checkpoint", "finish")


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

    def watch(self, owner: type, method: str, name: Callable[..., str]) -> None:
        real = getattr(owner, method)

        def watched(instance: Any, *args: Any, **more: Any) -> Any:
            self.reach(f"before {name(*args)}")
            result = real(instance, *args, **more)
            self.reach(f"after {name(*args)}")
            return result

        setattr(owner, method, watched)


def main() -> None:
    told = json.loads(sys.stdin.readline())
    boundaries = Boundaries(told["die_at"])
    for write in WRITES:
        boundaries.watch(History, write, lambda *_, write=write: f"journal {write}")
    boundaries.watch(TavusClient, "_call", lambda _asked, method, path: f"{method} {path.rpartition('/')[2][:13]}")
    provider = TavusProvider(
        told["base_url"],
        lambda: told["key"],
        pace=Pace(poll_s=0.01, patience_s=60.0, final_wait_s=60.0, live_at_once=True),
    )
    session = Session(
        profile=Profile(id="t", name="T", purpose="P", provider="tavus", persona_id="p1", conversation_name="Coach"),
        provider=provider,
        history_path=Path(told["history"]),
        notify=lambda _: None,
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
    say("over")


if __name__ == "__main__":
    main()
