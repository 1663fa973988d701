"""How soon the window is there, against a bare window in the same run.

Run: python benchmarks/bench_start.py [--rounds N]. Each start is a process of its own, timed from just before it is
made. The kinds take turns; the medians are shown, and the median of the ratios to the bare window of the same round.

- first paint: the widgets were painted and the picture was handed to the screen;
- Start works: a click on Start that was sent at that moment has been answered (it begins nothing here);
- longest wait: the longest time in the second after it in which the window answers nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from run import for_root
from screen import has_display, virtual_screen

ROOT = Path(__file__).resolve().parent.parent
Found = dict[str, float]

BARE, APP = "bare", "app"
NAMES = {
    BARE: "bare window",
    "graphics": "bare, through the graphics card",
    "imports": "bare, after the app's imports",
    APP: "the app",
}


def one_start(kind: str, data: str, environment: dict[str, str]) -> Found:
    """Start one process and return what it noted, in seconds."""
    command = [sys.executable, str(ROOT / "benchmarks" / "one_start.py"), kind, repr(time.time()), data]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        raise SystemExit(f"'{NAMES[kind]}' did not start:\n{done.stderr}")
    found: Found = json.loads(done.stdout.splitlines()[-1])
    return found


def table(rounds: list[dict[str, Found]]) -> None:
    """Print the table, in milliseconds."""
    print(f"{'median of ' + str(len(rounds)) + ', ms':34} {'first paint':>11} {'x bare':>7}", end="")
    print(f" {'Start works':>11} {'x bare paint':>12} {'longest wait':>12}")
    for kind, name in NAMES.items():
        line = f"{name:34}"
        for column, width in (("painted", 7), ("start_works", 12)):
            values = [(each[kind][column], each[BARE]["painted"]) for each in rounds if column in each[kind]]
            if values:
                line += f" {1000 * statistics.median(value for value, _ in values):11.0f}"
                line += f" {statistics.median(value / bare for value, bare in values):{width}.2f}"
            else:
                line += f" {'-':>11} {'-':>{width}}"
        print(f"{line} {1000 * statistics.median(each[kind]['longest_wait'] for each in rounds):12.0f}")
    early = sum(bool(each[APP]["web_engine"]) for each in rounds)
    print(f"Qt WebEngine imported before the first paint: {f'YES, in {early} of {len(rounds)}' if early else 'no'}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="How soon the window is there, against a bare window.")
    parser.add_argument("--rounds", type=int, default=5, help="starts of each kind (default 5)")
    rounds = max(1, parser.parse_args().rounds)
    place: AbstractContextManager[dict[str, str]] = nullcontext({}) if has_display() else virtual_screen()
    with place as screen, tempfile.TemporaryDirectory() as data:
        environment = for_root(dict(os.environ)) | screen
        for kind in NAMES:
            # Not counted: it fills the disk's cache and the app's data folder.
            one_start(kind, data, environment)
        table([{kind: one_start(kind, data, environment) for kind in NAMES} for _ in range(rounds)])


if __name__ == "__main__":
    main()
