"""Dialogs that are as large as what they say."""

from __future__ import annotations

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QListWidget


def fit_height(dialog: QDialog) -> None:
    """Make a dialog large enough for its texts, which wrap. Qt itself does that only once, when it is first shown."""
    layout = dialog.layout()
    if layout is not None:
        layout.activate()
        width = max(dialog.minimumWidth(), layout.totalMinimumSize().width())
        dialog.setMinimumSize(width, layout.totalHeightForWidth(width))


class FittedDialog(QDialog):
    """A dialog that is large enough for its texts from the start; `fit_height` keeps it so when they change."""

    def showEvent(self, event: QShowEvent) -> None:
        """Take the height that the texts need in the fonts of this screen."""
        super().showEvent(event)
        fit_height(self)


def fit_width(contents: QListWidget, least: int) -> None:
    """Make a list of contents as wide as its longest line in the fonts of this screen, and at least so wide."""
    # Before, its font is not the one of the style sheet.
    contents.ensurePolished()
    around = 2 * contents.frameWidth() + contents.contentsMargins().left() + contents.contentsMargins().right()
    contents.setFixedWidth(max(least, contents.sizeHintForColumn(0) + around))
