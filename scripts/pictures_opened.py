"""Pictures of a recorded talk: the drop overlay, the page that waits, its report, and what is said of no recording."""

from __future__ import annotations

import wave
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent
from PySide6.QtWidgets import QApplication

import demo_media
from coach_desktop.ui.history_page import HistoryPage
from coach_desktop.ui.keep_card import KEPT
from coach_desktop.ui.report_page import ReportPage
from pictures_camera import Camera, pause, wait_for

_TALK = (
    "Good morning, um, and thank you for coming.",
    "Today I want to tell you about one small habit that changed how I speak.",
    "A pause is not an empty place. It is where the listener catches up with you.",
)
_LONG_S = 1500
_RATE = 16_000


def opened_pictures(camera: Camera, folder: Path, film: Path | None) -> None:
    """Drag, open and keep a recording made in `folder`; with a `film` its report is taken, too."""
    talk = folder / "Quarterly results, rehearsal.wav"
    if not demo_media.write_voice(talk, _TALK):
        raise SystemExit("there is no voice on this computer to make a recording with")
    _drag_pictures(camera, talk)
    _waiting_pictures(camera, folder)
    camera.window.talks.open(talk)
    _report_pictures(camera, "opened-report-sound")
    camera.press("Save to history")
    wait_for(lambda: camera.says(KEPT), "the history")
    camera.take("opened-kept")
    camera.window.show_history()
    wait_for(lambda: isinstance(camera.window.page, HistoryPage), "the history")
    camera.take("opened-history")
    notes = folder / "notes.mp4"
    notes.write_text("These are notes, and no film.", encoding="utf-8")
    camera.window.talks.open(notes)
    wait_for(lambda: camera.has("Choose another file…"), "the error")
    camera.take("opened-no-recording")
    if film is not None:
        camera.window.talks.open(film)
        _report_pictures(camera, "opened-report-film")
        camera.window.show_home()
        camera.take("opened-not-kept")


def _drag_pictures(camera: Camera, talk: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(talk))])
    enter = QDragEnterEvent(
        QPoint(400, 300), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(camera.window, enter)
    camera.take("opened-drop")
    QApplication.sendEvent(camera.window, QDragLeaveEvent())


def _waiting_pictures(camera: Camera, folder: Path) -> None:
    """Take a recording that is long enough to be caught on its way."""
    path = folder / "A very long evening at the annual meeting of the society of friends of good speeches.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(bytes(2 * _RATE * _LONG_S))
    camera.window.talks.open(path)
    camera.take("opened-begun")
    wait_for(lambda: camera.says(" analysed. "), "the first seconds")
    pause(1500)
    camera.take("opened-waiting")
    camera.press("Cancel")


def _report_pictures(camera: Camera, name: str) -> None:
    wait_for(lambda: isinstance(camera.window.page, ReportPage) and camera.has("Save to history"), "the report")
    pause(800)
    camera.take(name)
