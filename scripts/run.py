"""What `make run` does: start the app; where there is no display or no camera, show the main job all the same.

Standard library only: it runs before anything is known to be installed, and starts the app in its environment.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import setup_env
from screen import has_display, virtual_screen

ROOT = setup_env.ROOT
DEMO = ROOT / "build" / "demo"
DEMO_SECONDS = 36


def has_camera() -> bool:
    """Return whether a camera can be opened here. Elsewhere than on Linux the room itself finds out."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.access(device, os.R_OK) for device in Path("/dev").glob("video*"))


def say(text: str) -> None:
    """Tell the user what is going on."""
    print(text, file=sys.stderr, flush=True)


def app(*arguments: str, environment: dict[str, str]) -> int:
    """Run the app and return its exit code."""
    command = [str(setup_env.venv_python()), str(ROOT / "main.py"), *arguments]
    return subprocess.run(command, env=environment, check=False).returncode


def for_root(environment: dict[str, str]) -> dict[str, str]:
    """Switch the web engine's sandbox off for the one process that runs as root, and say so."""
    if os.name == "nt" or os.geteuid() != 0 or environment.get("QTWEBENGINE_DISABLE_SANDBOX"):
        return environment
    say("Running as root, where the web engine's sandbox does not work: it is switched off for this process.")
    return environment | {"QTWEBENGINE_DISABLE_SANDBOX": "1"}


def demo(environment: dict[str, str]) -> int:
    """Hold a session with a demo talk as camera and microphone, print its report and say where the pictures are."""
    shutil.rmtree(DEMO, ignore_errors=True)
    DEMO.mkdir(parents=True)
    say("Making the demo talk…")
    made = subprocess.run(
        [str(setup_env.venv_python()), str(ROOT / "scripts" / "demo_media.py"), str(DEMO)], check=False
    )
    if made.returncode:
        return made.returncode
    # A machine without a screen often has no message bus either, and the web engine would complain about it at length.
    flags = "--log-level=3 --use-fake-device-for-media-stream"
    flags += f" --use-file-for-fake-video-capture={DEMO / 'face.mjpeg'}"
    voice = DEMO / "speech.wav"
    if voice.exists():
        flags += f" --use-file-for-fake-audio-capture={voice}"
    else:
        say("espeak-ng is not installed, so the demo has a tone instead of a voice.")
    environment = environment | {
        "QTWEBENGINE_CHROMIUM_FLAGS": f"{environment.get('QTWEBENGINE_CHROMIUM_FLAGS', '')} {flags}".strip()
    }
    data, pictures = str(DEMO / "data"), DEMO / "screenshots"
    say(f"Holding a session of {DEMO_SECONDS} seconds with the local coach…")
    code = app(
        *("--data-dir", data, "--profile", "chuck-local", "--start", "--end-after", str(DEMO_SECONDS)),
        *("--quit-when-done", "--screenshots", str(pictures)),
        environment=environment,
    )
    if code:
        return code
    code = app("report", "--data-dir", data, "--last", environment=environment)
    say(f"\nPictures of the window: {pictures}")
    return code


def main() -> int:
    """Start the app or the demo."""
    environment = for_root(dict(os.environ))
    display, camera = has_display(), has_camera()
    if display and camera:
        return app(*sys.argv[1:], environment=environment)
    lacking = " and no ".join(name for name, there in (("display", display), ("camera", camera)) if not there)
    say(f"This computer has no {lacking}, so here is the main job with a demo talk. It ends by itself.")
    place: AbstractContextManager[dict[str, str]] = nullcontext({}) if display else virtual_screen()
    with place as screen:
        # Only a desktop that Qt knows lets an app choose between light and dark, and the pictures show both.
        own = {} if display else {"XDG_CURRENT_DESKTOP": "GNOME"}
        return demo(environment | screen | own)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
