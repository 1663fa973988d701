"""A talk to stand in for camera and microphone: a portrait that moves a little, and a spoken text.

The portrait is `skimage/data/astronaut.png`, carried by the scikit-image wheel (Eileen Collins, NASA, public domain);
the voice is Debian's `espeak-ng` program. Neither library is imported.

    python scripts/demo_media.py FOLDER      writes face.mjpeg and, where espeak-ng is there, speech.wav
"""

from __future__ import annotations

import math
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from PIL import Image

WIDTH, HEIGHT = 640, 480
# The rate at which Chromium plays an MJPEG file as a camera.
FRAMES_A_SECOND = 30
LOOP_SECONDS = 12
DEMO_SECONDS = 48
# Long enough for Chuck to say something about it.
DEMO_AWAY = (15.0, 27.0)

TALK = (
    "Good morning, and thank you for coming.",
    "Today I want to tell you about one small habit that changed how I speak.",
    "I used to fill every silence.",
    "I was afraid of the quiet, and so I talked faster and faster.",
    "Then a teacher told me to stop, to look at one person, and to breathe.",
    "A pause is not an empty place.",
    "It is where the listener catches up with you.",
    "So here is my request: in your next talk, pause once, and look up.",
    "Thank you.",
)


def portrait() -> Image.Image:
    """Return the portrait, 512x512 RGB. Raises FileNotFoundError where the carrier is not installed."""
    for file in metadata.files("scikit-image") or []:
        if file.as_posix() == "skimage/data/astronaut.png":
            return Image.open(str(file.locate())).convert("RGB")
    raise FileNotFoundError("the scikit-image wheel does not carry astronaut.png")


def frame(picture: Image.Image, at_s: float, away: tuple[float, float] | None = None) -> Image.Image:
    """Return the picture as a camera would see it at `at_s`: panned and zoomed a little, 640x480.

    Between the two moments of `away` the person leans out of view.
    """
    zoom = 1.0 + 0.04 * math.sin(2 * math.pi * at_s / 6)
    width = 420 * zoom
    height = width * HEIGHT / WIDTH
    left = 226 - width / 2 + 14 * math.sin(2 * math.pi * at_s / 4)
    top = 168 - height / 2 + 6 * math.sin(2 * math.pi * at_s / 3)
    if away is not None:
        # One second to lean out, one to come back.
        left += 275 * max(0.0, min(1.0, at_s - away[0], away[1] - at_s))
    box = (left, top, left + width, top + height)
    # A picture's edge may lie inside the box; transform() fills what is beyond it, crop() and resize() would not.
    return picture.transform(
        (WIDTH, HEIGHT),
        Image.Transform.EXTENT,
        box,
        Image.Resampling.BILINEAR,
        fillcolor=(196, 189, 187),
    )


def write_camera(
    path: Path, picture: Image.Image, seconds: float = LOOP_SECONDS, away: tuple[float, float] | None = None
) -> None:
    """Write a motion-JPEG file of `picture`, `seconds` long; Chromium plays it in a loop."""
    with path.open("wb") as stream:
        for number in range(round(seconds * FRAMES_A_SECOND)):
            frame(picture, number / FRAMES_A_SECOND, away).save(stream, "JPEG", quality=88)


def write_voice(path: Path, sentences: tuple[str, ...] = TALK, pause_ms: int = 700) -> bool:
    """Let espeak-ng speak the sentences with pauses between them; return whether it is installed."""
    program = shutil.which("espeak-ng")
    if program is None:
        return False
    pause = f'<break time="{pause_ms}ms"/>'
    text = f"<speak>{pause.join(sentences)}{pause}</speak>"
    subprocess.run([program, "-v", "en-us", "-s", "145", "-m", "-w", str(path), text], check=True)
    return True


def main() -> int:
    """Write the demo media into the folder that the one argument names."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    write_camera(folder / "face.mjpeg", portrait(), seconds=DEMO_SECONDS, away=DEMO_AWAY)
    write_voice(folder / "speech.wav")
    return 0


if __name__ == "__main__":
    sys.exit(main())
