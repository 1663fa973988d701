"""Pictures of the film that `analyse --overlay` writes: a face that looks, one at the edge, and nobody."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import av
from PIL import Image

from pictures_camera import make_small

_MAIN = Path(__file__).resolve().parent.parent / "main.py"
_LARGEST = (640, 640)
_MOMENTS_S = {"face": 6.0, "edge": 18.8, "nobody": 24.0}


def overlay_pictures(folder: Path, data: Path, film: Path) -> None:
    """Analyse a film by the command line, and take some moments of its overlay."""
    overlay = data / "overlay.mp4"
    command = [sys.executable, str(_MAIN), "--data-dir", str(data), "analyse", str(film), "--overlay", str(overlay)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    missing = dict(_MOMENTS_S)
    with av.open(str(overlay)) as container:
        for frame in container.decode(video=0):
            for name in [name for name, at_s in missing.items() if frame.time is not None and frame.time >= at_s]:
                path = folder / f"overlay-{name}.png"
                picture = Image.fromarray(frame.to_ndarray(format="rgb24"))
                picture.thumbnail(_LARGEST)
                picture.save(path)
                make_small(path)
                del missing[name]
    if missing:
        raise SystemExit(f"the film is too short for {', '.join(missing)}")
