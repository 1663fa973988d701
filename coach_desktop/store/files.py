"""Files that are replaced whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def write_atomically(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Make `data` the contents of the file at `path`, readable as `mode` says.

    Whoever reads the file, now or after a power cut, finds the old contents or the new ones. Where `path` is a link,
    the file it leads to is replaced and the link stays. Raises OSError; the old file is then as it was.
    """
    # A link to a folder that is gone, or to itself, fails further down as any other place that cannot be written to.
    target = Path(os.path.realpath(path))
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name[:40]}.", suffix=".part", dir=target.parent)
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            # First: what is being written may be as secret as what it replaces.
            part.chmod(mode)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(target)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Bring the new name to the disk, where the system knows such a thing. The file is in place either way."""
    if os.name == "nt":
        return
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
