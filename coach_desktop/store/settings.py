"""The user's settings: one small JSON file. It never holds the key."""

from __future__ import annotations

import ipaddress
import json
import logging
import os
import threading
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from coach_desktop.core.errors import CoachError
from coach_desktop.store.files import write_atomically
from coach_desktop.store.text_files import UnreadableError, read_text

log = logging.getLogger(__name__)

DEFAULT_ADDRESS: Final = "https://tavusapi.com/v2"
ADDRESS_VARIABLE: Final = "TAVUS_PUBLIC_API_BASE_URL"
"""The environment variable by which Tavus' own programs are sent to another address, too."""

MOST_MINUTES: Final = 44_640
"""The minutes of the longest month; a limit above them would limit nothing."""
MOST_WARNINGS: Final = 5

_MAX_BYTES: Final = 1_000_000
_MAX_ASIDE: Final = 1000


def _service_address(address: str) -> str:
    try:
        parts = urlsplit(address)
        host, port_usable = parts.hostname, parts.port != 0
    except ValueError:
        host, port_usable = None, False
    if not host or not port_usable or not address.isascii() or not address.isprintable() or " " in address:
        raise ValueError("it must be a full address such as https://tavusapi.com/v2")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_this_computer(host)):
        raise ValueError("it must begin with https://, as your key is sent to it")
    if "@" in parts.netloc or parts.query or parts.fragment or "?" in address or "#" in address:
        raise ValueError("it must not hold a user name, a password, ? or #")
    return address.rstrip("/")


def _is_this_computer(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _longest_first(times_s: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(set(times_s), reverse=True))


class Settings(BaseModel):
    """What the user can set, and what the app remembers. Fields of newer versions are passed over, and not kept.

    `price_per_minute` is in `currency`; None where the user has not said what a minute costs. `minutes_per_month` is
    the user's own limit for paid conversations, None for none; `warn_before_end_s`: so many seconds before the end of
    a paid conversation it is announced, the longest first. `keep_audio`: whether the sound of a talk with the local
    coach is kept on this computer until its session is deleted; nothing of a Tavus conversation ever is. `hear_again`:
    whether its words are made out once more afterwards, for which its sound is lent until then.
    `last_profile` is the id of the profile chosen last, `env_files_declined` holds the paths of `.env` files that need
    not be offered again.
    """

    # An error of a field stands in tracebacks; what it was given may be a key.
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    api_address: Annotated[
        str, StringConstraints(strip_whitespace=True, max_length=500), AfterValidator(_service_address)
    ] = DEFAULT_ADDRESS
    chrome_user_agent: bool = True
    price_per_minute: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "USD"
    minutes_per_month: Annotated[int, Field(ge=1, le=MOST_MINUTES)] | None = None
    warn_before_end_s: Annotated[
        tuple[Annotated[int, Field(ge=1, le=3600)], ...],
        Field(max_length=MOST_WARNINGS),
        AfterValidator(_longest_first),
    ] = (300, 60)
    keep_audio: bool = False
    hear_again: bool = True
    last_profile: Annotated[str, StringConstraints(max_length=200)] | None = None
    env_files_declined: Annotated[tuple[str, ...], Field(max_length=1000)] = ()


class SettingsFile:
    """The settings of the running app and the file they are kept in. `current` and `use` never wait for the disk."""

    def __init__(self, path: Path) -> None:
        """Load the settings; `problem` says what was wrong with the file, if anything was."""
        self._path = path
        self._writing = threading.Lock()
        self.current, self.problem = load_settings(path)

    def use(self, settings: Settings) -> None:
        """Use these settings from now on; they are not kept yet."""
        self.current = settings

    def save(self) -> None:
        """Keep what is in use now. Raises `CoachError`."""
        # Of two at once, the later one writes what is newer.
        with self._writing:
            save_settings(self._path, self.current)


def load_settings(path: Path) -> tuple[Settings, CoachError | None]:
    """Return the settings in the file at `path`, and what is wrong with it or None.

    No file means default settings. One that is broken is renamed, never lost, and the defaults are used.
    """
    try:
        if not os.path.lexists(path):
            return Settings(), None
        return Settings.model_validate_json(read_text(path, _MAX_BYTES)), None
    except UnreadableError as error:
        reason = f"it {error}"
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = f"{first['loc'][0]}: " if first["loc"] else ""
        reason = f"{field}{first['msg']}"
    problem = CoachError(
        "Your settings could not be read; the app goes on with its own.",
        safe=_set_aside(path),
        do="Set them again in the settings.",
        details=f"{path.name}: {reason}",
    )
    log.warning("%s (%s)", problem.sentences(), problem.details)
    return Settings(), problem


def save_settings(path: Path, settings: Settings) -> None:
    """Keep the settings, in place of those that were there. Raises `CoachError`; the old file is then as it was."""
    text = json.dumps(settings.model_dump(), ensure_ascii=False, indent=2)
    try:
        # A path that is no text can be offered again, but cannot be written down.
        write_atomically(path, (text + "\n").encode("utf-8", "replace"))
    except OSError as error:
        raise CoachError(
            f"The settings could not be kept: {error.strerror or error}.",
            safe="They are used until you close the app, and the file of settings is as it was.",
            do="Check whether the disk is full, and the permissions of the data folder.",
        ) from error


def api_address(settings: Settings) -> str:
    """Return the address of the API, without a slash at its end: the environment's where it names one, or the user's.

    Raises `CoachError` where the environment names one that the key must not be sent to.
    """
    named = os.environ.get(ADDRESS_VARIABLE, "").strip()
    if not named:
        return settings.api_address
    try:
        return Settings(api_address=named).api_address
    except ValidationError as error:
        raise CoachError(
            f"The environment variable {ADDRESS_VARIABLE} names an address that cannot be used: {_reason(error)}.",
            safe="Nothing was sent to it.",
            do="Change it or remove it, and start the app again.",
        ) from error


def address_problem(address: str) -> str | None:
    """Return what is wrong with an address of the API, as the end of a sentence, or None."""
    try:
        Settings(api_address=address)
    except ValidationError as error:
        return _reason(error)
    return None


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    return str(first["ctx"]["error"]) if first["type"] == "value_error" else "it is too long"


def _set_aside(path: Path) -> str:
    for number in range(1, _MAX_ASIDE):
        aside = path.with_name(f"{path.stem}.broken-{number}{path.suffix}")
        if os.path.lexists(aside):
            continue
        try:
            path.rename(aside)
        except OSError as error:
            return f"The file {path.name} is where it was ({error.strerror})."
        return f"The file is now called {aside.name}."
    return f"The file {path.name} is where it was."
