"""A process ends with its exit code, whatever its workers are at; signals that ask it to end are heard."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from coach_desktop.core import leaving

PROGRAM = """
import atexit, logging, sys, threading, time
from coach_desktop.core.leaving import WORKER, end_process
logging.basicConfig(level=logging.INFO)
atexit.register(lambda: print("taken down"))
name, busy_s = sys.argv[1], float(sys.argv[2])
threading.Thread(target=time.sleep, args=(busy_s,), name=WORKER + name, daemon=True).start()
threading.Thread(target=time.sleep, args=(60,), name="watch", daemon=True).start()
print("said before", end="")
end_process(int(sys.argv[3]), patience_s=float(sys.argv[4]))
"""


def _ended(busy_s: float, code: int, patience_s: float) -> subprocess.CompletedProcess[str]:
    arguments = ["words", str(busy_s), str(code), str(patience_s)]
    root = Path(__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], cwd=root, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("code", [0, 3])
def test_a_worker_that_is_through_in_time_lets_the_interpreter_end(code: int) -> None:
    ended = _ended(0.2, code, 30)
    assert ended.returncode == code
    assert ended.stdout == "said beforetaken down\n"
    assert ended.stderr == ""


@pytest.mark.parametrize("code", [0, 3])
def test_under_a_busy_worker_the_interpreter_is_left_as_it_is(code: int) -> None:
    ended = _ended(60, code, 0.2)
    assert ended.returncode == code
    assert ended.stdout == "said before"
    assert "while coach-words are at work" in ended.stderr


def test_a_signal_stops_and_is_given_back() -> None:
    stopped: list[int] = []
    before = signal.getsignal(signal.SIGTERM)
    with leaving.stopped_by_signals(lambda: stopped.append(1), "SIGTERM", "SIGNOTHERE"):
        signal.raise_signal(signal.SIGTERM)
        assert stopped == [1]
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_signal_is_given_back_after_an_error() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ValueError, match="oops"), leaving.stopped_by_signals(lambda: None, "SIGINT"):
        raise ValueError("oops")
    assert signal.getsignal(signal.SIGINT) is before


def test_signals_are_left_alone_outside_the_main_thread() -> None:
    before = signal.getsignal(signal.SIGTERM)
    seen: list[object] = []

    def elsewhere() -> None:
        with leaving.stopped_by_signals(lambda: None, "SIGTERM"):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == [before]
