"""The file dialog itself, Qt's own, as it is used where the system has none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from coach_desktop.ui.profiles.pick import FileQuestion, pick_file
from tests.ui.profiles.hands import going_away


@pytest.fixture(autouse=True)
def _qt_dialogs(qapp: QApplication) -> Iterator[None]:
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    yield
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs, on=False)


def answer(qtbot: QtBot, host: QWidget, path: Path) -> None:
    dialog = host.findChild(QFileDialog)
    assert dialog is not None
    qtbot.waitUntil(dialog.isVisible)
    line = dialog.findChild(QLineEdit, "fileNameEdit")
    assert line is not None
    line.setText(str(path))
    with going_away(qtbot, dialog):
        QTest.keyClick(line, Qt.Key.Key_Return)


def test_a_file_is_read(host: QWidget, qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("")
    picked: list[Path] = []
    pick_file(host, FileQuestion("Import a .env file", "Samples (.env);;All files (*)"), picked.append)
    assert picked == []
    answer(qtbot, host, file)
    assert picked == [file]


def test_a_file_is_written_under_the_proposed_kind(host: QWidget, qtbot: QtBot, tmp_path: Path) -> None:
    picked: list[Path] = []
    pick_file(host, FileQuestion("Export", "Profiles (*.toml)", "acme.toml"), picked.append)
    dialog = host.findChild(QFileDialog)
    assert dialog is not None
    assert Path(dialog.selectedFiles()[0]).name == "acme.toml"
    answer(qtbot, host, tmp_path / "mine")
    assert picked == [tmp_path / "mine.toml"]


def test_escape_picks_nothing(host: QWidget, qtbot: QtBot) -> None:
    picked: list[Path] = []
    pick_file(host, FileQuestion("Import", "All files (*)"), picked.append)
    dialog = host.findChild(QFileDialog)
    assert dialog is not None
    qtbot.waitUntil(dialog.isVisible)
    with going_away(qtbot, dialog):
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert picked == []
