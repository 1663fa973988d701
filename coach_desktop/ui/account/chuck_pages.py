"""The pages about Chuck: how he stands, what he looks like and knows, and each of his texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QLabel,
    QPlainTextEdit,
    QRadioButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from coach_desktop.ui import parts
from coach_desktop.ui.account.cards import StateCard
from coach_desktop.ui.account.chuck_difference import DifferenceCard
from coach_desktop.ui.account.key_words import KeyWords
from coach_desktop.ui.theme import Drawing

if TYPE_CHECKING:
    from collections.abc import Callable

    from coach_desktop.sessions.chuck_plan import Change

_MARGINS: Final = (4, 0, 10, 4)
_LABEL_COLUMN: Final = 150


def page(title: str, words: str, *items: QWidget | int) -> QVBoxLayout:
    """Return a page with its title and a sentence."""
    head = parts.column(parts.label(title, "heading"), parts.label(words, "muted"), spacing=4)
    made = parts.column(head, *items, spacing=12)
    made.setContentsMargins(*_MARGINS)
    return made


class TextPage(QWidget):
    """One text to read and to change. `per_line`: each line is one entry of a list."""

    edited = Signal()

    def __init__(self, title: str, words: str, *, per_line: bool) -> None:
        """Make it, empty."""
        super().__init__()
        self._per_line = per_line
        self._ours: tuple[str, ...] | str = ""
        self.edit = QPlainTextEdit()
        self.edit.setProperty("look", "field")
        self.edit.setTabChangesFocus(True)
        self.edit.setAccessibleName(title)
        self.edit.setAccessibleDescription(words)
        self.edit.textChanged.connect(self._on_text_changed)
        self._count = parts.label("", "small", wrap=False)
        self.reset = parts.button("Reset to ours", self._on_reset_pressed, look="quiet", icon="retry", tint="accent")
        self.reset.setAccessibleDescription(f"Puts the text back that comes with the app: {title}")
        layout = page(title, words, self.edit)
        layout.setStretch(1, 1)
        layout.addLayout(parts.row(self._count, 1, self.reset))
        self.setLayout(layout)

    def show_text(self, value: tuple[str, ...] | str, ours: tuple[str, ...] | str) -> None:
        """Show a text, and know ours."""
        self._ours = ours
        self.edit.setPlainText(_written(value))
        self._on_text_changed()

    def value(self) -> tuple[str, ...] | str:
        """Return what is written, blank lines of a list left out."""
        text = self.edit.toPlainText().strip()
        return tuple(line.strip() for line in text.splitlines() if line.strip()) if self._per_line else text

    def is_ours(self) -> bool:
        """Return whether it says what ours says."""
        return self.value() == (self._ours.strip() if isinstance(self._ours, str) else self._ours)

    def _on_text_changed(self) -> None:
        value = self.value()
        if isinstance(value, str):
            count = f"{len(value):n} characters"
        else:
            count = f"{len(value)} questions, one on each line" if len(value) != 1 else "1 question"
        self._count.setText(count if self.is_ours() else f"{count}, changed by you")
        self.reset.setEnabled(not self.is_ours())
        self.edited.emit()

    def _on_reset_pressed(self) -> None:
        # As a change like any other, so that it can be undone.
        self.edit.selectAll()
        self.edit.insertPlainText(_written(self._ours))
        self.edit.setFocus()


def _written(value: tuple[str, ...] | str) -> str:
    """Return a text as it stands in its field: questions that take more than one line stay apart."""
    return value.strip() if isinstance(value, str) else "\n\n".join(value)


class Facts(QWidget):
    """Names and values below each other."""

    def __init__(self) -> None:
        """Make it, empty."""
        super().__init__()
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnMinimumWidth(0, _LABEL_COLUMN)
        self._grid.setColumnStretch(1, 1)
        self._values: dict[str, QLabel] = {}
        self.setLayout(self._grid)

    def show_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Show these; their names are the same each time."""
        for number, (name, value) in enumerate(facts):
            if name not in self._values:
                self._values[name] = parts.label("")
                title = parts.label(name, "muted", wrap=False)
                self._grid.addWidget(title, number, 0, Qt.AlignmentFlag.AlignTop)
                self._grid.addWidget(self._values[name], number, 1)
            self._values[name].setText(parts.breakable(value))


class OverviewPage(QScrollArea):
    """How Chuck stands, what will be sent, and what that changes."""

    look_asked = Signal()
    key_asked = Signal()
    keep_asked = Signal(str)

    def __init__(self) -> None:
        """Make it, with nothing known."""
        super().__init__()
        self.again = parts.button("Look again", self.look_asked.emit, icon="retry")
        self._key = parts.button("Tavus key…", self.key_asked.emit, icon="key")
        self.card = StateCard(self._key, self.again)
        self._note = parts.label("")
        self._note_card = parts.frame("card-watch", _noted(self._note), margins=(16, 10, 16, 10))
        self._facts = Facts()
        facts = parts.column(parts.label("What is sent", "strong"), self._facts, spacing=10)
        self._changes = parts.column(spacing=10)
        self._changes_title = parts.label("What changes", "heading")
        layout = parts.column(
            self.card,
            self._note_card,
            self._changes_title,
            self._changes,
            parts.frame("card", facts, margins=(18, 14, 18, 14)),
            1,
            spacing=14,
        )
        layout.setContentsMargins(*_MARGINS)
        inner = QWidget()
        inner.setProperty("look", "page")
        inner.setLayout(layout)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setAccessibleName("Overview")
        self.setWidget(inner)
        self._shown: list[tuple[Change, bool]] = []
        self.show_changes([], {})
        self.show_note("")

    def show_state(self, state: KeyWords, *, busy: bool = False, again: bool = True) -> None:
        """Show how he stands."""
        self.card.show_state(state, busy=busy)
        self.again.setVisible(again)
        self._key.setVisible(state.wants_key)

    def key_known(self) -> None:
        """Look again, where it was the key that was missing."""
        if not self._key.isHidden():
            self.look_asked.emit()

    def show_note(self, words: str) -> None:
        """Show what has to be known besides; an empty text takes no room."""
        self._note.setText(parts.breakable(words))
        self._note_card.setVisible(bool(words))

    def show_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Show what is sent."""
        self._facts.show_facts(facts)

    def show_changes(self, changes: Sequence[Change], sent: dict[str, object]) -> None:
        """Show each difference between what is in the account and what will be sent."""
        wanted = [(change, change.is_theirs(sent)) for change in changes]
        self._changes_title.setVisible(bool(wanted))
        if wanted == self._shown:
            return
        self._shown = wanted
        parts.clear(self._changes)
        for change, is_theirs in wanted:
            card = DifferenceCard(change, is_theirs=is_theirs)
            card.keep_asked.connect(self.keep_asked)
            self._changes.addWidget(card)


def _noted(words: QLabel) -> QVBoxLayout:
    line = parts.row(parts.column(Drawing("watch", "watch", 20), 1), words, spacing=12)
    line.setStretch(1, 1)
    return parts.column(line)


class FacePage(QWidget):
    """Which replica Chuck has."""

    def __init__(self, on_choose: Callable[[], object]) -> None:
        """Make it; `on_choose` opens the picker."""
        super().__init__()
        self._name = parts.label("", "heading")
        self._id = parts.label("", "muted")
        self.choose = parts.button("Choose…", on_choose)
        self.choose.setAccessibleName("Choose a face")
        words = parts.column(self._name, self._id, spacing=2)
        line = parts.row(Drawing("profiles", "accent", 28), words, self.choose, spacing=16)
        line.setStretch(1, 1)
        card = parts.frame("card", line)
        title = "A replica of your account: one of Tavus' stock ones, or one of your own."
        self.setLayout(page("Face", title, card, 1))

    def show_face(self, name: str, replica_id: str) -> None:
        """Show the replica that is chosen."""
        self._name.setText(parts.breakable(name or replica_id or "No face chosen yet"))
        self._id.setText(parts.breakable(replica_id if name else "Choose one from your account."))


class KnowledgePage(QWidget):
    """What Chuck's advice rests on: the essentials in his instructions, or documents of the account."""

    changed = Signal()

    def __init__(self, essentials: str, on_documents: Callable[[], object], on_tags: Callable[[], object]) -> None:
        """Make it; the two others open pickers."""
        super().__init__()
        self.essentials = QRadioButton("The essentials of Keys to Public Speaking, in his instructions")
        self.documents = QRadioButton("Documents of my Tavus account")
        group = QButtonGroup(self)
        for choice in (self.essentials, self.documents):
            choice.setAccessibleName(choice.text())
            group.addButton(choice)
        group.buttonToggled.connect(self._on_choice_toggled)
        self._text = QPlainTextEdit(essentials)
        self._text.setReadOnly(True)
        self._text.setTabChangesFocus(True)
        self._text.setAccessibleName("The essentials")
        self._chosen = parts.label("", "muted")
        self._by_id = parts.button("Choose documents…", on_documents)
        self._by_tag = parts.button("Choose tags…", on_tags)
        self._ways = QWidget()
        ways = parts.column(self._chosen, parts.row(self._by_id, self._by_tag, 1), spacing=8)
        ways.setContentsMargins(28, 0, 0, 0)
        self._ways.setLayout(ways)
        words = "He is told to rest his advice on this, and to say where it gives no answer."
        layout = page("Knowledge", words, self.essentials, self._text, self.documents, self._ways)
        layout.setStretch(2, 1)
        self.setLayout(layout)
        self.essentials.setChecked(True)

    def show_choice(self, *, use_documents: bool, ids: Sequence[str], tags: Sequence[str]) -> None:
        """Show what is chosen."""
        (self.documents if use_documents else self.essentials).setChecked(True)
        chosen = []
        if ids:
            chosen.append(f"{'Document' if len(ids) == 1 else 'Documents'} {', '.join(ids)}")
        if tags:
            chosen.append(f"every document with the tag {', '.join(tags)}")
        nothing = "None chosen yet. Until one is, he gets the essentials."
        self._chosen.setText(parts.breakable(parts.sentence("; ".join(chosen)) + "." if chosen else nothing))

    def _on_choice_toggled(self) -> None:
        use = self.documents.isChecked()
        self._text.setEnabled(not use)
        for button in (self._by_id, self._by_tag):
            button.setEnabled(use)
        self.changed.emit()
