"""Asks for a file, with the system's own dialog where it has one. Never holds up the app."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QDir, Qt
from PySide6.QtWidgets import QFileDialog, QWidget


@dataclass(frozen=True)
class FileQuestion:
    """What is asked for. `save_as` is a proposed name where a file is to be written, else one is read."""

    title: str
    kinds: str
    save_as: str = ""


FilePicker = Callable[[QWidget, FileQuestion, Callable[[Path], None]], None]
"""Asks a question for a window and calls back with the answer, or not at all."""


def pick_file(parent: QWidget, question: FileQuestion, on_picked: Callable[[Path], None]) -> None:
    """Ask with a file dialog."""
    dialog = QFileDialog(parent, question.title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setNameFilter(question.kinds)
    # A .env is hidden from those who do not look for it.
    dialog.setFilter(dialog.filter() | QDir.Filter.Hidden)
    if question.save_as:
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(Path(question.save_as).suffix.removeprefix("."))
        dialog.selectFile(question.save_as)
    else:
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(lambda name: on_picked(Path(name)))
    dialog.open()
