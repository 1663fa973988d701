"""The section of a report that shows what was said: the legend of the marks, the find bar, and the text."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QShortcut, QTextCursor, QTextDocument
from PySide6.QtWidgets import QLabel, QScrollArea, QWidget

from coach_desktop.coaching import labels
from coach_desktop.coaching.report import Report
from coach_desktop.tavus.delivery import MeasureName
from coach_desktop.ui import parts, theme
from coach_desktop.ui.transcript.find_bar import FindBar
from coach_desktop.ui.transcript.lines import Kind, Lines, lines_of
from coach_desktop.ui.transcript.view import TranscriptView, letters_of

_KINDS: Final[dict[Kind, tuple[str, str, MeasureName]]] = {
    "sound": ("um", "Filler sounds", "filler_sounds"),
    "word": ("like", "Filler words", "filler_words"),
    "repeat": ("the", "Repeats", "repeats"),
}
_DOWN: Final = 2
"""Pixels that bring an example onto the line of its name."""
_KEYS: Final = "Control F finds words."
_NOT_TOLD_APART: Final = "Nothing is marked here: the words of this talk were not told apart."


class TranscriptSection(QWidget):
    """Hidden where there is neither a transcript nor a reason for having none."""

    def __init__(self) -> None:
        """Make the section without a transcript."""
        super().__init__()
        self._report: Report | None = None
        self._found: list[QTextCursor] = []
        self._current = 0
        self._view = TranscriptView("What was said")
        self._bar = FindBar()
        self._bar.words_changed.connect(lambda _words: self._look())
        self._bar.step_asked.connect(self._on_step_asked)
        self._bar.closed.connect(self._on_bar_closed)
        self._legends = {kind: _Legend(kind) for kind in _KINDS}
        self._no_marks = parts.label("", "muted")
        self._before = parts.button("Previous mark", lambda: self._go_to_mark(-1), look="quiet")
        self._next = parts.button("Next mark", lambda: self._go_to_mark(1), look="quiet")
        self._find = parts.button("Find…", self.open_find, look="quiet")
        self._copy = parts.button("Copy", self._on_copy_pressed, look="quiet", icon="copy", tint="accent")
        self._find.setAccessibleName("Find in the transcript")
        self._copy.setAccessibleName("Copy the transcript")
        self._tools = parts.row(*self._legends.values(), self._no_marks, 1, self._before, self._next, spacing=18)
        self._heading = parts.row(parts.label("What was said", "heading", wrap=False), 1, self._find, self._copy)
        self._card = parts.frame(
            "card", parts.column(self._tools, self._bar, self._view, spacing=8), margins=(16, 12, 16, 7)
        )
        self._none = parts.label("", "muted")
        self.setLayout(parts.column(self._heading, self._card, self._none, spacing=10))
        shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        shortcut.activated.connect(self.open_find)

    @property
    def stops(self) -> tuple[QWidget, ...]:
        """Where the keyboard stops on its way through."""
        return self._find, self._copy, self._before, self._next, *self._bar.stops, self._view

    def show_report(self, report: Report, none: str) -> None:
        """Show the transcript of a report, or in words why there is `none`.

        A newer version of the same report leaves the place in the text as it is, unless its words are others.
        """
        before, self._report = self._report, report
        known = before is not None and before.session.id == report.session.id
        if not known or before is None or before.transcript != report.transcript:
            self._show_lines(lines_of(report.transcript, report.session.provider))
        self._show_legend(report)
        has_lines = bool(report.transcript)
        for part in (self._card, self._find, self._copy):
            part.setVisible(has_lines)
        self._none.setText(none)
        self._none.setVisible(bool(none))
        self.setVisible(has_lines or bool(none))

    def open_find(self) -> None:
        """Open the find bar; what is marked in the text is looked for."""
        if self._card.isHidden():
            return
        self._bar.open_with(self._view.textCursor().selectedText())
        self._look()
        area = self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is not None:
            # The bar and the text below it, not the bar alone at the lower edge.
            area.ensureWidgetVisible(self._view)
            area.ensureWidgetVisible(self._bar)

    def _show_lines(self, lines: Lines) -> None:
        self._found = []
        self._view.show_found([], 0)
        self._view.show_lines(lines)
        if not self._bar.isHidden():
            self._look()

    def _show_legend(self, report: Report) -> None:
        marks = self._view.lines.marks
        told = []
        for kind, (_, name, measure) in _KINDS.items():
            value = report.measures[measure].value
            figure = "" if value is None else f": {labels.figure(measure, value)}"
            # Older reports count repeats and do not say which words they are.
            known = value == 0 if kind == "repeat" else value is not None
            shown = any(mark.kind == kind for mark in marks) or (known and self._has_words(report))
            self._legends[kind].show_words(f"{name}{figure}")
            self._legends[kind].setVisible(shown)
            told += [f"{name}{figure}."] if shown else []
        why = "" if told or not any(turn.role == "user" for turn in report.transcript) else _NOT_TOLD_APART
        self._no_marks.setText(why)
        self._no_marks.setVisible(bool(why))
        for button in (self._before, self._next):
            button.setVisible(bool(marks))
        self._view.setAccessibleDescription(" ".join([*told, why, _KEYS]))

    @staticmethod
    def _has_words(report: Report) -> bool:
        return any(turn.words for turn in report.transcript)

    def _look(self) -> None:
        """Find the words of the bar, and show the first place at or behind the one in view."""
        self._found = self._view.find_all(self._bar.words)
        place = self._view.textCursor().selectionStart()
        behind = (n for n, found in enumerate(self._found) if found.selectionStart() >= place)
        self._current = next(behind, 0)
        self._show_found()

    def _show_found(self) -> None:
        self._view.show_found(self._found, self._current)
        self._bar.show_count(len(self._found), self._current if self._found else None)

    def _on_step_asked(self, step: int) -> None:
        if self._found:
            self._current = (self._current + step) % len(self._found)
            self._show_found()

    def _on_bar_closed(self) -> None:
        place = self._found[self._current] if self._found else None
        self._found = []
        self._view.show_found([], 0)
        if place is not None:
            # As in a browser: what was found last is marked, to be copied or read on from.
            self._view.setTextCursor(place)
        self._view.setFocus()

    def _go_to_mark(self, step: int) -> None:
        cursor = self._view.textCursor()
        lines = self._view.lines
        if step > 0:
            mark = lines.mark_after(cursor.selectionEnd()) or lines.mark_after(0)
        else:
            mark = lines.mark_before(cursor.selectionStart()) or lines.marks[-1]
        if mark is not None:
            self._view.show_mark(mark)

    def _on_copy_pressed(self) -> None:
        parts.copy_with_thanks(self._view.lines.plain, self._copy)


class _Legend(QWidget):
    """An example of a mark beside its name and figure."""

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self._words: QLabel = parts.label("", "muted", wrap=False)
        self.setLayout(parts.row(_Example(kind), self._words, spacing=8))

    def show_words(self, words: str) -> None:
        self._words.setText(words)


class _Example(QWidget):
    """A word that is marked as in the text. For the eye only: its name stands beside it."""

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self._kind = kind
        self._document = QTextDocument(self)
        self._document.setDocumentMargin(0)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._write()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Paint it in the colours of the theme."""
        self._write()
        painter = QPainter(self)
        painter.translate(0, _DOWN)
        self._document.drawContents(painter, QRectF(self.rect()))
        painter.end()

    def _write(self) -> None:
        self._document.setDefaultFont(self.font())
        self._document.clear()
        letters = letters_of(self._kind)
        letters.setForeground(parts.colour(theme.current().tokens.text))
        QTextCursor(self._document).insertText(_KINDS[self._kind][0], letters)
        size = self._document.size()
        self.setFixedSize(round(size.width()) + 2, round(size.height()) + 2 * _DOWN)
