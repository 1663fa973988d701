"""Starts the programs that open a page in a real browser (see tests/browser_page.py), and reads what they tell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[1]
_GIVE_UP_S = 240.0


def browsed(program: Path, url: str, *arguments: str, flags: str = "") -> dict[str, Any]:
    """Return what became of the page at `url`, every step of which must have been taken.

    `flags` are Chromium's; `arguments` are options and steps, which have no folder of their own to save pictures in.
    """
    environment = dict(os.environ, QTWEBENGINE_CHROMIUM_FLAGS=flags, PYTHONPATH=str(_ROOT))
    if sys.platform == "linux":
        if not environment.get("DISPLAY"):
            environment["QT_QPA_PLATFORM"] = "offscreen"
        if os.geteuid() == 0:
            environment["QTWEBENGINE_DISABLE_SANDBOX"] = "1"
    done = subprocess.run(
        [sys.executable, str(program), url, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=_GIVE_UP_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    outcome: dict[str, Any] = json.loads(done.stdout)
    # All that is not a whole page says why.
    assert outcome["steps_left"] == [], {name: told for name, told in outcome.items() if name != "html"}
    return outcome
