"""When Chuck spoke: what the microphone hears then is nobody's talk."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from coach_desktop.practice.speaking.speech import Speech

LEAD_S: Final = 0.1
"""The page says that it begins before it does; a block of sound is as long as this."""
TAIL_S: Final = 0.35
"""A room, a loudspeaker's buffer and the echo canceller go on for a moment."""
_PAGE_LATE_S: Final = 1.0


@dataclass(frozen=True)
class Said:
    """What he said aloud, in seconds from live. `interrupted`: not to its end; `goes_on`: with what was before."""

    start_s: float
    end_s: float
    interrupted: bool = False
    goes_on: bool = False


@dataclass(frozen=True)
class Playing:
    """What he says now, and its sound; `before` is what he has just said, and when he came to its end."""

    start_s: float
    speech: Speech
    before: tuple[float, Speech] | None = None


class SpokenTime:
    """His stretches of speech. Written by the event loop, read by the ears' thread."""

    def __init__(self) -> None:
        """Nothing was said yet."""
        self._lock = threading.Lock()
        self._said: list[Said] = []
        self._sounds: list[Speech] = []
        self._playing: Playing | None = None

    def begin(self, start_s: float, speech: Speech, *, goes_on: bool = False) -> None:
        """He begins, or `goes_on` with the utterance that he began.

        Until `end` says otherwise he speaks to the end, and a page that is late gets a second.
        """
        with self._lock:
            before = (self._said[-1].end_s, self._sounds[-1]) if goes_on else None
            self._playing = Playing(start_s, speech, before)
            self._sounds.append(speech)
            self._said.append(Said(start_s, start_s + speech.duration_s + _PAGE_LATE_S, goes_on=goes_on))

    def end(self, end_s: float, *, interrupted: bool) -> None:
        """He has stopped; one who has done so already may still turn out to be interrupted."""
        with self._lock:
            if not self._said:
                return
            last = self._said[-1]
            end_s = min(max(end_s, last.start_s), last.end_s) if self._playing is not None else last.end_s
            self._said[-1] = replace(last, end_s=end_s, interrupted=interrupted)
            self._playing = None

    def playing(self, at_s: float) -> Playing | None:
        """Return what he is saying at a moment."""
        with self._lock:
            over = self._playing is None or not self._said or at_s > self._said[-1].end_s
            return None if over else self._playing

    def covers(self, start_s: float, end_s: float) -> bool:
        """Return whether he may be heard anywhere between these seconds."""
        with self._lock:
            return any(said.start_s - LEAD_S < end_s and start_s < said.end_s + TAIL_S for said in self._said)

    def sounds(self) -> list[tuple[Said, Speech]]:
        """Return all he said, part by part, with what it sounded like, as far as he came with it."""
        with self._lock:
            return list(zip(self._said, self._sounds, strict=True))

    @property
    def utterances(self) -> list[Said]:
        """Everything he said aloud, in order; what went on is one."""
        whole: list[Said] = []
        with self._lock:
            for said in self._said:
                if said.goes_on:
                    whole[-1] = replace(whole[-1], end_s=said.end_s, interrupted=said.interrupted)
                else:
                    whole.append(said)
        return whole
