"""Longer text to read: it can be marked and copied, is as high as its lines, and scrolls from a certain height on."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent, QTextBlockFormat, QTextCharFormat, QTextCursor, QTextOption
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextEdit, QWidget

from coach_desktop.coaching.prose import BULLET
from coach_desktop.ui import parts, theme

BETWEEN: Final = 8
LINE_HEIGHT: Final = 125
"""Of lines of text, in per cent of what the font asks for."""

_MOST_HEIGHT: Final = 440
_PADDING: Final = 4


class ProseView(QTextEdit):
    """Shows lines of text on the ground that it lies on. What it says is never taken for markup."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        """Begin empty; `name` is what a screen reader calls it."""
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setReadOnly(True)
        self.setAcceptRichText(False)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setProperty("look", "prose")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(_PADDING)
        self._lines: list[tuple[float, str]] = []

    def show_prose(self, text: str) -> None:
        """Show paragraphs and bullets, as `coaching.analysis` writes them."""
        step = self.fontMetrics().horizontalAdvance("00")
        self._lines = []
        for line in text.split("\n"):
            bare = line.lstrip(" ")
            if bare:
                depth = step * (len(line) - len(bare)) / 2
                self._lines.append((depth, bare))
        self._fill()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the lines, which wrap where it becomes narrow."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Write in the colours of a new theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._lines:
            self._fill()

    def _fill(self) -> None:
        letters = QTextCharFormat()
        letters.setForeground(parts.colour(theme.current().tokens.text))
        self.clear()
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        for number, (depth, text) in enumerate(self._lines):
            form = self._block(depth, is_bullet=text.startswith(BULLET))
            form.setBottomMargin(BETWEEN if number < len(self._lines) - 1 else 0)
            if number:
                cursor.insertBlock(form)
            else:
                cursor.setBlockFormat(form)
            cursor.insertText(text, letters)
        cursor.endEditBlock()
        self.moveCursor(QTextCursor.MoveOperation.Start)
        self._fit()

    def _block(self, depth: float, *, is_bullet: bool) -> QTextBlockFormat:
        form = QTextBlockFormat()
        form.setLineHeight(LINE_HEIGHT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        hanging = self.fontMetrics().horizontalAdvance(f"{BULLET} ") * is_bullet
        form.setLeftMargin(depth + hanging)
        form.setTextIndent(-hanging)
        return form

    def _needed(self) -> int:
        """Return how high all lines are, in device-independent pixels."""
        return round(self.document().size().height())

    def _fit(self) -> None:
        needed = self._needed() + self.contentsMargins().top() + self.contentsMargins().bottom()
        scrolls = needed > _MOST_HEIGHT
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if scrolls else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        if policy != self.verticalScrollBarPolicy():
            self.setVerticalScrollBarPolicy(policy)
        height = min(needed, _MOST_HEIGHT)
        if height != self.height():
            self.setFixedHeight(height)
