"""The text of a transcript: to read, mark and copy, with its fillers and repeats marked and said aloud."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtGui import (
    QSyntaxHighlighter,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextOption,
)
from PySide6.QtWidgets import QTextEdit, QWidget

from coach_desktop.ui import parts, theme
from coach_desktop.ui.prose_view import BETWEEN, LINE_HEIGHT, ProseView
from coach_desktop.ui.transcript.lines import KIND_WORDS, Kind, Line, Lines, Mark, units

_SURELY_SCROLLS: Final = 6000
"""Characters that never fit without scrolling; only fewer are laid out whole to know how high they are."""
_HIGHER: Final = 10_000
_LINES_AT_ONCE: Final = 40
_BOLD: Final = 600
_WAVE: Final = QTextCharFormat.UnderlineStyle.WaveUnderline
_DASHES: Final = QTextCharFormat.UnderlineStyle.DashUnderline
_UNDERLINES: Final[dict[Kind, tuple[QTextCharFormat.UnderlineStyle, str]]] = {
    "sound": (_WAVE, "watch"),
    "word": (_DASHES, "accent"),
}
"""The line below a filler, and its tint. What is said twice has one above it, as a filler may be that, too."""
_GROUNDS: Final[dict[Kind, str]] = {"sound": "watch_soft", "word": "accent_soft", "repeat": "sunken"}


class TranscriptView(ProseView):
    """Shows who said what and when. An hour's talk is laid out as far as it is looked at."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        """Begin empty; `name` is what a screen reader calls it."""
        super().__init__(name, parent)
        self.lines = Lines()
        self._found: list[QTextCursor] = []
        self._current = 0
        self._told: tuple[Mark, ...] = ()
        self._line_told = -1
        self._marker = _Marker(self.document())
        self.cursorPositionChanged.connect(self._on_cursor_moved)

    def show_lines(self, lines: Lines) -> None:
        """Show a transcript from its beginning."""
        self.lines = lines
        self._told, self._line_told = (), -1
        self._marker.forget()
        self.blockSignals(True)
        self.clear()
        cursor = QTextCursor(self.document())
        # Every line takes its form from the one before.
        cursor.setBlockFormat(self._form())
        cursor.insertText(lines.plain)
        self.moveCursor(QTextCursor.MoveOperation.Start)
        self.blockSignals(False)
        self._marker.dress(lines)
        self._fit()

    def show_mark(self, mark: Mark) -> None:
        """Select what is marked, bring it into sight, and say what it is."""
        cursor = self.textCursor()
        cursor.setPosition(mark.start)
        cursor.setPosition(mark.end, QTextCursor.MoveMode.KeepAnchor)
        self._told = self.lines.marks_at(mark.start)
        self._line_told = self.lines.line_at(mark.start)
        self.setTextCursor(cursor)
        self.ensureCursorVisible()
        line = self.lines.lines[self._line_told]
        what = "; ".join(f"{KIND_WORDS[one.kind]}, {one.words}" for one in self._told)
        parts.announce(self, f"{what}. {line.when}, {line.speaker}: {line.text}")

    def find_all(self, words: str) -> list[QTextCursor]:
        """Return every place that holds these words, whatever the case of their letters."""
        found: list[QTextCursor] = []
        cursor = QTextCursor(self.document())
        while words and not (cursor := self.document().find(words, cursor)).isNull():
            found.append(QTextCursor(cursor))
        return found

    def show_found(self, found: list[QTextCursor], current: int) -> None:
        """Paint what was found, the current one stronger, and bring that one into sight."""
        self._found, self._current = found, current
        self._paint_found()
        if found:
            place = QTextCursor(found[current])
            place.clearSelection()
            self.setTextCursor(place)
            self.ensureCursorVisible()

    def _paint_found(self) -> None:
        tokens = theme.current().tokens
        painted = []
        for number, cursor in enumerate(self._found):
            selection = QTextEdit.ExtraSelection()
            selection.cursor = cursor
            ground, letters = (
                (tokens.accent, tokens.on_accent) if number == self._current else (tokens.good_soft, tokens.text)
            )
            selection.format.setBackground(parts.colour(ground))
            selection.format.setForeground(parts.colour(letters))
            painted.append(selection)
        self.setExtraSelections(painted)

    def changeEvent(self, event: QEvent) -> None:
        """Mark in the colours of a new theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.lines.lines:
            self._marker.dress(self.lines)
            self._paint_found()

    def _form(self) -> QTextBlockFormat:
        metrics = self.fontMetrics()
        last = max((line.when for line in self.lines.lines), key=len, default="")
        first = float(metrics.horizontalAdvance("0" * len(last) + "00"))
        who = max((line.speaker for line in self.lines.lines), key=metrics.horizontalAdvance, default="")
        tabs = (first, first + metrics.horizontalAdvance(f"{who}000"))
        form = QTextBlockFormat()
        form.setLineHeight(LINE_HEIGHT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        form.setLeftMargin(tabs[-1])
        form.setTextIndent(-tabs[-1])
        form.setBottomMargin(BETWEEN)
        # Measured from the margin of the block, which lies where the words begin.
        form.setTabPositions([QTextOption.Tab(place, QTextOption.TabType.LeftTab) for place in tabs])
        return form

    def _needed(self) -> int:
        # To ask how high it is would lay out all of it.
        return _HIGHER if self.document().characterCount() > _SURELY_SCROLLS else super()._needed()

    def _on_cursor_moved(self) -> None:
        """Say of the place that the keyboard has come to what a screen reader does not: how it is marked."""
        if not self.hasFocus() or self.textCursor().hasSelection():
            return
        place = self.textCursor().position()
        number = self.lines.line_at(place)
        marks = self.lines.marks_at(place)
        if number != self._line_told and self.lines.lines:
            said = [f"{one.words}, {KIND_WORDS[one.kind]}" for one in self.lines.lines[number].marks]
            if said:
                parts.announce(self, "; ".join(said))
        elif new := [KIND_WORDS[mark.kind] for mark in marks if mark not in self._told]:
            parts.announce(self, ", ".join(new))
        self._line_told, self._told = number, marks


class _Marker(QSyntaxHighlighter):
    """Dresses the lines without changing their text: times, names and marks. A few at a time: there may be hundreds."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._lines: tuple[Line, ...] = ()
        self._dressed = 0
        self._when, self._speaker = QTextCharFormat(), QTextCharFormat()
        self._speaker.setFontWeight(_BOLD)
        self._letters: dict[Kind, QTextCharFormat] = {}
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._on_time_for_more)

    def forget(self) -> None:
        """Let the document be changed."""
        self._timer.stop()
        self._lines = ()

    def dress(self, lines: Lines) -> None:
        """Dress these lines in the colours of the theme, as soon as the window has time for it."""
        self._lines = lines.lines
        self._when.setForeground(parts.colour(theme.current().tokens.muted))
        self._letters = {kind: letters_of(kind) for kind in KIND_WORDS}
        self._dressed = 0
        self._timer.start()

    def highlightBlock(self, text: str) -> None:  # noqa: ARG002, N802 - the base class's
        """Dress one line, if its turn has come."""
        number = self.currentBlock().blockNumber()
        if number >= min(self._dressed, len(self._lines)):
            return
        line = self._lines[number]
        self.setFormat(0, len(line.when), self._when)
        self.setFormat(len(line.when) + 1, units(line.speaker), self._speaker)
        for mark in line.marks:
            if mark.kind != "repeat":
                self.setFormat(mark.start, mark.length, self._letters[mark.kind])
        for mark in line.marks:
            if mark.kind == "repeat":
                self._mark_above(mark)

    def _mark_above(self, mark: Mark) -> None:
        """Mark what was said for nothing; a filler in it keeps its line and its ground."""
        for place in range(mark.start, mark.end):
            letters = QTextCharFormat(self._letters["repeat"])
            letters.merge(self.format(place))
            self.setFormat(place, 1, letters)

    def _on_time_for_more(self) -> None:
        block = self.document().findBlockByNumber(self._dressed)
        self._dressed = min(self._dressed + _LINES_AT_ONCE, len(self._lines))
        while block.isValid() and block.blockNumber() < self._dressed:
            self.rehighlightBlock(block)
            block = block.next()
        if self._dressed == len(self._lines):
            self._timer.stop()


def letters_of(kind: Kind) -> QTextCharFormat:
    """Return how marked words are written, in the colours of the theme. Never told apart by colour alone."""
    tokens = theme.current().tokens
    letters = QTextCharFormat()
    if kind in _UNDERLINES:
        style, tint = _UNDERLINES[kind]
        letters.setUnderlineStyle(style)
        letters.setUnderlineColor(parts.colour(getattr(tokens, tint)))
    else:
        letters.setFontOverline(True)
    letters.setBackground(parts.colour(getattr(tokens, _GROUNDS[kind])))
    return letters
