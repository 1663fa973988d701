"""The texts that make Chuck: ours from `resources/tavus/`, and the user's own where they have changed them."""

from __future__ import annotations

import tomllib
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from coach_desktop.core import paths
from coach_desktop.core.errors import CoachError

QUERY_LIMIT: Final = 1000
"""Characters of one query: the smaller of the two limits that the docs give."""
PROMPT_LIMIT: Final = 16_000
"""Characters of the instructions: about 4,000 tokens. Beyond 5,000 the docs find answers getting slower."""
QUERIES_AT_MOST: Final = 20


def _no_control_characters(text: str) -> str:
    if any((ord(character) < ord(" ") and character not in "\n\t") or character == "\x7f" for character in text):
        raise ValueError("it must not hold control characters other than line breaks and tabs")
    return text


def _one_line(text: str) -> str:
    return " ".join(text.split())


Prompt = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=PROMPT_LIMIT),
    AfterValidator(_no_control_characters),
]
Query = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=QUERY_LIMIT),
    AfterValidator(_no_control_characters),
    AfterValidator(_one_line),
]
Queries = Annotated[tuple[Query, ...], Field(max_length=QUERIES_AT_MOST)]
Greeting = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(_no_control_characters)
]


class ChuckTexts(BaseModel):
    """What can be read and changed before it is sent."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    system_prompt: Prompt
    visual_awareness_queries: Queries
    audio_awareness_queries: Queries
    perception_analysis_queries: Queries
    greeting: Greeting


class ChangedTexts(BaseModel):
    """The texts that the user has changed. None stands for ours, so that newer ones of ours take their place."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    system_prompt: Prompt | None = None
    visual_awareness_queries: Queries | None = None
    audio_awareness_queries: Queries | None = None
    perception_analysis_queries: Queries | None = None
    greeting: Greeting | None = None

    def over(self, ours: ChuckTexts) -> ChuckTexts:
        """Return ours with what was changed."""
        return ours.model_copy(update=self.model_dump(exclude_none=True))


class OurTexts(ChuckTexts):
    """The texts that come with the app, and what the user does not change."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    with_documents: Prompt

    def texts(self) -> ChuckTexts:
        """Return the part that can be changed."""
        return ChuckTexts.model_validate(self.model_dump(include=set(ChuckTexts.model_fields)))


def our_texts() -> OurTexts:
    """Return the texts that come with the app."""
    return OurTexts.model_validate(tomllib.loads(paths.resource("tavus", "chuck.toml").read_text("utf-8")))


_TITLES: Final = {
    "system_prompt": "Instructions",
    "visual_awareness_queries": "What he watches",
    "audio_awareness_queries": "What he listens for",
    "perception_analysis_queries": "After the talk",
    "greeting": "Greeting",
}


def changed_texts(fields: dict[str, object]) -> ChangedTexts:
    """Return texts from what was typed. Raises `CoachError` that says which text cannot be sent, and why."""
    try:
        return ChangedTexts.model_validate(fields)
    except ValidationError as error:
        detail = error.errors(include_url=False, include_input=False)[0]
        where = detail["loc"]
        title = _TITLES[str(where[0])]
        line = f", question {where[1] + 1}" if len(where) > 1 and isinstance(where[1], int) else ""
        raise CoachError(
            f"{title}{line}: {_reason(detail['type'], detail.get('ctx', {}))}.",
            safe="Nothing was sent, and what you typed is still there.",
            do="Change it, or press “Reset to ours”.",
        ) from None


def _reason(kind: str, context: dict[str, object]) -> str:
    match kind:
        case "string_too_short" | "missing":
            return "it must not be empty"
        case "string_too_long":
            return f"it must not be longer than {context['max_length']} characters"
        case "too_long":
            return f"there must not be more than {context['max_length']} questions"
        case "value_error":
            return str(context["error"])
        case _:
            return "it cannot be sent as it is"
