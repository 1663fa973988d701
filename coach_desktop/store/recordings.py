"""The sound of talks with the local coach: kept on request, or lent until its words were made out once more.

A file for each session, in a folder that only the user can read. What is lent has a name of its own, so that whatever
a crash leaves of it is known for what it is, and removed at the next start.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from coach_desktop.core.errors import CoachError

log = logging.getLogger(__name__)

FOLDER: Final = "recordings"
_KEPT, _LENT = ".flac", ".lent.flac"


def beside(database: Path) -> Recordings:
    """Return the recordings of the sessions in a history."""
    return Recordings(database.parent / FOLDER)


def is_lent(path: Path) -> bool:
    """Return whether a recording is there only until it was heard once more."""
    return path.name.endswith(_LENT)


class Recordings:
    """A folder of recordings. It is made when the first one is; most users never have it."""

    def __init__(self, folder: Path) -> None:
        """Look after `folder`; nothing is touched yet."""
        self._folder = folder

    def kept(self, session_id: str) -> Path:
        """Return where the sound of a session is kept; whether or not it was."""
        return self._folder / f"{session_id}{_KEPT}"

    def lent(self, session_id: str) -> Path:
        """Return where the sound of a session lies until it was heard once more."""
        return self._folder / f"{session_id}{_LENT}"

    def make(self) -> None:
        """Make the folder, for this user alone. Raises `CoachError`."""
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise CoachError(
                f"The folder for recordings cannot be made: {error.strerror}.",
                safe="Nothing was recorded.",
                do="Check the permissions of the data folder, or do not keep the sound of your talks (settings).",
            ) from error

    def remove(self, session_id: str) -> None:
        """Delete all sound of a session; one that is gone already is gone. Raises `CoachError` where it stays."""
        for path in (self.kept(session_id), self.lent(session_id)):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise CoachError(
                    f"The recording of this talk could not be deleted: {error.strerror}.",
                    safe="So the session was kept, too, and you can delete both once more.",
                    do=f"Close what plays {path.name} in the folder {FOLDER} of the data folder, and try again.",
                ) from error

    def return_lent(self, session_id: str) -> None:
        """Delete what was lent of a session. Never raises: what cannot be deleted now is at the next start."""
        _delete_if_possible(self.lent(session_id))

    def sweep(self) -> None:
        """Delete what a crash left of the sound that was only lent. Never raises."""
        try:
            left = [path for path in self._folder.iterdir() if is_lent(path)]
        except OSError:
            return
        for path in left:
            _delete_if_possible(path)

    def told(self, session_id: str) -> str:
        """Return what there is to say of a session whose sound was to be kept."""
        path = self.kept(session_id)
        if path.is_file():
            return f"The sound of this talk is kept on this computer, in {path}."
        return f"The sound of this talk was kept in {path}, and is not there any more."


def _delete_if_possible(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s could not be deleted: %s", path.name, error.strerror)
