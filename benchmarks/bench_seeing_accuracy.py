"""How well eye contact and closed eyes are judged on labelled pictures, with bootstrap intervals.

    python benchmarks/bench_seeing_accuracy.py [--landmarks PYTHON]

The pictures are those of COACH_TEST_MATERIAL (data/eye_contact). With --landmarks the landmarks and blendshapes are
compared with those of MediaPipe 0.10.21's face landmarker, too; PYTHON belongs to a throw-away environment with it (see
mediapipe_landmarks.py).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.eye_material import Labelled, figures, intervals, material, sets
from coach_desktop.core import paths
from coach_desktop.practice.seeing import gaze
from coach_desktop.practice.seeing.face import FacePipeline, scan_parts
from coach_desktop.practice.seeing.readings import FaceReading
from coach_desktop.store.model_files import FACE_LANDMARKER, find

_OUTER_CORNERS = (33, 263)


def read(model: Path, one: Labelled, again: int = 0) -> FaceReading | None:
    """Read one picture with a fresh pipeline; a small face may take a look at each part of the picture.

    With `again` the face is then tracked for so many frames of the same picture.
    """
    pipeline = FacePipeline(model)
    for _ in range(len(scan_parts(one.rgb.shape[1], one.rgb.shape[0])) + 1):
        reading = pipeline.read(one.rgb)
        if reading is not None:
            for _ in range(again):
                reading = pipeline.read(one.rgb)
            return reading
    return None


def accuracy(name: str, pictures: list[Labelled], readings: list[FaceReading | None]) -> None:
    """Print a row a figure."""
    scores = np.array([reading.eye_contact_score if reading else 0.0 for reading in readings])
    looking = np.array([one.looking for one in pictures])
    found, spread = figures(scores, looking), intervals(scores, looking)
    print(f"\n{name}: {len(pictures)} pictures, {int(looking.sum())} look at the camera")
    for figure, value in found.items():
        low, high = spread[figure]
        print(f"  {figure:4} {value:6.3f}   95 % of the resamples {low:6.3f} to {high:6.3f}")
    lost = [one.name for one, reading in zip(pictures, readings, strict=True) if reading is None]
    print(f"  no face found in: {', '.join(lost) or 'none'}")
    closed = [reading for one, reading in zip(pictures, readings, strict=True) if one.closed and reading]
    if closed:
        said, contact = sum(one.eyes_closed for one in closed), sum(one.eye_contact for one in closed)
        print(f"  of {len(closed)} faces with closed eyes {said} were seen as closed, {contact} as contact")


def plateau(pictures: list[Labelled], readings: list[FaceReading | None]) -> None:
    """Print the MCC with each border of the zone up to a fifth smaller and larger: whether all hangs on one of them."""
    print("\nMCC over all pictures where a border of the zone is another one (as it is: 1.0)")
    looking = np.array([one.looking for one in pictures])
    for border in ("aside_deg", "up_deg", "down_deg"):
        row = []
        for factor in (0.8, 0.9, 1.0, 1.1, 1.2):
            sides = vars(gaze.ZONE) | {border: factor * vars(gaze.ZONE)[border]}
            zone = gaze.Zone(**sides)
            scores = np.array([_score(zone, reading) for reading in readings])
            row.append(f"{factor}: {figures(scores, looking)['MCC']:.3f}")
        print(f"  {border:10} {'   '.join(row)}")


def _score(zone: gaze.Zone, reading: FaceReading | None) -> float:
    if reading is None or reading.eyes_closed:
        return 0.0
    return gaze.contact_score(zone.off(gaze.Gaze(reading.gaze_x_deg, reading.gaze_y_deg)))


def halves(pictures: list[Labelled], readings: list[FaceReading | None]) -> None:
    """Print what the best border for one random half gives on the other: what there would be to gain by fitting."""
    rng = np.random.default_rng(2)
    looking = np.array([one.looking for one in pictures])
    zones = [
        gaze.Zone(aside, up, down)
        for aside in (6.5, 7.5, 8.4, 9.5, 11)
        for up in (10, 13, 16, 19)
        for down in (15, 18, 21, 24)
    ]
    scores = np.array([[_score(zone, reading) for reading in readings] for zone in zones])
    ours = np.array([_score(gaze.ZONE, reading) for reading in readings])
    fitted, as_it_is = [], []
    for _ in range(200):
        order = rng.permutation(len(pictures))
        one, other = order[: len(order) // 2], order[len(order) // 2 :]
        best = max(range(len(zones)), key=lambda zone: figures(scores[zone][one], looking[one])["MCC"])
        fitted.append(figures(scores[best][other], looking[other])["MCC"])
        as_it_is.append(figures(ours[other], looking[other])["MCC"])
    print(
        f"\nSplit in halves 200 times: a zone fitted to one half has an MCC of {np.nanmean(fitted):.3f} on the other, "
        f"ours {np.nanmean(as_it_is):.3f}"
    )


def compare_landmarks(python: str, pictures: list[Labelled], model: Path) -> None:
    """Print how far the landmarks are from MediaPipe's, in distances between the outer corners of the eyes."""
    seen = [(one, reading) for one in pictures if (reading := read(model, one, again=3)) is not None]
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, (one, _) in enumerate(seen):
            files.append(str(Path(folder) / f"{number}.png"))
            Image.fromarray(one.rgb).save(files[-1])
        script = str(Path(__file__).with_name("mediapipe_landmarks.py"))
        done = subprocess.run([python, script, str(model), *files], capture_output=True, text=True, check=True)
    off, blends, missed = [], [], 0
    for line, (_, reading) in zip(done.stdout.splitlines(), seen, strict=True):
        theirs = json.loads(line)
        if theirs is None:
            missed += 1
            continue
        ours = reading.points[:, :2]
        apart = float(np.hypot(*(ours[_OUTER_CORNERS[0]] - ours[_OUTER_CORNERS[1]])))
        distance = np.hypot(*(ours - np.array(theirs["points"])).T) / apart
        # Of several faces each takes its own; that says nothing about landmarks.
        if np.median(distance) > 1:
            missed += 1
            continue
        off.append(distance.mean())
        blends.append(abs(reading.smile - (theirs["mouthSmileLeft"] + theirs["mouthSmileRight"]) / 2))
    per_cent = 100 * np.array(off)
    print(f"\nLandmarks against MediaPipe 0.10.21, {len(off)} faces ({missed} it does not find, or finds another):")
    print(
        f"  mean distance {per_cent.mean():.2f} % of that between the outer corners of the eyes, median "
        f"{np.median(per_cent):.2f}, 95th percentile {np.percentile(per_cent, 95):.2f}"
    )
    print(f"  the smile score differs by {np.mean(blends):.3f} on average")


def main() -> None:
    """Print it all."""
    parser = argparse.ArgumentParser(description="Accuracy of eye contact on labelled pictures.")
    parser.add_argument("--landmarks", metavar="PYTHON", help="an interpreter with mediapipe 0.10.21")
    python = parser.parse_args().landmarks
    model = find(FACE_LANDMARKER, paths.bundled_models()).path
    everything, all_readings = list[Labelled](), list[FaceReading | None]()
    for name, pictures in sets(material()).items():
        readings = [read(model, one) for one in pictures]
        accuracy(name, pictures, readings)
        everything, all_readings = everything + pictures, all_readings + readings
    accuracy("all together", everything, all_readings)
    plateau(everything, all_readings)
    halves(everything, all_readings)
    if python:
        compare_landmarks(python, everything, model)


if __name__ == "__main__":
    main()
