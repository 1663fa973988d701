"""Work in the background: outcomes arrive in the window's thread, and errors always do."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from coach_desktop.core.errors import CoachError
from coach_desktop.ui.background import TaskRunner, unless_gone


@pytest.fixture
def tasks(qtbot: QtBot) -> Iterator[TaskRunner]:
    runner = TaskRunner()
    yield runner
    assert runner.close()


def test_the_result_comes_back_in_the_windows_thread(qtbot: QtBot, tasks: TaskRunner) -> None:
    seen: list[tuple[int, int]] = []
    tasks.run(threading.get_ident, lambda there: seen.append((there, threading.get_ident())), lambda _error: None)
    qtbot.waitUntil(lambda: bool(seen))
    there, here = seen[0]
    assert here == threading.get_ident()
    assert there != here


def test_a_known_error_comes_back_as_it_is(qtbot: QtBot, tasks: TaskRunner) -> None:
    errors: list[CoachError] = []

    def work() -> None:
        raise CoachError("No.", do="Wait.")

    tasks.run(work, lambda _none: None, errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert errors[0].sentences() == "No. Wait."


@pytest.mark.expects_warnings("a task in the background failed")
def test_a_bug_comes_back_in_plain_words(qtbot: QtBot, tasks: TaskRunner) -> None:
    errors: list[CoachError] = []
    tasks.run(lambda: 1 // 0, lambda _number: None, errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert "ZeroDivisionError" in errors[0].details
    assert errors[0].do


def test_tasks_run_one_after_another(qtbot: QtBot, tasks: TaskRunner) -> None:
    done: list[int] = []
    for number in range(20):
        tasks.run(functools.partial(int, number), done.append, lambda _error: None)
    qtbot.waitUntil(lambda: len(done) == 20)
    assert done == list(range(20))


def test_what_is_for_somebody_who_is_gone_is_dropped_and_all_else_is_not() -> None:
    there, gone = QObject(), QObject()
    shiboken6.delete(gone)
    with unless_gone(gone):
        gone.objectNameChanged.emit("nobody hears")
    with pytest.raises(RuntimeError, match="another"), unless_gone(there):
        raise RuntimeError("another")


def test_after_close_nobody_is_called(qtbot: QtBot) -> None:
    runner = TaskRunner()
    go = threading.Event()
    called: list[object] = []
    runner.run(lambda: go.wait(5), called.append, called.append)
    runner.run(lambda: 2, called.append, called.append)
    threading.Timer(0.05, go.set).start()
    assert runner.close()
    runner.run(lambda: 3, called.append, called.append)
    qtbot.wait(50)
    assert called == []
