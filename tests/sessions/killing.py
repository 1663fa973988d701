"""Lives of the app that end by kill -9 at any moment of a paid session, and what is left of them.

A life is a process of its own (kill_driver.py) that holds one session with an account of its own (the stand-in). Where
it was killed, the app starts again, may be killed once more while it does, and starts again; then is counted what runs.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from coach_desktop.sessions.archive import Archive
from tests.sessions.kill_driver import start_again
from tests.standin import Held, Moment, Operation, Recorded, Reset, StandIn, Status

DRIVER = Path(__file__).with_name("kill_driver.py")
ROOT = Path(__file__).parents[2]
AT_A_TIME = 3
GIVE_UP_S = 120.0

Kind = Literal["whole", "lost", "unconfirmed", "by itself", "cancelled"]
# The answer to the create is lost; the end is not confirmed; Tavus ends it; the user takes the start back.
KINDS: tuple[Kind, ...] = ("whole", "lost", "unconfirmed", "by itself", "cancelled")
END_TRIES = 3

# Where somebody else kills it, between the client and the account: what was under way goes on without it.
OUTSIDE: tuple[tuple[Operation, Moment], ...] = tuple(
    (operation, moment)
    for operation in ("create", "get", "end", "verbose")
    for moment in ("received", "carried out", "answered")
)
# What leaves something for the next start to do: then it may be killed as well.
LEFT_BEHIND = (("whole", "after journal set_conversation"), ("whole", "after POST /conversations"))


@dataclass(frozen=True)
class Point:
    """One moment: the number of a boundary in the driver, or a moment of a request in the account; None: the very end.

    `again` is the number of a boundary in the next start, which is then killed there.
    """

    kind: Kind
    boundary: int | None = None
    outside: tuple[Operation, Moment] | None = None
    again: int | None = None


@dataclass
class Outcome:
    """What became of one life. `reached` are the boundaries, the last one that of the kill; the rest is to be empty."""

    point: Point
    reached: list[str]
    reached_again: list[str] = field(default_factory=list)
    was_running: bool = False
    left_active: list[str] = field(default_factory=list)
    created_twice: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """All that is not as it should be."""
        return [*self.left_active, *self.created_twice, *self.lost, *self.wrong]

    def __str__(self) -> str:
        """Return the moment in words."""
        point = self.point
        where = (
            f"{point.outside[0]} {point.outside[1]}" if point.outside else f"{len(self.reached)}, {self.reached[-1]}"
        )
        again = f"; next start at {len(self.reached_again)}, {self.reached_again[-1]}" if self.reached_again else ""
        return f"{point.kind}: {where}{again}"


class Account:
    """The account of one life, and what goes wrong there in a life of its kind."""

    def __init__(self, tavus: StandIn, kind: Kind) -> None:
        self.tavus = tavus
        self._kind = kind
        self._looks = 0
        self._under_way = 0
        self._calm = threading.Condition()
        self.on_moved: Callable[[Operation, Moment], None] = lambda _operation, _moment: None
        tavus.hook = self._on_request_moved
        if kind == "lost":
            tavus.plan("create", Reset(after=True))
        elif kind == "unconfirmed":
            tavus.plan("end", *[Status(503, {"message": "busy"})] * END_TRIES)

    def _on_request_moved(self, moment: Moment, request: Recorded) -> None:
        with self._calm:
            self._under_way += {"received": 1, "carried out": 0, "answered": -1}[moment]
            self._calm.notify_all()
        if self._kind == "by itself" and (request.operation, moment) == ("get", "received"):
            self._looks += 1
            if self._looks == 2:
                self.end_by_itself()
        self.on_moved(request.operation, moment)

    def end_by_itself(self) -> None:
        with self.tavus.lock:
            for held in self.tavus.active():
                held.ended_at, held.shutdown_reason = time.time(), "max_call_duration reached"

    def come_to_rest(self) -> None:
        """Wait until what was asked for is carried out, as the real service would; nothing goes wrong from then on."""
        with self._calm:
            assert self._calm.wait_for(lambda: self._under_way == 0, GIVE_UP_S)
        for operation in ("create", "end"):
            while self.tavus.next_fault(operation) is not None:
                pass


def live(account: Account, history: Path, act: str, die_at: int | None, outside: tuple[str, str] | None) -> list[str]:
    """Let one process live until it is over or killed, and return the boundaries that it reached."""
    process = subprocess.Popen(
        [sys.executable, str(DRIVER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )

    def on_moved(operation: Operation, moment: Moment) -> None:
        if (operation, moment) == outside:
            process.kill()
            process.wait(GIVE_UP_S)

    account.on_moved = on_moved
    order = {
        "base_url": account.tavus.base_url,
        "key": account.tavus.key,
        "history": str(history),
        "act": act,
        "die_at": die_at,
    }
    told, errors = process.communicate(json.dumps(order) + "\n", timeout=GIVE_UP_S)
    assert "Traceback" not in errors, errors
    account.come_to_rest()
    return told.splitlines()


def live_and_be_killed(folder: Path, point: Point, *, counted: bool = False) -> Outcome:
    """Live once with a kill at `point`, start again, and return what is left.

    `counted`: the next start is watched without being killed, to know its boundaries.
    """
    folder.mkdir(parents=True)
    history = folder / "history.sqlite3"
    with StandIn() as tavus:
        foreign = tavus.add_foreign("Coach [0123456789ab]")
        account = Account(tavus, point.kind)
        outcome = Outcome(point, live(account, history, point.kind, point.boundary, point.outside))
        outcome.was_running = bool(tavus.active())
        if counted or point.again is not None:
            outcome.reached_again = live(account, history, "next start", point.again, None)
        # The second one finds nothing to do.
        for start in ("next", "second"):
            start_again(history, tavus.base_url, tavus.key)
            outcome.left_active += [f"{held.name} runs after the {start} start" for held in tavus.active()]
        if len(tavus.creates) > 1 or len(tavus.conversations) > 1:
            outcome.created_twice.append(f"{len(tavus.creates)} creates, {len(tavus.conversations)} conversations")
        if foreign.status != "active":
            outcome.wrong.append("a conversation of somebody else was ended")
        _look_at_journal(history, outcome, tavus.conversations, len(tavus.creates))
    return outcome


def _look_at_journal(history: Path, outcome: Outcome, conversations: list[Held], creates: int) -> None:
    with Archive(history) as archive:
        rows = archive.sessions()
        reports = {row.id: archive.report(row.id) for row in rows}
        ledger = {entry.session_id: entry for entry in archive.history.ledger()}
    # Before the first line of the journal nothing was asked for either. A start that was taken back leaves no session.
    was_begun = "after journal begin" in outcome.reached
    may_be_gone = any("journal delete" in boundary for boundary in outcome.reached)
    at_least, at_most = (0 if may_be_gone else max(was_begun, creates)), max(was_begun, creates, 1)
    if not at_least <= len(rows) <= at_most:
        outcome.lost.append(f"{len(rows)} sessions in the history, {creates} asked for")
    if conversations and len(ledger) != 1:
        outcome.lost.append(f"{len(ledger)} entries in the ledger")
    for row in rows:
        if row.status == "running" or reports[row.id] is None:
            outcome.lost.append(f"a session is {row.status}, and its report is {reports[row.id]}")
        # What nobody has ever seen may still turn up, and is looked for again.
        if row.remote_open and conversations:
            outcome.wrong.append("the journal takes what has ended for running")
    open_ones = {row.id for row in rows if row.remote_open}
    if {key for key, entry in ledger.items() if entry.billed_s is None} - open_ones:
        outcome.wrong.append("the ledger has an open entry for what has ended")
    if outcome.reached[-1:] == ["over"] and not _may_be_over(outcome.point):
        outcome.wrong.append("it was not killed")


def _may_be_over(point: Point) -> bool:
    # Who was told all may be over before whoever kills it gets round to it.
    return point.boundary is None and (point.outside is None or point.outside[1] == "answered")


def all_points(folder: Path) -> list[Point]:
    """Return every moment there is, after a whole life of each kind: in the same order every time."""
    wholes = dict(zip(KINDS, lives(folder / "whole", map(Point, KINDS)), strict=True))
    points = []
    for kind, whole in wholes.items():
        assert whole.problems == [], (kind, whole)
        assert whole.reached[-1] == "over", (kind, whole)
        points += [Point(kind, boundary=number) for number in range(1, len(whole.reached))]
        seen = {"create", "get"} | ({"end"} if kind != "by itself" else set())
        seen |= {"verbose"} if kind in {"whole", "lost", "by itself"} else set()
        points += [Point(kind, outside=moment) for moment in OUTSIDE if moment[0] in seen]
    left = [Point("whole", boundary=wholes["whole"].reached.index(name) + 1) for _, name in LEFT_BEHIND]
    for counted in lives(folder / "left", (*left, Point("unconfirmed")), counted=True):
        assert counted.problems == [], counted
        point = counted.point
        points += [Point(point.kind, point.boundary, again=n) for n in range(1, len(counted.reached_again))]
    return points


def drawn(points: list[Point], count: int, seed: int) -> list[Point]:
    """Return `count` of the moments, none twice; the same ones for the same seed."""
    return random.Random(seed).sample(points, count)  # noqa: S311 - to be repeatable, not to be secret


def lives(folder: Path, points: Iterable[Point], *, counted: bool = False) -> Iterable[Outcome]:
    """Yield what became of a life with each of these kills, in their order, some of them lived at the same time."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        yield from pool.map(
            lambda at: live_and_be_killed(folder / str(at[0]), at[1], counted=counted), enumerate(points)
        )
