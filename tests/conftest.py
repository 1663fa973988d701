"""What every test gets: test material if there is any, and a watch over what a test leaves behind."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, settings

from tests.model_source import source  # noqa: F401 - a fixture

ROOT = Path(__file__).resolve().parent.parent
# Long, as it is only used up by a test that fails.
GRACE_S = 30.0
# Chromium keeps its own helper processes for as long as the test process has a QApplication.
KEPT_PROCESSES = ("QtWebEngineProc", "QtWebEngineProcess")


# How long an example takes says something about the machine, and nothing about the code. The examples are the same in
# every run, so that a run fails for what was changed; to search for new ones: --hypothesis-profile=search.
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=False)
settings.register_profile("steady", settings.get_profile("search"), derandomize=True, database=None)
settings.load_profile("steady")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "expects_warnings(*texts): log warnings with these texts belong to the test")


@pytest.fixture(scope="session")
def project_root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of outside test material (holds data/ and tavus-bodies/), or a skip where it is absent."""
    folder = Path(os.environ.get("COACH_TEST_MATERIAL", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip("outside test material is not on this machine")
    return folder


class _Warnings(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture(autouse=True)
def _no_unexpected_log_warnings(request: pytest.FixtureRequest) -> Iterator[None]:
    marker = request.node.get_closest_marker("expects_warnings")
    expected = marker.args if marker else ()
    handler = _Warnings()
    root = logging.getLogger()
    root.addHandler(handler)
    yield
    root.removeHandler(handler)
    surprises = [
        f"{record.name}: {record.getMessage()}"
        for record in handler.records
        if not any(text in record.getMessage() for text in expected)
    ]
    assert not surprises, f"log warnings that the test does not expect: {surprises}"


def _other_threads() -> set[threading.Thread]:
    return {
        thread
        for thread in threading.enumerate()
        if thread is not threading.main_thread()
        and not isinstance(thread, threading._DummyThread)  # noqa: SLF001 - no public way to tell Qt's threads apart
        and not thread.name.startswith("pytest_timeout")
    }


def _descendants() -> list[psutil.Process]:
    """Return our child processes and theirs. Asked twice a test, so it must not look at every process there is."""
    if not Path(f"/proc/self/task/{os.getpid()}/children").exists():
        return psutil.Process().children(recursive=True)
    found, parents = [], [os.getpid()]
    while parents:
        for path in _threads_of(parents.pop()):
            # Whoever has just gone has no children left, either.
            with suppress(OSError, psutil.NoSuchProcess):
                pids = [int(pid) for pid in (path / "children").read_text().split()]
                parents += pids
                found += [psutil.Process(pid) for pid in pids]
    return found


def _threads_of(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        # It has gone since its parent told of it.
        return []


def _children() -> set[psutil.Process]:
    found = set()
    for child in _descendants():
        try:
            if child.status() != psutil.STATUS_ZOMBIE and child.name() not in KEPT_PROCESSES:
                found.add(child)
        except psutil.NoSuchProcess:
            continue
    return found


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    threads, children = _other_threads(), _children()
    yield
    give_up = time.monotonic() + GRACE_S
    while (_other_threads() - threads or _children() - children) and time.monotonic() < give_up:
        time.sleep(0.05)
    left = [thread.name for thread in _other_threads() - threads]
    assert not left, f"threads left running: {left}"
    processes = _children() - children
    for process in processes:
        process.kill()
    assert not processes, f"processes left running: {processes}"
