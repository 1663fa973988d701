"""The editor of a profile: a form that says at once what is wrong, and saves only what can be used."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError
from PySide6.QtCore import QTimer, Signal, SignalInstance
from PySide6.QtWidgets import QMessageBox, QStackedWidget, QWidget

from coach_desktop.core.errors import CoachError
from coach_desktop.store.profile_files import new_id
from coach_desktop.store.profiles import FieldProblem, Profile, field_problems
from coach_desktop.ui import parts
from coach_desktop.ui.error_view import ErrorView
from coach_desktop.ui.profiles.form import question_of
from coach_desktop.ui.profiles.names import Names
from coach_desktop.ui.profiles.picker import PICKS, PickerDialog
from coach_desktop.ui.profiles.profile_form import ProfileForm, sentence_of
from coach_desktop.ui.profiles.task_dialog import TaskDialog
from coach_desktop.ui.theme import Drawing

if TYPE_CHECKING:
    from coach_desktop.ui.profiles.account import AccountServices

_CHECK_AFTER_MS: Final = 120
_CHECK_WORDS: Final = "Asks Tavus whether it takes this profile. No conversation begins, nothing is billed."
_PREVIEW_WORDS: Final = "Shows exactly what would be sent to Tavus."
_DRAFT_ID: Final = "draft"


class ProfileEditor(TaskDialog):
    """Edits one profile. `profile_saved` tells of it when it has been saved.

    `preview_asked` and `check_asked` bring it as it stands in the form, saved or not.
    """

    profile_saved = Signal(Profile)
    preview_asked = Signal(Profile)
    check_asked = Signal(Profile)

    def __init__(
        self,
        profile: Profile | None,
        taken: Collection[str],
        parent: QWidget | None = None,
        *,
        save: Callable[[Profile], object],
        local: Profile | None = None,
        new: bool = False,
        note: str = "",
        account: AccountServices | None = None,
    ) -> None:
        """Edit `profile`, or make one where it is None.

        `save` is run off the window's thread and raises `CoachError`. A `new` one gets an id of its own, not one of
        `taken`. `local` is the profile of the local coach, whose persona every local profile needs. `note` is said on
        top. `account` is asked for names and for what there is to choose; None where there is no key.
        """
        new = new or profile is None
        super().__init__("New profile" if new else "Edit profile", parent)
        self._taken = taken
        self._save_profile = save
        self._id = None if profile is None or new else profile.id
        cast = {name: getattr(local, name, None) for name in ("persona_id", "replica_id")}
        blank = Profile(id=_DRAFT_ID, name="-", purpose="-").model_dump() | cast | {"name": "", "purpose": ""}
        values = profile.model_dump() if profile else blank
        self._account = account
        self._form = ProfileForm(values, cast, can_pick=account is not None)
        self._names = None if account is None else Names(account.directory, self)
        self._reason = parts.label("", "muted")
        self._save = parts.button("Save", self._on_save_pressed, look="primary")
        self._cancel = parts.button("Cancel", self.reject)
        self._check_free = parts.button("Check for free", lambda: self._pass_on(self.check_asked))
        self._preview = parts.button("Preview…", lambda: self._pass_on(self.preview_asked))
        self._error = ErrorView(back="Back to the form")
        self._stack = QStackedWidget()
        self._dialog: QMessageBox | None = None
        self._saving = False
        self._build(note)
        self._before = self._form.read()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_CHECK_AFTER_MS)
        self._timer.timeout.connect(self._check)
        self._form.changed.connect(self._timer.start)
        self._error.retry_asked.connect(self._on_save_pressed)
        self._error.back_asked.connect(self._on_back_asked)
        self._form.pick_asked.connect(self._on_pick_asked)
        if self._names is not None:
            self._names.names_came.connect(self._show_names)
        self._check()

    @property
    def is_changed(self) -> bool:
        """Whether there is something that closing would lose."""
        return self._form.read() != self._before

    def reject(self) -> None:
        """Close, but ask first where something would be lost."""
        if not self.is_changed or self._saving:
            super().reject()
            return
        self._dialog = parts.question(
            self,
            "Discard your changes?",
            "What you have changed in this profile has not been saved.",
            yes="Discard changes",
            no="Go on editing",
            on_yes=super().reject,
        )
        self._dialog.open()

    def done(self, result: int) -> None:
        """Close."""
        if self._names is not None:
            self._names.stop()
        super().done(result)

    def _build(self, note: str) -> None:
        heading = parts.label(self.windowTitle(), "title")
        top = parts.column(heading, spacing=12)
        if note:
            words = parts.row(Drawing("info", "text", 20), parts.label(note), spacing=12)
            words.setStretch(1, 1)
            top.addWidget(parts.frame("card-watch", words, margins=(16, 10, 16, 10)))
        top.setContentsMargins(28, 0, 28, 0)
        bottom = parts.row(self._reason, self._check_free, self._preview, self._cancel, self._save)
        for asks, told in ((self._check_free, _CHECK_WORDS), (self._preview, _PREVIEW_WORDS)):
            asks.setToolTip(told)
            asks.setAccessibleDescription(told)
        bottom.setStretch(0, 1)
        bottom.setContentsMargins(28, 0, 28, 0)
        form = QWidget()
        layout = parts.column(self._form)
        layout.setContentsMargins(24, 0, 14, 0)
        form.setLayout(layout)
        page = QWidget()
        page.setLayout(parts.column(top, form, bottom, spacing=14))
        self._stack.addWidget(page)
        self._stack.addWidget(self._error)
        content = parts.column(self._stack)
        content.setContentsMargins(0, 22, 0, 20)
        self.setLayout(content)
        # Only now: a button outside of a dialog cannot be its default one.
        self._save.setDefault(True)
        self.resize(820, 590)

    def _check(self) -> Profile | None:
        """Return the profile as it stands, or None after having said what is wrong with it."""
        self._timer.stop()
        profile, problems = self._validated()
        self._form.show_problems(problems)
        self._show_what_can_be_done(usable=profile is not None)
        self._show_names()
        first = problems[0] if problems else None
        words = "" if first is None else f"{question_of(first.field).label}: {_lowered(sentence_of(first))}"
        if words != self._reason.text():
            self._reason.setText(words)
            self._save.setAccessibleDescription(words)
            parts.announce(self._reason, words or "The profile can be saved.")
        return profile

    def _validated(self) -> tuple[Profile | None, list[FieldProblem]]:
        values, problems = self._form.read()
        profile_id = self._id or new_id(str(values["name"]), self._taken)
        try:
            profile = Profile.model_validate(values | {"id": profile_id})
        except ValidationError as error:
            problems.extend(field_problems(error))
        else:
            if not problems:
                return profile, []
        order = list(Profile.model_fields)
        return None, sorted(problems, key=lambda problem: order.index(problem.field))

    def _show_what_can_be_done(self, *, usable: bool) -> None:
        self._save.setEnabled(usable and not self._saving)
        for asks in (self._check_free, self._preview):
            asks.setVisible(self._account is not None and self._form.provider == "tavus")
            asks.setEnabled(usable and not self._saving)

    def _show_names(self) -> None:
        if self._names is None or self._form.provider != "tavus":
            return
        for name in PICKS:
            self._form.show_names(name, *self._names.words(name, self._form.ids(name)))

    def _pass_on(self, asked: SignalInstance) -> None:
        profile = self._check()
        if profile is not None:
            asked.emit(profile)

    def _on_pick_asked(self, name: str) -> None:
        if self._account is None:
            return
        picker = PickerDialog(PICKS[name], self._form.ids(name), self._account, self)
        picker.picked.connect(lambda ids: self._form.write_ids(name, ids))
        picker.open()

    def _on_save_pressed(self) -> None:
        profile = self._check()
        if profile is None or self._saving:
            return
        self._set_saving(saving=True)

        def saved(_result: object) -> None:
            self.profile_saved.emit(profile)
            if not self.isHidden():
                self.accept()

        self.tasks.run(lambda: self._save_profile(profile), saved, self._on_save_failed)

    def _on_save_failed(self, error: CoachError) -> None:
        self._set_saving(saving=False)
        self._error.show_error(error)
        self._stack.setCurrentWidget(self._error)
        self._error.setFocus()

    def _on_back_asked(self) -> None:
        self._stack.setCurrentIndex(0)
        self._save.setFocus()

    def _set_saving(self, *, saving: bool) -> None:
        self._saving = saving
        self._save.setText("Saving…" if saving else "Save")
        self._show_what_can_be_done(usable=True)


def _lowered(words: str) -> str:
    return words[:1].lower() + words[1:]
