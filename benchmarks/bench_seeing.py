"""What seeing costs a frame, as ratios against the bare LiteRT networks in the same run.

Run: python benchmarks/bench_seeing.py [--frames N]. Ratios can be compared between machines, milliseconds cannot.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from coach_desktop.core import paths
from coach_desktop.practice.seeing.blendshapes import BlendshapesNetwork
from coach_desktop.practice.seeing.detector import INPUT_SIDE as DETECTOR_SIDE
from coach_desktop.practice.seeing.face import FacePipeline
from coach_desktop.practice.seeing.frames import FrameFormat, to_rgb
from coach_desktop.practice.seeing.landmarks import INPUT_SIDE as LANDMARKS_SIDE
from coach_desktop.practice.seeing.sight import Sight
from coach_desktop.practice.seeing.tasks import FaceTask, Network, read_face_task
from coach_desktop.store.model_files import FACE_LANDMARKER, find

WIDTH, HEIGHT = 640, 480
Rgb = npt.NDArray[np.uint8]


def milliseconds(work: Callable[[], object], frames: int) -> float:
    """Return the median time of one call."""
    for _ in range(3):
        work()
    taken = []
    for _ in range(frames):
        begun = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - begun))
    return statistics.median(taken)


def camera_frame() -> Rgb:
    """Return a 640 x 480 frame with a face in it."""
    for file in metadata.files("scikit-image") or []:
        if file.as_posix() == "skimage/data/astronaut.png":
            with Image.open(Path(str(file.locate()))) as picture:
                return np.asarray(picture.convert("RGB").resize((WIDTH, WIDTH)).crop((0, 0, WIDTH, HEIGHT)))
    raise SystemExit("scikit-image, the carrier of the test picture, is not installed.")


def packed_i420(rgb: Rgb) -> bytes:
    """Return a frame as I420, limited range, as a browser's camera delivers it."""
    full = Image.fromarray(rgb).convert("YCbCr")
    luma, cb, cr = full.split()
    small = (WIDTH // 2, HEIGHT // 2)
    planes = [luma.point([16 + round(219 * value / 255) for value in range(256)])]
    planes += [plane.resize(small).point([16 + round(224 * value / 255) for value in range(256)]) for plane in (cb, cr)]
    return b"".join(plane.tobytes() for plane in planes)


def bare_networks(task: FaceTask) -> Callable[[], None]:
    """Return a call that runs the two networks of a tracked face once, on noise, which costs what a face costs."""
    points = 478
    network = Network(task.landmarks, (1, LANDMARKS_SIDE, LANDMARKS_SIDE, 3), [(1, 1, 1, 3 * points), (1, 1, 1, 1)])
    crop = np.random.default_rng(1).random((1, LANDMARKS_SIDE, LANDMARKS_SIDE, 3), dtype=np.float32)
    expression = BlendshapesNetwork(task.blendshapes)
    flat = np.random.default_rng(2).random((points, 3)) * LANDMARKS_SIDE

    def bare() -> None:
        network.run(crop)
        expression.read(flat)

    return bare


def rows(frames: int) -> Iterator[tuple[str, float]]:
    """Measure part by part; yield names and milliseconds, the two bare networks of a tracked face first."""
    model = find(FACE_LANDMARKER, paths.bundled_models()).path
    task = read_face_task(model)
    yield "bare networks of a tracked face", milliseconds(bare_networks(task), frames)
    detector = Network(task.detector, (1, DETECTOR_SIDE, DETECTOR_SIDE, 3), [(1, 896, 16), (1, 896, 1)])
    small = np.zeros((1, DETECTOR_SIDE, DETECTOR_SIDE, 3), dtype=np.float32)
    yield "bare detector", milliseconds(lambda: detector.run(small), frames)

    rgb = camera_frame()
    payload = packed_i420(rgb)
    yield "I420 640 x 480 to RGB", milliseconds(lambda: to_rgb(FrameFormat.I420, WIDTH, HEIGHT, payload), frames)
    large = bytes(1280 * 720 * 3 // 2)
    yield "I420 1280 x 720 to RGB", milliseconds(lambda: to_rgb(FrameFormat.I420, 1280, 720, large), frames)
    rgba = bytes(4 * WIDTH * HEIGHT)
    yield "RGBA 640 x 480 to RGB", milliseconds(lambda: to_rgb(FrameFormat.RGBA, WIDTH, HEIGHT, rgba), frames)

    pipeline = FacePipeline(model)
    reading = pipeline.read(rgb)
    if reading is None:
        raise SystemExit("The face in the test picture was not found: nothing to measure.")
    yield "pipeline, face tracked", milliseconds(lambda: pipeline.read(rgb), frames)
    empty = np.full_like(rgb, 96)
    yield "pipeline, no face (searching)", milliseconds(lambda: pipeline.read(empty), frames)
    fresh = iter([FacePipeline(model) for _ in range(13)])
    yield "pipeline, first frame of a face", milliseconds(lambda: next(fresh).read(rgb), 10)

    sight, clock = Sight(), iter(range(10**9))
    yield "session measures, a frame", milliseconds(lambda: sight.add(next(clock) / 12, reading), 10 * frames)

    def whole() -> None:
        sight.add(next(clock) / 12, pipeline.read(to_rgb(FrameFormat.I420, WIDTH, HEIGHT, payload)))

    yield "all of it: I420 to measures", milliseconds(whole, frames)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="What seeing costs a frame, against the bare networks.")
    parser.add_argument("--frames", type=int, default=100, help="frames per row (default 100)")
    frames = max(5, parser.parse_args().frames)
    base = None
    print(f"{'part':34} {'ms a frame':>10} {'x bare':>7} {'% of a core at 12 fps':>22}")
    for name, cost in rows(frames):
        base = base or cost
        print(f"{name:34} {cost:10.2f} {cost / base:7.2f} {12 * cost / 10:22.1f}")


if __name__ == "__main__":
    main()
