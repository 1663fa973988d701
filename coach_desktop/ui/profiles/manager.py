"""All profiles in one place: make, change, copy, delete, and bring them in from files or out into them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices, QKeySequence
from PySide6.QtWidgets import QMessageBox, QPushButton, QStackedWidget, QWidget

from coach_desktop.core.errors import CoachError
from coach_desktop.store.profile_files import (
    Shelf,
    copy_of,
    delete_profile,
    export_profile,
    import_profile,
    load_shelf,
    save_profile,
)
from coach_desktop.store.profiles import Profile
from coach_desktop.ui import parts
from coach_desktop.ui.error_view import ErrorView
from coach_desktop.ui.profiles.editor import ProfileEditor
from coach_desktop.ui.profiles.env_dialog import EnvDialog
from coach_desktop.ui.profiles.pick import FilePicker, FileQuestion, pick_file
from coach_desktop.ui.profiles.problems import ProblemsCard
from coach_desktop.ui.profiles.profile_list import ProfileList
from coach_desktop.ui.profiles.task_dialog import TaskDialog

if TYPE_CHECKING:
    from coach_desktop.store.secrets import KeyStore
    from coach_desktop.ui.profiles.account import AccountServices

_TOML: Final = "Profiles (*.toml)"
_BUTTONS: Final = 150
_COPY_NOTE: Final = (
    "The profiles that come with the app stay as they are. This is a copy, and it is saved as a profile of your own."
)
T = TypeVar("T")


class ProfilesDialog(TaskDialog):
    """Shows all profiles and what can be done with them. Files are read and written off the window's thread.

    `preview_asked` and `check_asked` come from the editor, with the profile as it stands there, saved or not.
    """

    profiles_changed = Signal()
    preview_asked = Signal(Profile)
    check_asked = Signal(Profile)

    def __init__(
        self,
        own: Path,
        keys: KeyStore,
        parent: QWidget | None = None,
        *,
        pick: FilePicker = pick_file,
        account: AccountServices | None = None,
    ) -> None:
        """Manage the user's `own` profiles in this folder. `pick` asks for files.

        `account` is asked what there is to choose; None where there is no key.
        """
        super().__init__("Profiles", parent)
        self._own = own
        self._keys = keys
        self._pick = pick
        self._account = account
        self._shelf = Shelf((), ())
        self._dialog: QMessageBox | None = None
        self._retry: Callable[[], None] = self._reload
        self._list = ProfileList("Profiles", mark_built_in=True)
        self._list.choice_changed.connect(lambda _id: self._show_what_can_be_done())
        self._list.doubleClicked.connect(lambda _index: self._on_edit_pressed())
        for text, key, asked in (
            ("Edit", Qt.Key.Key_Return, self._on_edit_pressed),
            ("Edit", Qt.Key.Key_Enter, self._on_edit_pressed),
            ("Delete", QKeySequence.StandardKey.Delete, self._on_delete_pressed),
        ):
            self._add_key(text, QKeySequence(key), asked)
        self._buttons = {
            words: self._button(words, icon, asked)
            for words, icon, asked in (
                ("New…", "add", self._on_new_pressed),
                ("Duplicate", "copy", self._on_duplicate_pressed),
                ("Edit…", "edit", self._on_edit_pressed),
                ("Delete…", "delete", self._on_delete_pressed),
                ("Import…", "import", self._on_import_pressed),
                ("Export…", "export", self._on_export_pressed),
                ("Import .env…", "key", self._on_env_pressed),
            )
        }
        self._problems = ProblemsCard()
        self._status = parts.label("", "muted")
        self._error = ErrorView(back="Back to the profiles")
        self._error.retry_asked.connect(self._on_retry_asked)
        self._error.back_asked.connect(self._on_back_asked)
        self._stack = QStackedWidget()
        self._build()
        self._reload()

    def import_env(self, path: Path) -> None:
        """Show what a `.env` file holds, and import it if the user wants that."""
        dialog = EnvDialog(path, self._own, self._keys, self)
        dialog.imported.connect(self._on_env_imported)
        dialog.open()

    def edit(self, profile_id: str) -> None:
        """Open this profile for changes when it has been read; one that comes with the app is copied for that."""

        def read(shelf: Shelf) -> None:
            self._show_shelf(shelf, profile_id)
            stored = self._list.chosen
            if stored is not None and stored.profile.id == profile_id:
                self._on_edit_pressed()

        self._run(lambda: load_shelf(self._own), read, "Reading the profiles…")

    def _build(self) -> None:
        card = parts.frame("card", parts.column(self._list, 1), margins=(10, 10, 10, 10))
        buttons = list(self._buttons.values())
        side = parts.column(*buttons[:4], 1, *buttons[4:], spacing=8)
        middle = parts.row(spacing=16)
        middle.addWidget(card, 1)
        middle.addLayout(side)
        folder = parts.button("Show the folder", self._on_folder_asked, look="quiet", icon="folder", tint="accent")
        close = parts.button("Close", self.accept, look="primary")
        bottom = parts.row(folder, self._status, close, spacing=12)
        bottom.setStretchFactor(self._status, 1)
        main = QWidget()
        main.setLayout(parts.column(self._problems, middle, spacing=14))
        for page in (main, self._error):
            self._stack.addWidget(page)
        content = parts.column(parts.label("Profiles", "title"), self._stack, bottom, spacing=14)
        content.setStretch(1, 1)
        content.setContentsMargins(28, 22, 28, 20)
        self.setLayout(content)
        self.resize(820, 590)
        QWidget.setTabOrder(self._problems, self._list)
        self._list.setFocus()

    def _button(self, words: str, icon: str, asked: Callable[[], None]) -> QPushButton:
        made = parts.button(words, asked, look="side", icon=icon)
        made.setAutoDefault(False)
        made.ensurePolished()
        made.setMinimumWidth(max(_BUTTONS, made.sizeHint().width()))
        return made

    def _add_key(self, text: str, key: QKeySequence, asked: Callable[[], None]) -> None:
        action = QAction(text, self._list)
        action.setShortcut(key)
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(lambda _checked=False: asked())
        self._list.addAction(action)

    @property
    def _taken(self) -> list[str]:
        return [stored.profile.id for stored in self._shelf.profiles]

    def _run(self, work: Callable[[], T], on_done: Callable[[T], None], doing: str) -> None:
        """Run `work` in the background, saying what is being done; an error can be tried again."""

        def failed(error: CoachError) -> None:
            self._retry = lambda: self._run(work, on_done, doing)
            self._set_busy("")
            self._error.show_error(error)
            self._stack.setCurrentWidget(self._error)
            self._error.setFocus()

        def finished(result: T) -> None:
            self._stack.setCurrentIndex(0)
            self._set_busy("")
            on_done(result)

        self._set_busy(doing)
        self.tasks.run(work, finished, failed)

    def _change(self, work: Callable[[], str | None], doing: str, done: str) -> None:
        """Run `work`, which returns the id of the profile to select then, read all profiles again and say `done`."""

        def changed(result: tuple[str | None, Shelf]) -> None:
            self._show_shelf(result[1], result[0])
            self._say(done)
            self.profiles_changed.emit()

        self._run(lambda: (work(), load_shelf(self._own)), changed, doing)

    def _reload(self, chosen: str | None = None) -> None:
        self._run(lambda: load_shelf(self._own), lambda shelf: self._show_shelf(shelf, chosen), "Reading the profiles…")

    def _show_shelf(self, shelf: Shelf, chosen: str | None = None) -> None:
        self._shelf = shelf
        self._list.show_profiles(shelf.profiles, chosen)
        self._list.scrollTo(self._list.currentIndex())
        self._problems.show_problems(shelf.problems)
        self._show_what_can_be_done()

    def _show_what_can_be_done(self) -> None:
        stored = self._list.chosen
        for words in ("Duplicate", "Edit…", "Export…"):
            self._buttons[words].setEnabled(stored is not None)
        own = stored is not None and not stored.built_in
        self._buttons["Delete…"].setEnabled(own)
        self._buttons["Delete…"].setToolTip("" if own else "Profiles that come with the app stay")

    def _set_busy(self, doing: str) -> None:
        self._status.setText(doing)
        for button in self._buttons.values():
            button.setEnabled(not doing)
        if not doing:
            self._show_what_can_be_done()

    def _say(self, words: str) -> None:
        self._status.setText(words)
        parts.announce(self._status, words)

    def _edit(self, profile: Profile | None, *, new: bool, note: str = "") -> None:
        local = (stored.profile for stored in self._shelf.profiles if stored.profile.provider == "local")
        editor = ProfileEditor(
            profile,
            self._taken,
            self,
            save=lambda made: save_profile(self._own, made),
            local=next(local, None),
            new=new,
            note=note,
            account=self._account,
        )
        editor.preview_asked.connect(self.preview_asked)
        editor.check_asked.connect(self.check_asked)
        editor.profile_saved.connect(lambda saved: self._change(lambda: saved.id, "", f"{saved.name} was saved."))
        editor.open()

    def _on_new_pressed(self) -> None:
        self._edit(None, new=True)

    def _on_edit_pressed(self) -> None:
        stored = self._list.chosen
        if stored is None or not self._buttons["Edit…"].isEnabled():
            return
        if stored.built_in:
            self._edit(copy_of(stored.profile, self._taken), new=True, note=_COPY_NOTE)
        else:
            self._edit(stored.profile, new=False)

    def _on_duplicate_pressed(self) -> None:
        stored = self._list.chosen
        if stored is not None:
            copy = copy_of(stored.profile, self._taken)
            self._change(lambda: self._saved(copy), "Copying…", f"{copy.name} was made.")

    def _on_delete_pressed(self) -> None:
        stored = self._list.chosen
        if stored is None or not self._buttons["Delete…"].isEnabled():
            return
        profile = stored.profile
        self._dialog = parts.question(
            self,
            "Delete this profile?",
            f"{profile.name} is removed from this computer. This cannot be undone. "
            "Reports of sessions with it stay in your history.",
            yes="Delete profile",
            no="Keep",
            on_yes=lambda: self._change(
                lambda: delete_profile(self._own, profile.id), "Deleting…", f"{profile.name} was deleted."
            ),
        )
        self._dialog.open()

    def _on_import_pressed(self) -> None:
        def picked(path: Path) -> None:
            taken = self._taken
            self._change(lambda: self._saved(import_profile(path, taken)), "Importing…", f"{path.name} was imported.")

        self._pick(self, FileQuestion("Import a profile", f"{_TOML};;All files (*)"), picked)

    def _on_export_pressed(self) -> None:
        stored = self._list.chosen
        if stored is None:
            return
        profile = stored.profile

        def picked(path: Path) -> None:
            self._run(
                lambda: export_profile(profile, path),
                lambda _done: self._say(f"Exported to {path.name}."),
                "Exporting…",
            )

        self._pick(self, FileQuestion("Export the profile", _TOML, f"{profile.id}.toml"), picked)

    def _on_env_pressed(self) -> None:
        kinds = "Settings of samples (.env *.env .env.*);;All files (*)"
        self._pick(self, FileQuestion("Import a .env file", kinds), self.import_env)

    def _on_env_imported(self, profile_id: str) -> None:
        self._change(lambda: profile_id, "", "The .env file was imported.")

    def _on_folder_asked(self) -> None:
        def show(_made: None) -> None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._own)))

        self._run(self._make_folder, show, "")

    def _make_folder(self) -> None:
        try:
            self._own.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise CoachError(
                f"There is no folder for your profiles, and none can be made: {error.strerror}.",
                safe="The profiles that come with the app still work.",
                do=f"Make sure that you may write to {self._own.parent}.",
            ) from error

    def _on_retry_asked(self) -> None:
        self._retry()

    def _on_back_asked(self) -> None:
        self._stack.setCurrentIndex(0)
        self._list.setFocus()

    def _saved(self, profile: Profile) -> str:
        save_profile(self._own, profile)
        return profile.id
