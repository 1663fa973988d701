"""The shelf of profiles: the built-in ones, and the user's own in their folder."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from coach_desktop.core import paths
from coach_desktop.store.files import write_atomically
from coach_desktop.store.profile_text import SAFE, parse_profile, text_of
from coach_desktop.store.profiles import Profile, ProfileError
from coach_desktop.store.text_files import UnreadableError, read_text, shown_name

MAX_BYTES = 256 * 1024

_SUFFIX = ".toml"
_MAX_SLUG = 40
_MAX_NAME = 180
# Windows gives these to devices, whatever follows the dot.
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)")
_NOTHING_DONE = "Nothing was changed."


@dataclass(frozen=True)
class StoredProfile:
    """A profile and the file it lies in."""

    profile: Profile
    path: Path
    built_in: bool


@dataclass(frozen=True)
class Shelf:
    """All profiles that can be used, built-in ones first, and what was wrong with the others."""

    profiles: tuple[StoredProfile, ...]
    problems: tuple[ProfileError, ...]


def read_profile(path: Path) -> Profile:
    """Read one profile file.

    Raises `ProfileError` that names file, line, field and reason where the file is not a valid profile.
    """
    shown = shown_name(path)
    try:
        text = read_text(path, MAX_BYTES)
    except UnreadableError as error:
        do = f"Mend {shown}, or take it out of the folder of profiles."
        raise ProfileError(f"The profile {shown} {error}.", safe=SAFE, do=do) from error
    return parse_profile(text, shown)


def load_shelf(own: Path) -> Shelf:
    """Return the built-in profiles and the user's own; an own one replaces a built-in one of the same id.

    A broken file never stops the others: it is told among the problems. Of two own files with the same id the first
    by name is used.
    """
    found = {
        profile.id: StoredProfile(profile, path, built_in=True)
        for path in sorted(paths.resource("personas").glob(f"*{_SUFFIX}"))
        for profile in [read_profile(path)]
    }
    problems: list[ProfileError] = []
    mine: dict[str, StoredProfile] = {}
    for stored in _own_profiles(own, problems):
        twin = mine.setdefault(stored.profile.id, stored)
        if twin is not stored:
            problems.append(_told_twice(twin, stored))
    found |= dict(sorted(mine.items(), key=lambda item: (item[1].profile.name.casefold(), item[0])))
    return Shelf(tuple(found.values()), tuple(problems))


def _own_profiles(own: Path, problems: list[ProfileError]) -> Iterator[StoredProfile]:
    try:
        files = sorted(path for path in own.iterdir() if path.suffix == _SUFFIX)
    except FileNotFoundError:
        return
    except OSError as error:
        problems.append(
            ProfileError(
                f"Your own profiles cannot be read: {error.strerror}.",
                safe="The built-in profiles still work.",
                do=f"Make sure that you may read the folder {own}.",
            )
        )
        return
    for path in files:
        try:
            yield StoredProfile(read_profile(path), path, built_in=False)
        except ProfileError as error:
            problems.append(error)


def _told_twice(first: StoredProfile, second: StoredProfile) -> ProfileError:
    name = shown_name(second.path)
    return ProfileError(
        f"The profiles {shown_name(first.path)} and {name} have the same id {first.profile.id!r}.",
        safe=f"{shown_name(first.path)} is used and {name} was left as it is.",
        do=f"Give {name} another id, or take it out of the folder of profiles.",
    )


def save_profile(own: Path, profile: Profile) -> Path:
    """Write one of the user's own profiles and return its file: the one it lies in, or a new one named after its id.

    The comments of an existing file stay. A file that is not this profile is never written over.
    Raises `ProfileError`.
    """
    there = _own_file(own, profile.id)
    try:
        if there is None:
            own.mkdir(parents=True, exist_ok=True, mode=0o700)
            path, text = _free_file(own, profile.id), text_of(profile)
        else:
            _refuse_a_way_out(there, own)
            path, text = there, text_of(profile, read_text(there, MAX_BYTES))
        write_atomically(path, text.encode())
    except (OSError, UnreadableError) as error:
        raise _cannot(f"The profile {profile.name} cannot be saved", error, own) from error
    return path


def delete_profile(own: Path, profile_id: str) -> None:
    """Delete one of the user's own profiles; a built-in one that it stood in for is back then.

    Raises `ProfileError`, also where there is no own profile of this id.
    """
    path = _own_file(own, profile_id)
    if path is None:
        raise ProfileError(
            f"There is no profile '{profile_id}' among your own.",
            safe=_NOTHING_DONE,
            do="The profiles that come with the app stay; your own can be deleted.",
        )
    try:
        path.unlink()
    except OSError as error:
        raise _cannot(f"The profile {shown_name(path)} cannot be deleted", error, own) from error


def export_profile(profile: Profile, path: Path) -> None:
    """Write a profile to a file of the user's choice, for somebody else to import.

    Raises `ProfileError`; a file that was there before is then as it was.
    """
    if path.exists() and not path.is_file():
        raise ProfileError(f"{shown_name(path)} is not a file.", safe=_NOTHING_DONE, do="Choose another name.")
    try:
        write_atomically(path, text_of(profile).encode(), 0o644)
    except OSError as error:
        raise _cannot(f"The profile cannot be exported to {shown_name(path)}", error, path.parent) from error


def import_profile(path: Path, taken: Collection[str]) -> Profile:
    """Return the profile in a file from elsewhere, with a new id if its own is `taken`. It is not saved yet.

    Raises `ProfileError` as `read_profile` does.
    """
    try:
        profile = read_profile(path)
    except ProfileError as error:
        do = f"Mend {shown_name(path)}, or ask for the file again."
        raise ProfileError(error.what, safe="Nothing was imported.", do=do) from error
    return profile if profile.id not in taken else profile.model_copy(update={"id": new_id(profile.name, taken)})


def copy_of(profile: Profile, taken: Collection[str]) -> Profile:
    """Return a copy that can be told apart: "(copy)" behind its name, and an id that is not `taken`."""
    base = re.sub(r" \(copy( \d+)?\)$", "", profile.name)[:_MAX_NAME].rstrip()
    for number in itertools.count(1):
        name = f"{base} (copy)" if number == 1 else f"{base} (copy {number})"
        profile_id = f"{_slug(base)}-copy" if number == 1 else f"{_slug(base)}-copy-{number}"
        if profile_id not in taken:
            break
    return profile.model_copy(update={"id": profile_id, "name": name})


def new_id(name: str, taken: Collection[str]) -> str:
    """Return an id made of a name's letters and digits that is not `taken`."""
    slug = _slug(name)
    ids = itertools.chain([slug], (f"{slug}-{number}" for number in itertools.count(2)))
    return next(profile_id for profile_id in ids if profile_id not in taken)


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_MAX_SLUG].rstrip("-") or "profile"


def _own_file(own: Path, profile_id: str) -> Path | None:
    return next((stored.path for stored in _own_profiles(own, []) if stored.profile.id == profile_id), None)


def _free_file(own: Path, profile_id: str) -> Path:
    stem = f"profile-{profile_id}" if _DEVICE.fullmatch(profile_id) else profile_id
    names = itertools.chain([stem], (f"{stem}.{number}" for number in itertools.count(2)))
    files = (own / f"{name}{_SUFFIX}" for name in names)
    # A broken link is somebody's file as well.
    return next(path for path in files if not path.exists() and not path.is_symlink())


def _refuse_a_way_out(path: Path, own: Path) -> None:
    if path.resolve().parent != own.resolve():
        raise ProfileError(
            f"The profile {shown_name(path)} is a link to a file elsewhere, which is not written to from here.",
            safe=_NOTHING_DONE,
            do="Duplicate the profile and change the copy, or change the other file by hand.",
        )


def _cannot(what: str, error: OSError | UnreadableError, folder: Path) -> ProfileError:
    reason = error.strerror or type(error).__name__ if isinstance(error, OSError) else str(error)
    do = f"See that there is room on the disk, and that you may write to {folder}."
    return ProfileError(f"{what}: {reason}.", safe=_NOTHING_DONE, do=do)
