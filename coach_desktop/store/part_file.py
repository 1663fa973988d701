"""A file that somebody asked for by name, made bit by bit beside it and put in its place when it is whole."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from coach_desktop.core.errors import CoachError

if TYPE_CHECKING:
    from types import TracebackType


class PartFile:
    """A context manager. `part` is what to write to; left without `finish`, nothing of it stays."""

    def __init__(self, path: Path, *, apart_from: Path | None = None) -> None:
        """Make the part beside `path`. Raises `CoachError` where nothing can be written there.

        `apart_from` is a file that is still needed: `path` must not be it.
        """
        self.path = path
        # A link is kept, and what it leads to is replaced.
        self._target = Path(os.path.realpath(path))
        do = "Name another file, in a folder that you can write to."
        if self._target.exists() and not self._target.is_file():
            raise CoachError(f"{path} is no file that can be replaced.", safe="Nothing was changed.", do=do)
        if apart_from is not None and self._target == Path(os.path.realpath(apart_from)):
            raise CoachError(f"{path} is the recording itself.", safe="It was left as it is.", do=do)
        try:
            descriptor, name = tempfile.mkstemp(
                prefix=f".{self._target.name[:40]}.", suffix=".part", dir=self._target.parent
            )
        except OSError as error:
            raise CoachError(
                f"{path} cannot be written: {error.strerror}.", safe="Nothing was changed.", do=do
            ) from error
        os.close(descriptor)
        self.part = Path(name)

    def __enter__(self) -> Self:
        """Return the file."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Take away what was not finished."""
        with suppress(OSError):
            self.part.unlink(missing_ok=True)

    def write(self, text: str) -> None:
        """Make `text` all that is in it, with line ends as they are, and finish it. Raises `CoachError`."""
        try:
            self.part.write_text(text, encoding="utf-8", newline="")
        except OSError as error:
            raise self.refused(error) from error
        self.finish()

    def finish(self) -> None:
        """Put the part in its place. Raises `CoachError`; an older file is then as it was."""
        try:
            with self.part.open("rb+") as stream:
                os.fsync(stream.fileno())
            self.part.replace(self._target)
        except OSError as error:
            raise self.refused(error) from error

    def refused(self, error: Exception) -> CoachError:
        """Return the words for a write that failed half way."""
        why = getattr(error, "strerror", None) or type(error).__name__
        return CoachError(
            f"{self.path.name} could not be written: {why}.",
            safe="What stood there before was left as it is, and the report is not affected.",
            do="See that there is room on the disk, and try again.",
            details=str(error),
        )
