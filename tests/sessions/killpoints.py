"""What `make killpoints` does: kill -9 at 200 random moments of paid sessions, told one by one, and a summary.

Run: python -m tests.sessions.killpoints [--seed N] [--points N]      (the same seed draws the same moments)
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.sessions.kill_driver import say
from tests.sessions.killing import all_points, drawn, lives

POINTS = 200


def main() -> int:
    """Print what became of each life, and return 1 where anything is not as it should be."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    arguments.add_argument("--points", type=int, default=POINTS)
    wanted = arguments.parse_args()
    # Sessions that fail are what this is about.
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        points = all_points(folder)
        say(f"SEED={wanted.seed}: {wanted.points} of {len(points)} moments")
        began = time.monotonic()
        outcomes = []
        for number, outcome in enumerate(lives(folder, drawn(points, wanted.points, wanted.seed)), 1):
            outcomes.append(outcome)
            state = "running" if outcome.was_running else "-"
            verdict = "; ".join(outcome.problems) or "well"
            say(f"{number:4}  {state:7}  {verdict}  {outcome}")
    say(
        f"\n{len(outcomes)} lives in {time.monotonic() - began:.0f} s, SEED={wanted.seed}\n"
        f"a conversation was running at the kill:  {sum(outcome.was_running for outcome in outcomes)}\n"
        f"the next start was killed as well:       {sum(bool(outcome.reached_again) for outcome in outcomes)}\n"
        f"left active after the next start:        {sum(bool(outcome.left_active) for outcome in outcomes)}\n"
        f"created twice:                           {sum(bool(outcome.created_twice) for outcome in outcomes)}\n"
        f"sessions lost:                           {sum(bool(outcome.lost) for outcome in outcomes)}\n"
        f"anything else wrong:                     {sum(bool(outcome.wrong) for outcome in outcomes)}"
    )
    return 1 if any(outcome.problems for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
