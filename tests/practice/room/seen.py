"""What the real service sees of a film that Chromium plays as its camera, and what `analyse` sees in it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from coach_desktop.practice.recordings import Task
from coach_desktop.tavus.delivery import MeasureName
from tests.browsing import browsed
from tests.practice.conftest import running_service

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARES: tuple[MeasureName, ...] = ("face_present", "eye_contact", "smile")
CAMERA_FPS = 30
"""The rate at which Chromium plays an MJPEG file as a camera."""
_ROOM_FPS = 12
_SIZE = (640, 480)
_BROWSER = Path(__file__).with_name("room_browser.py")
_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Seen:
    """Shares of one film, 0 to 1 or None where not measured, by the room and by `analyse`."""

    room: dict[MeasureName, float | None]
    analyse: dict[MeasureName, float | None]


def as_camera(film: Path, path: Path) -> float:
    """Write a film as a camera would show it, in whole within 640 x 480, and return its length in seconds."""
    count = 0
    with path.open("wb") as stream:
        for jpeg in _jpegs(film):
            stream.write(jpeg)
            count += 1
    return count / CAMERA_FPS


def _jpegs(film: Path) -> Iterator[bytes]:
    import av

    shown = 0
    with av.open(str(film)) as container:
        for frame in container.decode(video=0):
            picture = Image.fromarray(np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8))
            picture.thumbnail(_SIZE)
            whole = Image.new("RGB", _SIZE)
            whole.paste(picture, ((_SIZE[0] - picture.width) // 2, (_SIZE[1] - picture.height) // 2))
            packed = io.BytesIO()
            whole.save(packed, "JPEG", quality=92)
            while shown <= frame.time * CAMERA_FPS:
                shown += 1
                yield packed.getvalue()


def seen(film: Path, camera: Path, models: Path) -> Seen:
    """Let both see it: the room in real time, once through, with a silent Chuck and no microphone."""
    seconds = as_camera(film, camera)
    with running_service(models) as api:
        conversation = api.create()
        flags = f"--use-fake-device-for-media-stream --use-file-for-fake-video-capture={camera}"
        step = f"room.framesSent >= {round(_ROOM_FPS * seconds)}"
        patience = str(seconds + _PATIENCE_S)
        browsed(_BROWSER, conversation["conversation_url"], "--patience", patience, step, flags=flags)
        delivery = api.final_delivery(conversation["conversation_id"])
    report = Task().run(film, models, lambda _: None)
    return Seen(
        {name: delivery["measures"][name]["value"] for name in SHARES},
        {name: report.measures[name].value for name in SHARES},
    )
