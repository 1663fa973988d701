"""Dialogs that only show something. None of them holds up the app."""

from __future__ import annotations

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import QDialog, QGridLayout, QPlainTextEdit, QWidget

from coach_desktop import __version__
from coach_desktop.ui import parts
from coach_desktop.ui.theme import Drawing


def _dialog(parent: QWidget, title: str) -> QDialog:
    dialog = QDialog(parent)
    dialog.setWindowTitle(title)
    dialog.setAccessibleName(title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return dialog


def shortcuts(parent: QWidget, keys: list[tuple[str, str]]) -> QDialog:
    """Return the list of keys, each as (words, key)."""
    dialog = _dialog(parent, "Keyboard shortcuts")
    grid = QGridLayout()
    grid.setHorizontalSpacing(36)
    grid.setVerticalSpacing(10)
    for number, (words, key) in enumerate([*keys, ("Close a dialog", "Esc")]):
        grid.addWidget(parts.label(words, wrap=False), number, 0)
        grid.addWidget(parts.label(key, "strong", wrap=False), number, 1)
    close = parts.button("Close", dialog.accept, look="primary")
    content = parts.column(parts.label("Keyboard shortcuts", "heading"), grid, parts.row(1, close), spacing=18)
    content.setContentsMargins(28, 24, 28, 22)
    dialog.setLayout(content)
    return dialog


def about(parent: QWidget) -> QDialog:
    """Return a few words about the app."""
    dialog = _dialog(parent, "About Coach Desktop")
    close = parts.button("Close", dialog.accept, look="primary")
    words = parts.column(
        parts.label("Coach Desktop", "heading"),
        parts.label(f"Version {__version__}, with Qt {qVersion()}", "muted"),
        parts.label("Practise public speaking with Chuck, a video coach on your own computer."),
        parts.label("Nothing leaves this computer. Free software under the MIT licence."),
        spacing=8,
    )
    content = parts.column(parts.row(Drawing("app", pixels=64), words, spacing=20), parts.row(1, close), spacing=18)
    content.setContentsMargins(28, 24, 28, 22)
    dialog.setLayout(content)
    dialog.setMinimumWidth(460)
    return dialog


def text(parent: QWidget, title: str, words: str) -> QDialog:
    """Return a long text to read and to copy."""
    dialog = _dialog(parent, title)
    view = QPlainTextEdit(words)
    view.setReadOnly(True)
    view.setTabChangesFocus(True)
    view.setAccessibleName(title)
    copy = parts.button("Copy", lambda: parts.copy_with_thanks(words, copy), icon="copy")
    close = parts.button("Close", dialog.accept, look="primary")
    content = parts.column(parts.label(title, "heading"), view, parts.row(copy, 1, close), spacing=14)
    content.setContentsMargins(24, 20, 24, 20)
    dialog.setLayout(content)
    dialog.resize(640, 520)
    return dialog
