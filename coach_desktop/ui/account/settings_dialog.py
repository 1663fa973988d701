"""The settings. What is changed is used at once; there is nothing to confirm."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFrame,
    QGridLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QScrollArea,
    QWidget,
)

from coach_desktop.store.secrets import KeyStatus
from coach_desktop.store.settings import (
    ADDRESS_VARIABLE,
    DEFAULT_ADDRESS,
    MOST_MINUTES,
    MOST_WARNINGS,
    Settings,
    address_problem,
)
from coach_desktop.ui import parts
from coach_desktop.ui.account import key_words
from coach_desktop.ui.account.fit import fit_height
from coach_desktop.ui.profiles.durations import duration_words, parse_duration
from coach_desktop.ui.theme import Drawing

_WIDTH: Final = 660
_BELOW_CHECK: Final = 36
_AROUND_PAGE: Final = 192  # heading, Close, margins, and the title bar
_PRICE: Final = re.compile(r"\d{1,3}(?:[.,]\d{1,4})?")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_BETWEEN_TIMES: Final = re.compile(r";|(?<!\d),|,(?!\d)")  # a comma between two digits is a decimal one
_LONGEST_S: Final = 3600
_NARROW: Final = 120
_FIELDS_COLUMNS: Final = 4
_BETWEEN_FIELDS: Final = 10


class SettingsDialog(QDialog):
    """Every setting has a default that works without an account."""

    settings_changed = Signal(object)
    """Brings the `Settings` to use from now on."""
    key_asked = Signal()

    def __init__(self, settings: Settings, status: KeyStatus | None, parent: QWidget | None = None) -> None:
        """Show these settings, and what is known of the key; None where the keyring has not answered yet."""
        super().__init__(parent)
        self._settings = settings
        self.setWindowTitle("Settings")
        self.setAccessibleName("Settings")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(_WIDTH)
        close = parts.button("Close", self.accept, look="primary")
        close.setAutoDefault(False)
        self._page = parts.column(self._account(), self._rooms(), self._talks(), self._cost(), 1, spacing=14)
        self._area = _scrolled(self._page)
        content = parts.column(
            parts.label("Settings", "title"),
            self._area,
            parts.row(parts.label("Changes are used at once.", "small", wrap=False), 1, close),
            spacing=14,
        )
        content.setContentsMargins(28, 22, 28, 20)
        self.setLayout(content)
        self.show_status(status)

    def show_status(self, status: KeyStatus | None) -> None:
        """Show what is known of the key."""
        state = key_words.LOOKING if status is None else key_words.words_for(status)
        self._key_drawing.show_drawing(state.drawing, state.tint)
        self._key_words.setText(state.title)
        self._fit()

    def done(self, result: int) -> None:
        """Close. What was typed last is used, if it can be."""
        self._on_address_entered()
        self._on_cost_entered()
        self._on_minutes_entered()
        super().done(result)

    def showEvent(self, event: QShowEvent) -> None:
        """Take the height that the texts need in the fonts of this screen."""
        super().showEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Show all of the page or, on a small screen or in large letters, as much as there is room for."""
        around, inner = self.layout(), self._area.widget()
        if around is None or inner is None:
            return
        margins = around.contentsMargins()
        width = self.minimumWidth() - margins.left() - margins.right() - 2 * self._area.frameWidth()
        room = self.screen().availableGeometry().height() - _AROUND_PAGE
        needed = self._page.totalHeightForWidth(width) + 2 * self._area.frameWidth()
        if needed > room:
            # Beside a scroll bar the texts may take more lines, and what scrolls is as low as it can be.
            width -= self._area.verticalScrollBar().sizeHint().width()
            inner.setMinimumHeight(self._page.totalHeightForWidth(width))
        else:
            inner.setMinimumHeight(0)
        self._area.setMinimumHeight(min(needed, room))
        fit_height(self)

    def _account(self) -> QFrame:
        self._key_drawing = Drawing("key", "muted", 20)
        self._key_words = parts.label("")
        key = parts.button("Tavus key…", self.key_asked.emit, icon="key")
        key.setAutoDefault(False)
        state = parts.row(self._key_drawing, self._key_words, key)
        state.setStretch(1, 1)
        self._address = _field("API address", self._settings.api_address)
        self._address.setPlaceholderText(DEFAULT_ADDRESS)
        self._address.textEdited.connect(self._on_address_edited)
        self._address.editingFinished.connect(self._on_address_entered)
        self._address_problem = _problem()
        self._usual = parts.button("Use the usual one", self._on_usual_asked, look="quiet")
        self._usual.setAutoDefault(False)
        self._usual.setVisible(self._settings.api_address != DEFAULT_ADDRESS)
        address = parts.column(
            _label("API &address", self._address),
            parts.row(self._address, self._usual, spacing=6),
            self._address_problem,
            parts.label(_address_help(), "small"),
            spacing=5,
        )
        return _section("Tavus account", state, address)

    def _rooms(self) -> QFrame:
        chrome = _check(
            "&Look like Chrome to Tavus rooms",
            "Rooms may turn away browsers whose name they do not know, though this one is built on the same engine.",
            on=self._settings.chrome_user_agent,
            use=lambda on: self._use(chrome_user_agent=on),
        )
        return _section("Rooms", chrome)

    def _talks(self) -> QFrame:
        keep = _check(
            "&Keep the sound of my talks on this computer",
            "What you and the local coach say from the next session on stays in a file that only you can read, until "
            "you delete it or its session; no Tavus conversation is recorded.",
            on=self._settings.keep_audio,
            use=lambda on: self._use(keep_audio=on),
        )
        again = _check(
            "Make out the words &once more after a session",
            "A larger speech model hears the talk again, in the background. Until it has, the sound lies in a file "
            "that only you can read; then that is removed.",
            on=self._settings.hear_again,
            use=lambda on: self._use(hear_again=on),
        )
        return _section("Talks with the local coach", keep, again)

    def _cost(self) -> QFrame:
        price = self._settings.price_per_minute
        self._price = _field("Price per minute", "" if price is None else f"{price:.4f}".rstrip("0").rstrip("."))
        self._price.setPlaceholderText("None")
        self._price.setMaximumWidth(_NARROW)
        self._currency = _field("Currency", self._settings.currency)
        self._currency.setMaxLength(3)
        self._currency.setMaximumWidth(80)
        for field in (self._price, self._currency):
            field.textEdited.connect(self._on_cost_edited)
            field.editingFinished.connect(self._on_cost_entered)
        self._cost_problem = _problem()
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(_FIELDS_COLUMNS, 1)
        cost = (_label("&Price per minute", self._price), _label("C&urrency", self._currency))
        why = "To show what a conversation costs. Only your plan with Tavus says the price."
        _add_fields(grid, cost, self._cost_problem, why)
        grid.setRowMinimumHeight(grid.rowCount(), 5)
        why = "Your own limit: nothing is started beyond it, and a conversation that reaches it is ended."
        _add_fields(grid, self._limits(), self._minutes_problem, why)
        return _section("Cost", grid)

    def _limits(self) -> tuple[QLabel, QLabel]:
        limit = self._settings.minutes_per_month
        self._minutes = _field("Minutes per month", "" if limit is None else str(limit))
        self._minutes.setPlaceholderText("No limit")
        self._minutes.setMaximumWidth(_NARROW)
        self._warn = _field("Warn before the end", _times(self._settings.warn_before_end_s))
        self._warn.setPlaceholderText("Never")
        self._warn.setMaximumWidth(2 * _NARROW)
        for field in (self._minutes, self._warn):
            field.textEdited.connect(self._on_minutes_edited)
            field.editingFinished.connect(self._on_minutes_entered)
        self._minutes_problem = _problem()
        return _label("&Minutes per month", self._minutes), _label("&Warn before the end", self._warn)

    def _use(self, **changes: str | float | bool | tuple[int, ...] | None) -> None:
        changed = self._settings.model_copy(update=changes)
        if changed != self._settings:
            self._settings = changed
            self.settings_changed.emit(changed)

    def _on_usual_asked(self) -> None:
        self._address.setText(DEFAULT_ADDRESS)
        self._on_address_entered()
        self._address.setFocus()

    def _on_address_edited(self) -> None:
        # While somebody types, an address that is not complete yet is no mistake.
        _show_problem(self._address_problem, "", self._address)
        self._fit()

    def _on_address_entered(self) -> None:
        address = self._address.text().strip() or DEFAULT_ADDRESS
        problem = address_problem(address)
        if problem is None:
            self._use(api_address=Settings(api_address=address).api_address)
            self._address.setText(self._settings.api_address)
        _show_problem(self._address_problem, f"Not used: {problem}." if problem else "", self._address)
        self._usual.setVisible(problem is not None or self._settings.api_address != DEFAULT_ADDRESS)
        self._fit()

    def _on_cost_edited(self) -> None:
        _show_problem(self._cost_problem, "", self._price, self._currency)
        self._fit()

    def _on_cost_entered(self) -> None:
        price, currency = self._price.text().strip(), self._currency.text().strip().upper()
        if price and not _PRICE.fullmatch(price):
            _show_problem(self._cost_problem, "Not used: the price must be a number such as 0.37.", self._price)
        elif not _CURRENCY.fullmatch(currency):
            _show_problem(
                self._cost_problem, "Not used: the currency must be three letters, such as USD.", self._currency
            )
        else:
            _show_problem(self._cost_problem, "", self._price, self._currency)
            self._currency.setText(currency)
            self._use(price_per_minute=float(price.replace(",", ".")) if price else None, currency=currency)
        self._fit()

    def _on_minutes_edited(self) -> None:
        _show_problem(self._minutes_problem, "", self._minutes, self._warn)
        self._fit()

    def _on_minutes_entered(self) -> None:
        typed = self._minutes.text().strip()
        if typed and not (typed.isascii() and typed.isdigit() and len(typed) < 7 and 0 < int(typed) <= MOST_MINUTES):
            words = f"Not used: the limit must be a whole number of minutes, from 1 to {MOST_MINUTES}."
            _show_problem(self._minutes_problem, words, self._minutes)
            self._fit()
            return
        try:
            warn = _parsed_times(self._warn.text())
        except ValueError as error:
            _show_problem(self._minutes_problem, f"Not used: {error}.", self._warn)
        else:
            _show_problem(self._minutes_problem, "", self._minutes, self._warn)
            self._use(minutes_per_month=int(typed) if typed else None, warn_before_end_s=warn)
            self._warn.setText(_times(warn))
        self._fit()


def _times(times_s: tuple[int, ...]) -> str:
    return ", ".join(duration_words(time_s) for time_s in times_s)


def _parsed_times(text: str) -> tuple[int, ...]:
    """Return times before the end, in seconds, the longest first. Raises ValueError with the reason."""
    times_s = {parse_duration(piece) for piece in _BETWEEN_TIMES.split(text) if piece.strip()}
    if not all(1 <= time_s <= _LONGEST_S for time_s in times_s):
        raise ValueError("warnings come between 1 s and 1 h before the end")
    if len(times_s) > MOST_WARNINGS:
        raise ValueError(f"there are {MOST_WARNINGS} warnings at most")
    return tuple(sorted(times_s, reverse=True))


def _address_help() -> str:
    words = "Requests go to this address, and your key with them."
    if os.environ.get(ADDRESS_VARIABLE, "").strip():
        return f"{words} For now the environment variable {ADDRESS_VARIABLE} names another one, and that is used."
    return words


def _scrolled(page: QLayout) -> QScrollArea:
    inner = QWidget()
    inner.setProperty("look", "page")
    page.setContentsMargins(0, 0, 0, 0)
    inner.setLayout(page)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFrameShape(QFrame.Shape.NoFrame)
    # What is reached by Tab is brought into sight; the page itself needs no stop on the way.
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setAccessibleName("Settings")
    area.setWidget(inner)
    return area


def _section(title: str, *rows: QLayout) -> QFrame:
    return parts.frame("card", parts.column(parts.label(title, "strong"), *rows, spacing=10), margins=(20, 14, 20, 14))


def _check(words: str, why: str, *, on: bool, use: Callable[[bool], None]) -> QLayout:
    """Return a box to tick, with a sentence below it on what that means."""
    box = QCheckBox(words)
    box.setAccessibleName(words.replace("&", ""))
    box.setAccessibleDescription(why)
    box.setChecked(on)
    box.toggled.connect(use)
    below = parts.row(parts.label(why, "small"))
    below.setContentsMargins(_BELOW_CHECK, 0, 0, 0)
    return parts.column(box, below, spacing=2)


def _field(name: str, text: str) -> QLineEdit:
    field = QLineEdit(text)
    field.setAccessibleName(name)
    field.setCursorPosition(0)
    return field


def _label(text: str, buddy: QLineEdit) -> QLabel:
    made = parts.label(text, wrap=False)
    made.setBuddy(buddy)
    return made


def _add_fields(grid: QGridLayout, labels: tuple[QLabel, ...], problem: QLabel, words: str) -> None:
    """Put labels with their fields into the next row, and below it the place for a problem and a sentence."""
    row = grid.rowCount()
    for number, label in enumerate(labels):
        field = label.buddy()
        label.setIndent(_BETWEEN_FIELDS if number else 0)
        grid.addWidget(label, row, 2 * number)
        # Without it a field that may not be as wide as its column stands in the middle of it.
        alignment = Qt.AlignmentFlag.AlignLeft if field.maximumWidth() <= _NARROW else Qt.AlignmentFlag(0)
        grid.addWidget(field, row, 2 * number + 1, alignment)
    for below, told in enumerate((problem, parts.label(words, "small")), start=1):
        grid.addWidget(told, row + below, 0, 1, _FIELDS_COLUMNS + 1)


def _problem() -> QLabel:
    made = parts.label("", "problem")
    made.hide()
    return made


def _show_problem(label: QLabel, words: str, *fields: QLineEdit) -> None:
    if words and words != label.text():
        parts.announce(fields[0], words)
    label.setText(words)
    label.setVisible(bool(words))
    for field in fields:
        parts.change_look(field, "wrong" if words else "")
        field.setAccessibleDescription(words)
