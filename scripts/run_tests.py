"""What `make test` does after the checks: the test suite, under a virtual screen or offscreen, in random order."""

from __future__ import annotations

import os
import subprocess
import sys

import setup_env
from screen import virtual_screen


def main() -> int:
    """Run pytest with the arguments given and return its exit code."""
    environment = dict(os.environ)
    if os.name != "nt" and os.geteuid() == 0:
        # Chromium's sandbox does not work for root. Only tests do this; the product never does.
        environment["QTWEBENGINE_DISABLE_SANDBOX"] = "1"
    # A developer's desktop is left alone, and its theme and scale do not change results.
    for name in ("WAYLAND_DISPLAY", "DISPLAY", "QT_QPA_PLATFORM", "QT_SCALE_FACTOR"):
        environment.pop(name, None)
    # So is the keyring. Without any address Qt would have a message bus started, which then outlives the tests.
    environment["DBUS_SESSION_BUS_ADDRESS"] = "disabled:"
    # Only a desktop that Qt knows lets an app choose between light and dark, which one of the tests is about.
    environment["XDG_CURRENT_DESKTOP"] = "GNOME"
    with virtual_screen() as screen:
        command = [str(setup_env.venv_python()), "-m", "pytest", *sys.argv[1:]]
        return subprocess.run(command, cwd=setup_env.ROOT, env=environment | screen, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
