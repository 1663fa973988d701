"""The painted chart of what was seen over a session: a row a measure, the looks away above, and a cursor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from coach_desktop.coaching import labels
from coach_desktop.coaching.track import Track
from coach_desktop.ui import parts, theme

_STEP_S: Final = 1.0
_LEAP_S: Final = 10.0
_MARKS: Final = 16
_GAP: Final = 8
MARGIN: Final = 6
"""Around the chart, for the ring of the focus."""
_TICKS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600, 7200, 14400)
_TINTS: Final = ("accent", "muted", "good", "accent", "muted", "watch")


class EyesStrip(QWidget):
    """Shows a track; arrow keys, a click and the mouse pick a second.

    A block is as high as the share or score it stands for; a line at the foot says that it was measured, and where
    there is none, nothing was.
    """

    second_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Make the chart without a track."""
        super().__init__(parent)
        self._track: Track | None = None
        self._away: list[tuple[float, float]] = []
        self.at_s = 0.0
        self._hover_s: float | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Your eyes over time")
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_track(self, track: Track, away: Sequence[tuple[float, float]]) -> None:
        """Show a track and mark the looks `away`, with the cursor at the beginning of the longest of them."""
        self._track, self._away = track, list(away)
        longest = max(self._away, key=lambda one: one[1] - one[0], default=(0.0, 0.0))
        self._hover_s = None
        self.updateGeometry()
        self.update()
        self._move(longest[0])

    @property
    def shown_s(self) -> float:
        """The second whose values belong beside the chart: under the mouse, or else at the cursor."""
        return self.at_s if self._hover_s is None else self._hover_s

    def sizeHint(self) -> QSize:
        """Return a height for all rows."""
        rows = len(self._track.bands) if self._track else 1
        return QSize(480, _MARKS + rows * (self._row_height() + _GAP) + self._axis_height() + 2 * MARGIN)

    def minimumSizeHint(self) -> QSize:
        """Return the least that can be read."""
        return QSize(320, self.sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the cursor: by a second, ten, to the ends, or with Ctrl from look away to look away."""
        to_s = self._wanted(event)
        if to_s is None or self._track is None:
            super().keyPressEvent(event)
            return
        self._hover_s = None
        self._move(to_s)
        parts.announce(self, f"{parts.spoken_minutes(self.at_s)}: {self._track.words_at(self.at_s, self._away)}")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the cursor where it was clicked."""
        if event.button() == Qt.MouseButton.LeftButton and self._track is not None:
            self._move(self._second(event.position().x()))
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Tell of the second under the mouse; with the button held, take the cursor along."""
        if self._track is None:
            return
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._move(self._second(event.position().x()))
        self._hover_s = self._second(event.position().x())
        self._tell()

    def leaveEvent(self, event: QEvent) -> None:
        """Go back to what the cursor tells."""
        super().leaveEvent(event)
        self._hover_s = None
        self._tell()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that the arrow keys go here."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that they do not."""
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 - Qt's signature
        """Paint everything anew: a few thousand small blocks."""
        painter = QPainter(self)
        if self._track is not None and self._track.timeline.rows:
            self._paint_axis(painter, self._track)
            for number in range(len(self._track.bands)):
                self._paint_band(painter, self._track, number)
            self._paint_away(painter)
            if self._hover_s is not None:
                self._paint_line(painter, self._hover_s, "muted", 1)
            self._paint_line(painter, self.at_s, "text", 2)
        if self.hasFocus():
            painter.setPen(QPen(parts.colour(theme.current().tokens.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        painter.end()

    def _wanted(self, event: QKeyEvent) -> float | None:
        key, leap = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if key in {Qt.Key.Key_Left, Qt.Key.Key_Right} and leap:
            return self._next_away(forward=key == Qt.Key.Key_Right)
        end_s = self._track.end_s if self._track is not None else 0.0
        return {
            Qt.Key.Key_Left: self.at_s - _STEP_S,
            Qt.Key.Key_Right: self.at_s + _STEP_S,
            Qt.Key.Key_PageUp: self.at_s - _LEAP_S,
            Qt.Key.Key_PageDown: self.at_s + _LEAP_S,
            Qt.Key.Key_Home: 0.0,
            Qt.Key.Key_End: end_s,
        }.get(Qt.Key(key))

    def _next_away(self, *, forward: bool) -> float:
        starts = [start_s for start_s, _ in self._away]
        if forward:
            return next((start_s for start_s in starts if start_s > self.at_s + 0.05), self.at_s)
        return next((start_s for start_s in reversed(starts) if start_s < self.at_s - 0.05), self.at_s)

    def _move(self, to_s: float) -> None:
        end_s = self._track.end_s if self._track is not None else 0.0
        step_s = self._track.timeline.step_s if self._track is not None else 0.0
        self.at_s = min(max(0.0, to_s), max(0.0, end_s - step_s))
        self._tell()

    def _tell(self) -> None:
        self.update()
        self.second_changed.emit(self.shown_s)

    def _row_height(self) -> int:
        return max(18, self.fontMetrics().height() + 2)

    def _axis_height(self) -> int:
        return self.fontMetrics().height() + 8

    def _names_width(self) -> int:
        names = [band.name for band in self._track.bands] if self._track else [""]
        return max(self.fontMetrics().horizontalAdvance(name) for name in names) + 14

    def _plot(self) -> QRect:
        return self.rect().adjusted(self._names_width() + MARGIN, MARGIN, -2 * MARGIN, -MARGIN)

    def _x(self, at_s: float) -> float:
        plot, end_s = self._plot(), self._track.end_s if self._track is not None else 1.0
        return plot.left() + plot.width() * at_s / end_s

    def _second(self, x: float) -> float:
        plot, end_s = self._plot(), self._track.end_s if self._track is not None else 0.0
        return min(end_s, max(0.0, (x - plot.left()) / max(1, plot.width()) * end_s))

    def _band(self, number: int) -> QRect:
        plot, height = self._plot(), self._row_height()
        return QRect(plot.left(), plot.top() + _MARKS + number * (height + _GAP), plot.width(), height)

    def _paint_band(self, painter: QPainter, track: Track, number: int) -> None:
        tokens, band, place = theme.current().tokens, track.bands[number], self._band(number)
        painter.setPen(parts.colour(tokens.text))
        names = QRect(MARGIN, place.top(), self._names_width(), place.height())
        painter.drawText(names, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, band.name)
        painter.fillRect(place, parts.colour(tokens.sunken))
        if not band.is_measured:
            painter.setPen(parts.colour(tokens.muted))
            words = parts.sentence(labels.NOT_MEASURED)
            painter.drawText(place.adjusted(8, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, words)
            return
        tint, foot = parts.colour(getattr(tokens, _TINTS[number])), place.bottom() + 1
        rows, width = track.timeline.rows, place.width()
        for x in range(width):
            first = x * rows // width
            mean = band.mean(first, max(first + 1, (x + 1) * rows // width))
            if mean is not None:
                height = max(2, round(mean * place.height()))
                painter.fillRect(place.left() + x, foot - height, 1, height, tint)

    def _paint_away(self, painter: QPainter) -> None:
        """Mark each look away over the row of eye contact: a bar as long as it lasted, with a head where it began."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour, foot = parts.colour(theme.current().tokens.act), self._band(0).top() - 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        for start_s, end_s in self._away:
            left, right = self._x(start_s), self._x(end_s)
            painter.drawRect(QRectF(left, foot - 3, max(2.0, right - left), 3))
            corners = [QPointF(left, foot - 3), QPointF(left, foot - 12), QPointF(left + 8, foot - 7.5)]
            painter.drawPolygon(QPolygonF(corners))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def _paint_axis(self, painter: QPainter, track: Track) -> None:
        plot, tokens = self._plot(), theme.current().tokens
        top = self._band(len(track.bands) - 1).bottom() + _GAP // 2
        painter.setPen(parts.colour(tokens.muted))
        widest = self.fontMetrics().horizontalAdvance(labels.clock(track.end_s)) + 24
        fits = max(1, plot.width() // widest)
        each_s = next((tick for tick in _TICKS_S if track.end_s / tick <= fits), _TICKS_S[-1])
        for tick in range(math.floor(track.end_s / each_s) + 1):
            x = round(self._x(tick * each_s))
            painter.drawLine(x, top, x, top + 4)
            words = labels.clock(tick * each_s)
            half = self.fontMetrics().horizontalAdvance(words) // 2
            left = min(max(x - half, plot.left()), plot.right() - 2 * half)
            painter.drawText(left, top + 6 + self.fontMetrics().ascent(), words)

    def _paint_line(self, painter: QPainter, at_s: float, tint: str, width: int) -> None:
        track = self._track
        if track is None:
            return
        # In the middle of the step that is told, so that the line stands where its block is.
        middle_s = (track.timeline.row_at(at_s) + 0.5) * track.timeline.step_s
        x, colour = round(self._x(middle_s)), parts.colour(getattr(theme.current().tokens, tint))
        bottom = self._band(len(track.bands) - 1).bottom() + _GAP // 2
        painter.fillRect(x - width // 2, self._plot().top(), width, bottom - self._plot().top(), colour)
