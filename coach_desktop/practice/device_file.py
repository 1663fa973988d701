"""What is known of each of this computer's cameras or microphones, in one small file of JSON."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from coach_desktop.store.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

log = logging.getLogger(__name__)

MOST_DEVICES: Final = 16
_MOST_BYTES: Final = 64 * 1024

Known = TypeVar("Known")


class DeviceFile(Generic[Known]):
    """One thing for each device, by a name that stays the same, the newest last.

    What cannot be read is as good as none.
    """

    def __init__(self, path: Path, kept: TypeAdapter[dict[str, Known]], what: str) -> None:
        """Keep it at `path`, in the form of `kept`; nothing is read or written yet. `what` it is, for the log."""
        self._path = path
        self._kept = kept
        self._what = what

    def find(self, device: str) -> Known | None:
        """Return what is known of a device, or None."""
        return self._read().get(device)

    def change(self, device: str, make: Callable[[Known | None], Known]) -> None:
        """Keep what `make` makes of what was known of a device; of more than 16 the oldest is forgotten.

        A folder that cannot be written to costs no more than the memory: the log says so.
        """
        kept = self._read()
        kept[device] = make(kept.pop(device, None))
        newest = dict(list(kept.items())[-MOST_DEVICES:])
        try:
            write_atomically(self._path, self._kept.dump_json(newest, indent=2))
        except OSError as error:
            log.warning("%s cannot be kept: %s", self._what, error)

    def _read(self) -> dict[str, Known]:
        try:
            with self._path.open("rb") as stream:
                return self._kept.validate_json(stream.read(_MOST_BYTES))
        except FileNotFoundError:
            return {}
        except (OSError, ValidationError) as error:
            log.info("what is kept in %s cannot be read: %s", self._path.name, error)
            return {}
