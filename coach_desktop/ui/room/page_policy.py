"""What a page in the web pane may do: pure decisions, so that a test needs no browser.

One rule carries the rest: the conversation's own origin (scheme, host and port) is trusted with what the user said
yes to, and nothing else is trusted with anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from typing import Final, NamedTuple

from PySide6.QtCore import QUrl

_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_WEB: Final = frozenset({"http", "https"})
_AS_WEB: Final = {"ws": "http", "wss": "https"}
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_IN_PAGE_SCHEMES: Final = frozenset({"about", "blob", "data"})
_CONSOLE_LENGTH: Final = 300
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class Origin(NamedTuple):
    """Scheme, host and port: all three, or it is somebody else."""

    scheme: str
    host: str
    port: int


class Media(Enum):
    """What of camera and microphone a page asks for."""

    CAMERA = "camera"
    MICROPHONE = "microphone"
    BOTH = "camera and microphone"


def origin_of(url: QUrl) -> Origin | None:
    """Return the origin of an http, https, ws or wss address (ws counts as http), None for anything else."""
    scheme = url.scheme().lower()
    if not url.isValid() or scheme not in _PORTS or not url.host():
        return None
    return Origin(_AS_WEB.get(scheme, scheme), url.host().lower(), url.port(_PORTS[scheme]))


def room_origin(url: QUrl) -> Origin | None:
    """Return the origin of a conversation's address, or None where such an address must not be shown.

    Plain http is for this computer only, and an address never carries a user name or password.
    """
    origin = origin_of(url)
    if origin is None or url.userInfo() or url.scheme().lower() not in _WEB:
        return None
    return origin if origin.scheme == "https" or origin.host in _LOOPBACK else None


def is_local(origin: Origin) -> bool:
    """Return whether an origin is this computer."""
    return origin.host in _LOOPBACK


def may_open_outside(url: QUrl) -> bool:
    """Return whether an address may be handed to the system's browser: web addresses only, without a password."""
    return url.scheme().lower() in _WEB and origin_of(url) is not None and not url.userInfo()


def may_navigate(url: QUrl, room: Origin, *, main_frame: bool) -> bool:
    """Return whether a frame may go there: the main frame stays on the room's origin, whatever asks for else."""
    origin = origin_of(url)
    if not main_frame:
        return url.scheme().lower() in _IN_PAGE_SCHEMES or (origin is not None and url.scheme().lower() in _WEB)
    return origin == room and url.scheme().lower() in _WEB and not url.userInfo()


def may_fetch(url: QUrl, room: Origin) -> bool:
    """Return whether a page may load this address. What is shown from this computer stays on this computer."""
    if not is_local(room):
        return True
    return url.scheme().lower() in _IN_PAGE_SCHEMES or origin_of(url) == room


def may_ask_for_media(asker: QUrl, room: Origin) -> bool:
    """Return whether the user is asked about camera or microphone at all: for the room's exact origin only."""
    return origin_of(asker) == room


def covers(allowed: frozenset[Media], wanted: Media) -> bool:
    """Return whether what the user has said yes to includes what is wanted now."""
    if wanted in allowed or Media.BOTH in allowed:
        return True
    return wanted is Media.BOTH and {Media.CAMERA, Media.MICROPHONE} <= allowed


def console_line(message: str, source: str, line: int) -> str:
    """Return a line for our log from what a page wrote to its console: one line, short, without its address.

    The address is left out because a room's address may carry a token.
    """
    place = QUrl(source).fileName() or "page"
    words = _CONTROL.sub(" ", message).strip()
    if len(words) > _CONSOLE_LENGTH:
        words = words[: _CONSOLE_LENGTH - 1] + "\u2026"
    return f"{_CONTROL.sub(' ', place)[:60]}:{line}: {words}"


class CrashBudget:
    """How often a crashed renderer is brought back: `limit` times in `window_s` seconds, then no more."""

    def __init__(self, clock: Callable[[], float], limit: int = 3, window_s: float = 300.0) -> None:
        """Count with a clock in seconds that only grows."""
        self._clock = clock
        self._limit = limit
        self._window_s = window_s
        self._times: list[float] = []

    def spend(self) -> bool:
        """Note a crash; return whether the page may be loaded once more."""
        now = self._clock()
        self._times = [time for time in self._times if now - time < self._window_s] + [now]
        return len(self._times) <= self._limit

    @property
    def count(self) -> int:
        """How many crashes count at the moment."""
        return len(self._times)
