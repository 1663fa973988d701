"""Import of a `.env` file as samples for the Tavus API use it: a profile, and the key apart from it.

Only the file itself counts: `${NAME}` stays as it stands, and the environment is neither read nor changed.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dotenv.parser import parse_stream
from pydantic import ValidationError

from coach_desktop.core.errors import CoachError
from coach_desktop.core.redact import REDACTOR
from coach_desktop.store.files import write_atomically
from coach_desktop.store.profile_files import new_id
from coach_desktop.store.profiles import Profile, field_problems
from coach_desktop.store.text_files import UnreadableError, read_bytes, shown_name

MAX_BYTES = 256 * 1024
KEY_NAMES = ("TAVUS_API_KEY", "API_KEY")
DEFAULT_NAME = "Imported from .env"

_IDS = {"PERSONA_ID": "persona_id", "REPLICA_ID": "replica_id"}
_DOCUMENTS = "DOCUMENT_IDS"
_AUTH = "REQUIRE_AUTH"
# Samples write these in either case.
_TEXTS = {
    "CONVERSATION_NAME": "conversation_name",
    "CUSTOM_GREETING": "custom_greeting",
    "CONVERSATIONAL_CONTEXT": "conversational_context",
}
_YES, _NO = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
_NAME_OF_FIELD = {name: upper for upper, name in (_IDS | _TEXTS).items()} | {
    "document_ids": _DOCUMENTS,
    "name": "CONVERSATION_NAME",
}

_NOTHING_DONE = "Nothing was imported, and the file was left as it was."
_MAX_NOTES = 3
# The parser's search for a comment takes the square of the blanks in a row.
_MAX_BLANKS = 500
_BYTE_ORDER_MARK = "\ufeff"
_BEFORE_VALUE = re.compile(r"\s*(?:export[^\S\r\n]+)?(?:'[^']+'|[^=#\s]+)[^\S\r\n]*=[^\S\r\n]*")
_QUOTED = re.compile(r"(?P<quote>['\"])(?P<value>(?:\\.|(?!(?P=quote))[^\\])*)(?P=quote)", re.DOTALL)
_UNQUOTED = re.compile(r"(?P<value>[^\r\n]*?)(?=\s+#|\s*(?:[\r\n]|$))")


class EnvFileError(CoachError):
    """A `.env` file from which nothing can be imported, or in which the key cannot be blanked."""


@dataclass(frozen=True)
class EnvImport:
    """What a `.env` file gives: a profile that is not saved yet, and the key, which belongs into the keyring only.

    `key_names` are the names that hold the key, `used` all names that were read, `notes` what the user should know.
    """

    path: Path
    profile: Profile
    api_key: str | None = field(repr=False)
    key_names: tuple[str, ...]
    used: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Line:
    name: str | None
    value: str = field(repr=False)
    start: int
    text: str = field(repr=False)
    understood: bool


def read_env(path: Path, taken: Collection[str]) -> EnvImport:
    """Read a `.env` file; the profile's id is not one of `taken`. Nothing is saved or changed.

    Raises `EnvFileError` that names the file, and the line where there is one. It never holds the key.
    """
    shown = shown_name(path)
    text = _read(path)
    lines = list(_lines(text))
    values = {line.name: line for line in lines if line.name}
    key_names = _names_of_the_key(values)
    api_key = values[key_names[0]].value.strip() if key_names else None
    if api_key is not None:
        REDACTOR.add(api_key)
    chosen, notes = _choose(values)
    notes = [*_misunderstood(lines, text), *notes, *_notes_on_keys(values, key_names)]

    if not any(name in chosen for name in _IDS):
        raise EnvFileError(
            f"{shown} names no persona and no replica.",
            safe=_NOTHING_DONE,
            do="Add a line PERSONA_ID=… or REPLICA_ID=… to it. A key alone can be entered under Coach, Tavus key.",
            details="; ".join(notes),
        )
    return EnvImport(
        path=path,
        profile=_profile(chosen, shown, text, taken),
        api_key=api_key,
        key_names=key_names,
        used=(*key_names, *(line.name for line in chosen.values() if line.name)),
        notes=tuple(notes),
    )


def _read(path: Path) -> str:
    # Byte for byte: a mark in front stays part of the text, so that all of it can be written back.
    shown = shown_name(path)
    do = "Choose a text file with lines such as PERSONA_ID=…"
    try:
        text = read_bytes(path, MAX_BYTES).decode()
    except UnreadableError as error:
        raise EnvFileError(f"{shown} {error}.", safe=_NOTHING_DONE, do=do) from error
    except UnicodeDecodeError as error:
        raise EnvFileError(f"{shown} is not a text file in UTF-8.", safe=_NOTHING_DONE, do=do) from error
    if "\x00" in text or re.search(rf"[^\S\r\n]{{{_MAX_BLANKS}}}", text):
        raise EnvFileError(f"{shown} is not a .env file.", safe=_NOTHING_DONE, do=do)
    return text


def _lines(text: str) -> Iterator[_Line]:
    start = len(text) - len(text.removeprefix(_BYTE_ORDER_MARK))
    for binding in parse_stream(io.StringIO(text)):
        original = binding.original.string
        yield _Line(binding.key, binding.value or "", start, original, not binding.error)
        start += len(original)


def _line_number(line: _Line, text: str) -> int:
    # The parser's own count goes wrong behind a line that it does not understand in a file with CRLF.
    blank = len(line.text) - len(line.text.lstrip())
    return len(re.findall(r"\r\n|\r|\n", text[: line.start + blank])) + 1


def _names_of_the_key(values: dict[str, _Line]) -> tuple[str, ...]:
    held = {name: values[name].value for name in KEY_NAMES if name in values and values[name].value.strip()}
    key = next(iter(held.values()), None)
    return tuple(name for name, value in held.items() if value == key)


def _choose(values: dict[str, _Line]) -> tuple[dict[str, _Line], list[str]]:
    given = {name: line for name, line in values.items() if line.value.strip()}
    chosen = {name: given[name] for name in (*_IDS, _DOCUMENTS, _AUTH) if name in given}
    notes = []
    for upper in _TEXTS:
        spellings = [name for name in given if name.upper() == upper]
        if not spellings:
            continue
        # The last one counts, as with any name that is there twice, unless the usual spelling is among them.
        best = upper if upper in spellings else spellings[-1]
        chosen[upper] = given[best]
        if len(spellings) > 1:
            notes.append(f"{' and '.join(spellings)} are both there; {best} was used.")
    notes.extend(
        f"{line.name} holds ${{…}}, which was taken as it stands." for line in chosen.values() if "${" in line.value
    )
    return chosen, notes


def _misunderstood(lines: list[_Line], text: str) -> list[str]:
    bad = [line for line in lines if not line.understood]
    notes = [f"Line {_line_number(line, text)} is not understood and was left out." for line in bad[:_MAX_NOTES]]
    return notes if len(bad) <= _MAX_NOTES else [*notes, f"So were {len(bad) - _MAX_NOTES} more lines."]


def _notes_on_keys(values: dict[str, _Line], key_names: tuple[str, ...]) -> list[str]:
    others = [name for name in KEY_NAMES if name in values and values[name].value.strip() and name not in key_names]
    return [f"{name} holds something else than {key_names[0]} and was left alone." for name in others]


def _profile(chosen: dict[str, _Line], shown: str, text: str, taken: Collection[str]) -> Profile:
    data: dict[str, object] = {name: chosen[upper].value for upper, name in (_IDS | _TEXTS).items() if upper in chosen}
    name = chosen["CONVERSATION_NAME"].value if "CONVERSATION_NAME" in chosen else DEFAULT_NAME
    data |= {"id": new_id(name, taken), "name": name, "purpose": f"Imported from {shown}.", "provider": "tavus"}
    if _DOCUMENTS in chosen:
        data["document_ids"] = [part.strip() for part in chosen[_DOCUMENTS].value.split(",") if part.strip()]
    if _AUTH in chosen:
        word = chosen[_AUTH].value.strip().lower()
        if word not in _YES + _NO:
            raise _bad_line(shown, _line_number(chosen[_AUTH], text), _AUTH, "it must be true or false")
        data["require_auth"] = word in _YES
    try:
        return Profile.model_validate(data)
    except ValidationError as error:
        first = field_problems(error)[0]
        line = chosen[_NAME_OF_FIELD[first.field]]
        raise _bad_line(shown, _line_number(line, text), line.name or "", first.reason) from error


def _bad_line(shown: str, line: int, name: str, reason: str) -> EnvFileError:
    return EnvFileError(
        f"{shown}, line {line}, has a problem in {name}: {reason}.",
        safe=_NOTHING_DONE,
        do="Mend that line and import the file again.",
    )


def blank_key(path: Path) -> None:
    """Empty the value behind the names that hold the key, and keep every other byte and the file's mode.

    A link is followed: the key has to go where it lies. Raises `EnvFileError`; the file is then as it was.
    """
    shown = shown_name(path)
    try:
        target = path.resolve(strict=True)
        text = _read(target)
        blanked = _blanked(text)
        if blanked == text:
            return
        state = target.stat()
        if state.st_nlink > 1:
            raise _cannot_blank(shown, "it lies under another name as well, where the key would stay")
        write_atomically(target, blanked.encode(), state.st_mode & 0o7777)
        if _read(target) != blanked:
            raise _cannot_blank(shown, "it was changed by another program at the same time")
    except (OSError, RuntimeError) as error:
        raise _cannot_blank(shown, getattr(error, "strerror", None) or type(error).__name__) from error


def _cannot_blank(shown: str, reason: str) -> EnvFileError:
    return EnvFileError(
        f"The key in {shown} cannot be blanked: {reason}.",
        safe="The key is still in that file.",
        do=f"Open {shown} and remove the key by hand.",
    )


def _blanked(text: str) -> str:
    lines = list(_lines(text))
    names = _names_of_the_key({line.name: line for line in lines if line.name})
    pieces = [text[: len(text) - len(text.removeprefix(_BYTE_ORDER_MARK))]]
    pieces.extend(_without_value(line.text) if line.name in names and line.value else line.text for line in lines)
    return "".join(pieces)


def _without_value(line: str) -> str:
    before = _BEFORE_VALUE.match(line)
    start = before.end() if before else 0
    value = _QUOTED.match(line, start) or _UNQUOTED.match(line, start)
    return line if value is None else line[: value.start("value")] + line[value.end("value") :]
