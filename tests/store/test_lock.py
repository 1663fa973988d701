"""One holder per data folder; the lock goes with its holder, however that one went."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from coach_desktop.core.errors import CoachError
from coach_desktop.store.lock import FolderLock

HOLDER = """
import sys
from pathlib import Path
from coach_desktop.store.lock import FolderLock
lock = FolderLock(Path(sys.argv[1]))
print(lock.take(), flush=True)
sys.stdin.read()
"""


def holder(path: Path) -> tuple[subprocess.Popen[str], bool]:
    """Start a process that tries to take the lock and stays; return it and whether it got it."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip() == "True"


def test_second_process_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path / "app.lock")
    assert lock.take()
    second, got_it = holder(tmp_path / "app.lock")
    second.communicate(timeout=60)
    assert not got_it
    lock.release()
    third, got_it = holder(tmp_path / "app.lock")
    third.communicate(timeout=60)
    assert got_it


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_killed_holder_holds_nothing(tmp_path: Path) -> None:
    process, got_it = holder(tmp_path / "app.lock")
    lock = FolderLock(tmp_path / "app.lock")
    assert got_it
    assert not lock.take()
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert lock.take()
    lock.release()


def test_two_holders_in_one_process_exclude_each_other(tmp_path: Path) -> None:
    first, second = FolderLock(tmp_path / "app.lock"), FolderLock(tmp_path / "app.lock")
    assert first.take()
    assert not second.take()
    second.release()  # letting go of what one does not hold takes nothing from the holder
    assert not second.take()
    first.release()
    assert second.take()
    second.release()


@pytest.mark.parametrize("spoil", [lambda path: path.mkdir(), lambda path: path.symlink_to(path / "x" / "y")])
def test_lock_file_that_cannot_be_used_is_told(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    spoil(tmp_path / "app.lock")
    with pytest.raises(CoachError, match="cannot be locked"):
        FolderLock(tmp_path / "app.lock").take()


def test_lock_file_is_private_and_an_old_one_is_no_hindrance(tmp_path: Path) -> None:
    path = tmp_path / "app.lock"
    path.write_text("left by a crash", encoding="utf-8")
    path.chmod(0o600)
    lock = FolderLock(path)
    assert lock.take()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lock.release()
