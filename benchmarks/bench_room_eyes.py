"""Whether a talk is seen in the room as `analyse` sees it: the same films as Chromium's camera and as a file.

    python benchmarks/bench_room_eyes.py [--films FOLDER]

Each film runs once through a real QWebEngineView, the real room and service, in real time, shown in whole within
640 x 480. Goal: the shares of eye contact and of smiling are within 5 points of those of `analyse`. A film much shorter
than ten seconds says little: one glance is many points of it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from coach_desktop.core import paths
from screen import has_display, virtual_screen
from tests.practice.room.seen import SHARES, seen

ROOT = Path(__file__).resolve().parent.parent
GOAL = 0.05


def main() -> int:
    """Print a row for each film; return 1 where one misses the goal."""
    parser = argparse.ArgumentParser(description="Whether a talk is seen in the room as in a film.")
    material = Path(os.environ.get("COACH_TEST_MATERIAL", ROOT.parent / "shared"))
    parser.add_argument("--films", type=Path, default=material / "data" / "video")
    films = sorted(parser.parse_args().films.glob("*.mp4"))
    if not films:
        print("There are no films to look at on this computer.")
        return 0
    print(f"{'film (room / analyse)':28}" + "".join(f"{name:>18}" for name in SHARES))
    missed = 0
    for film in films:
        with tempfile.TemporaryDirectory() as folder:
            found = seen(film, Path(folder) / "film.mjpeg", paths.bundled_models())
        pairs = [(found.room[name], found.analyse[name]) for name in SHARES]
        missed += any(apart(*pair) > GOAL for pair in pairs)
        print(f"{film.stem:28}" + "".join(f"{cell(one) + ' / ' + cell(other):>18}" for one, other in pairs), flush=True)
    return 1 if missed else 0


def apart(one: float | None, other: float | None) -> float:
    """Return how far two shares are apart; a whole where only one was measured."""
    if one is None or other is None:
        return float(one is not other)
    return abs(one - other)


def cell(share: float | None) -> str:
    """Return a share in percent, a dash where there is none."""
    return "-" if share is None else f"{100 * share:.1f} %"


if __name__ == "__main__":
    screen: AbstractContextManager[dict[str, str]] = nullcontext({}) if has_display() else virtual_screen()
    with screen as place:
        os.environ.update(place)
        code = main()
    sys.exit(code)
