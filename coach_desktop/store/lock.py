"""One app per data folder: a lock that the operating system lets go of when its holder is gone, however it went."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from coach_desktop.core.errors import CoachError


class FolderLock:
    """The lock of a data folder."""

    def __init__(self, path: Path) -> None:
        """Name the lock file; nothing is taken yet."""
        # One object per holder, so that two of them in one process exclude each other as two processes do.
        self._lock = FileLock(path, mode=0o600, is_singleton=False, thread_local=False)

    def take(self) -> bool:
        """Take the lock without waiting; return whether it is ours now.

        Raises `CoachError` where the lock file cannot be used.
        """
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        except OSError as error:
            raise CoachError(
                f"The data folder cannot be locked: {error.strerror}.",
                safe="Nothing was changed.",
                do="Check the permissions of the data folder.",
            ) from error
        return True

    def release(self) -> None:
        """Let go of the lock."""
        self._lock.release()
