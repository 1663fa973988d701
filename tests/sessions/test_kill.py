"""kill -9 at any moment of a paid session: after the next start nothing of ours runs and nothing was made twice."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from coach_desktop.sessions.aftercare import Aftercare
from coach_desktop.sessions.archive import Archive
from coach_desktop.sessions.recovery import recover
from coach_desktop.tavus.client import TavusClient
from tests.standin import Moment, Operation, Recorded, Reset, StandIn

POINTS = 20
SEED = int(os.environ.get("COACH_KILL_SEED", "20"))
DRIVER = Path(__file__).with_name("kill_driver.py")
AT_A_TIME = 3
GIVE_UP_S = 120.0

# Where somebody else kills it, between the client and the account: what was under way goes on without it.
FROM_OUTSIDE: list[tuple[Operation, Moment]] = [
    (operation, moment)
    for operation in ("create", "get", "end", "verbose")
    for moment in ("received", "carried out", "answered")
]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")


@dataclass(frozen=True)
class Point:
    """One moment: the number of a boundary in the driver, or a moment of a request in the account.

    In a life of the kind `lost` the answer to the create is lost, and the conversation is found by its name.
    """

    lost: bool
    boundary: int | None = None
    outside: tuple[Operation, Moment] | None = None


class Life:
    """One life of the app in a process of its own, and the account that it talks to."""

    def __init__(self, folder: Path, tavus: StandIn, point: Point) -> None:
        self.history = folder / "history.sqlite3"
        self.tavus = tavus
        self.point = point
        self._under_way = 0
        self._calm = threading.Condition()
        tavus.hook = self._on_request_moved
        self._process = subprocess.Popen(
            [sys.executable, str(DRIVER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        )

    def _on_request_moved(self, moment: Moment, request: Recorded) -> None:
        with self._calm:
            self._under_way += {"received": 1, "carried out": 0, "answered": -1}[moment]
            self._calm.notify_all()
        if (request.operation, moment) == self.point.outside:
            self._process.kill()
            self._process.wait(GIVE_UP_S)

    def live(self) -> list[str]:
        """Let it live until it is over or killed, and return the boundaries that it reached."""
        order = {
            "base_url": self.tavus.base_url,
            "key": self.tavus.key,
            "history": str(self.history),
            "die_at": self.point.boundary,
        }
        told, errors = self._process.communicate(json.dumps(order) + "\n", timeout=GIVE_UP_S)
        assert "Traceback" not in errors, errors
        # What it had asked for is still carried out, as it would be by the real service.
        with self._calm:
            assert self._calm.wait_for(lambda: self._under_way == 0, GIVE_UP_S)
        return told.splitlines()

    def start_again(self) -> None:
        """Do what the next start does."""
        with Archive(self.history) as archive:
            recover(archive)
        aftercare = Aftercare(self.history, self._client, lambda _: None, under_way=tuple, end_pauses_s=(0.01, 0.01))
        for _ in range(2):
            aftercare.look_once()

    def _client(self) -> TavusClient:
        return TavusClient(self.tavus.base_url, self.tavus.key)


def lives_and_is_killed(folder: Path, point: Point) -> tuple[Point, list[str], bool]:
    """Live once with a kill at `point`, start again twice, and check what is left; return how far it had come."""
    folder.mkdir()
    with StandIn() as tavus:
        foreign = tavus.add_foreign("Coach [0123456789ab]")
        if point.lost:
            tavus.plan("create", Reset(after=True))
        life = Life(folder, tavus, point)
        reached = life.live()
        was_running = bool(tavus.active())
        for _ in range(2):
            life.start_again()
            assert tavus.active() == [], (point, reached)
            assert foreign.status == "active"
            assert len(tavus.creates) <= 1
            assert len(tavus.conversations) <= 1
        with Archive(life.history) as archive:
            rows = archive.sessions()
            reports = [archive.report(row.id) for row in rows]
        # Before the first line of the journal nothing was asked for either.
        assert len(rows) == (1 if "after journal begin" in reached else len(tavus.creates)), (point, reached)
        for row, report in zip(rows, reports, strict=True):
            assert row.status != "running"
            assert report is not None
            # What nobody has ever seen may still turn up, and is looked for again.
            assert not row.remote_open or not tavus.conversations, (point, reached)
        return point, reached, was_running


def test_after_a_kill_at_any_of_twenty_moments_nothing_runs_on_and_nothing_was_made_twice(tmp_path: Path) -> None:
    points = []
    for lost in (False, True):
        _, boundaries, _ = lives_and_is_killed(tmp_path / f"whole-{lost}", Point(lost))
        assert boundaries.pop() == "over"
        points += [Point(lost, boundary=number + 1) for number in range(len(boundaries))]
        points += [Point(lost, outside=moment) for moment in FROM_OUTSIDE]
    print(f"COACH_KILL_SEED={SEED}: {POINTS} of {len(points)} moments")  # noqa: T201 - to repeat what has failed
    chosen = random.Random(SEED).sample(points, POINTS)  # noqa: S311 - to be repeatable, not to be secret

    began = time.monotonic()
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        lives = list(pool.map(lambda at: lives_and_is_killed(tmp_path / str(at[0]), at[1]), enumerate(chosen)))
    print(f"{POINTS} lives in {time.monotonic() - began:.1f} s")  # noqa: T201
    for point, reached, _ in lives:
        # Who was told all may be over before whoever kills it gets round to it.
        assert "over" not in reached or point.outside == ("verbose", "answered"), point
    # Else nothing would have been shown.
    assert any(was_running for _, _, was_running in lives)
