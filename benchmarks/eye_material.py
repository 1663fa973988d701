"""Labelled pictures of eyes, and how a judgement of them is scored: a part of the benchmarks of the eyes."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

Rgb = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.float64]

_ANALYSED_SIDE = 640
_RESAMPLES = 2000


@dataclass(frozen=True)
class Labelled:
    """One picture (height x width x 3): does the face look at the camera, are its eyes closed."""

    name: str
    rgb: Rgb
    looking: bool
    closed: bool


def material() -> Path:
    """Return the folder named by COACH_TEST_MATERIAL, or `shared` beside the checkout; SystemExit without one."""
    beside = Path(__file__).resolve().parent.parent.parent / "shared"
    folder = Path(os.environ.get("COACH_TEST_MATERIAL", beside)) / "data"
    if not folder.is_dir():
        raise SystemExit("There is no test material: name its folder in COACH_TEST_MATERIAL.")
    return folder


def sets(folder: Path) -> dict[str, list[Labelled]]:
    """Return the labelled sets below `folder`/eye_contact that are there, by name."""
    eyes = folder / "eye_contact"
    return {"WIDER faces": _wider(eyes), "webcam frames": _webcam(eyes / "synthetic")}


def _wider(folder: Path) -> list[Labelled]:
    found = []
    for row in _rows(folder / "labels.csv"):
        x1, y1, x2, y2 = (int(row[side]) for side in ("x1", "y1", "x2", "y2"))
        # The labelled face with its surroundings: some pictures show others beside it.
        room = round(0.6 * max(x2 - x1, y2 - y1))
        with Image.open(folder / row["picture"]) as picture:
            box = (max(0, x1 - room), max(0, y1 - room), min(picture.width, x2 + room), min(picture.height, y2 + room))
            rgb = analysed(picture.convert("RGB").crop(box))
        found.append(Labelled(row["picture"], rgb, row["looking_at_camera"] == "1", closed=False))
    return found


def _webcam(folder: Path) -> list[Labelled]:
    found = []
    for row in _rows(folder / "labels.csv"):
        with Image.open(folder / row["picture"]) as picture:
            rgb = analysed(picture.convert("RGB"))
        gaze = row["gaze"]
        found.append(Labelled(row["picture"], rgb, gaze == "Camera", closed=gaze == "Eyes_Closed"))
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def analysed(picture: Image.Image) -> Rgb:
    """Return a picture at the size at which a camera's frames are analysed."""
    factor = -(-max(picture.size) // _ANALYSED_SIDE)
    return np.asarray(picture.reduce(factor) if factor > 1 else picture)


def figures(scores: Scores, looking: Flags) -> dict[str, float]:
    """Return precision, recall, F1, MCC (a score of 0.5 and more says "looks") and AUC; nan where not defined."""
    said = scores >= 0.5
    hits, alarms = int((said & looking).sum()), int((said & ~looking).sum())
    misses, rejections = int((~said & looking).sum()), int((~said & ~looking).sum())
    precision, recall = _ratio(hits, hits + alarms), _ratio(hits, hits + misses)
    yes, no, so, not_so = hits + alarms, misses + rejections, hits + misses, alarms + rejections
    return {
        "P": precision,
        "R": recall,
        "F1": _ratio(2 * hits, 2 * hits + alarms + misses),
        "MCC": _ratio(hits * rejections - alarms * misses, (yes * no * so * not_so) ** 0.5),
        "AUC": _auc(scores[looking], scores[~looking]),
    }


def intervals(scores: Scores, looking: Flags, seed: int = 1) -> dict[str, tuple[float, float]]:
    """Return the 95 % bootstrap interval of each figure: 2000 resamples of the pictures."""
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(_RESAMPLES):
        chosen = rng.integers(0, len(scores), len(scores))
        drawn.append(figures(scores[chosen], looking[chosen]))
    return {
        name: (float(np.nanpercentile(values, 2.5)), float(np.nanpercentile(values, 97.5)))
        for name in drawn[0]
        if (values := [one[name] for one in drawn])
    }


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def _auc(positive: Scores, negative: Scores) -> float:
    if not len(positive) or not len(negative):
        return float("nan")
    above = (positive[:, np.newaxis] > negative).mean()
    return float(above + (positive[:, np.newaxis] == negative).mean() / 2)
