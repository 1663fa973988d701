"""Whether a talk is heard in the room as `analyse` hears it: the same clips as Chromium's microphone and as a file.

    python benchmarks/bench_room_words.py [--clips FOLDER]

The clips are those of bench_words.py, a few at a time, in a real QWebEngineView, over the real room and service, in
real time. Goal: the counts of words, filled pauses, filler words and repeats are within 10 % of those of `analyse`;
where there are fewer than ten, within one.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from coach_desktop.core import paths
from coach_desktop.tavus.delivery import MeasureName
from screen import has_display, virtual_screen
from tests.practice.room.heard import COUNTS, heard, joined

ROOT = Path(__file__).resolve().parent.parent
AT_ONCE = 6


def main() -> None:
    """Print a row for each few clips, and one for all."""
    parser = argparse.ArgumentParser(description="Whether a talk is heard in the room as in a file.")
    material = Path(os.environ.get("COACH_TEST_MATERIAL", ROOT.parent / "shared"))
    parser.add_argument("--clips", type=Path, default=material / "data" / "speech")
    options = parser.parse_args()
    clips = sorted(options.clips.glob("*.wav"))
    if not clips:
        print("There is no labelled speech on this computer.")
        return
    whole: dict[str, Counter[MeasureName]] = {"room": Counter(), "analyse": Counter()}
    print(f"{'clips':28}" + "".join(f"{name:>20}" for name in COUNTS))
    for first in range(0, len(clips), AT_ONCE):
        some = clips[first : first + AT_ONCE]
        with tempfile.TemporaryDirectory() as folder:
            recording = Path(folder) / "clips.wav"
            found = heard(recording, joined(recording, some), paths.bundled_models())
        for place, counts in (("room", found.room), ("analyse", found.analyse)):
            whole[place].update({name: int(value or 0) for name, value in counts.items()})
        show(f"{some[0].stem} …", found.room, found.analyse)
    show("all", whole["room"], whole["analyse"])


def show(name: str, room: Mapping[MeasureName, float | None], file: Mapping[MeasureName, float | None]) -> None:
    """Print the counts of the room and of the file."""
    cells = (f"{room[key] or 0:.0f} / {file[key] or 0:.0f}" for key in COUNTS)
    print(f"{name:28}" + "".join(f"{cell:>20}" for cell in cells), flush=True)


if __name__ == "__main__":
    screen: AbstractContextManager[dict[str, str]] = nullcontext({}) if has_display() else virtual_screen()
    with screen as place:
        os.environ.update(place)
        main()
