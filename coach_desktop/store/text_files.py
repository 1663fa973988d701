"""Small text files that anybody may have written: read in one bounded gulp, never waited on."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_MAX_NAME = 80


class UnreadableError(Exception):
    """A file that is not what it should be. The text completes a sentence that begins with the file's name."""


def shown_name(path: Path) -> str:
    """Return the file's name fit for a sentence or a log line: one line, no broken characters, not endless."""
    name = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in path.name)
    return name if len(name) <= _MAX_NAME else name[: _MAX_NAME - 1] + "…"


def read_bytes(path: Path, limit: int) -> bytes:
    """Return the contents of an ordinary file (a link to one counts) of at most `limit` bytes.

    Raises `UnreadableError`.
    """
    try:
        # Opening a pipe or a device could otherwise wait for ever.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UnreadableError("is not a file")
            data = stream.read(limit + 1)
    except IsADirectoryError as error:
        raise UnreadableError("is not a file") from error
    except OSError as error:
        if path.is_dir():
            raise UnreadableError("is not a file") from error
        raise UnreadableError(f"cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UnreadableError("has an impossible name") from error
    if len(data) > limit:
        raise UnreadableError(f"is too large (more than {limit // 1024} KB)")
    return data


def read_text(path: Path, limit: int) -> str:
    """Return the text of a small UTF-8 file, without the mark that some editors put in front.

    Raises `UnreadableError`.
    """
    try:
        return read_bytes(path, limit).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError("is not a text file in UTF-8") from error
