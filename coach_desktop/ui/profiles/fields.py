"""The fields of a form: each shows one value of a profile, and gives it back as the profile's model wants it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QPlainTextEdit, QWidget

from coach_desktop.ui import parts
from coach_desktop.ui.profiles.durations import duration_words, parse_duration

_NARROW: Final = 200
_TEXT_PADDING: Final = 22


class Field(QObject):
    """One value and its widget."""

    changed = Signal()

    def __init__(self, widget: QWidget) -> None:
        """Hold a widget; its owner is the form."""
        super().__init__(widget)
        self.widget = widget
        self.mark(wrong=False)

    def read(self) -> object:
        """Return the value. Raises ValueError, with the reason in plain words, where what is written is none."""
        raise NotImplementedError

    def write(self, value: object) -> None:
        """Show a value."""
        raise NotImplementedError

    def describe(self, name: str, words: str) -> None:
        """Give the widget its name and description for screen readers."""
        self.widget.setAccessibleName(name)
        self.widget.setAccessibleDescription(words)

    def mark(self, *, wrong: bool) -> None:
        """Show whether something is wrong with the value."""
        parts.change_look(self.widget, "wrong" if wrong else "field")


class LineField(Field):
    """A short text; an empty one is what the model makes of it."""

    def __init__(self) -> None:
        """Make an empty line."""
        self.line = QLineEdit()
        super().__init__(self.line)
        self.line.textChanged.connect(lambda _text: self.changed.emit())

    def read(self) -> object:
        """Return the text as it is written."""
        return self.line.text()

    def write(self, value: object) -> None:
        """Show a text, from its beginning."""
        self.line.setText("" if value is None else str(value))
        self.line.setCursorPosition(0)


class ListField(LineField):
    """Short texts with commas between them."""

    def read(self) -> object:
        """Return the texts that are not blank."""
        return tuple(text for piece in self.line.text().split(",") if (text := piece.strip()))

    def write(self, value: object) -> None:
        """Show a sequence of texts."""
        super().write(", ".join(value) if isinstance(value, tuple) else None)


class DurationField(LineField):
    """A length of time; empty is not given."""

    def __init__(self) -> None:
        """Make an empty line."""
        super().__init__()
        self.line.setFixedWidth(_NARROW)

    def read(self) -> object:
        """Return whole seconds, or None."""
        return parse_duration(self.line.text()) if self.line.text().strip() else None

    def write(self, value: object) -> None:
        """Show whole seconds in words."""
        super().write(duration_words(value) if isinstance(value, int) else None)


class NumberField(LineField):
    """A whole number; empty is not given."""

    def __init__(self) -> None:
        """Make an empty line."""
        super().__init__()
        self.line.setFixedWidth(_NARROW)

    def read(self) -> object:
        """Return the number, or None."""
        text = self.line.text().strip()
        if text and not (text.isascii() and text.isdigit() and len(text) < 10):
            raise ValueError("it must be a whole number")
        return int(text) if text else None


class TextField(Field):
    """A text of several lines. Tab leaves it."""

    def __init__(self, lines: int) -> None:
        """Make an empty text, so many lines high."""
        self.text = QPlainTextEdit()
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(lines * self.text.fontMetrics().lineSpacing() + _TEXT_PADDING)
        super().__init__(self.text)
        self.text.textChanged.connect(self.changed)

    def read(self) -> object:
        """Return the text as it is written."""
        return self.text.toPlainText()

    def write(self, value: object) -> None:
        """Show a text."""
        self.text.setPlainText("" if value is None else str(value))


class CheckField(Field):
    """Yes or no. A value that was not given stays so, and a no that was given stays one, until it is a yes."""

    def __init__(self, words: str) -> None:
        """Make a check box with its own words."""
        self.box = QCheckBox(words)
        super().__init__(self.box)
        self._off: object = None
        self.box.toggled.connect(lambda _on: self.changed.emit())

    def read(self) -> object:
        """Return True, or what stood for no."""
        return True if self.box.isChecked() else self._off

    def write(self, value: object) -> None:
        """Show a value."""
        self._off = None if value is True else value
        self.box.setChecked(value is True)


class _Combo(QComboBox):
    """Does not change when the page is scrolled over it."""

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        event.ignore()


class ChoiceField(Field):
    """One of a few values."""

    def __init__(self, choices: Sequence[tuple[str, object]]) -> None:
        """Offer choices, each as (words, value)."""
        self.combo = _Combo()
        self.combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.combo.setIconSize(QSize(0, 0))
        super().__init__(self.combo)
        self._values = [value for _words, value in choices]
        self.combo.addItems([words for words, _value in choices])
        self.combo.currentIndexChanged.connect(lambda _index: self.changed.emit())

    def describe(self, name: str, words: str) -> None:
        """Name the list that drops down as well."""
        super().describe(name, words)
        self.combo.view().setAccessibleName(name)

    def read(self) -> object:
        """Return the chosen value."""
        return self._values[self.combo.currentIndex()]

    def write(self, value: object) -> None:
        """Choose a value."""
        self.combo.setCurrentIndex(self._values.index(value))
