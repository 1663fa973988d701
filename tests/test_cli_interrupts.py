"""Ctrl-C while `analyse` is still loading ends it with a sentence, as it does later."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from coach_desktop.cli.interrupts import NOTHING_SAVED
from coach_desktop.cli.outcome import EXIT_CANCELLED
from tests.test_cli import ROOT, environment
from tests.test_cli_analyse import humming

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there, Ctrl-C goes to a whole console")


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """Let the programs hear of an interrupt even where a shell has started this run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@contextmanager
def started(path: Path, command: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    program = [sys.executable, "-X", "importtime", "-m", "coach_desktop", command, str(path), *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        program, stdin=pipe, stdout=pipe, stderr=pipe, encoding="utf-8", env=environment(), cwd=ROOT
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("loaded", ["argparse", "numpy", "av", "coach_desktop.practice.recordings"])
def test_while_it_loads(tmp_path: Path, loaded: str) -> None:
    overlay = tmp_path / "o" / "x.mp4"
    overlay.parent.mkdir()
    options = ("--data-dir", str(tmp_path / "d"), "--overlay", str(overlay))
    with started(humming(tmp_path / "a.wav", 3600.0), "analyse", *options) as process:
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
    options = ("--save", "--data-dir", str(tmp_path / "d"))
    with started(humming(tmp_path / "a.wav", 3600.0), "analyse", *options) as process:
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
