"""Persona profiles: who the coach is in a conversation. TOML files, built in or the user's own."""

from __future__ import annotations

import logging
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from coach_desktop.core import paths
from coach_desktop.core.errors import CoachError

log = logging.getLogger(__name__)

_MAX_BYTES = 256 * 1024

_MAX_REASON = 200


def _one_line(text: str) -> str:
    # These end up in window titles, log lines and HTTP fields.
    if any(ord(character) < ord(" ") or character in "\x7f\x85\u2028\u2029" for character in text):
        raise ValueError("must be one line without control characters")
    return text


ShortText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_one_line)
]


class ProfileError(CoachError):
    """A profile that cannot be used."""


class Profile(BaseModel):
    """One persona profile. Durations in seconds; ids are the provider's own."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    name: ShortText
    purpose: ShortText
    provider: Literal["local", "tavus"] = "local"
    persona_id: ShortText | None = None
    replica_id: ShortText | None = None
    conversation_name: ShortText = "Practice"
    custom_greeting: Annotated[str, StringConstraints(max_length=2000)] | None = None
    conversational_context: Annotated[str, StringConstraints(max_length=20_000)] | None = None
    max_call_duration: Annotated[int, Field(ge=10, le=3600)] = 3600


def read_profile(path: Path) -> Profile:
    """Read one profile file.

    Raises `ProfileError` that names file, place and reason where the file is not a valid profile.
    """
    safe = "The file was left as it is and the other profiles still work."
    do = f"Mend {path.name}, or take it out of the folder of profiles."
    try:
        if path.exists() and not path.is_file():
            # Opening a pipe or a device could wait for ever.
            raise ProfileError(f"The profile {path.name} is not a file.", safe=safe, do=do)
        with path.open("rb") as stream:
            data = stream.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise ProfileError(f"The profile {path.name} is too large.", safe=safe, do=do)
        return Profile.model_validate(tomllib.loads(data.decode("utf-8-sig")))
    except OSError as error:
        raise ProfileError(f"The profile {path.name} cannot be read: {error.strerror}.", safe=safe, do=do) from error
    except UnicodeDecodeError as error:
        raise ProfileError(f"The profile {path.name} is not a text file in UTF-8.", safe=safe, do=do) from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])[:_MAX_REASON]
        raise ProfileError(
            f"The profile {path.name} has a problem in the field {field!r}: {first['msg'][:_MAX_REASON]}.",
            safe=safe,
            do=do,
        ) from error
    except (ValueError, RecursionError) as error:
        # Besides its own error the reader lets through those of an endless number and of endless nesting.
        reason = str(error)[:_MAX_REASON]
        raise ProfileError(f"The profile {path.name} is not valid TOML: {reason}.", safe=safe, do=do) from error


def load_profiles(own: Path) -> list[Profile]:
    """Return the built-in profiles, then the user's own; an own one replaces a built-in one of the same id.

    A broken file of the user's is logged and left out, so that it never stops the others.
    """
    found = {profile.id: profile for profile in map(read_profile, sorted(paths.resource("personas").glob("*.toml")))}
    for path in sorted(own.glob("*.toml")) if own.is_dir() else []:
        try:
            profile = read_profile(path)
        except ProfileError as error:
            log.warning("%s", error.sentences())
            continue
        found[profile.id] = profile
    return list(found.values())


def find_profile(profiles: list[Profile], profile_id: str) -> Profile:
    """Return the profile of this id.

    Raises `ProfileError` that lists the ids there are.
    """
    for profile in profiles:
        if profile.id == profile_id:
            return profile
    known = ", ".join(profile.id for profile in profiles)
    raise ProfileError(f"There is no profile '{profile_id}'.", do=f"Choose one of: {known}.")
