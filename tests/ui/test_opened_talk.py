"""A recorded talk in the real window: opened or dropped, analysed by a real child process, shown, kept on request."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QFrame
from pytestqt.qtbot import QtBot

from coach_desktop.sessions.archive import Archive
from coach_desktop.ui import opened_talk
from coach_desktop.ui.error_view import ErrorView
from coach_desktop.ui.home_page import HomePage
from coach_desktop.ui.keep_card import KEPT
from coach_desktop.ui.live_page import LivePage
from coach_desktop.ui.report_page import ReportPage
from coach_desktop.ui.services import UiOptions
from coach_desktop.ui.waiting_page import WaitingPage
from tests.sessions.test_recorded_talk import sound
from tests.ui.driving import Show, Shown, press, said, seen, texts

_BUTTON, _NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
COPY = Qt.DropAction.CopyAction


def carried(*urls: QUrl) -> QMimeData:
    data = QMimeData()
    data.setUrls(list(urls))
    return data


def drop(shown: Shown, *urls: QUrl) -> None:
    data = carried(*urls)
    QApplication.sendEvent(shown.window, QDragEnterEvent(QPoint(300, 300), COPY, data, _BUTTON, _NO_KEY))
    QApplication.sendEvent(shown.window, QDropEvent(QPointF(300, 300), COPY, data, _BUTTON, _NO_KEY))


def sheet(shown: Shown) -> QFrame | None:
    return next((one for one in shown.window.findChildren(QFrame) if one.property("look") == "drop"), None)


def local(path: Path) -> QUrl:
    return QUrl.fromLocalFile(str(path))


def test_a_dropped_talk_is_shown_and_kept_only_on_request(show: Show, qtbot: QtBot, tmp_path: Path) -> None:
    shown = show()
    shown.wait_for(HomePage)
    drop(shown, local(sound(tmp_path / "my talk.wav", 3.0)))
    waiting = shown.wait_for(WaitingPage)
    assert "Analysing my talk.wav" in said(waiting)
    qtbot.waitUntil(lambda: isinstance(shown.window.page, ReportPage), timeout=90_000)
    page = shown.wait_for(ReportPage)
    assert "Report of my talk.wav" in said(page)
    assert "Nothing to advise on" in said(page)
    with Archive(tmp_path / "history.sqlite3") as archive:
        before = len(archive.sessions())
    press(page, "Save to history")
    qtbot.waitUntil(lambda: KEPT in seen(page))
    assert "Save to history" not in texts(page)
    with Archive(tmp_path / "history.sqlite3") as archive:
        rows = archive.sessions()
    assert len(rows) == before + 1
    assert "my talk.wav" in {row.profile_name for row in rows}


def test_where_it_may_fall_is_shown_while_it_is_dragged(show: Show, tmp_path: Path) -> None:
    shown = show()
    assert sheet(shown) is None
    data = carried(local(tmp_path / "talk.mp4"))
    enter = QDragEnterEvent(QPoint(300, 300), COPY, data, _BUTTON, _NO_KEY)
    QApplication.sendEvent(shown.window, enter)
    found = sheet(shown)
    assert enter.isAccepted()
    assert found is not None
    assert found.isVisible()
    QApplication.sendEvent(shown.window, QDragLeaveEvent())
    assert not found.isVisible()


def test_words_that_are_dragged_are_no_talk(show: Show) -> None:
    shown = show()
    data = QMimeData()
    data.setText("some words")
    enter = QDragEnterEvent(QPoint(300, 300), COPY, data, _BUTTON, _NO_KEY)
    QApplication.sendEvent(shown.window, enter)
    assert sheet(shown) is None


@pytest.mark.parametrize(
    ("names", "words"),
    [(["folder"], opened_talk.NO_FILE), (["a.mp4", "b.mp4"], opened_talk.ONE_AT_A_TIME)],
)
def test_what_cannot_be_opened_is_said(show: Show, tmp_path: Path, names: list[str], words: str) -> None:
    (tmp_path / "folder").mkdir()
    shown = show()
    drop(shown, *(local(tmp_path / name) for name in names))
    assert words in said(shown.window)
    assert isinstance(shown.window.page, HomePage)


def test_an_address_is_no_file(show: Show) -> None:
    shown = show()
    drop(shown, QUrl("https://example.com/talk.mp4"))
    assert opened_talk.NO_FILE in said(shown.window)


def test_a_talk_that_is_named_at_the_start_is_opened(show: Show, qtbot: QtBot, tmp_path: Path) -> None:
    shown = show(UiOptions(talk=sound(tmp_path / "long.wav", 300.0)))
    page = shown.wait_for(WaitingPage)
    assert "Analysing long.wav" in said(page)
    qtbot.waitUntil(lambda: "of 5:00" in said(page), timeout=60_000)
    # Another one takes its place, as when it is dropped.
    shown.window.open_talk(sound(tmp_path / "other.wav", 300.0))
    qtbot.waitUntil(lambda: "Analysing other.wav" in said(page))
    press(page, "Cancel")
    shown.wait_for(HomePage)


def test_what_is_handed_over_is_looked_at_like_what_is_dropped(show: Show, tmp_path: Path) -> None:
    shown = show()
    shown.window.open_talk(tmp_path / "gone.mp4")
    shown.bot.waitUntil(lambda: opened_talk.NO_FILE in said(shown.window))
    assert isinstance(shown.window.page, HomePage)


def test_what_is_no_recording_leads_to_another_choice(show: Show, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "notes.mp4").write_text("These are notes.")
    shown = show()
    drop(shown, local(tmp_path / "notes.mp4"))
    qtbot.waitUntil(lambda: isinstance(shown.window.page, ErrorView), timeout=60_000)
    page = shown.wait_for(ErrorView)
    assert "notes.mp4" in said(page)
    press(page, "Choose another file…")
    dialog = shown.window.findChild(QFileDialog)
    assert dialog is not None
    dialog.reject()


@pytest.mark.parametrize("way", ["button", "Esc", "close"])
def test_it_can_be_given_up(show: Show, qtbot: QtBot, tmp_path: Path, way: str) -> None:
    shown = show()
    drop(shown, local(sound(tmp_path / "long.wav", 300.0)))
    page = shown.wait_for(WaitingPage)
    qtbot.waitUntil(lambda: "of 5:00" in said(page), timeout=60_000)
    if way == "button":
        press(page, "Cancel")
    elif way == "Esc":
        shown.key(Qt.Key.Key_Escape)
    else:
        shown.window.close()
    if way != "close":
        shown.wait_for(HomePage)


@pytest.mark.parametrize("way", ["drop", "second start"])
def test_during_a_session_nothing_is_opened(show: Show, qtbot: QtBot, tmp_path: Path, way: str) -> None:
    shown = show()
    session = shown.begin()
    session.live()
    qtbot.waitUntil(lambda: "Live" in said(shown.live))
    talk = sound(tmp_path / "talk.wav", 1.0)
    if way == "drop":
        drop(shown, local(talk))
    else:
        shown.window.open_talk(talk)
    assert opened_talk.IN_SESSION in said(shown.window)
    assert isinstance(shown.window.page, LivePage)
    assert not shown.action("Open a recorded talk…").isEnabled()
    shown.window.end()
    shown.wait_for(ReportPage)
