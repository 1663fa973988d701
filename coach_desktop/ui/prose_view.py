"""Longer text to read: it can be marked and copied, is as high as its lines, and scrolls from a certain height on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent, QTextBlockFormat, QTextCharFormat, QTextCursor, QTextOption
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextEdit, QWidget

from coach_desktop.coaching import labels
from coach_desktop.coaching.prose import BULLET
from coach_desktop.coaching.report_model import Turn
from coach_desktop.ui import parts, theme

_MOST_HEIGHT: Final = 440
_BETWEEN: Final = 8
_PADDING: Final = 4
_BOLD: Final = 600

Line = tuple[float, tuple[tuple[str, str], ...]]
"""Depth in characters, and pieces of (text, kind): "" plain, "muted", or "strong"."""


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
        self._lines: list[Line] = []
        self._tabs: tuple[float, ...] = ()

    def show_prose(self, text: str) -> None:
        """Show paragraphs and bullets, as `coaching.analysis` writes them."""
        step = self.fontMetrics().horizontalAdvance("00")
        self._tabs = ()
        self._lines = []
        for line in text.split("\n"):
            bare = line.lstrip(" ")
            if bare:
                depth = step * (len(line) - len(bare)) / 2
                self._lines.append((depth, ((bare, ""),)))
        self._fill()

    def show_turns(self, turns: Sequence[Turn], provider: str) -> None:
        """Show who said what and when."""
        metrics = self.fontMetrics()
        last = labels.clock(max((turn.start_s for turn in turns), default=0.0))
        first = float(metrics.horizontalAdvance(last.replace("1", "0") + "00"))
        self._tabs = (first, first + metrics.horizontalAdvance("Chuck000"))
        self._lines = [
            (
                0.0,
                (
                    (labels.clock(turn.start_s), "muted"),
                    ("\t", ""),
                    (labels.speaker(turn.role, provider), "strong"),
                    (f"\t{' '.join(turn.text.split())}", ""),
                ),
            )
            for turn in turns
        ]
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
        self.clear()
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        for number, (depth, pieces) in enumerate(self._lines):
            form = self._block(depth, is_bullet=pieces[0][0].startswith(BULLET))
            form.setBottomMargin(_BETWEEN if number < len(self._lines) - 1 else 0)
            if number:
                cursor.insertBlock(form)
            else:
                cursor.setBlockFormat(form)
            for text, kind in pieces:
                cursor.insertText(text, self._letters(kind))
        cursor.endEditBlock()
        self.moveCursor(QTextCursor.MoveOperation.Start)
        self._fit()

    def _block(self, depth: float, *, is_bullet: bool) -> QTextBlockFormat:
        form = QTextBlockFormat()
        form.setLineHeight(125, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        hanging = self._tabs[-1] if self._tabs else self.fontMetrics().horizontalAdvance(f"{BULLET} ") * is_bullet
        form.setLeftMargin(depth + hanging)
        form.setTextIndent(-hanging)
        if self._tabs:
            # Measured from the margin of the block, which lies where the words begin.
            form.setTabPositions([QTextOption.Tab(place, QTextOption.TabType.LeftTab) for place in self._tabs])
        return form

    def _letters(self, kind: str) -> QTextCharFormat:
        letters = QTextCharFormat()
        tokens = theme.current().tokens
        letters.setForeground(parts.colour(tokens.muted if kind == "muted" else tokens.text))
        if kind == "strong":
            letters.setFontWeight(_BOLD)
        return letters

    def _fit(self) -> None:
        needed = round(self.document().size().height()) + self.contentsMargins().top() + self.contentsMargins().bottom()
        scrolls = needed > _MOST_HEIGHT
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if scrolls else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        if policy != self.verticalScrollBarPolicy():
            self.setVerticalScrollBarPolicy(policy)
        height = min(needed, _MOST_HEIGHT)
        if height != self.height():
            self.setFixedHeight(height)
