"""The Tavus key, in the keyring of the operating system or in memory. Never in a file.

`keyring` and what it brings along is imported only when the keyring is asked: that takes about 0.1 s.
"""

from __future__ import annotations

import configparser
import logging
import re
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeVar

from coach_desktop.core.errors import CoachError
from coach_desktop.core.paths import APP_NAME
from coach_desktop.core.redact import REDACTOR

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

log = logging.getLogger(__name__)
T = TypeVar("T")

SESSION_ONLY: Final = "this session only"
DESKTOP_KEYRING: Final = "your desktop keyring"

_ENTRY: Final = "tavus_api_key"
_SECRET_SERVICE: Final = "keyring.backends.SecretService"  # noqa: S105 - the name of a module
# Back ends that give a secret only to its user. All others, such as files in plain text, count as no keyring.
_PLACES: Final = {
    "keyring.backends.macOS": "macOS Keychain",
    "keyring.backends.Windows": "Windows Credential Manager",
    _SECRET_SERVICE: DESKTOP_KEYRING,
    "keyring.backends.libsecret": DESKTOP_KEYRING,
    "keyring.backends.kwallet": DESKTOP_KEYRING,
}
_MAX_COPIES: Final = 20
# The longest that Windows keeps, and what an HTTP header can carry.
_KEY: Final = re.compile(r"[!-~]{1,1000}")


class KeyState(StrEnum):
    """What is known of the key in the keyring."""

    NONE = "none"
    FOUND = "found"
    LOCKED = "locked"
    NO_KEYRING = "no_keyring"


@dataclass(frozen=True)
class KeyStatus:
    """Where the key is. `place` is where it is kept, or would be; `backend` names the part of `keyring` in use.

    `in_memory`: a key is at hand for this session, whatever the keyring says.
    """

    state: KeyState
    place: str
    backend: str
    in_memory: bool = False


class KeyringError(CoachError):
    """The keyring is locked or refuses."""


class NoKeyError(CoachError):
    """There is no Tavus key, and without one nothing can be asked."""


class _LockedError(Exception):
    """The keyring is locked, and its user was not asked or said no."""


@dataclass(frozen=True)
class _Ring:
    """The keyring in use. `backend` is None where there is none that can be trusted."""

    backend: KeyringBackend | None
    name: str

    @property
    def place(self) -> str:
        return SESSION_ONLY if self.backend is None else _PLACES[type(self.backend).__module__]


class KeyStore:
    """Keeps the one key. Usable from any thread but the window's own: a keyring may wait for its user's password."""

    def __init__(self, service: str = APP_NAME) -> None:
        """Keep the key under the name `service`; nothing is asked yet."""
        self._service = service
        # One question at a time, so that a keyring never shows two windows; what is in memory does not wait for it.
        self._asking = threading.Lock()
        self._session_key: str | None = None
        # Once read, the key stays at hand: a conversation that costs money must end even if the keyring is locked
        # while it runs.
        self._read_key: str | None = None

    def probe(self, *, unlock: bool = False) -> KeyStatus:
        """Ask whether there is a key. Never raises.

        Only with `unlock` may the keyring ask its user for a password, and the answer is waited for.
        """
        ring = _ring()
        try:
            key = self._ask(ring, self._read, unlock=unlock)
        except _LockedError:
            return self._status(KeyState.LOCKED, ring)
        except KeyringError:
            return self._status(KeyState.NO_KEYRING, _Ring(None, ring.name))
        if ring.backend is None:
            return self._status(KeyState.NO_KEYRING, ring)
        return self._status(KeyState.FOUND if key else KeyState.NONE, ring)

    def key(self) -> str | None:
        """Return the key, or None where there is none. May wait for the user to unlock the keyring.

        Raises `KeyringError` where the keyring stays locked or refuses.
        """
        at_hand = self._session_key or self._read_key
        if at_hand:
            return at_hand
        ring = _ring()
        try:
            key = self._ask(ring, self._read, unlock=True)
        except _LockedError as error:
            raise _locked(ring, "The key could not be read") from error
        if key and not _KEY.fullmatch(key):
            raise KeyringError(
                f"What {ring.place} holds as your Tavus key cannot be one.",
                safe="It was not sent to anybody.",
                do="Enter the key again.",
            )
        return key or None

    def save(self, key: str) -> KeyStatus:
        """Keep the key in the keyring, in place of one that is there; where there is no keyring, for this session only.

        Raises `CoachError` for a key that cannot be one, `KeyringError` where the keyring is locked or refuses.
        """
        key = checked_key(key)
        ring = _ring()
        try:
            kept = self._ask(ring, lambda backend: self._write(backend, key), unlock=True)
        except _LockedError as error:
            raise _locked(ring, "The key was not saved") from error
        if ring.backend is None:
            return self.keep_for_session(key)
        if not kept:
            raise _refused(ring, "The key was not saved")
        return self._status(KeyState.FOUND, ring)

    def keep_for_session(self, key: str, *, ask: bool = True) -> KeyStatus:
        """Keep the key in memory until the app is closed, and use it before one in the keyring.

        Without `ask` the keyring counts as locked and is left alone: it may not answer for long. Raises `CoachError`
        for a key that cannot be one.
        """
        self._session_key = checked_key(key)
        if not ask or self._asking.locked():
            # Somebody waits for the keyring's user, and this key is what one uses instead.
            return self._status(KeyState.LOCKED, _ring())
        return self.probe()

    def remove(self) -> KeyStatus:
        """Remove the key from memory and from the keyring. One that is not there is no error.

        Raises `KeyringError` where the keyring is locked or refuses, unless a key of this session could be forgotten.
        """
        forgotten = self._session_key is not None
        self._session_key = self._read_key = None
        ring = _ring()
        try:
            gone = self._ask(ring, self._delete, unlock=True)
        except _LockedError as error:
            if forgotten:
                return self._status(KeyState.LOCKED, ring)
            raise _locked(ring, "The key was not removed") from error
        if gone is False:
            raise _refused(ring, "The key was not removed")
        return self._status(KeyState.NO_KEYRING if ring.backend is None else KeyState.NONE, ring)

    def _read(self, backend: KeyringBackend) -> str:
        key = (backend.get_password(self._service, _ENTRY) or "").strip()
        REDACTOR.add(key)
        self._read_key = key if _KEY.fullmatch(key) else None
        return key

    def _write(self, backend: KeyringBackend, key: str) -> bool:
        backend.set_password(self._service, _ENTRY, key)
        # Some of them say nothing when they fail.
        if self._read(backend) != key:
            return False
        self._session_key = None
        return True

    def _delete(self, backend: KeyringBackend) -> bool:
        from keyring.errors import PasswordDeleteError

        # A keyring may hold copies that other programs have made, and gives up one at a time.
        for _ in range(_MAX_COPIES):
            if not self._read(backend):
                return True
            with suppress(PasswordDeleteError):
                backend.delete_password(self._service, _ENTRY)
        return not self._read(backend)

    def _status(self, state: KeyState, ring: _Ring) -> KeyStatus:
        remembered = state in {KeyState.LOCKED, KeyState.NO_KEYRING} and self._read_key is not None
        return KeyStatus(state, ring.place, ring.name, in_memory=remembered or self._session_key is not None)

    def _ask(self, ring: _Ring, question: Callable[[KeyringBackend], T], *, unlock: bool) -> T | None:
        """Return the answer of the keyring, or None where there is no keyring or nothing in it.

        Raises `_LockedError`, and `KeyringError` for all else that goes wrong.
        """
        backend = ring.backend
        if backend is None:
            return None
        from keyring.errors import KeyringLocked

        with self._asking:
            try:
                if type(backend).__module__ == _SECRET_SERVICE and not _open_secret_service(unlock=unlock):
                    return None
                return question(backend)
            except (KeyringLocked, _LockedError) as error:
                raise _LockedError from error
            # Each back end lets errors of its own system's library through (SecretServiceNotAvailableException,
            # ConnectionResetError, pywintypes.error, GLib.Error): without it there is no name to catch them by.
            except Exception as error:
                # Its words alone: whoever keeps the record must not keep the connection in the error's frames.
                log.warning("the keyring %s failed: %s: %s", ring.name, type(error).__name__, str(error))
                raise _refused(ring, "The key could not be read or written") from error


def checked_key(key: str) -> str:
    """Return the key without blanks around it, hidden from logs from now on.

    Raises `CoachError` for one that no HTTP request could carry.
    """
    key = key.strip()
    if not _KEY.fullmatch(key):
        raise CoachError(
            "This cannot be a Tavus key." if key else "The key is empty.",
            safe="It was neither saved nor sent to anybody.",
            do="Copy the whole key and paste it again: it has letters, digits and signs, and no spaces in it.",
        )
    REDACTOR.add(key)
    return key


def _open_secret_service(*, unlock: bool) -> bool:
    """Return whether there is a default collection of secrets and it is open; with `unlock`, ask for both.

    Without a collection there is no secret either. Raises `_LockedError`, and what SecretStorage raises.
    """
    import secretstorage

    with closing(secretstorage.dbus_init()) as connection:
        try:
            collection = secretstorage.Collection(connection)
        except secretstorage.ItemNotFoundException:
            if not unlock:
                return False
            try:
                collection = secretstorage.create_collection(connection, "Default", "default")
            except secretstorage.PromptDismissedException as error:
                raise _LockedError from error
        if collection.is_locked() and unlock:
            collection.unlock()
        if collection.is_locked():
            raise _LockedError
        return True


def _ring() -> _Ring:
    """Return the keyring to use: the one that is configured for `keyring`, or the best there is, if it can be trusted.

    Looked for anew each time, as a keyring can be started while the app runs; `keyring` itself looks only once.
    """
    import keyring.core
    from keyring.backend import KeyringBackend, get_all_keyring
    from keyring.backends.chainer import ChainerBackend

    get_all_keyring()  # loads the classes of back ends
    try:
        configured = keyring.core.load_env() or keyring.core.load_config()
    except (ImportError, AttributeError, RuntimeError, ValueError, OSError, configparser.Error) as error:
        log.warning("the keyring that is configured cannot be used: %s", error)
        return _Ring(None, "misconfigured")
    if configured is not None and not isinstance(configured, ChainerBackend):
        trusted = type(configured).__module__ in _PLACES
        return _Ring(configured if trusted else None, _name(type(configured)))
    # A chain of back ends would read from, and write to, those in plain text: its members are looked at one by one.
    ranked: list[tuple[float, type[KeyringBackend]]] = []
    for kind in KeyringBackend.get_viable_backends():
        # One that has gone away since it was found viable raises, as in `_ask`, whatever its library raises.
        with suppress(Exception):
            if kind.__module__ in _PLACES:
                ranked.append((kind.priority, kind))
    if not ranked:
        return _Ring(None, "none")
    best = max(ranked, key=lambda entry: entry[0])[1]
    return _Ring(best(), _name(best))


def _name(kind: type[KeyringBackend]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _locked(ring: _Ring, what: str) -> KeyringError:
    return KeyringError(
        f"{what}: {ring.place} is locked.",
        safe="What it holds is safe in it.",
        do="Unlock it and try again, or use the key for this session only.",
    )


def _refused(ring: _Ring, what: str) -> KeyringError:
    return KeyringError(
        f"{what}: {ring.place} does not work.",
        safe="Nothing else was changed.",
        do="Try again, or use the key for this session only.",
        details=ring.name,
    )
