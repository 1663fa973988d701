"""kill -9 at any moment of a paid session: after the next start nothing of ours runs and nothing was made twice.

`make killpoints` does the same with 200 moments.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.sessions.killing import all_points, drawn, lives

POINTS = 20
SEED = int(os.environ.get("COACH_KILL_SEED", "20"))

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")


def test_after_a_kill_at_any_of_twenty_moments_nothing_runs_on_and_nothing_was_made_twice(tmp_path: Path) -> None:
    points = all_points(tmp_path)
    print(f"COACH_KILL_SEED={SEED}: {POINTS} of {len(points)} moments")  # noqa: T201 - to repeat what has failed
    outcomes = list(lives(tmp_path, drawn(points, POINTS, SEED)))
    assert [(str(outcome), outcome.problems) for outcome in outcomes if outcome.problems] == []
    # Else nothing would have been shown.
    assert any(outcome.was_running for outcome in outcomes)
