"""What `make test` does after the checks: the test suite, under virtual screens or offscreen, in random order."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack

import setup_env
from screen import virtual_screen

# Parts that take about as long as each other, each on a screen of its own: windows of one screen take the keyboard from
# each other. Much of them is waiting for something that goes on in real time, so three run on two cores.
WINDOWS = ("tests/ui", "tests/e2e")
PRACTICE = ("tests/practice",)
REST = tuple(f"--ignore={folder}" for folder in (*WINDOWS, *PRACTICE))


def main() -> int:
    """Run pytest with the arguments given, or all tests in three parts side by side, and return the exit code."""
    parts = [tuple(sys.argv[1:])] if sys.argv[1:] else [WINDOWS, PRACTICE, REST]
    environment = surroundings()
    with ExitStack() as stack:
        runs = []
        for number, arguments in enumerate(parts):
            screen = stack.enter_context(virtual_screen())
            # The first is watched while it runs; what the others print comes after it, in one piece.
            told = stack.enter_context(tempfile.TemporaryFile()) if number else None
            command = [str(setup_env.venv_python()), "-m", "pytest", *arguments]
            run = subprocess.Popen(
                command, cwd=setup_env.ROOT, env=environment | screen, stdout=told, stderr=subprocess.STDOUT
            )
            runs.append((stack.enter_context(run), told))
        codes = []
        for run, told in runs:
            codes.append(run.wait())
            if told is not None:
                told.seek(0)
                shutil.copyfileobj(told, sys.stdout.buffer)
                sys.stdout.flush()
    return max(codes, key=abs)


def surroundings() -> dict[str, str]:
    """Return the environment for tests: a developer's desktop is left alone, and does not change results."""
    environment = dict(os.environ)
    if os.name != "nt" and os.geteuid() == 0:
        # Chromium's sandbox does not work for root. Only tests do this; the product never does.
        environment["QTWEBENGINE_DISABLE_SANDBOX"] = "1"
    for name in ("WAYLAND_DISPLAY", "DISPLAY", "QT_QPA_PLATFORM", "QT_SCALE_FACTOR"):
        environment.pop(name, None)
    # So is the keyring. Without any address Qt would have a message bus started, which then outlives the tests.
    environment["DBUS_SESSION_BUS_ADDRESS"] = "disabled:"
    # Only a desktop that Qt knows lets an app choose between light and dark, which one of the tests is about.
    environment["XDG_CURRENT_DESKTOP"] = "GNOME"
    return environment


if __name__ == "__main__":
    sys.exit(main())
