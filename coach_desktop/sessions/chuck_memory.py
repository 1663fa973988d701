"""What the app remembers of Chuck: the user's own texts and choices, and which persona he is in which account."""

from __future__ import annotations

import itertools
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from coach_desktop.core.errors import CoachError
from coach_desktop.sessions.chuck_texts import ChangedTexts
from coach_desktop.store.files import write_atomically
from coach_desktop.store.text_files import UnreadableError, read_text

log = logging.getLogger(__name__)

_MAX_BYTES: Final = 1024 * 1024


class KnownAs(BaseModel):
    """Chuck in the accounts of one API address: his id, and each field as it was sent last, by its JSON Pointer."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    persona_id: str
    sent: dict[str, Any] = Field(default_factory=dict)
    greeting: str = ""


class Remembered(BaseModel):
    """All of it. Ids are Tavus' own; None where nothing was chosen."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    texts: ChangedTexts = ChangedTexts()
    replica_id: str | None = None
    use_documents: bool = False
    document_ids: tuple[str, ...] = ()
    document_tags: tuple[str, ...] = ()
    accounts: dict[str, KnownAs] = Field(default_factory=dict)

    def with_account(self, address: str, known: KnownAs) -> Remembered:
        """Return the same with Chuck as he is known at an address."""
        return self.model_copy(update={"accounts": self.accounts | {address: known}})


class ChuckMemory:
    """One small file in the user's data folder. All of it waits for the disk: not for a window's thread."""

    def __init__(self, path: Path) -> None:
        """Remember in this file."""
        self._path = path
        self._lock = threading.Lock()

    def load(self) -> tuple[Remembered, str]:
        """Return what is remembered, and in a sentence what was wrong with the file, or nothing.

        A file that is broken is renamed, never lost.
        """
        with self._lock:
            return self._load()

    def change(self, change: Callable[[Remembered], Remembered]) -> Remembered:
        """Remember what `change` makes of it, and return that. Raises `CoachError`; the file is then as it was."""
        with self._lock:
            before, _problem = self._load()
            after = change(before)
            if after != before:
                self._save(after)
            return after

    def _load(self) -> tuple[Remembered, str]:
        try:
            if not os.path.lexists(self._path):
                return Remembered(), ""
            return Remembered.model_validate_json(read_text(self._path, _MAX_BYTES)), ""
        except (UnreadableError, ValidationError) as error:
            log.warning("%s cannot be used: %s", self._path.name, type(error).__name__)
        number = next(number for number in itertools.count(1) if not os.path.lexists(self._aside(number)))
        kept = self._aside(number)
        try:
            self._path.replace(kept)
        except OSError as error:
            raise CoachError(
                f"What the app remembers of Chuck cannot be read, and not be set aside: {error.strerror or error}.",
                safe="Nothing was sent.",
                do=f"Take the file {self._path} away, or mend it.",
            ) from error
        return Remembered(), f"What the app remembered of Chuck could not be read; the file was kept as {kept.name}."

    def _aside(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.stem}.broken-{number}{self._path.suffix}")

    def _save(self, remembered: Remembered) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_atomically(self._path, (remembered.model_dump_json(indent=2) + "\n").encode("utf-8", "replace"))
        except OSError as error:
            raise CoachError(
                f"What you set for Chuck could not be kept: {error.strerror or error}.",
                safe="The file that was there is as it was.",
                do="Check whether the disk is full, and the permissions of the data folder.",
            ) from error
