"""What the rows of lists are painted with, so that all lists look alike."""

from __future__ import annotations

from typing import Final, NamedTuple

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen, QTextLayout, QTextOption

from coach_desktop.ui import parts, theme

BADGE_GAP: Final = 8
_RADIUS: Final = 10.0
_SMALL: Final = 0.92
_BADGE_PADDING: Final = 8


class Badge(NamedTuple):
    """A word in a small frame; `ink` and `ground` are tints."""

    text: str
    ink: str
    ground: str


def card(painter: QPainter, place: QRectF, *, chosen: bool, hovered: bool, focused: bool) -> None:
    """Paint the ground of a row that is chosen or under the mouse."""
    tokens = theme.current().tokens
    if not chosen and not hovered:
        return
    painter.setBrush(parts.colour(tokens.accent_soft if chosen else tokens.window))
    ring = chosen and focused
    painter.setPen(QPen(parts.colour(tokens.accent), 2.0) if ring else Qt.PenStyle.NoPen)
    inset = 1.0 if ring else 0.0
    painter.drawRoundedRect(place.adjusted(inset, inset, -inset, -inset), _RADIUS, _RADIUS)


def badge(painter: QPainter, made: Badge, base: QFont, room: QRect) -> int:
    """Paint at the right end of `room` and return where the room that is left ends."""
    tokens = theme.current().tokens
    font = small(base)
    metrics = QFontMetrics(font)
    width = badge_width(made.text, base)
    frame = QRectF(room.right() - width + 1, room.center().y() - metrics.height() / 2 - 1, width, metrics.height() + 3)
    painter.setPen(QPen(parts.colour(tokens.border), 1.0))
    painter.setBrush(parts.colour(getattr(tokens, made.ground)))
    painter.drawRoundedRect(frame, frame.height() / 2, frame.height() / 2)
    painter.setFont(font)
    painter.setPen(parts.colour(getattr(tokens, made.ink)))
    painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, made.text)
    return round(frame.left()) - BADGE_GAP


def bold(base: QFont) -> QFont:
    """Return the font of names."""
    font = QFont(base)
    font.setWeight(QFont.Weight.DemiBold)
    return font


def small(base: QFont) -> QFont:
    """Return the font of what stands below a name."""
    font = QFont(base)
    font.setPointSizeF(base.pointSizeF() * _SMALL)
    return font


def small_height(base: QFont) -> int:
    """Return the height of a line in the small font."""
    return QFontMetrics(small(base)).height()


def badge_width(words: str, base: QFont) -> int:
    """Return how wide a badge is."""
    return QFontMetrics(small(base)).horizontalAdvance(words) + 2 * _BADGE_PADDING


def lines(text: str, font: QFont, width: int, *, below: int | None = None) -> list[str]:
    """Return a text in one or two lines; what does not fit into the second one, `below` wide, ends in dots."""
    layout = QTextLayout(text, font)
    option = QTextOption()
    # A single word may be longer than the line.
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.beginLayout()
    first = layout.createLine()
    first.setLineWidth(max(1, width))
    layout.endLayout()
    # Qt counts in UTF-16.
    units = text.encode("utf-16-le")
    cut = 2 * first.textLength()
    if cut >= len(units):
        return [text]
    head, rest = (half.decode("utf-16-le", "ignore") for half in (units[:cut], units[cut:]))
    return [head.rstrip(), QFontMetrics(font).elidedText(rest.lstrip(), Qt.TextElideMode.ElideRight, below or width)]
