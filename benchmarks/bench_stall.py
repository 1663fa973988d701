"""How long the window answers nothing between Start and live, against a bare web view in the same run.

Run: python benchmarks/bench_stall.py [--rounds N]. Each run is a process of its own in which two sessions with the
local coach are started, with a picture of a face and a voice as the devices; the kinds take turns. The first start of a
run pays for the web engine, the second does not. The longest time between two ticks of a 2 ms timer is the stall; the
median over the runs is shown, and the ratio to a bare window that makes a bare web view and loads an empty page. The
rest of it is painting: without a graphics card the processor paints the room, in the window's thread.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

import demo_media
from run import for_root
from screen import has_display, virtual_screen

ROOT = Path(__file__).resolve().parent.parent
GOAL_MS = 50


def one_run(kind: str, data: Path, environment: dict[str, str]) -> dict[str, dict[str, float]]:
    """Return the longest stalls of the first and of the second start, in seconds."""
    command = [sys.executable, str(ROOT / "benchmarks" / "one_stall.py"), kind, str(data)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=180)
    if done.returncode:
        raise SystemExit(f"'{kind}' did not run:\n{done.stderr}")
    found: dict[str, dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="How long the window answers nothing between Start and live.")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each kind (default 3)")
    rounds = max(1, parser.parse_args().rounds)
    place: AbstractContextManager[dict[str, str]] = nullcontext({}) if has_display() else virtual_screen()
    with place as screen, tempfile.TemporaryDirectory() as folder:
        camera, voice = Path(folder) / "face.mjpeg", Path(folder) / "voice.wav"
        demo_media.write_camera(camera, demo_media.portrait())
        flags = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={camera}"]
        if demo_media.write_voice(voice):
            flags.append(f"--use-file-for-fake-audio-capture={voice}")
        environment = for_root(dict(os.environ)) | screen | {"QTWEBENGINE_CHROMIUM_FLAGS": " ".join(flags)}
        data = Path(folder) / "data"
        found = [{kind: one_run(kind, data, environment) for kind in ("bare", "app")} for _ in range(rounds)]
    title = f"longest stall, median of {rounds}, ms"
    print(f"{title:34} {'bare web view':>14} {'the app':>9} {'ratio':>7} {'in own code':>12}")
    for which, words in (("first", "first start, with the web engine"), ("second", "second start, without it")):
        bare = statistics.median(each["bare"][which]["all"] for each in found)
        app = statistics.median(each["app"][which]["all"] for each in found)
        own = statistics.median(each["app"][which]["own"] for each in found)
        ratio = statistics.median(each["app"][which]["all"] / each["bare"][which]["all"] for each in found)
        print(f"{words:34} {1000 * bare:14.0f} {1000 * app:9.0f} {ratio:7.2f} {1000 * own:12.0f}")
    print(f"goal for the app without the web engine's own start: {GOAL_MS} ms")


if __name__ == "__main__":
    main()
