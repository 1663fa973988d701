"""Small parts that every page is made of, so that they look and speak alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from PySide6.QtCore import QDate, QLocale, Qt, QTime, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QColor, QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QSpacerItem,
    QVBoxLayout,
    QWidget,
)

from coach_desktop.ui import theme

COLUMN_WIDTH = 860
"""Longest line of a page, in device-independent pixels: longer ones are hard to read."""

NO_FIGURE = "\u2013"
"""Stands where a figure would, in a table."""

_COPIED_MS = 1600
_BOX_WIDTH = 400
_BOX_INDENT = 24
_BOX_MARGINS = (16, 20, 24, 18)  # on the left there is an indent of its own
_LONG_WORD = re.compile(r"\S{24}(?=\S)")
_FIGURE = re.compile(r"(?<=\d) (?=%|(?:s|min|dB|st|wpm|syll|per)\b)")

Box = TypeVar("Box", QHBoxLayout, QVBoxLayout)


def label(text: str, look: str = "", *, wrap: bool = True) -> QLabel:
    """Return a text in one of the looks of the style sheet. Plain text: what it says is never taken for markup."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if look:
        made.setProperty("look", look)
    return made


def button(
    text: str, on_clicked: Callable[[], object], *, look: str = "", icon: str = "", tint: str = "text"
) -> QPushButton:
    """Return a push button; its accessible name is its text."""
    made = QPushButton(text)
    made.setAccessibleName(text.replace("&", ""))
    if look:
        made.setProperty("look", look)
    if icon:
        theme.current().set_icon(made, icon, tint)
    made.clicked.connect(lambda _checked=False: on_clicked())
    made.setAutoDefault(True)
    return made


def frame(look: str, layout: QLayout, *, margins: tuple[int, int, int, int] = (20, 16, 20, 16)) -> QFrame:
    """Return a card or a bar around a layout."""
    made = QFrame()
    made.setProperty("look", look)
    layout.setContentsMargins(*margins)
    made.setLayout(layout)
    return made


def row(*items: QWidget | QLayout | int, spacing: int = 10) -> QHBoxLayout:
    """Return the items side by side; a number is stretch."""
    made = QHBoxLayout()
    made.setSpacing(spacing)
    made.setContentsMargins(0, 0, 0, 0)
    return _filled(made, items)


def column(*items: QWidget | QLayout | int, spacing: int = 10) -> QVBoxLayout:
    """Return the items below each other; a number is stretch."""
    made = QVBoxLayout()
    made.setSpacing(spacing)
    made.setContentsMargins(0, 0, 0, 0)
    return _filled(made, items)


def _filled(layout: Box, items: tuple[QWidget | QLayout | int, ...]) -> Box:
    for item in items:
        if isinstance(item, QWidget):
            layout.addWidget(item)
        elif isinstance(item, QLayout):
            layout.addLayout(item)
        else:
            layout.addStretch(item)
    return layout


def words_page(drawing: theme.Drawing, title: str, words: str, *below: QWidget | QLayout) -> QWidget:
    """Return a page with nothing but a drawing and words in its middle, for what is not there, or not yet."""
    lines = [label(title, "heading"), label(words, "muted")]
    for line in lines:
        line.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    page = QWidget()
    page.setLayout(column(1, row(1, drawing, 1), *lines, *below, 2, spacing=12))
    return page


def clear(layout: QLayout) -> None:
    """Take all widgets out of a layout, and out of view at once."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()


def change_look(widget: QWidget, look: str) -> None:
    """Give a widget another look."""
    if widget.property("look") != look:
        widget.setProperty("look", look)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def scrolled(content: QLayout, name: str) -> QScrollArea:
    """Return a page that scrolls, its content in a column that is never too wide to read."""
    inner = QWidget()
    inner.setMaximumWidth(COLUMN_WIDTH)
    inner.setLayout(content)
    page = QWidget()
    page.setProperty("look", "page")
    around = QHBoxLayout(page)
    around.setContentsMargins(32, 28, 32, 28)
    around.addStretch(1)
    around.addWidget(inner, 100)
    around.addStretch(1)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setAccessibleName(name)
    area.setWidget(page)
    return area


def announce(widget: QWidget, words: str) -> None:
    """Say something through a screen reader, politely: it waits until the reader has finished its sentence."""
    event = QAccessibleAnnouncementEvent(widget, words)
    event.setPoliteness(QAccessible.AnnouncementPoliteness.Polite)
    QAccessible.updateAccessibility(event)


def copy_with_thanks(text: str, pressed: QPushButton) -> None:
    """Copy a text to the clipboard and say so on the button for a moment."""
    QGuiApplication.clipboard().setText(text)
    words = pressed.property("wordsBefore") or pressed.text()
    pressed.setProperty("wordsBefore", words)
    pressed.setText("Copied")
    announce(pressed, "Copied")
    QTimer.singleShot(_COPIED_MS, pressed, lambda: pressed.setText(words))


def sentence(words: str) -> str:
    """Return words with a capital letter at the front, the rest as it was."""
    return words[:1].upper() + words[1:]


def breakable(words: str) -> str:
    """Return words for a label, with places to break in those that are longer than a narrow line can hold."""
    return _LONG_WORD.sub(lambda found: f"{found.group()}\u200b", words)


def whole_figures(words: str) -> str:
    """Return words for a label, in which no line ends between a figure and its unit."""
    return _FIGURE.sub("\u00a0", words)


def shortened(words: str, most: int = 60) -> str:
    """Return a name for the middle of a sentence: of one that is longer, so many characters and dots."""
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"


def colour(value: str) -> QColor:
    """Return a tint as a colour for painting."""
    return QColor(value)


def minutes(seconds: float) -> str:
    """Return a length of time as a clock shows it, in whole seconds that have gone by: 5:03, or 1:02:03."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def spoken_minutes(seconds: float) -> str:
    """Return a length of time in words, for a screen reader: 5 minutes 3 seconds."""
    whole = max(0, int(seconds))
    parts = [(whole // 60, "minute"), (whole % 60, "second")]
    said = [f"{number} {word}{'' if number == 1 else 's'}" for number, word in parts if number]
    return " ".join(said) or "0 seconds"


def local_time(started_at: str, now: datetime | None = None) -> str:
    """Return an ISO 8601 time as the user's own: "Today, 14:32", "Yesterday, 09:10", or a date and time."""
    try:
        then = datetime.fromisoformat(started_at).astimezone()
    except ValueError:
        return started_at
    today = (now or datetime.now().astimezone()).date()
    locale = QLocale()
    clock = locale.toString(QTime(then.hour, then.minute), QLocale.FormatType.ShortFormat)
    days = (today - then.date()).days
    if days in {0, 1}:
        return f"{'Yesterday' if days else 'Today'}, {clock}"
    return f"{locale.toString(QDate(then.year, then.month, then.day), 'd MMM yyyy')}, {clock}"


def question(
    parent: QWidget, title: str, words: str, *, yes: str, no: str, on_yes: Callable[[], object]
) -> QMessageBox:
    """Return a question that does not hold up the app: `open` it. Escape and Enter mean no; yes must be chosen."""
    box = _box(parent, title, words)
    accept = box.addButton(yes, QMessageBox.ButtonRole.DestructiveRole)
    accept.setAccessibleName(yes)
    change_look(accept, "danger")
    _finish(box, close=no)
    box.buttonClicked.connect(lambda pressed: on_yes() if pressed is accept else None)
    return box


def notice(parent: QWidget, title: str, words: str) -> QMessageBox:
    """Return a few words that must be read, with a way to close them. It does not hold up the app: `open` it."""
    box = _box(parent, title, words)
    _finish(box, close="Close")
    return box


def _box(parent: QWidget, title: str, words: str) -> QMessageBox:
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.NoIcon)
    box.setWindowTitle(title)
    box.setText(title)
    # A box cuts what it cannot break.
    box.setInformativeText(breakable(words))
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return box


def _finish(box: QMessageBox, *, close: str) -> None:
    """Add the button that Enter and Escape mean, and make room: left to itself, a box cuts a title that is longer."""
    closing = box.addButton(close, QMessageBox.ButtonRole.RejectRole)
    closing.setAccessibleName(close)
    box.setDefaultButton(closing)
    box.setEscapeButton(closing)
    layout = box.layout()
    if isinstance(layout, QGridLayout):
        layout.setContentsMargins(*_BOX_MARGINS)
        title = box.findChild(QLabel, "qt_msgbox_label")
        width = _BOX_WIDTH
        if title is not None:
            title.ensurePolished()
            width = max(width, title.sizeHint().width() + _BOX_INDENT)
        layout.addItem(QSpacerItem(width, 0), layout.rowCount(), 0, 1, layout.columnCount())
