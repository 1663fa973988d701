"""A browser for the room: a process of its own with Chromium's file camera and microphone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

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
        environment = dict(os.environ, QTWEBENGINE_CHROMIUM_FLAGS=" ".join(chromium))
        if sys.platform == "linux":
            if not environment.get("DISPLAY"):
                environment["QT_QPA_PLATFORM"] = "offscreen"
            if os.geteuid() == 0:
                environment["QTWEBENGINE_DISABLE_SANDBOX"] = "1"
        done = subprocess.run(
            [sys.executable, str(_BROWSER), service.url, *options.split(), *steps],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        outcome: dict[str, Any] = json.loads(done.stdout)
        assert outcome["steps_left"] == [], (outcome["steps_left"], outcome["state"], outcome["console"])
        return outcome


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    """A browser whose camera shows a face and whose microphone hears a steady tone of 1 kHz."""
    folder = tmp_path_factory.mktemp("private-name-of-a-user")
    return Browser(camera_file(folder / "camera.mjpeg"), microphone_file(folder / "microphone.wav"))
