"""Whether the coach on this computer may fetch a model file that is missing here: only after a yes."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from coach_desktop.store.model_files import WHISPER_TINY_EN, ModelFile, seems_there
from coach_desktop.store.model_switch import OFFLINE_VARIABLE, is_offline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from coach_desktop.store.profiles import Profile

# As the local coach makes out English only, it fetches nothing for a talk in another language.
_ENGLISH: Final = (None, "english", "multilingual")


@dataclass(frozen=True)
class Lacking:
    """Model files that are not on this computer, and what they would bring along."""

    models: tuple[ModelFile, ...]

    @property
    def size(self) -> int:
        """All of them together, in bytes."""
        return sum(model.size for model in self.models)

    @property
    def origins(self) -> str:
        """Who made them, in words."""
        return ", ".join(dict.fromkeys(model.origin for model in self.models))

    @property
    def licences(self) -> str:
        """Under which licences they are given away."""
        return ", ".join(dict.fromkeys(model.licence for model in self.models))

    @property
    def hosts(self) -> str:
        """From where they come."""
        return ", ".join(dict.fromkeys(urlsplit(model.url).hostname or model.url for model in self.models))


class ModelConsent:
    """What was answered in this run of the app, and the fetching itself. May be used from any thread."""

    def __init__(self, cache: Path, *, unasked: bool = False, models: Sequence[ModelFile] = WHISPER_TINY_EN) -> None:
        """Look for `models`, those that a live session fetches, in `cache`, too.

        `unasked`: nobody is there to be asked, and whoever started the app that way has said yes.
        """
        self._unasked = unasked
        self._cache = cache
        self._models = models
        self.is_settled = unasked or is_offline()

    def concerns(self, profile: Profile) -> bool:
        """Return whether a session of this profile could lack a model, and it has not been settled what then."""
        return not self.is_settled and profile.provider == "local" and profile.language in _ENGLISH

    def look(self) -> Lacking | None:
        """Return what is missing, or None and settle it where nothing is. Reads folders, and no file."""
        lacking = tuple(model for model in self._models if not seems_there([model], self._cache))
        self.is_settled = not lacking
        return Lacking(lacking) if lacking else None

    def fetch(self, progress: Callable[[int, int], None], cancelled: threading.Event) -> None:
        """Fetch what is missing, after a yes. `progress` gets the bytes that have come, and all. Blocks.

        Raises `CoachError`; what has come is kept, and gone on with the next time.
        """
        # Only now: what speaks to the network takes longer to load than the window takes to be drawn.
        from coach_desktop.store import model_fetch

        model_fetch.find_or_fetch(self._models, self._cache, progress=progress, cancelled=cancelled.is_set, agreed=True)
        self.is_settled = True

    def decline(self) -> None:
        """Do without, and do not ask again in this run of the app."""
        self._unasked = False
        self.is_settled = True
        self.tell_children()

    def tell_children(self) -> None:
        """Let no child process of ours fetch what nobody said yes to; from now on, and by our own environment."""
        if not self._unasked:
            os.environ[OFFLINE_VARIABLE] = "1"
