"""The pages of the import of a `.env` file: what was found, and where the key goes."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QGridLayout, QRadioButton, QScrollArea, QWidget

from coach_desktop.store.secrets import KeyState
from coach_desktop.ui import parts
from coach_desktop.ui.profiles.form import question_of
from coach_desktop.ui.theme import Drawing

if TYPE_CHECKING:
    from coach_desktop.store.env_file import EnvImport
    from coach_desktop.store.secrets import KeyStatus

_SHOWN: Final = (
    "name", "persona_id", "replica_id", "document_ids", "custom_greeting", "conversational_context", "require_auth",
)  # fmt: skip
_LABELS: Final = 150
_LONGEST: Final = 240


class KeyPlace(Enum):
    """Where the key of a file goes."""

    KEYRING = "keyring"
    SESSION = "session"
    NOWHERE = "nowhere"
    THERE_ALREADY = "there already"


class KeyCard(QFrame):
    """Says that a key was found, never which, and asks where it goes."""

    def __init__(self) -> None:
        """Make the card."""
        super().__init__()
        self.setProperty("look", "card")
        self._title = parts.label("", "strong")
        self._words = parts.label("", "muted")
        self._choices = {place: QRadioButton() for place in (KeyPlace.KEYRING, KeyPlace.SESSION, KeyPlace.NOWHERE)}
        self._group = QButtonGroup(self)
        for choice in self._choices.values():
            self._group.addButton(choice)
        self._kept_already = False
        choices = parts.column(*self._choices.values(), spacing=0)
        words = parts.column(self._title, self._words, choices, spacing=6)
        row = parts.row(spacing=14)
        row.addLayout(parts.column(Drawing("key", "accent", 22), 1))
        row.addLayout(words, 1)
        row.setContentsMargins(20, 14, 20, 14)
        self.setLayout(row)

    @property
    def chosen(self) -> KeyPlace:
        """Where the user wants the key."""
        if self._kept_already:
            return KeyPlace.THERE_ALREADY
        return next((place for place, choice in self._choices.items() if choice.isChecked()), KeyPlace.NOWHERE)

    def show_key(self, found: EnvImport, status: KeyStatus, *, same: bool) -> None:
        """Ask about the key of a file; `same`: it is the one that is kept already."""
        self.setVisible(found.api_key is not None)
        self._kept_already = same
        self._title.setText(f"A Tavus key was found ({' and '.join(found.key_names)}).")
        self._words.setText(_key_words(status, same=same))
        ring = status.state is not KeyState.NO_KEYRING
        texts = {
            KeyPlace.KEYRING: f"Keep it in {status.place}",
            KeyPlace.SESSION: "Use it for this session only",
            KeyPlace.NOWHERE: "Leave it out",
        }
        for place, choice in self._choices.items():
            choice.setText(texts[place])
            choice.setAccessibleName(f"Tavus key: {texts[place]}")
            choice.setVisible(not same and (ring or place is not KeyPlace.KEYRING))
        self._choices[KeyPlace.KEYRING if ring else KeyPlace.SESSION].setChecked(True)


class ReviewPage(QWidget):
    """Shows what a file would bring."""

    import_asked = Signal()
    cancel_asked = Signal()

    def __init__(self) -> None:
        """Make the page, empty."""
        super().__init__()
        self.key = KeyCard()
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(1, 1)
        self._notes = parts.column(spacing=6)
        self._used = parts.label("", "small")
        self._import = parts.button("Import", self.import_asked.emit, look="primary")
        self.setFocusProxy(self._import)
        cancel = parts.button("Cancel", self.cancel_asked.emit)
        card = parts.frame("card", parts.column(parts.label("Profile", "heading"), self._grid, spacing=12))
        content = parts.column(card, self.key, self._notes, self._used, 1, spacing=12)
        page = QWidget()
        page.setProperty("look", "page")
        content.setContentsMargins(0, 0, 10, 0)
        page.setLayout(content)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setAccessibleName("What was found")
        area.setWidget(page)
        self.setLayout(parts.column(area, parts.row(1, cancel, self._import), spacing=14))

    def show_import(self, found: EnvImport, status: KeyStatus, *, same: bool) -> None:
        """Show what was found in a file. Called once."""
        values = found.profile.model_dump()
        shown = [name for name in _SHOWN if values[name] is not None]
        for row, name in enumerate(shown):
            label = parts.label(question_of(name).label, "muted")
            label.setFixedWidth(_LABELS)
            value = parts.label(parts.breakable(_value_words(values[name])))
            self._grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(value, row, 1, Qt.AlignmentFlag.AlignTop)
        for note in found.notes:
            words = parts.row(Drawing("watch", "watch", 18), parts.label(parts.breakable(note)), spacing=10)
            words.setStretch(1, 1)
            self._notes.addLayout(words)
        self._used.setText(f"Read from the file: {', '.join(found.used)}.")
        self.key.show_key(found, status, same=same)


def _key_words(status: KeyStatus, *, same: bool) -> str:
    if same:
        return f"It is the one that you use already. It is kept in {status.place}."
    return {
        KeyState.FOUND: f"Another key is kept in {status.place}. Keeping this one takes its place.",
        KeyState.LOCKED: f"{parts.sentence(status.place)} is locked. To keep the key there you are asked to unlock it.",
        KeyState.NONE: "It is not shown here, and it is never written to a file of the app.",
        KeyState.NO_KEYRING: "This computer has no keyring, and the app never writes a key to a file.",
    }[status.state]


def _value_words(value: object) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    words = ", ".join(value) if isinstance(value, tuple) else str(value)
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST].rstrip()}…"
