"""How long it takes from Start to the room of a paid conversation, against doing it barely in the same run.

Run: python benchmarks/bench_room.py [--rounds N] [--times N]. A server on this computer answers as Tavus does (see
tests/standin), at once, so that all that is left is what the app itself takes. Bare is a `requests.post` that creates a
conversation and a bare web view that loads its address; the app is Start in its own window, until its pane has loaded
the same. Each run is a process of its own with several starts; the kinds take turns. Shown are medians, the median of
the ratios of the runs that stand beside each other, and in which range that median lies with 95 % (bootstrap).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import secrets
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from run import for_root
from screen import has_display, virtual_screen

ROOT = Path(__file__).resolve().parent.parent
GOAL = 1.15
DRAWS = 4000


@contextmanager
def standin(key: str) -> Iterator[str]:
    """Run the server in a process of its own and give its address."""
    command = [sys.executable, "-m", "tests.standin", "--key", key]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            if server.stdout is None:
                raise SystemExit("the server says nothing")
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def one_run(kind: str, folder: Path, address: str, key: str, times: int, environment: dict[str, str]) -> list[float]:
    """Return how long each start of one process took, in seconds."""
    command = [sys.executable, str(ROOT / "benchmarks" / "one_room.py"), kind, str(folder), address, key, str(times)]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=60 + 20 * times
    )
    if done.returncode:
        raise SystemExit(f"'{kind}' did not run:\n{done.stderr}")
    found: list[float] = json.loads(done.stdout.splitlines()[-1])
    return found


def interval(values: list[float]) -> tuple[float, float]:
    """Return the range in which the median lies with 95 %, drawn anew from the values many times."""
    draw = random.Random(0)  # noqa: S311 - no secret
    medians = sorted(statistics.median(draw.choices(values, k=len(values))) for _ in range(DRAWS))
    return medians[DRAWS * 25 // 1000], medians[DRAWS * 975 // 1000]


def line(words: str, bare: list[float], app: list[float]) -> None:
    """Print one row of the table."""
    ratios = [one / other for one, other in zip(app, bare, strict=True)]
    low, high = interval(ratios)
    print(
        f"{words:34} {1000 * statistics.median(bare):8.0f} {1000 * statistics.median(app):8.0f}"
        f" {statistics.median(ratios):7.2f}   {low:.2f} to {high:.2f}   {len(ratios)}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="How long it takes from Start to a room, against doing it barely.")
    parser.add_argument("--rounds", type=int, default=6, help="runs of each kind (default 6)")
    parser.add_argument("--times", type=int, default=4, help="starts in each run (default 4)")
    wanted = parser.parse_args()
    rounds, times = max(1, wanted.rounds), max(2, wanted.times)
    key = secrets.token_hex(8)
    place: AbstractContextManager[dict[str, str]] = nullcontext({}) if has_display() else virtual_screen()
    found: dict[str, list[list[float]]] = {"bare": [], "app": []}
    with place as screen, tempfile.TemporaryDirectory() as folder, standin(key) as address:
        environment = for_root(dict(os.environ)) | screen
        for number in range(rounds):
            # Whoever goes first may find the disk's cache colder.
            for kind in ("bare", "app") if number % 2 else ("app", "bare"):
                found[kind].append(one_run(kind, Path(folder), address, key, times, environment))
    print(f"{'from Start to a loaded room, ms':34} {'bare':>8} {'the app':>8} {'ratio':>7}   {'95 %':12}   pairs")
    line("first start, with the web engine", *([run[0] for run in found[kind]] for kind in ("bare", "app")))
    line("later starts", *([taken for run in found[kind] for taken in run[1:]] for kind in ("bare", "app")))
    print(f"goal for the ratio: {GOAL}")


if __name__ == "__main__":
    main()
