"""How each measure of the eyes moves when the same faces are seen worse: darker, flatter, smaller, blurred, noisy.

    python benchmarks/bench_eyes_robust.py [--pictures N]

The pictures are those of COACH_TEST_MATERIAL (data/eye_contact), each once as it is and once a change; nothing is
fitted to them. A row says of one change how many of the faces are still found, what becomes of the verdict on eye
contact (MCC against the labels, and how many verdicts turn), how far gaze, head, smile and brows move (median of the
differences from the same picture unchanged) and how many verdicts on closed eyes turn. A face that is not found counts
as one that does not look.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.eye_material import Labelled, figures, material, sets
from coach_desktop.core import paths
from coach_desktop.practice.seeing.face import FacePipeline, scan_parts
from coach_desktop.practice.seeing.readings import FaceReading
from coach_desktop.store.model_files import FACE_LANDMARKER, find

Rgb = npt.NDArray[np.uint8]
Change = Callable[[Rgb, FaceReading], Rgb]

WIDTH, HEIGHT = 640, 480
_GREY = (96, 104, 112)


def _brightness(factor: float) -> Change:
    return _floats(lambda rgb: rgb * factor)


def _contrast(factor: float) -> Change:
    return _floats(lambda rgb: 128 + (rgb - 128) * factor)


def _gamma(exponent: float) -> Change:
    return _floats(lambda rgb: 255 * (rgb / 255) ** exponent)


def _blur(radius: int) -> Change:
    return _pictures(lambda picture: picture.filter(ImageFilter.GaussianBlur(radius)))


def _floats(change: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]) -> Change:
    def changed(rgb: Rgb, _: FaceReading) -> Rgb:
        return np.clip(np.round(change(rgb.astype(np.float64))), 0, 255).astype(np.uint8)

    return changed


def _pictures(change: Callable[[Image.Image], Image.Image]) -> Change:
    return lambda rgb, _: np.asarray(change(Image.fromarray(rgb)))


def _jpeg(quality: int) -> Change:
    def packed(picture: Image.Image) -> Image.Image:
        stream = io.BytesIO()
        picture.save(stream, "JPEG", quality=quality)
        return Image.open(stream).convert("RGB")

    return _pictures(packed)


def _noise(sigma: float) -> Change:
    rng = np.random.default_rng(7)
    return _floats(lambda rgb: rgb + rng.normal(0, sigma, rgb.shape))


def _face_width(pixels: int) -> Change:
    """Put the picture into a frame of 640 x 480 so that the face is so wide, its middle in the frame's middle."""

    def framed(rgb: Rgb, reading: FaceReading) -> Rgb:
        height, width, _ = rgb.shape
        scale = pixels / (reading.box_w * width)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = Image.fromarray(rgb).resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR)
        frame = Image.new("RGB", (WIDTH, HEIGHT), _GREY)
        left = WIDTH / 2 - (reading.box_x + reading.box_w / 2) * size[0]
        top = HEIGHT / 2 - (reading.box_y + reading.box_h / 2) * size[1]
        frame.paste(small, (round(left), round(top)))
        return np.asarray(frame)

    return framed


def changes() -> Iterator[tuple[str, Change]]:
    """Yield what is done to the pictures, by name."""
    yield "as it is", lambda rgb, _: rgb
    for factor in (0.5, 0.25, 0.1, 1.5):
        yield f"brightness x {factor}", _brightness(factor)
    for factor in (0.5, 0.25):
        yield f"contrast x {factor}", _contrast(factor)
    for gamma in (0.5, 2.0, 3.0):
        yield f"exposure, gamma {gamma}", _gamma(gamma)
    for pixels in (120, 80, 60, 45, 35, 25):
        yield f"face {pixels} px wide", _face_width(pixels)
    for radius in (1, 2, 4):
        yield f"blur, radius {radius}", _blur(radius)
    for quality in (50, 20, 8):
        yield f"JPEG quality {quality}", _jpeg(quality)
    for sigma in (8, 16, 32):
        yield f"noise, sigma {sigma}", _noise(sigma)
    yield "dark and noisy", _dark_and_noisy()


def _dark_and_noisy() -> Change:
    rng = np.random.default_rng(8)
    return _floats(lambda rgb: rgb * 0.15 + rng.normal(0, 8, rgb.shape))


def read(model: Path, rgb: Rgb) -> FaceReading | None:
    """Return what a fresh pipeline sees, when each part of the picture has had its turn."""
    pipeline = FacePipeline(model)
    for _ in range(len(scan_parts(rgb.shape[1], rgb.shape[0])) + 1):
        reading = pipeline.read(rgb)
        if reading is not None:
            return reading
    return None


def row(name: str, before: list[FaceReading], after: list[FaceReading | None], looking: npt.NDArray[np.bool_]) -> str:
    """Put one change into a line of the table."""
    scores = np.array([reading.eye_contact_score if reading else 0.0 for reading in after])
    pairs = [(one, other) for one, other in zip(before, after, strict=True) if other is not None]
    turned = sum(one.eye_contact != other.eye_contact for one, other in pairs)

    def moved(of: Callable[[FaceReading], float]) -> float:
        return float(np.median([abs(of(one) - of(other)) for one, other in pairs])) if pairs else float("nan")

    found = figures(scores, looking)
    return (
        f"{name:22} {100 * len(pairs) / len(before):6.0f} {found['MCC']:6.2f} {found['AUC']:6.2f} {turned:7d} "
        f"{moved(lambda one: one.gaze_x_deg):7.1f} {moved(lambda one: one.gaze_y_deg):7.1f} "
        f"{moved(lambda one: one.yaw_deg):6.1f} {moved(lambda one: one.pitch_deg):6.1f} "
        f"{moved(lambda one: one.smile):6.2f} {moved(lambda one: one.brow_raise):6.2f} "
        f"{sum(one.eyes_closed != other.eyes_closed for one, other in pairs):7d}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="How the measures of the eyes move when faces are seen worse.")
    parser.add_argument("--pictures", type=int, help="so many of the pictures, evenly chosen (default: all)")
    wanted = parser.parse_args().pictures
    model = find(FACE_LANDMARKER, paths.bundled_models()).path
    everything = [one for pictures in sets(material()).values() for one in pictures]
    step = max(1, len(everything) // wanted) if wanted else 1
    seen: list[tuple[Labelled, FaceReading]] = [
        (one, reading) for one in everything[::step] if (reading := read(model, one.rgb)) is not None
    ]
    looking = np.array([one.looking for one, _ in seen])
    before = [reading for _, reading in seen]
    print(f"{len(seen)} faces, {int(looking.sum())} of them look at the camera; angles in degrees")
    print(
        f"{'change':22} {'found%':>6} {'MCC':>6} {'AUC':>6} {'turned':>7} {'gaze_x':>7} {'gaze_y':>7} {'yaw':>6} "
        f"{'pitch':>6} {'smile':>6} {'brows':>6} {'closed≠':>7}"
    )
    for name, change in changes():
        after = [read(model, change(one.rgb, reading)) for one, reading in seen]
        print(row(name, before, after, looking), flush=True)


if __name__ == "__main__":
    main()
