"""Python survives many calls into Qt."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

MANY_CALLS = """
import coach_desktop.ui
from PySide6.QtCore import QObject
thing = QObject()
for _ in range(300_000):
    thing.setObjectName("x")
    thing.property("unknown")
    thing == 3
print("alive")
"""


def test_python_survives_more_calls_than_it_has_references(project_root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MANY_CALLS], cwd=project_root, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "alive"), done.stderr
