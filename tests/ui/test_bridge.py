"""The bridge: what a session says in its thread arrives in the window's, in order; nothing hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from coach_desktop.core.errors import CoachError
from coach_desktop.sessions.session import SessionState, SessionUpdate
from coach_desktop.store.history import History
from coach_desktop.store.profiles import Profile
from coach_desktop.ui.bridge import HistoryReader, LoadedReport, SessionBridge
from tests.ui.stage import CHUCK, STARTED, PlayedSession, keep, report


@pytest.fixture
def played(qtbot: QtBot, tmp_path: Path) -> Iterator[tuple[SessionBridge, list[PlayedSession]]]:
    made: list[PlayedSession] = []

    def make(_profile: Profile, notify: Callable[[SessionUpdate], None], _request: object = None) -> PlayedSession:
        made.append(PlayedSession(notify, tmp_path / "history.sqlite3"))
        return made[-1]

    bridge = SessionBridge(make)
    yield bridge, made
    assert bridge.shutdown(5)


Played = tuple[SessionBridge, list[PlayedSession]]


def test_updates_arrive_in_order_and_in_the_windows_thread(qtbot: QtBot, played: Played) -> None:
    bridge, made = played
    seen: list[tuple[SessionState, int]] = []
    bridge.session_updated.connect(lambda update: seen.append((update.state, threading.get_ident())))
    assert bridge.start(CHUCK)
    assert bridge.is_active
    made[0].play(SessionState.STARTING)
    made[0].live()
    made[0].done()
    qtbot.waitUntil(lambda: not bridge.is_active)
    states = [SessionState.STARTING, SessionState.LIVE, SessionState.REPORTING, SessionState.DONE]
    assert seen == [(state, threading.get_ident()) for state in states]


def test_there_is_one_session_at_a_time(qtbot: QtBot, played: Played) -> None:
    bridge, made = played
    assert bridge.start(CHUCK)
    assert not bridge.start(CHUCK)
    made[0].done()
    qtbot.waitUntil(lambda: not bridge.is_active)
    assert bridge.start(CHUCK)
    made[1].done()
    qtbot.waitUntil(lambda: not bridge.is_active)


def test_end_and_cancel_reach_the_session(qtbot: QtBot, played: Played) -> None:
    bridge, made = played
    bridge.start(CHUCK)
    made[0].live()
    bridge.end()
    qtbot.waitUntil(lambda: not bridge.is_active)
    assert made[0].asked == ["end"]
    bridge.start(CHUCK)
    with qtbot.waitSignal(bridge.session_finished):
        bridge.cancel()
    assert made[1].asked == ["cancel"]


@pytest.mark.expects_warnings("the session's thread failed")
def test_a_bug_in_a_session_becomes_words(qtbot: QtBot, played: Played) -> None:
    bridge, made = played
    bridge.start(CHUCK)
    with qtbot.waitSignal(bridge.session_updated) as told:
        made[0].break_down(ValueError("a bug"))
    update = told.args[0]
    assert update.state is SessionState.FAILED
    assert "a bug" in update.error.details
    qtbot.waitUntil(lambda: not bridge.is_active)


@pytest.mark.expects_warnings("did not end within")
def test_shutdown_is_bounded(qtbot: QtBot) -> None:
    go = threading.Event()

    class Deaf:
        def run(self) -> SessionUpdate:
            go.wait(30)
            return SessionUpdate(SessionState.IDLE, "s", "")

        def request_end(self) -> None: ...

        def cancel(self) -> None: ...

    bridge = SessionBridge(lambda _profile, _notify, _request=None: Deaf())
    bridge.start(CHUCK)
    assert not bridge.shutdown(0.1)
    go.set()
    assert bridge.shutdown(5)


@pytest.fixture
def reader(qtbot: QtBot, tmp_path: Path) -> Iterator[HistoryReader]:
    reader = HistoryReader(tmp_path / "history.sqlite3")
    yield reader
    assert reader.close()


def test_the_history_is_read_and_tidied_elsewhere(qtbot: QtBot, reader: HistoryReader, tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite3"
    keep(path, "s1", started_at=STARTED)
    keep(path, "s2", started_at=STARTED.replace("20T", "21T"))
    with qtbot.waitSignal(reader.history_loaded) as loaded:
        reader.load()
    assert [row.id for row in loaded.args[0]] == ["s2", "s1"]
    with qtbot.waitSignal(reader.report_loaded) as opened:
        reader.load_report("s1")
    assert opened.args[0] == LoadedReport(report(), "none")
    with qtbot.waitSignal(reader.history_loaded) as loaded:
        reader.delete("s2")
    assert [row.id for row in loaded.args[0]] == ["s1"]
    with qtbot.waitSignal(reader.history_loaded) as loaded:
        reader.delete_all()
    assert loaded.args[0] == []


def test_a_report_comes_with_what_is_still_to_come_for_it(qtbot: QtBot, reader: HistoryReader, tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite3"
    keep(path, "s1")
    with closing(History(path)) as history:
        history.set_analysis("s1", "pending")
    with qtbot.waitSignal(reader.report_loaded) as opened:
        reader.load_report("s1")
    assert opened.args[0].analysis == "pending"


@pytest.mark.parametrize("text", ["{", '{"schema": 99}', "null"])
def test_a_report_that_cannot_be_read_is_told(qtbot: QtBot, reader: HistoryReader, tmp_path: Path, text: str) -> None:
    keep(tmp_path / "history.sqlite3", "s1", text=text)
    with qtbot.waitSignal(reader.report_failed) as failed:
        reader.load_report("s1")
    assert isinstance(failed.args[0], CoachError)
    assert failed.args[0].safe


def test_a_session_without_a_report_is_told(qtbot: QtBot, reader: HistoryReader, tmp_path: Path) -> None:
    with qtbot.waitSignal(reader.report_failed) as failed:
        reader.load_report("nobody")
    assert "no report" in failed.args[0].what


def test_a_damaged_history_is_told(qtbot: QtBot, reader: HistoryReader, tmp_path: Path) -> None:
    (tmp_path / "history.sqlite3").write_bytes(b"no database" * 100)
    with qtbot.waitSignal(reader.failed) as failed:
        reader.load()
    assert "damaged" in failed.args[0].what
