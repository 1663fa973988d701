"""Pictures of a talk with the local coach: captions, Chuck speaking, his last words, the report with its transcript."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

import demo_media
from coach_desktop.ui.kept_sound import KeptSound
from coach_desktop.ui.report_page import ReportPage
from coach_desktop.ui.room.last_words import TELLING
from coach_desktop.ui.transcript.section import TranscriptSection
from pictures_camera import PAGE_SETTLES_MS, Camera, pause, wait_for

_TALK_MS = 36_000
_TALK = (
    "Good morning, um, and thank you for coming.",
    "Today I want to, I want to, uh, tell you about one small habit that changed how I speak.",
    "I used to, you know, fill every silence.",
    "I was, like, really afraid of the quiet, and so I talked faster and faster.",
    "Um, then a teacher told me to stop, to look at one person, and to breathe.",
    "A pause is, basically, not an empty place.",
    "It is where the, uh, listener catches up with you.",
    "So, here is my request: in your next talk, pause once, and look up.",
)


def voice_flags(folder: Path) -> str:
    """Let somebody talk with fillers into Chromium's microphone, from a file in `folder`; nothing without a voice."""
    path = folder / "fillers.wav"
    if not folder.exists() or not (path.exists() or demo_media.write_voice(path, _TALK)):
        return ""
    return f" --use-file-for-fake-audio-capture={path}"


def talk_pictures(camera: Camera) -> None:
    """Take a session from the first words to its report."""
    camera.press("Start practice")
    camera.press("Allow")
    wait_for(lambda: bool(camera.of_room("document.getElementById('heard').textContent")), "a caption")
    camera.take("talk-captions", settle_ms=PAGE_SETTLES_MS)
    pause(_TALK_MS)
    camera.press("End session")
    wait_for(lambda: camera.says(TELLING), "Chuck's last words")
    wait_for(lambda: camera.of_room("coachRoom.state.speaking") is True, "Chuck's voice")
    camera.take("talk-last-words", settle_ms=PAGE_SETTLES_MS)
    wait_for(lambda: isinstance(camera.window.page, ReportPage), "the report")
    pause(800)
    camera.take("talk-report")
    camera.wait_for_words()
    _transcript_pictures(camera)


def _transcript_pictures(camera: Camera) -> None:
    (page,) = camera.window.findChildren(ReportPage)
    (section,) = page.findChildren(TranscriptSection)
    camera.scroll_to(page, section)
    camera.take("talk-transcript")
    camera.press("Next mark")
    camera.press("Next mark")
    camera.take("talk-next-mark")
    QTest.keyClick(camera.window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    pause(300)
    field = QApplication.focusWidget()
    if field is not None:
        QTest.keyClicks(field, "want")
    camera.take("talk-find")
    for card in page.findChildren(KeptSound):
        camera.scroll_to(page, card)
    camera.take("talk-recording")
