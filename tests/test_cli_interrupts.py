"""Ctrl-C while `analyse` is still loading ends it with a sentence, as it does later."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from coach_desktop.cli.interrupts import NOTHING_SAVED
from coach_desktop.cli.outcome import EXIT_CANCELLED
from tests.test_cli import ROOT, environment
from tests.test_cli_analyse import humming

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there, Ctrl-C goes to a whole console")


def started(path: Path, command: str, *options: str) -> subprocess.Popen[str]:
    program = [sys.executable, "-X", "importtime", "-m", "coach_desktop", command, str(path), *options]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        program, stdin=pipe, stdout=pipe, stderr=pipe, encoding="utf-8", env=environment(), cwd=ROOT
    )


@pytest.mark.parametrize("loaded", ["argparse", "numpy", "av", "coach_desktop.practice.recordings"])
def test_while_it_loads(tmp_path: Path, loaded: str) -> None:
    overlay = tmp_path / "o" / "x.mp4"
    overlay.parent.mkdir()
    process = started(
        humming(tmp_path / "a.wav", 3600.0), "analyse", "--data-dir", str(tmp_path / "d"), "--overlay", str(overlay)
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("import time:") and line.rpartition("|")[2].strip() == loaded:
            break
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    told = [line for line in errors.splitlines() if not line.startswith("import time:")]
    assert (process.returncode, out, [line for line in told if line.strip()]) == (EXIT_CANCELLED, "", [NOTHING_SAVED])
    assert list(overlay.parent.iterdir()) == []


@pytest.mark.parametrize("later_s", [0.0, 0.1, 0.3, 0.6, 1.0])
def test_at_any_time_after(tmp_path: Path, later_s: float) -> None:
    process = started(humming(tmp_path / "a.wav", 3600.0), "analyse", "--save", "--data-dir", str(tmp_path / "d"))
    assert process.stderr is not None
    for line in process.stderr:
        if line.endswith("coach_desktop.cli.program\n"):
            break
    time.sleep(later_s)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == EXIT_CANCELLED
    assert NOTHING_SAVED in errors
    assert "Traceback" not in errors
