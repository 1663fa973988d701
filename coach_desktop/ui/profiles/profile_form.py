"""The form for a profile: its questions in groups, with what is wrong said beside the field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from coach_desktop.store.profiles import FieldProblem
from coach_desktop.ui import parts, theme
from coach_desktop.ui.profiles.durations import duration_words
from coach_desktop.ui.profiles.fields import CheckField
from coach_desktop.ui.profiles.form import GROUPS, Group, Question, field_for, question_of

_LABELS: Final = 150
_FORM_WIDTH: Final = 860
_CHECK_INDENT: Final = 8
_LABEL_TOP: Final = 8
_CAST: Final = ("persona_id", "replica_id")


class _Row(QWidget):
    """A question: label, field, a word of help, and what is wrong."""

    pick_asked = Signal()

    def __init__(self, question: Question, *, can_pick: bool) -> None:
        super().__init__()
        self.question = question
        self.field = field_for(question)
        self.field.describe(question.label, question.help)
        self.label = parts.label("" if isinstance(self.field, CheckField) else question.label)
        self.label.setFixedWidth(_LABELS)
        self.label.setContentsMargins(0, _LABEL_TOP, 0, 0)
        self.label.setBuddy(self.field.widget)
        self._help = parts.label(question.help, "small")
        if not question.help:
            self._help.hide()
        self._problem = parts.label("", "problem")
        self._problem.hide()
        if isinstance(self.field, CheckField):
            self._help.setContentsMargins(_CHECK_INDENT, 0, 0, 0)
        narrow = self.field.widget.maximumWidth() < _FORM_WIDTH
        field = parts.row(self.field.widget, 1) if narrow else parts.row(self.field.widget)
        if can_pick and question.pick:
            pick = parts.button("Choose…", self.pick_asked.emit)
            pick.setAccessibleName(f"Choose {question.label[:1].lower()}{question.label[1:]}")
            pick.setAutoDefault(False)
            field.addWidget(pick)
        self._names = parts.label("")
        self._doubt = parts.label("", "watch")
        for words in (self._names, self._doubt):
            words.hide()
        side = parts.column(field, self._names, self._doubt, self._problem, self._help, spacing=4)
        row = parts.row(spacing=14)
        row.addWidget(self.label, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(side, 1)
        self.setLayout(row)

    def show_problem(self, words: str) -> None:
        self._problem.setText(words)
        self._problem.setVisible(bool(words))
        self.field.mark(wrong=bool(words))
        self._describe()

    def show_names(self, names: str, doubt: str) -> None:
        for shown, words in ((self._names, names), (self._doubt, doubt)):
            shown.setText(parts.breakable(words))
            shown.setVisible(bool(words))
        self._describe()

    def _describe(self) -> None:
        """Let a screen reader say of the field what stands below it."""
        said = (self._names.text(), self._doubt.text(), self._problem.text(), self.question.help)
        self.field.describe(self.question.label, " ".join(words for words in said if words))


class ProfileForm(QScrollArea):
    """Asks for the fields of a profile. `pick_asked` tells for which of them the account is to be asked."""

    changed = Signal()
    pick_asked = Signal(str)

    def __init__(
        self, values: Mapping[str, object], local_cast: Mapping[str, object], *, can_pick: bool = False
    ) -> None:
        """Show the values of a profile; `local_cast` are persona and replica of the local coach.

        `can_pick`: there is an account that can be asked.
        """
        super().__init__()
        self._cast = {"local": dict(local_cast), "tavus": dict.fromkeys(_CAST)}
        self._touched: set[str] = set()
        self._rows = {
            question.name: _Row(question, can_pick=can_pick) for group in GROUPS for question in group.questions
        }
        self._more = QWidget()
        self._toggle = parts.button("", self._on_more_toggled, look="quiet")
        self._cards: list[tuple[Group, QFrame]] = [(group, self._card(group)) for group in GROUPS]
        self._build()
        for name, row in self._rows.items():
            row.field.write(values[name])
        self._provider = self._rows["provider"].field.read()
        for name, row in self._rows.items():
            row.field.changed.connect(lambda name=name: self._on_field_changed(name))
            row.pick_asked.connect(lambda name=name: self.pick_asked.emit(name))
        self._show_more(shown=False)
        self._arrange(())

    def read(self) -> tuple[dict[str, object], list[FieldProblem]]:
        """Return the values that can be read, without those that are not given, and what is wrong with the others."""
        values: dict[str, object] = {}
        problems = []
        for name, row in self._rows.items():
            try:
                value = row.field.read()
            except ValueError as error:
                problems.append(FieldProblem(name, str(error)))
            else:
                if value is not None:
                    values[name] = value
        return values, problems

    def ids(self, name: str) -> tuple[str, ...]:
        """Return what stands in a field of ids or tags."""
        value = self._rows[name].field.read()
        return tuple(value) if isinstance(value, tuple) else tuple(str(value).split())

    def write_ids(self, name: str, ids: Sequence[str]) -> None:
        """Write ids or tags into a field, as a user would."""
        field = self._rows[name].field
        field.write(tuple(ids) if question_of(name).kind == "list" else next(iter(ids), None))
        field.widget.setFocus()

    def show_names(self, name: str, names: str, doubt: str) -> None:
        """Say below a field what its ids are called, and what is doubtful about them; either may be empty."""
        self._rows[name].show_names(names, doubt)

    @property
    def provider(self) -> str:
        """Where the conversation is to be held."""
        return str(self._provider)

    def show_problems(self, problems: Sequence[FieldProblem]) -> None:
        """Say beside each field that was touched what is wrong with it."""
        words = {problem.field: sentence_of(problem) for problem in reversed(problems)}
        for name, row in self._rows.items():
            row.show_problem(words.get(name, "") if name in self._touched else "")
        self._arrange(tuple(words))

    def _build(self) -> None:
        content = parts.column(*(card for _group, card in self._cards), 1, spacing=16)
        inner = QWidget()
        inner.setMaximumWidth(_FORM_WIDTH)
        inner.setLayout(content)
        page = QWidget()
        page.setProperty("look", "page")
        around = parts.row(inner)
        around.setContentsMargins(4, 4, 14, 4)
        page.setLayout(around)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Profile")
        self.setWidget(page)

    def _card(self, group: Group) -> QFrame:
        rows = parts.column(*(self._rows[question.name] for question in group.questions), spacing=14)
        if not group.more:
            return parts.frame("card", parts.column(parts.label(group.title, "heading"), rows, spacing=14))
        self._more.setLayout(rows)
        self._toggle.setText(group.title)
        self._toggle.setAccessibleName(group.title)
        self._toggle.setAccessibleDescription("Rarely used: privacy, recording, languages and others.")
        self._toggle.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        return parts.frame("card", parts.column(parts.row(self._toggle, 1), self._more, spacing=10))

    def _arrange(self, wrong: Sequence[str]) -> None:
        """Show the questions that count for the provider, and those with something wrong wherever they are."""
        tavus = self._provider == "tavus"
        for name, row in self._rows.items():
            row.setVisible(tavus or not row.question.tavus_only or name in wrong)
        for group, card in self._cards:
            names = [question.name for question in group.questions]
            card.setVisible(any(not self._rows[name].isHidden() for name in names))
            if group.more and any(name in wrong for name in names):
                self._show_more(shown=True)

    def _show_more(self, *, shown: bool) -> None:
        self._more.setVisible(shown)
        theme.current().set_icon(self._toggle, "collapse" if shown else "expand", "accent")

    def _on_more_toggled(self) -> None:
        self._show_more(shown=self._more.isHidden())

    def _on_field_changed(self, name: str) -> None:
        self._touched.add(name)
        if name == "provider":
            self._on_provider_changed()
        self.changed.emit()

    def _on_provider_changed(self) -> None:
        # Personas of one provider mean nothing to the other.
        now = self._rows["provider"].field.read()
        fields = {name: self._rows[name].field for name in _CAST}
        self._cast[str(self._provider)] = {name: field.read() for name, field in fields.items()}
        self._provider = now
        for name, field in fields.items():
            field.write(self._cast[str(now)].get(name))
        self._touched -= set(_CAST)
        self._arrange(())


def sentence_of(problem: FieldProblem) -> str:
    """Return what is wrong with a field as a sentence, its lengths of time in words."""
    reason = problem.reason
    if question_of(problem.field).kind == "duration":
        reason = re.sub(r"\d+(?= or (?:more|less))", lambda found: duration_words(int(found[0])), reason)
    if problem.field == "persona_id" and "replica_id" in reason:
        reason = "a conversation with Tavus needs a persona id or a replica id"
    return f"{parts.sentence(reason)}."
