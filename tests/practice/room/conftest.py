"""A browser for the room: a process of its own with Chromium's file camera and microphone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browsing import browsed
from tests.practice.room.room_media import camera_file, microphone_file

if TYPE_CHECKING:
    from tests.practice.room.room_service import RoomService

_BROWSER = Path(__file__).with_name("room_browser.py")


@dataclass(frozen=True)
class Browser:
    """Opens rooms. `camera` and `microphone` are files, or None for a machine without that device."""

    camera: Path
    microphone: Path

    def open(
        self,
        service: RoomService,
        *steps: str,
        options: str = "",
        devices: tuple[str, ...] = ("camera", "microphone"),
        flags: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        """Open the service's room, go through the steps (see room_browser), and return what became of the page."""
        chromium = list(flags)
        if devices:
            count = 1 if "camera" in devices else 0
            chromium += [
                f"--use-fake-device-for-media-stream=device-count={count}",
                f"--use-file-for-fake-audio-capture={self.microphone}",
            ]
        if "camera" in devices:
            # A file would bring the camera back that the count takes away.
            chromium.append(f"--use-file-for-fake-video-capture={self.camera}")
        return browsed(_BROWSER, service.url, *options.split(), *steps, flags=" ".join(chromium))


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    """A browser whose camera shows a face and whose microphone hears a steady tone of 1 kHz."""
    folder = tmp_path_factory.mktemp("private-name-of-a-user")
    return Browser(camera_file(folder / "camera.mjpeg"), microphone_file(folder / "microphone.wav"))
