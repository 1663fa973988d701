"""What seeing face, body and hands costs: the whole of it against the bare networks on the same pictures.

    python benchmarks/bench_body.py [FILM] [--seconds 20]

Without a film: the test picture with a face, moved from side to side. Three things are measured, each in this process:

- the rate of face, pose and hands in turn, as in a session, over the rate of the same networks run back to back, as
  often as the pipelines ran them (goal: 0.9);
- the share of one core at 12 pictures a second, fed in real time, with the ears listening beside the eyes to noise that
  comes and goes (goal: under 0.5);
- resident memory.

Ratios and shares can be compared between computers, milliseconds cannot.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import psutil
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.bench_seeing import WIDTH, camera_frame
from coach_desktop.core import paths
from coach_desktop.practice.ears import Ears
from coach_desktop.practice.room_protocol import RGBA, AudioBlock, VideoFrame
from coach_desktop.practice.seeing.body.watching import BodyWatch
from coach_desktop.practice.seeing.face import FacePipeline
from coach_desktop.practice.seeing.tasks import Floats, Network
from coach_desktop.practice.senses import Eyes
from coach_desktop.store import model_files

FPS = 12
NO_WORDS = "No words are made out in this benchmark."
Rgb = npt.NDArray[np.uint8]


def pictures_of(film: Path | None, most: int) -> list[Rgb]:
    """Return pictures at twelve a second, 640 pixels at most a side."""
    if film is None:
        still = Image.fromarray(camera_frame())
        moved = (round(20 * np.sin(n / 6)) for n in range(most))
        return [np.asarray(still.transform(still.size, Image.Transform.AFFINE, (1, 0, x, 0, 1, 0))) for x in moved]
    import av

    found: list[Rgb] = []
    with av.open(str(film)) as container:
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time * FPS >= len(found):
                picture = Image.fromarray(np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8))
                picture.thumbnail((WIDTH, WIDTH))
                found.append(np.asarray(picture))
            if len(found) == most:
                break
    return found


class Counted:
    """Stands between networks and their users, keeps the order in which they ran and what each was given last."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.runs: list[Network] = []
        self.inputs: dict[Network, Floats] = {}

    def count(self, work: Callable[[], int]) -> int:
        """Do some work and return its result, keeping the runs of all networks in it."""
        run = Network.run

        def counted(network: Network, tensor: Floats) -> list[Floats]:
            self.runs.append(network)
            self.inputs[network] = tensor
            return run(network, tensor)

        with patch.object(Network, "run", counted):
            return work()

    def bare(self) -> None:
        """Run the networks back to back, in the order in which they were run: one alone would stay in the cache."""
        for network in self.runs:
            network.run(self.inputs[network])


def pipelines(cache: Path) -> Callable[[list[Rgb]], int]:
    """Return a call that looks at pictures as a session does, and returns in how many a body was seen."""
    face = FacePipeline(model_files.find(model_files.FACE_LANDMARKER, cache).path)
    body = BodyWatch(
        model_files.find(model_files.POSE_LANDMARKER, cache).path,
        model_files.find(model_files.HAND_LANDMARKER, cache).path,
    )

    def look(pictures: list[Rgb]) -> int:
        return sum(body.look(n / FPS, rgb, face.read(rgb)) is not None for n, rgb in enumerate(pictures))

    return look


def processor_s(work: Callable[[], object]) -> float:
    """Return the processor time of this thread, which a busy computer does not change much."""
    began = time.thread_time()
    work()
    return time.thread_time() - began


def rate_over_bare(cache: Path, pictures: list[Rgb]) -> None:
    """Print the ratio of the rates: the median of five rounds, each measured right before its own bare networks."""
    look = pipelines(cache)
    look(pictures[:12])
    counted = Counted()
    seen = counted.count(lambda: look(pictures))
    ratios, costs = [], []
    for _ in range(5):
        whole = processor_s(lambda: look(pictures))
        ratios.append(processor_s(counted.bare) / whole)
        costs.append(1000 * whole / len(pictures))
    runs = len(counted.runs) / len(pictures)
    print(f"pictures {len(pictures)}, with a body {seen}, networks run a picture {runs:.2f}")
    print(f"face, pose and hands in turn     {statistics.median(costs):6.1f} ms of processor a picture")
    print(f"rate over the bare networks      {statistics.median(ratios):6.2f}   (goal 0.9)")


def live_share(cache: Path, pictures: list[Rgb], seconds: float) -> None:
    """Feed eyes and ears in real time; print the share of one core that this process used."""
    eyes, ears = Eyes(cache), Ears(cache, NO_WORDS)
    rng, process = np.random.default_rng(1), psutil.Process()
    packed = [np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)]).tobytes() for rgb in pictures[: 10 * FPS]]
    eyes.start()
    ears.start()
    time.sleep(3)
    began, used = time.perf_counter(), sum(process.cpu_times()[:2])
    for n in range(round(seconds * FPS)):
        time.sleep(max(0.0, began + n / FPS - time.perf_counter()))
        height, width, _ = pictures[n % len(packed)].shape
        eyes.offer(n / FPS, VideoFrame(n, n / FPS, RGBA, width, height, memoryview(packed[n % len(packed)])))
        if n % 6 == 0:
            loud = 3000 if n // FPS % 4 else 30
            for part in range(5):
                sound = rng.normal(0, loud, 1600).clip(-32768, 32767).astype(np.int16)
                ears.offer(n / FPS + part / 10, AudioBlock(n // 6 * 5 + part, 0.0, memoryview(sound.tobytes())))
    eyes.finish(30)
    ears.finish(30)
    share = (sum(process.cpu_times()[:2]) - used) / (time.perf_counter() - began)
    print(
        f"share of a core at {FPS} a second    {share:6.2f}   (goal 0.5)   analysed {eyes.analysed} of {eyes.received}"
    )
    print(f"resident memory                  {process.memory_info().rss / 2**20:6.0f} MB")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="What seeing face, body and hands costs.")
    parser.add_argument("film", type=Path, nargs="?", help="a film with a person (default: a still, moved)")
    parser.add_argument("--seconds", type=float, default=20.0, help="of the run in real time (default 20)")
    chosen = parser.parse_args()
    cache = paths.bundled_models()
    pictures = pictures_of(chosen.film, 10 * FPS)
    rate_over_bare(cache, pictures)
    live_share(cache, pictures, chosen.seconds)


if __name__ == "__main__":
    main()
