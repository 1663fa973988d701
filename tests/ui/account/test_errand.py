"""Errands: nobody has to wait for them, and they never keep the process."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from pytestqt.qtbot import QtBot

from coach_desktop.core.errors import CoachError
from coach_desktop.ui.account.errand import Errand


def test_the_outcome_comes_back_in_the_callers_thread(qtbot: QtBot) -> None:
    errand = Errand()
    seen: list[tuple[int, int]] = []
    errand.run(threading.get_ident, lambda there: seen.append((there, threading.get_ident())), lambda _error: None)
    qtbot.waitUntil(lambda: bool(seen))
    there, here = seen[0]
    assert here == threading.get_ident() != there


def test_errors_come_back_in_plain_words(qtbot: QtBot) -> None:
    errand = Errand()
    errors: list[CoachError] = []

    def refuse() -> None:
        raise CoachError("No.", do="Wait.")

    errand.run(refuse, lambda _none: None, errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert errors[0].sentences() == "No. Wait."


@pytest.mark.expects_warnings("an errand failed")
def test_a_bug_is_told_as_well(qtbot: QtBot) -> None:
    errand = Errand()
    errors: list[CoachError] = []
    errand.run(lambda: 1 // 0, lambda _number: None, errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert "ZeroDivisionError" in errors[0].details


def test_what_was_dropped_is_not_heard_of(qtbot: QtBot) -> None:
    errand, go = Errand(), threading.Event()
    seen: list[object] = []
    errand.run(lambda: go.wait(20), lambda _done: seen.append("dropped"), seen.append)
    errand.drop()
    go.set()
    assert errand.close(20)
    errand.run(lambda: "next", seen.append, seen.append)
    qtbot.waitUntil(lambda: seen == ["next"])


def test_a_new_errand_takes_the_place_of_the_old_one(qtbot: QtBot) -> None:
    errand, go = Errand(), threading.Event()
    seen: list[object] = []
    errand.run(lambda: go.wait(20), lambda _done: seen.append("first"), seen.append)
    errand.run(lambda: "second", seen.append, seen.append)
    qtbot.waitUntil(lambda: seen == ["second"])
    go.set()
    assert errand.close(20)
    qtbot.wait(20)
    assert seen == ["second"]


def test_closing_says_whether_something_still_runs(qtbot: QtBot) -> None:
    errand, go = Errand(), threading.Event()
    errand.run(lambda: go.wait(20), lambda _done: None, lambda _error: None)
    assert not errand.close(0.05)
    go.set()
    assert errand.close(20)


def test_one_that_hangs_does_not_keep_the_process() -> None:
    code = """
import threading, sys
from PySide6.QtCore import QCoreApplication, QTimer
from coach_desktop.ui.account.errand import Errand
app = QCoreApplication([])
errand = Errand(app)
errand.run(threading.Event().wait, print, print)
QTimer.singleShot(0, app.quit)
app.exec()
"""
    subprocess.run([sys.executable, "-c", code], timeout=60, check=True)
