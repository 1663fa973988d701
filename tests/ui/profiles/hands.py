"""Works the dialogs around profiles as a user does: by the words that can be seen, and by the names of fields."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QListView,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

W = TypeVar("W", bound=QWidget)


def seen(widget: QWidget) -> str:
    """Return all words that can be seen."""
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def wait_for(qtbot: QtBot, widget: QWidget, words: str) -> None:
    qtbot.waitUntil(lambda: words in seen(widget))


def button(widget: QWidget, text: str) -> QAbstractButton:
    found = [button for button in widget.findChildren(QAbstractButton) if button.text() == text and button.isVisible()]
    assert len(found) == 1, f"{text}: {[each.text() for each in widget.findChildren(QAbstractButton)]}"
    return found[0]


def push(widget: QWidget, text: str) -> None:
    pushed = button(widget, text)
    assert pushed.isEnabled(), text
    if isinstance(pushed, QPushButton):
        QTest.mouseClick(pushed, Qt.MouseButton.LeftButton)
    else:
        QTest.keyClick(pushed, Qt.Key.Key_Space)


def named(widget: QWidget, kind: type[W], name: str) -> W:
    found = [child for child in widget.findChildren(kind) if child.accessibleName() == name and child.isVisible()]
    assert len(found) == 1, name
    return found[0]


def fill(widget: QWidget, name: str, text: str) -> None:
    """Replace what stands in a field, by the keyboard."""
    field = named(widget, QWidget, name)
    assert isinstance(field, QLineEdit | QPlainTextEdit)
    field.setFocus()
    field.selectAll()
    QTest.keyClick(field, Qt.Key.Key_Delete)
    QTest.keyClicks(field, text)


def choose(widget: QWidget, name: str, words: str) -> None:
    combo = named(widget, QComboBox, name)
    combo.setCurrentIndex(combo.findText(words))
    assert combo.currentText() == words


def names(widget: QWidget) -> list[str]:
    """Return the names in the list of profiles."""
    view = widget.findChild(QListView, options=Qt.FindChildOption.FindChildrenRecursively)
    assert view is not None
    return [view.model().index(row, 0).data() for row in range(view.model().rowCount())]


def select(widget: QWidget, name: str) -> None:
    view = named(widget, QListView, "Profiles")
    index = next(view.model().index(row, 0) for row in range(view.model().rowCount()) if names(widget)[row] == name)
    view.scrollTo(index)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(index).center())


def answer(qtbot: QtBot, widget: QWidget, text: str) -> str:
    """Answer the question that is asked, and return what it said."""
    boxes = [box for box in widget.findChildren(QMessageBox) if box.isVisible()]
    assert len(boxes) == 1
    said = f"{boxes[0].text()} {boxes[0].informativeText()}"
    QTest.mouseClick(next(each for each in boxes[0].buttons() if each.text() == text), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not any(box.isVisible() for box in widget.findChildren(QMessageBox)))
    return said


@contextmanager
def going_away(qtbot: QtBot, dialog: QWidget) -> Iterator[None]:
    """Wait at the end until a dialog has been deleted."""
    gone: list[bool] = []
    dialog.destroyed.connect(lambda _object: gone.append(True))
    yield
    qtbot.waitUntil(lambda: bool(gone))


def nameless(widget: QWidget) -> list[str]:
    """Return what takes the keyboard and has no name for a screen reader."""
    return [
        f"{type(child).__name__} in {type(child.parent()).__name__}"
        for child in [widget, *widget.findChildren(QWidget)]
        if child.focusPolicy() != Qt.FocusPolicy.NoFocus
        and not child.accessibleName()
        and not (isinstance(child, QToolButton | QPushButton) and (child.text() or child.isHidden()))
        and not child.objectName().startswith("qt_")
        and not isinstance(child.parent(), QMessageBox)
    ]


def tab_order(qtbot: QtBot, first: QWidget) -> list[str]:
    """Return the names of what Tab passes, from `first` until it comes around."""
    passed: list[str] = []
    first.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is first)
    current: QWidget | None = first
    while current is not None and len(passed) < 100:
        passed.append(current.accessibleName())
        QTest.keyClick(current, Qt.Key.Key_Tab)
        current = QApplication.focusWidget()
        if current is first:
            return passed
    raise AssertionError(passed)
