"""The recording of a talk in its report: found, played, deleted."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QPushButton, QStackedWidget
from pytestqt.qtbot import QtBot

from coach_desktop.core.errors import CoachError
from coach_desktop.store.recordings import Recordings
from coach_desktop.ui.kept_sound import KeptSound
from coach_desktop.ui.past import Past
from tests.ui.driving import press
from tests.ui.stage import keep


@pytest.fixture
def recordings(tmp_path: Path) -> Recordings:
    recordings = Recordings(tmp_path / "recordings")
    recordings.make()
    recordings.kept("s1").write_bytes(b"fLaC")
    return recordings


@pytest.mark.usefixtures("dressed")
class TestKeptSound:
    @pytest.fixture
    def opened(self) -> list[Path]:
        return []

    @pytest.fixture
    def card(self, qtbot: QtBot, recordings: Recordings, opened: list[Path]) -> KeptSound:
        def note(path: Path) -> bool:
            opened.append(path)
            return path.is_file()

        card = KeptSound(recordings, note)
        qtbot.addWidget(card, before_close_func=lambda _card: card.close_tasks())
        card.show_session("s1")
        qtbot.waitUntil(card.isVisible)
        return card

    def test_it_is_shown_only_where_there_is_one(self, card: KeptSound, qtbot: QtBot) -> None:
        card.show_session("s2")
        assert card.isHidden()
        card.show_session("s1")
        qtbot.waitUntil(card.isVisible)

    def test_it_is_played_by_the_program_of_the_system(
        self, card: KeptSound, opened: list[Path], recordings: Recordings
    ) -> None:
        press(card, "Play")
        assert opened == [recordings.kept("s1")]
        assert not card.findChildren(QMessageBox)

    def test_where_nothing_opens_it_the_user_is_told_where_it_is(self, card: KeptSound, recordings: Recordings) -> None:
        press(card, "Open folder")
        (box,) = card.findChildren(QMessageBox)
        assert recordings.kept("s1").name in box.informativeText().replace("\u200b", "")
        box.close()

    @pytest.mark.parametrize("answer", ["Keep", "Delete recording"])
    def test_it_is_deleted_when_the_user_says_so(
        self, card: KeptSound, qtbot: QtBot, recordings: Recordings, answer: str
    ) -> None:
        press(card, "Delete recording…")
        (box,) = card.findChildren(QMessageBox)
        assert "the report stays" in box.informativeText()
        (button,) = [button for button in box.findChildren(QPushButton) if button.text() == answer]
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        kept = answer == "Keep"
        qtbot.waitUntil(lambda: card.isVisible() is kept)
        assert recordings.kept("s1").exists() is kept

    def test_one_that_cannot_be_deleted_says_why(
        self, card: KeptSound, qtbot: QtBot, recordings: Recordings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(_session_id: str) -> None:
            raise CoachError("It could not be deleted.", safe="It is still there.", do="Close what plays it.")

        monkeypatch.setattr(recordings, "remove", refuse)
        press(card, "Delete recording…")
        (question,) = card.findChildren(QMessageBox)
        (button,) = [one for one in question.findChildren(QPushButton) if one.text() == "Delete recording"]
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: any("Close what plays it." in box.informativeText() for box in boxes(card)))
        assert card.isVisible()


def boxes(card: KeptSound) -> list[QMessageBox]:
    return [box for box in card.findChildren(QMessageBox) if box.isVisible()]


@pytest.mark.usefixtures("dressed")
def test_the_report_of_a_session_finds_its_recording(qtbot: QtBot, tmp_path: Path, recordings: Recordings) -> None:
    history = tmp_path / "history.sqlite3"
    keep(history, "s1")
    pages = QStackedWidget()
    past = Past(history, pages)
    qtbot.addWidget(pages, before_close_func=lambda _pages: past.close())
    past.page_wanted.connect(pages.setCurrentWidget)
    pages.show()
    past.open_report("s1")
    qtbot.waitUntil(lambda: any(card.isVisible() for card in pages.findChildren(KeptSound)))
    recordings.remove("s1")
    past.open_report("s1")
    qtbot.waitUntil(lambda: not any(card.isVisible() for card in pages.findChildren(KeptSound)))
