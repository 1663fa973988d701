"""How loud somebody usually is on a microphone: the level of earlier talks, and how far this one lies above or below.

Nobody knows the gain of a microphone, but from talk to talk it is the same, as long as nobody turns it: the room asks
the browser to leave it alone, and a microphone whose gain the browser changes has no name here. How near the mouth is
counts, too. So the figure describes, and is no judgement.
"""

from __future__ import annotations

import statistics
import threading
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field, TypeAdapter

from coach_desktop.practice.device_file import DeviceFile
from coach_desktop.practice.room_protocol import Devices, DeviceState
from coach_desktop.tavus.delivery import Measure, measured, not_measured

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "levels.json"
UNKNOWN: Final = "Which microphone it was is not known, or its gain is changed by the browser."
SEVERAL: Final = "More than one microphone was used."
FIRST_TALK: Final = "There is no earlier talk on this microphone to compare with."
MOST_TALKS: Final = 10

_Level = Annotated[float, Field(ge=-100, le=3, allow_inf_nan=False)]
_KEPT: Final = TypeAdapter(dict[str, Annotated[list[_Level], Field(min_length=1, max_length=MOST_TALKS)]])


class LevelFile:
    """The levels of the last talks on each of this computer's microphones."""

    def __init__(self, path: Path) -> None:
        """Keep them at `path`; nothing is read or written yet."""
        self._kept = DeviceFile(path, _KEPT, "the level of this talk")

    def earlier(self, microphone: str) -> list[float]:
        """Return the level of each earlier talk in dBFS, the newest last."""
        return self._kept.find(microphone) or []

    def add(self, microphone: str, level_db: float) -> None:
        """Remember a talk; of more than 10 talks on a microphone the oldest goes."""
        self._kept.change(microphone, lambda before: [*(before or []), round(level_db, 1)][-MOST_TALKS:])


class UsualLevel:
    """Compares one session with those before. Safe from any thread."""

    def __init__(self, path: Path) -> None:
        """Compare with what is kept at `path`, which is read when it is first needed."""
        self._kept = LevelFile(path)
        self._lock = threading.Lock()
        self._microphones: set[str] = set()
        self._earlier: dict[str, list[float]] = {}

    def devices_changed(self, devices: Devices) -> None:
        """Hear which microphone it is; of one that is on and has no name nothing is known."""
        with self._lock:
            # The name follows when the page has found it. One that is gone again belongs to a microphone without one.
            if devices.microphone is DeviceState.ON and (devices.microphone_id or self._microphones):
                self._microphones.add(devices.microphone_id)

    def measure(self, level_db: float | None, why_none: str) -> Measure:
        """Return how far the level of this session, in dBFS, lies above or below that of earlier talks, as a median.

        Where there is no level, `why_none` holds.
        """
        if level_db is None:
            return not_measured("loudness_level", why_none)
        with self._lock:
            microphone, why = self._microphone()
            if why is not None:
                return not_measured("loudness_level", why)
            if microphone not in self._earlier:
                self._earlier[microphone] = self._kept.earlier(microphone)
            earlier = self._earlier[microphone]
        if not earlier:
            return not_measured("loudness_level", FIRST_TALK)
        return measured("loudness_level", level_db - statistics.median(earlier))

    def remember(self, level_db: float | None) -> None:
        """Keep the level of this session for those to come."""
        with self._lock:
            microphone, why = self._microphone()
        if level_db is not None and why is None:
            self._kept.add(microphone, level_db)

    def _microphone(self) -> tuple[str, str | None]:
        """Return its name, and why it cannot be compared, or None."""
        if not self._microphones:
            return "", UNKNOWN
        return ("", SEVERAL) if len(self._microphones) > 1 else (next(iter(self._microphones)), None)
