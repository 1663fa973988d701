"""Import of a `.env` file: what is in it, where its key goes, and whether the key is blanked in the file."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QProgressBar, QStackedWidget, QWidget

from coach_desktop.core.errors import Cancelled, CoachError
from coach_desktop.store.env_file import EnvImport, blank_key, read_env
from coach_desktop.store.profile_files import load_shelf, new_id, save_profile
from coach_desktop.store.secrets import KeyState, KeyStatus, KeyStore
from coach_desktop.ui import parts
from coach_desktop.ui.account.errand import Errand
from coach_desktop.ui.error_view import ErrorView
from coach_desktop.ui.profiles.env_pages import KeyPlace, ReviewPage
from coach_desktop.ui.theme import Drawing

if TYPE_CHECKING:
    from coach_desktop.store.profiles import Profile

_OFFER: Final = "There is a .env file beside the app. It can become a profile, so that you can start right away."
T = TypeVar("T")


class EnvDialog(QDialog):
    """Imports one file. `imported` tells the id of the new profile; `declined`, that it was closed without one."""

    imported = Signal(str)
    declined = Signal()

    def __init__(
        self, path: Path, own: Path, keys: KeyStore, parent: QWidget | None = None, *, intro: str = ""
    ) -> None:
        """Read the file at `path`, for a profile in the folder `own`; `intro` is said on top."""
        super().__init__(parent)
        self.setWindowTitle("Import .env")
        self.setAccessibleName("Import .env")
        # A keyring may wait for its user for ever, and the dialog can be closed meanwhile.
        self._errand = Errand(self)
        self._closed = threading.Event()
        self._path = path
        self._own = own
        self._keys = keys
        self._found: EnvImport | None = None
        self._imported: Profile | None = None
        self._retry: Callable[[], None] = self._read
        self._home: QWidget | None = None
        self._waiting = _Waiting()
        self._waiting.cancel.clicked.connect(self.reject)
        self._review = ReviewPage()
        self._review.import_asked.connect(self._on_import_asked)
        self._review.cancel_asked.connect(self.reject)
        self._done = _Done()
        self._done.blank.clicked.connect(self._on_blank_pressed)
        self._done.leave.clicked.connect(self.accept)
        self._unread, self._error = ErrorView(back="Close"), ErrorView(back="Back")
        for view in (self._unread, self._error):
            view.retry_asked.connect(self._on_retry_asked)
            view.back_asked.connect(self._on_back_asked)
        self._stack = QStackedWidget()
        for page in (self._waiting, self._review, self._done, self._unread, self._error):
            self._stack.addWidget(page)
        title = parts.label(self.windowTitle(), "title")
        where = parts.label(parts.breakable(intro or f"From {path}"), "muted")
        content = parts.column(title, where, self._stack, spacing=10)
        content.insertSpacing(2, 4)
        content.setStretch(3, 1)
        content.setContentsMargins(28, 22, 28, 20)
        self.setLayout(content)
        self.resize(720, 590)
        self._read()

    def reject(self) -> None:
        """Close, with the profile where it has been imported already."""
        if self._imported is not None:
            self.accept()
            return
        super().reject()
        self.declined.emit()

    def done(self, result: int) -> None:
        """Close. What waits for a keyring is no longer waited for, and brings no profile."""
        self._closed.set()
        self._errand.drop()
        super().done(result)
        self.deleteLater()

    def _read(self) -> None:
        path, own, keys = self._path, self._own, self._keys

        def read(result: tuple[EnvImport, KeyStatus, bool]) -> None:
            self._found, status, same = result
            self._review.show_import(self._found, status, same=same)
            self._show(self._review)

        self._run(f"Reading {path.name}…", lambda: _look_at(path, own, keys), read, home=None)

    def _on_import_asked(self) -> None:
        found = self._found
        if found is None:
            return
        own, keys, closed, place = self._own, self._keys, self._closed, self._review.key.chosen

        def imported(result: tuple[Profile, KeyStatus | None]) -> None:
            self._imported, status = result
            self._done.show_result(self._imported, found, place, status)
            self._show(self._done)
            self.imported.emit(self._imported.id)

        asking = " Your keyring may ask for its password." if place is KeyPlace.KEYRING else ""
        self._run(
            f"Importing…{asking}", lambda: _take_over(found, own, keys, place, closed), imported, home=self._review
        )

    def _on_blank_pressed(self) -> None:
        def blanked(_done: None) -> None:
            self._done.show_blanked(self._path)
            self._show(self._done)

        path = self._path
        self._run("Blanking the key…", lambda: blank_key(path), blanked, home=self._done)

    def _run(self, doing: str, work: Callable[[], T], on_done: Callable[[T], None], *, home: QWidget | None) -> None:
        """Run `work` in the background; from an error there is a way back `home`, or out where there is none."""

        def failed(error: CoachError) -> None:
            self._retry = lambda: self._run(doing, work, on_done, home=home)
            self._home = home
            view = self._unread if home is None else self._error
            view.show_error(error)
            self._show(view)

        self._waiting.say(doing)
        self._show(self._waiting)
        self._errand.run(work, on_done, failed)

    def _show(self, page: QWidget) -> None:
        self._stack.setCurrentWidget(page)
        page.setFocus()

    def _on_retry_asked(self) -> None:
        self._retry()

    def _on_back_asked(self) -> None:
        if self._home is None:
            self.reject()
        else:
            self._show(self._home)


class _Waiting(QWidget):
    """Says what is being done. Can be left."""

    def __init__(self) -> None:
        super().__init__()
        self._words = parts.label("")
        bar = QProgressBar()
        bar.setRange(0, 0)
        bar.setTextVisible(False)
        bar.setAccessibleName("Working")
        self.cancel = parts.button("Cancel", lambda: None)
        self.setFocusProxy(self.cancel)
        self.setLayout(parts.column(1, self._words, bar, 1, parts.row(1, self.cancel), spacing=14))

    def say(self, words: str) -> None:
        self._words.setText(words)
        parts.announce(self, words)


class _Done(QWidget):
    """Says what was imported, and offers to blank the key in the file."""

    def __init__(self) -> None:
        super().__init__()
        self._title = parts.label("", "heading")
        self._key = parts.label("")
        self._offer = parts.label("")
        self.blank = parts.button("Blank the key in the file", lambda: None)
        self.leave = parts.button("Done", lambda: None)
        self.setFocusProxy(self.leave)
        words = parts.column(self._title, self._key, self._offer, spacing=10)
        row = parts.row(spacing=18)
        row.addLayout(parts.column(Drawing("good", "good", 36), 1))
        row.addLayout(words, 1)
        card = parts.frame("card", row, margins=(24, 22, 24, 22))
        self.setLayout(parts.column(card, 1, parts.row(1, self.leave, self.blank), spacing=14))

    def show_result(self, profile: Profile, found: EnvImport, place: KeyPlace, status: KeyStatus | None) -> None:
        """Say what became of the profile and of the key. `status` is None where the key was left out."""
        self._title.setText(f"“{parts.breakable(profile.name)}” is among your profiles now.")
        kept = status is not None and status.state is KeyState.FOUND and place is not KeyPlace.SESSION
        held = status is not None and not kept
        name = found.path.name
        if kept and status is not None:
            self._say(
                f"Its key is kept in {status.place}.",
                f"The key still stands in {name} as well, where other programs can read it.",
            )
        elif held:
            self._say(
                "Its key is used for this session only.",
                f"The key still stands in {name}. If you blank it there, you have to enter it again next time.",
            )
        else:
            self._say("" if found.api_key is None else f"The key was left in {name}.", "")
        offered = kept or held
        self._set_choices(blank=offered, leave="Leave it in the file" if offered else "Done", safe=kept)

    def show_blanked(self, path: Path) -> None:
        """Say that the key is gone from the file."""
        self._say(self._key.text(), f"The key is gone from {path.name}. All else in it is as it was.")
        self._set_choices(blank=False, leave="Done", safe=False)

    def _say(self, key: str, offer: str) -> None:
        for label, words in ((self._key, key), (self._offer, offer)):
            label.setText(words)
            label.setVisible(bool(words))
        parts.announce(self, " ".join(words for words in (self._title.text(), key, offer) if words))

    def _set_choices(self, *, blank: bool, leave: str, safe: bool) -> None:
        self.blank.setVisible(blank)
        self.leave.setText(leave)
        self.leave.setAccessibleName(leave)
        # What is offered first is what loses nothing.
        first, second = (self.blank, self.leave) if safe else (self.leave, self.blank)
        parts.change_look(first, "primary")
        parts.change_look(second, "")
        self.setFocusProxy(first)


def offer_env(parent: QWidget, path: Path, own: Path, keys: KeyStore) -> EnvDialog:
    """Return the offer to import a `.env` that lies beside the app: `open` it."""
    return EnvDialog(path, own, keys, parent, intro=_OFFER)


def _look_at(path: Path, own: Path, keys: KeyStore) -> tuple[EnvImport, KeyStatus, bool]:
    """Return what is in the file, how it stands with the key, and whether the file's key is the one that is kept."""
    found = read_env(path, _ids(own))
    status = keys.probe()
    # What a locked keyring holds is not asked for: its window would come out of the blue.
    kept = status.state is KeyState.FOUND and not status.in_memory
    return found, status, kept and found.api_key is not None and keys.key() == found.api_key


def _take_over(
    found: EnvImport, own: Path, keys: KeyStore, place: KeyPlace, closed: threading.Event
) -> tuple[Profile, KeyStatus | None]:
    """Keep the key, then the profile, so that what fails can be tried again and nothing is there twice."""
    status = _keep_key(found, keys, place)
    if closed.is_set():
        raise Cancelled
    taken = _ids(own)
    profile = found.profile
    if profile.id in taken:
        profile = profile.model_copy(update={"id": new_id(profile.name, taken)})
    save_profile(own, profile)
    return profile, status


def _keep_key(found: EnvImport, keys: KeyStore, place: KeyPlace) -> KeyStatus | None:
    if found.api_key is None or place is KeyPlace.NOWHERE:
        return None
    if place is KeyPlace.KEYRING:
        return keys.save(found.api_key)
    if place is KeyPlace.SESSION:
        return keys.keep_for_session(found.api_key)
    return keys.probe()


def _ids(own: Path) -> list[str]:
    return [stored.profile.id for stored in load_shelf(own).profiles]
