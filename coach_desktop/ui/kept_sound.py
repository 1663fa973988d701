"""The sound of a talk, where it was kept: to play, to find, to delete. Hidden where there is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QWidget

from coach_desktop.core.errors import CoachError
from coach_desktop.store.recordings import Recordings
from coach_desktop.ui import parts
from coach_desktop.ui.background import TaskRunner
from coach_desktop.ui.theme import Drawing


def open_outside(path: Path) -> bool:
    """Open a file or a folder with the program that the system has for it; return False where there is none."""
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


class KeptSound(QWidget):
    """Looks on the disk, away from the window's thread, for the recording of the session that is shown."""

    def __init__(self, recordings: Recordings | None, show_outside: Callable[[Path], bool] = open_outside) -> None:
        """Look into `recordings`; None: there are none to be found. `show_outside` opens a file or a folder."""
        super().__init__()
        self._recordings = recordings
        self._show_outside = show_outside
        self._session_id = ""
        self._path = Path()
        self._dialog: QMessageBox | None = None
        self._tasks = TaskRunner(self)
        self._words = parts.label("The sound of this talk is kept on this computer.")
        self._play = parts.button("Play", self._on_play_pressed, icon="start")
        self._folder = parts.button("Open folder", self._on_folder_pressed, icon="folder")
        self._delete = parts.button("Delete recording…", self._on_delete_pressed, icon="delete")
        self._play.setAccessibleName("Play the recording of this talk")
        self._folder.setAccessibleName("Open the folder of the recording")
        self._delete.setAccessibleName("Delete the recording of this talk")
        self.stops: tuple[QWidget, ...] = (self._play, self._folder, self._delete)
        line = parts.row(Drawing("microphone", "accent", 22), self._words, *self.stops, spacing=12)
        line.setStretch(1, 1)
        self.setLayout(parts.column(parts.frame("card", line, margins=(20, 12, 16, 12))))
        self.hide()

    def show_session(self, session_id: str) -> None:
        """Show what there is of this session, when the disk has been asked."""
        if session_id != self._session_id:
            self.hide()
        self._session_id = session_id
        recordings = self._recordings
        if recordings is not None:
            self._tasks.run(
                lambda: _there(recordings.kept(session_id)),
                lambda path: self._on_looked(session_id, path),
                lambda _error: self.hide(),
            )

    def close_tasks(self) -> None:
        """Stop, in a bounded time."""
        self._tasks.close()

    def _on_looked(self, session_id: str, path: Path | None) -> None:
        if session_id == self._session_id:
            self._path = path or Path()
            self.setVisible(path is not None)

    def _on_play_pressed(self) -> None:
        self._open(self._path, "No program was found that plays it.")

    def _on_folder_pressed(self) -> None:
        self._open(self._path.parent, "No program was found that shows folders.")

    def _open(self, path: Path, otherwise: str) -> None:
        if not self._show_outside(path):
            self._tell("It could not be opened", f"{otherwise} The recording is kept in {self._path}.")

    def _on_delete_pressed(self) -> None:
        session_id = self._session_id
        self._dialog = parts.question(
            self,
            "Delete the recording of this talk?",
            "The sound is removed from this computer; the report stays. This cannot be undone.",
            yes="Delete recording",
            no="Keep",
            on_yes=lambda: self._remove(session_id),
        )
        self._dialog.open()

    def _remove(self, session_id: str) -> None:
        recordings = self._recordings
        if recordings is not None:
            self._tasks.run(
                lambda: recordings.remove(session_id), lambda _done: self._on_removed(session_id), self._on_refused
            )

    def _on_removed(self, session_id: str) -> None:
        if session_id == self._session_id:
            parts.announce(self, "The recording was deleted.")
            self.hide()

    def _on_refused(self, error: CoachError) -> None:
        self._tell(error.what, f"{error.safe} {error.do}".strip())

    def _tell(self, title: str, words: str) -> None:
        self._dialog = parts.notice(self, title, words)
        self._dialog.open()


def _there(path: Path) -> Path | None:
    return path if path.is_file() else None
