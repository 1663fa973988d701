"""From a stream's own time to session time (seconds from live).

Within a stream its media time is trusted: it counts frames or samples, while arrival jitters with every stall of page
or network. Arrival ties the two together when a stream begins, and again when they can no longer belong together.
"""

from __future__ import annotations

_LEAP_S = 2.0
"""Media time that runs ahead of arrival by this much between two messages has leapt: a new origin."""
_LATE_S = 0.75
_LATE_FOR_S = 3.0
"""When all messages for this long come later than `_LATE_S`, they are not late: media time stood still for a while."""


class MediaClock:
    """The clock of one stream, video or audio. Session times never go back."""

    def __init__(self) -> None:
        """Begin before the first message."""
        self._tied = False
        self._tie_s = 0.0
        self._reconnected = False
        self._last_seq = -1
        self._last_media_s = 0.0
        self._last_arrival_s = 0.0
        self._reached_s = 0.0
        self._late_since_s: float | None = None
        self._least_late_s = 0.0

    def reconnected(self) -> None:
        """Say that the connection is a new one: maybe the same page going on, maybe a new page from zero."""
        self._reconnected = True

    def at(self, seq: int, media_s: float, arrival_s: float, duration_s: float = 0.0) -> float:
        """Return the session time of the message `seq`; `arrival_s` is when it came, in session time."""
        if not self._tied or self._has_leapt(seq, media_s, arrival_s):
            self._set_tie(media_s, max(arrival_s, self._reached_s))
        else:
            self._follow_lateness(arrival_s - (media_s + self._tie_s), arrival_s)
        at_s = max(media_s + self._tie_s, self._reached_s, 0.0)
        self._last_seq, self._last_media_s, self._last_arrival_s = seq, media_s, arrival_s
        self._reached_s = at_s + duration_s
        self._reconnected = False
        return at_s

    def _has_leapt(self, seq: int, media_s: float, arrival_s: float) -> bool:
        if media_s < self._last_media_s or (self._reconnected and seq <= self._last_seq):
            return True
        ahead = (media_s - self._last_media_s) - (arrival_s - self._last_arrival_s)
        return ahead > _LEAP_S

    def _follow_lateness(self, late_s: float, arrival_s: float) -> None:
        if late_s < _LATE_S:
            self._late_since_s = None
            return
        if self._late_since_s is None:
            self._late_since_s, self._least_late_s = arrival_s, late_s
        self._least_late_s = min(self._least_late_s, late_s)
        if arrival_s - self._late_since_s > _LATE_FOR_S:
            self._tie_s += self._least_late_s
            self._late_since_s = None

    def _set_tie(self, media_s: float, at_s: float) -> None:
        self._tied = True
        self._tie_s = at_s - media_s
        self._late_since_s = None
