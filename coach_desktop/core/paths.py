"""Folders: what the app brings along, and where the user's data lies."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from coach_desktop.core.errors import CoachError

APP_NAME = "coach_desktop"
_PACKAGE = Path(__file__).resolve().parent.parent


def is_frozen() -> bool:
    """Return whether this is the installed, frozen app rather than Python source."""
    return bool(getattr(sys, "frozen", False))


def _bundle() -> Path:
    return Path(getattr(sys, "_MEIPASS", _PACKAGE))


def resources() -> Path:
    """Return the folder of resources: in the frozen app, in the wheel, or beside the package in a checkout."""
    if is_frozen():
        return _bundle() / "resources"
    inside = _PACKAGE / "resources"
    return inside if inside.is_dir() else _PACKAGE.parent / "resources"


def resource(*parts: str) -> Path:
    """Return the path of one resource."""
    return resources().joinpath(*parts)


def bundled_models() -> Path:
    """Return the folder in which a frozen app carries its model files."""
    return _bundle() / "models"


def beside_app(name: str) -> Path | None:
    """Return the file of this name beside what a user double-clicks (`main.py` or the frozen app), or None."""
    folder = Path(sys.executable).parent if is_frozen() else _PACKAGE.parent
    if not is_frozen() and not (folder / "main.py").is_file():
        # Installed as a package, there is nothing to be beside of.
        return None
    return folder / name if (folder / name).is_file() else None


@dataclass(frozen=True)
class DataFolder:
    """The one folder that holds everything the app keeps for a user. Made private (0700) when it is made."""

    root: Path

    @property
    def logs(self) -> Path:
        """Rotating logs."""
        return self.root / "logs"

    @property
    def database(self) -> Path:
        """The history of sessions."""
        return self.root / "history.sqlite3"

    @property
    def settings(self) -> Path:
        """The user's settings."""
        return self.root / "settings.json"

    @property
    def chuck(self) -> Path:
        """The user's own texts for Chuck, and who he is in which account."""
        return self.root / "chuck.json"

    @property
    def profiles(self) -> Path:
        """The user's own persona profiles."""
        return self.root / "profiles"

    @property
    def models(self) -> Path:
        """The user's cache of model files."""
        return self.root / "models"

    @property
    def recordings(self) -> Path:
        """The sound of talks, where the user wants it kept; made with the first one."""
        return self.root / "recordings"

    @property
    def lock(self) -> Path:
        """Held by the running app; the operating system lets go of it when that process is gone."""
        return self.root / "app.lock"

    def create(self) -> None:
        """Make the folder and its parts, readable by this user only.

        Raises OSError where the place cannot be written to.
        """
        for folder in (self.root, self.logs, self.profiles, self.models):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def data_folder(chosen: Path | None) -> DataFolder:
    """Return the data folder: the chosen one, or the platform's own place for this app.

    Raises `CoachError` where the chosen one names a user who does not exist, or a place relative to a folder that is
    gone.
    """
    if chosen is not None:
        try:
            return DataFolder(Path(os.path.abspath(chosen.expanduser())))  # noqa: PTH100 - resolve() would follow links
        except (RuntimeError, OSError) as error:
            raise CoachError(f"The data folder {chosen} cannot be found: {error}", do="Give its full path.") from error
    return DataFolder(Path(platformdirs.user_data_path(APP_NAME, appauthor=False)))
