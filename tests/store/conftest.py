"""An ordinary user for tests that run as root, for whom no permission is ever denied; a keyring, and a history."""

from __future__ import annotations

import codecs
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from coach_desktop.store.history import History
from tests.keyring_daemon import bus, no_keyring, ring  # noqa: F401

NOBODY = 65534


@pytest.fixture
def unprivileged_folder() -> Iterator[Path]:
    """Return a folder that `ordinary_user` owns; pytest's own temporary folders are closed to others."""
    folder = Path(tempfile.mkdtemp())
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    yield folder
    # Whoever is not root could not empty a folder that a test has closed.
    folder.chmod(0o700)
    shutil.rmtree(folder)


@pytest.fixture
def ordinary_user() -> Iterator[None]:
    """Run the test as somebody who is not root."""
    if not hasattr(os, "geteuid"):
        pytest.skip("needs POSIX permissions")
    was_root = os.geteuid() == 0
    # Where Python lies in a folder of root's, nobody cannot load what is needed next, and of a codec Python remembers
    # to its end that there was none.
    codecs.lookup("utf-8-sig")
    if was_root:
        os.seteuid(NOBODY)
    yield
    if was_root:
        os.seteuid(0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the history is kept."""
    return tmp_path / "history.sqlite3"


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    """Return a history with nothing in it yet."""
    with closing(History(path)) as opened:
        yield opened
