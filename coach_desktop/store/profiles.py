"""Persona profiles: who the coach is in a conversation, and what a profile may say."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from coach_desktop.core.errors import CoachError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

MULTILINGUAL = "multilingual"
LANGUAGES = tuple(
    """
    english french german spanish portuguese chinese japanese hindi italian korean dutch polish russian swedish turkish
    tagalog bulgarian romanian arabic czech greek finnish croatian malay slovak danish tamil ukrainian hungarian
    norwegian vietnamese bengali thai hebrew georgian indonesian telugu gujarati kannada malayalam marathi punjabi
    """.split()
)
MAX_LIST = 100
# An open room costs money by the minute: it closes soon after the user is gone, whatever else fails, and a reload of
# the page still finds it.
TAVUS_TIMEOUTS = {"participant_left_timeout": 30, "participant_absent_timeout": 120}

_MAX_REASON = 300


class ProfileError(CoachError):
    """A profile that cannot be used, or a file of profiles that cannot be worked on."""


def _one_line(text: str) -> str:
    # These end up in window titles, log lines and HTTP fields.
    if any(ord(character) < ord(" ") or character in "\x7f\x85\u2028\u2029" for character in text):
        raise ValueError("it must be one line without control characters")
    return text


def _no_control_characters(text: str) -> str:
    if any((ord(character) < ord(" ") and character not in "\n\t") or character == "\x7f" for character in text):
        raise ValueError("it must not hold control characters other than line breaks and tabs")
    return text


def _plain_line_breaks(value: object) -> object:
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value


def _blank_is_absent(value: object) -> object:
    # A template with an empty field says "not given", and so does an empty list.
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, list | tuple):
        return tuple(value) or None
    return value


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _https_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(character.isspace() for character in text):
        raise ValueError("it must be a full address that begins with https://")
    if "@" in parts.netloc:
        raise ValueError("it must not hold a user name or password, as profiles are shared")
    return text


def _spoken_language(text: str) -> str:
    if text not in LANGUAGES and text != MULTILINGUAL:
        raise ValueError('it must be a full English name such as "spanish", or "multilingual"')
    return text


ShortText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_one_line)
]
_LanguageCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]

OptionalText = Annotated[ShortText | None, BeforeValidator(_blank_is_absent)]
_Greeting = Annotated[
    Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(_no_control_characters)]
    | None,
    BeforeValidator(_plain_line_breaks),
    BeforeValidator(_blank_is_absent),
]
_LongText = Annotated[
    Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000), AfterValidator(_no_control_characters)]
    | None,
    BeforeValidator(_plain_line_breaks),
    BeforeValidator(_blank_is_absent),
]
_Address = Annotated[
    Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(_https_address)] | None,
    BeforeValidator(_blank_is_absent),
]
_Texts = Annotated[
    Annotated[tuple[ShortText, ...], Field(max_length=MAX_LIST)] | None, BeforeValidator(_blank_is_absent)
]
_LanguageCodes = Annotated[
    Annotated[tuple[_LanguageCode, ...], Field(max_length=MAX_LIST)] | None, BeforeValidator(_blank_is_absent)
]
_Language = Annotated[
    Annotated[str, AfterValidator(_spoken_language)] | None, BeforeValidator(_lower), BeforeValidator(_blank_is_absent)
]


class Profile(BaseModel):
    """One persona profile. Durations in seconds; ids are the provider's own; None is not sent.

    Named as the API names them; what the API keeps under `properties` lies flat beside the rest. Blank texts and empty
    lists are read as not given.
    """

    # An error of a field stands in tracebacks; what it was given may be a key.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    name: ShortText
    purpose: ShortText
    provider: Literal["local", "tavus"] = "local"
    persona_id: OptionalText = None
    replica_id: OptionalText = None
    conversation_name: ShortText = "Practice"
    custom_greeting: _Greeting = None
    conversational_context: _LongText = None
    max_call_duration: Annotated[int, Field(ge=10, le=3600)] = 3600
    participant_left_timeout: Annotated[int, Field(ge=0, le=3600)] | None = None
    participant_absent_timeout: Annotated[int, Field(ge=10, le=3600)] | None = None
    document_ids: _Texts = None
    document_tags: _Texts = None
    document_retrieval_strategy: Literal["speed", "balanced", "quality"] | None = None
    memory_stores: _Texts = None
    objectives_id: OptionalText = None
    audio_only: bool | None = None
    enable_dynamic_greeting: bool | None = None
    require_auth: bool | None = None
    max_participants: Annotated[int, Field(ge=2, le=1000)] | None = None
    policy: Literal["eu"] | None = None
    callback_url: _Address = None
    language: _Language = None
    languages: _LanguageCodes = None
    enable_closed_captions: bool | None = None
    apply_greenscreen: bool | None = None
    enable_recording: bool | None = None
    recording_s3_bucket_name: OptionalText = None
    recording_s3_bucket_region: OptionalText = None
    aws_assume_role_arn: OptionalText = None

    @model_validator(mode="before")
    @classmethod
    def _bound_the_bill(cls, data: object) -> object:
        if isinstance(data, dict) and data.get("provider") == "tavus":
            return TAVUS_TIMEOUTS | {key: value for key, value in data.items() if value is not None}
        return data

    @model_validator(mode="after")
    def _tavus_needs_somebody(self) -> Profile:
        if self.provider == "tavus" and self.persona_id is None and self.replica_id is None:
            raise ValueError('with provider "tavus" a persona_id or a replica_id is needed')
        return self


@dataclass(frozen=True)
class FieldProblem:
    """One thing that is wrong: the field's name, and the reason as a sentence without its full stop."""

    field: str
    reason: str


def field_problems(error: ValidationError) -> list[FieldProblem]:
    """Return what is wrong with a profile, in plain words and in the order of its fields; unknown fields come last."""
    problems = []
    for detail in error.errors(include_url=False, include_input=False):
        where = detail["loc"]
        # Only the rule about the provider looks at more than one field.
        field = str(where[0]) if where else "persona_id"
        entry = f"entry {where[1] + 1}: " if len(where) > 1 and isinstance(where[1], int) else ""
        problems.append(FieldProblem(field, (entry + _reason(detail, field))[:_MAX_REASON]))
    return problems


_PLAIN_REASONS = {
    "missing": "it is missing",
    "string_type": "it must be text in quotes",
    "int_type": "it must be a whole number",
    "bool_type": "it must be true or false",
    "tuple_type": 'it must be a list such as ["one", "two"]',
    "string_too_short": "it must not be empty",
    "string_too_long": "it must not be longer than {max_length} characters",
    "too_long": "it must not hold more than {max_length} entries",
    "greater_than_equal": "it must be {ge} or more",
    "less_than_equal": "it must be {le} or less",
    "literal_error": "it must be {expected}",
    "string_unicode": "it holds a character that does not exist",
}
_PLAIN_PATTERNS = {
    "id": "it may hold small letters, digits, - and _, begins with a letter or digit and has at most 64 characters",
    "languages": 'it must be a language code such as "en" or "pt-br"',
}


def _reason(detail: ErrorDetails, field: str) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_pattern_mismatch":
        return _PLAIN_PATTERNS[field]
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(field[:100], Profile.model_fields, n=1)
        return f"there is no such field (did you mean {near[0]!r}?)" if near else "there is no such field"
    plain = _PLAIN_REASONS.get(kind)
    return plain.format_map(context) if plain else detail["msg"]


def find_profile(profiles: Iterable[Profile], profile_id: str) -> Profile:
    """Return the profile of this id.

    Raises `ProfileError` that lists the ids there are.
    """
    known = {profile.id: profile for profile in profiles}
    if profile_id not in known:
        raise ProfileError(f"There is no profile '{profile_id}'.", do=f"Choose one of: {', '.join(known)}.")
    return known[profile_id]
