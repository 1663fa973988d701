"""What a page in the web pane may do: pure decisions, so that a test needs no browser.

One rule carries the rest: the conversation's own origin (scheme, host and port) is trusted with what the user said
yes to, and nothing else is trusted with anything. What else a room may load depends on whose room it is: a local
one loads nothing from anywhere else, a Tavus one loads from the whole web but never from this computer.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from enum import Enum
from typing import Final, Literal, NamedTuple

from PySide6.QtCore import QUrl, QUrlQuery

RoomKind = Literal["local", "tavus"]
"""Whose room it is. Not told from its address: a stand-in for Tavus may well run on this computer."""

_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_WEB: Final = frozenset({"http", "https"})
_AS_WEB: Final = {"ws": "http", "wss": "https"}
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_IN_PAGE_SCHEMES: Final = frozenset({"about", "blob", "data"})
_ENGINE_NAME: Final = re.compile(r"QtWebEngine/\S+\s*")
_CONSOLE_LENGTH: Final = 300
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class Origin(NamedTuple):
    """Scheme, host and port: all three, or it is somebody else."""

    scheme: str
    host: str
    port: int


class Room(NamedTuple):
    """Where a room is, and whose it is."""

    origin: Origin
    kind: RoomKind


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


def room_of(url: QUrl, kind: RoomKind) -> Room | None:
    """Return the room at a conversation's address, or None where such an address must not be shown.

    Plain http is for this computer only, and an address never carries a user name or password.
    """
    origin = origin_of(url)
    if origin is None or url.userInfo() or url.scheme().lower() not in _WEB:
        return None
    return Room(origin, kind) if origin.scheme == "https" or origin.host in _LOOPBACK else None


def is_this_computer(host: str) -> bool:
    """Return whether a host is this computer, under any of the names that it has for itself."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return any(one.is_loopback or one.is_unspecified for one in (address, mapped) if one is not None)


def user_agent(engine: str, room: Room, *, version: str, chrome_like: bool) -> str:
    """Return the name under which the engine goes to a room, made from the `engine`'s own.

    The local room then leaves out what this window's own bar has. Rooms on the web may turn away a browser whose
    name they do not know, so to them the engine is the Chromium that it is inside.
    """
    if room.kind == "local":
        return f"{engine} CoachDesktop/{version}"
    return _ENGINE_NAME.sub("", engine) if chrome_like else engine


def secrets_of(url: QUrl) -> list[str]:
    """Return what in an address may be a secret: every value of its query. A room's token stands there."""
    return [value for _, value in QUrlQuery(url).queryItems(QUrl.ComponentFormattingOption.FullyDecoded) if value]


def may_open_outside(url: QUrl) -> bool:
    """Return whether an address may be handed to the system's browser: web addresses only, without a password."""
    return url.scheme().lower() in _WEB and origin_of(url) is not None and not url.userInfo()


def may_navigate(url: QUrl, room: Room, *, main_frame: bool) -> bool:
    """Return whether a frame may go there: the main frame stays on the room's origin, whatever asks for else."""
    if not main_frame:
        return url.scheme().lower() not in _AS_WEB and may_fetch(url, room)
    return origin_of(url) == room.origin and url.scheme().lower() in _WEB and not url.userInfo()


def may_fetch(url: QUrl, room: Room) -> bool:
    """Return whether a page may load this address.

    What a local room shows stays on this computer. A Tavus room loads what it needs from the web, encrypted; plain
    http, and this computer, are out of bounds: a remote page must not reach the services that run here.
    """
    origin = origin_of(url)
    if url.scheme().lower() in _IN_PAGE_SCHEMES or origin == room.origin:
        return True
    return (
        room.kind == "tavus" and origin is not None and origin.scheme == "https" and not is_this_computer(origin.host)
    )


def may_ask_for_media(asker: QUrl, room: Room) -> bool:
    """Return whether the user is asked about camera or microphone at all: for the room's exact origin only."""
    return origin_of(asker) == room.origin


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
