"""Profiles as TOML text: what is wrong is told with its line, and what is written keeps the comments around it."""

from __future__ import annotations

import logging
import re
import tomllib
from typing import TYPE_CHECKING

from pydantic import ValidationError

from coach_desktop.store.profiles import Profile, ProfileError, field_problems

if TYPE_CHECKING:
    from tomlkit.items import Item

log = logging.getLogger(__name__)

SAFE = "The file was left as it is and the other profiles still work."

_MAX_REASON = 200
_MAX_FIELD = 64
_MAX_KEY = 200
# Text parsed in search of a line, in characters: a hostile file must not make the search slow.
_SEARCH_BUDGET = 1_000_000
_LONG = 80
# The reader takes the square of the parts of a dotted key: minutes for one that fills a file. Profiles have none.
_ENDLESS_KEY = re.compile(r"""(?:^|[\[{,])[ \t]*(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){200}""", re.MULTILINE)

_HEADER = """\
# A profile of coach_desktop: who the coach is in a conversation.
# docs/profiles.md explains every field.
"""


def line_of(text: str, key: str) -> int | None:
    """Return the line (from 1) that defines the top-level `key` in a valid TOML text, or None if it is not found."""
    if len(key) > _MAX_KEY:
        return None
    name = re.escape(key)
    spelled = rf"""(?:{name}|"{name}"|'{name}')"""
    budget = _SEARCH_BUDGET
    for match in re.finditer(rf"^[ \t]*(\[{{0,2}})[ \t]*{spelled}[ \t]*[\].=]", text, re.MULTILINE):
        budget -= match.start()
        if budget < 0:
            return None
        # Where a new definition of the key is understood, a statement begins, and at the top level; within a long text
        # or a table the same characters mean something else.
        probe = f"[{_quoted(key)}]" if match[1] else f"{_quoted(key)} = 0"
        try:
            if key in tomllib.loads(text[: match.start()] + probe):
                return text.count("\n", 0, match.start()) + 1
        except (ValueError, RecursionError):
            continue
    return None


def _quoted(key: str) -> str:
    return "'" + key + "'" if "'" not in key else '"' + key + '"'


def parse_profile(text: str, shown: str) -> Profile:
    """Return the profile that a TOML text describes; `shown` is the file's name as errors give it.

    Raises `ProfileError` that names file, line, field and reason of the first problem, and how many more there are.
    """
    do = f"Mend {shown}, or take it out of the folder of profiles."
    try:
        if _ENDLESS_KEY.search(text):
            raise ValueError("it holds an endless key")
        return Profile.model_validate(tomllib.loads(text))
    except ValidationError as error:
        problems = field_problems(error)
        first = problems[0]
        line = line_of(text, first.field) or (line_of(text, "provider") if first.field == "persona_id" else None)
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise ProfileError(
            f"The profile {shown}{f', line {line},' if line else ''} has a problem in the field "
            f"{first.field[:_MAX_FIELD]!r}: {first.reason}{more}.",
            safe=SAFE,
            do=do,
        ) from error
    except (ValueError, RecursionError) as error:
        # Besides its own error the reader lets through those of an endless number and of endless nesting.
        end = f"at line {text.count(chr(10)) + 1}, the end of the file"
        reason = str(error)[:_MAX_REASON].replace("at end of document", end)
        raise ProfileError(f"The profile {shown} is not valid TOML: {reason}.", safe=SAFE, do=do) from error


def text_of(profile: Profile, old: str | None = None) -> str:
    """Return the profile as TOML; with the `old` text of a profile, its comments, order and unchanged fields stay.

    Raises `ProfileError` where the old text cannot be brought to say the same.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    before = None if old is None else Profile.model_validate(tomllib.loads(old))
    try:
        document = tomlkit.parse(_HEADER if old is None else old)
        for field, value in profile.model_dump().items():
            # A field that the old text leaves out stays out as long as leaving it out means the same.
            same = Profile.model_fields[field].default if field not in document else getattr(before, field)
            if value is None:
                document.pop(field, None)
            elif before is None or value != same:
                document[field] = _item(value)
        text = tomlkit.dumps(document)
        if Profile.model_validate(tomllib.loads(text)) == profile:
            return text
    except (TOMLKitError, ValueError):
        log.info("The profile %s cannot be written as it stands", profile.id, exc_info=True)
    raise ProfileError(f"The profile {profile.name} cannot be written.", safe=SAFE, do="Change the file by hand.")


def _item(value: str | int | bool | tuple[str, ...]) -> Item:
    import tomlkit

    if isinstance(value, tuple):
        return tomlkit.item(list(value))
    if isinstance(value, str) and ("\n" in value or len(value) > _LONG):
        escaped = value.replace("\\", "\\\\").replace('"""', '""\\"')
        # The reader drops the line break behind the opening quotes, and our model the one before the closing ones.
        return tomlkit.value(f'"""\n{escaped}\n"""')
    return tomlkit.item(value)
