"""Dialogs that are as tall as what they say."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog


def fit_height(dialog: QDialog) -> None:
    """Make a dialog large enough for its texts, which wrap. Qt itself does that only once, when it is first shown."""
    layout = dialog.layout()
    if layout is not None:
        layout.activate()
        width = max(dialog.minimumWidth(), layout.totalMinimumSize().width())
        dialog.setMinimumSize(width, layout.totalHeightForWidth(width))
