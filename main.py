"""What a double click runs."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from multiprocessing import freeze_support
from pathlib import Path


def _go_to_own_environment() -> None:
    """Start again with the environment beside this file, where this Python lacks what the app is made of."""
    if getattr(sys, "frozen", False) or importlib.util.find_spec("PySide6") is not None:
        return
    environment = Path(__file__).resolve().parent / ".venv"
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists() or Path(sys.prefix).resolve() == environment:
        sys.exit("The app is not set up yet. Run `make run` once, or: python scripts/setup_env.py app")
    command = [str(python), __file__, *sys.argv[1:]]
    if os.name == "nt":
        # On Windows exec would leave the terminal free while the app still writes to it.
        sys.exit(subprocess.run(command, check=False).returncode)  # noqa: S603 - our own file, our own arguments
    os.execv(python, command)  # noqa: S606 - as above, and no shell is wanted


if __name__ == "__main__":
    # A frozen app is its own Python: without this, a helper process of a library would open a second window.
    freeze_support()
    _go_to_own_environment()
    from coach_desktop.cli import run

    run()
