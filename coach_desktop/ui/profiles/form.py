"""What the form for a profile asks, in which words and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from coach_desktop.store.profiles import LANGUAGES, MULTILINGUAL
from coach_desktop.ui.profiles.fields import (
    CheckField,
    ChoiceField,
    DurationField,
    Field,
    LineField,
    ListField,
    NumberField,
    TextField,
)
from coach_desktop.ui.profiles.profile_list import PROVIDERS

Kind = Literal["line", "list", "duration", "number", "text", "long text", "check", "choice"]


@dataclass(frozen=True)
class Question:
    """One question of the form. `name` is the field of the profile, `hint` stands in the field while it is empty.

    `pick`: the account can be asked what there is to choose.
    """

    name: str
    label: str
    kind: Kind
    help: str = ""
    hint: str = ""
    choices: tuple[tuple[str, object], ...] = ()
    tavus_only: bool = False
    pick: bool = False


@dataclass(frozen=True)
class Group:
    """Questions that belong together. `more`: rarely used, and out of sight until asked for."""

    title: str
    questions: tuple[Question, ...]
    more: bool = False


GROUPS: Final = (
    Group(
        "Basics",
        (
            Question("name", "Name", "line", hint="For example: Chuck, board meeting"),
            Question("purpose", "Purpose", "line", "One sentence. It stands in the list of profiles."),
            Question(
                "provider",
                "Where",
                "choice",
                "A conversation with Tavus needs a key of your own and is billed by the minute.",
                choices=(
                    (f"{PROVIDERS['local']}, free and private", "local"),
                    (f"With {PROVIDERS['tavus']}, by video", "tavus"),
                ),
            ),
        ),
    ),
    Group(
        "Who",
        (
            Question(
                "persona_id", "Persona id", "line", "Begins with p. You find it in your Tavus account.",
                tavus_only=True, pick=True,
            ),
            Question(
                "replica_id", "Replica id", "line", "Begins with r. Empty: the persona's own.",
                tavus_only=True, pick=True,
            ),
            Question(
                "document_ids", "Document ids", "list", "What the persona may look up, with commas between them.",
                tavus_only=True, pick=True,
            ),
            Question(
                "document_tags", "Document tags", "list",
                "Every document with one of these tags, with commas between them.",
                tavus_only=True, pick=True,
            ),
            Question(
                "document_retrieval_strategy",
                "Looking things up",
                "choice",
                choices=(
                    ("As Tavus decides", None),
                    ("Quick", "speed"),
                    ("Balanced", "balanced"),
                    ("Thorough", "quality"),
                ),
                tavus_only=True,
            ),
            Question(
                "memory_stores", "Memory stores", "list",
                "Conversations with the same store remember each other. Usually one.", tavus_only=True,
            ),
        ),
    ),
    Group(
        "What they say",
        (
            Question("conversation_name", "Conversation name", "line", "What the conversation is called in lists."),
            Question("custom_greeting", "Greeting", "text", "The first words when you join. Empty: the usual ones."),
            Question(
                "enable_dynamic_greeting", "Let the persona find its own greeting", "check", tavus_only=True
            ),
            Question(
                "conversational_context", "Context", "long text",
                "What the coach should know about you and this talk.",
            ),
        ),
    ),
    Group(
        "Time and money",
        (
            Question(
                "max_call_duration", "Longest conversation", "duration",
                "It ends by itself after this time, 1 h at most. With Tavus your plan may allow less.", "1 h",
            ),
            Question(
                "participant_left_timeout", "When you have left", "duration",
                "How long the conversation waits for you to come back. It is billed meanwhile.", "30 s",
                tavus_only=True,
            ),
            Question(
                "participant_absent_timeout", "When nobody comes", "duration",
                "How long the conversation waits for somebody to join. It is billed meanwhile.", "2 min",
                tavus_only=True,
            ),
        ),
    ),
    Group(
        "More settings",
        (
            Question(
                "require_auth", "Only with an invitation", "check",
                "The room opens only for whoever started it. Its address alone lets nobody in.", tavus_only=True,
            ),
            Question("audio_only", "Sound only", "check", "The persona is heard but not seen.", tavus_only=True),
            Question(
                "max_participants", "Participants at most", "number", "2 or more; the persona counts as one.",
                tavus_only=True,
            ),
            Question(
                "policy", "Rules", "choice", "Limits what is read from faces and voices.",
                choices=(("As the persona says", None), ("Those of the European Union", "eu")), tavus_only=True,
            ),
            Question("enable_closed_captions", "Captions", "check", "Shows in words what is said.", tavus_only=True),
            Question(
                "language", "Language", "choice",
                choices=(
                    ("As Tavus decides", None),
                    ("The one that is spoken", MULTILINGUAL),
                    *((language.capitalize(), language) for language in sorted(LANGUAGES)),
                ),
                tavus_only=True,
            ),
            Question(
                "languages", "Language codes", "list",
                "For newer personas: codes such as en or pt-br, with commas between them.",
                tavus_only=True,
            ),
            Question(
                "apply_greenscreen", "Green screen", "check", "Puts a plain green background behind the persona.",
                tavus_only=True,
            ),
            Question(
                "enable_recording", "Allow recording", "check",
                "Allows it, and does not begin it. Recordings are kept in your own S3 bucket.", tavus_only=True,
            ),
            Question("recording_s3_bucket_name", "S3 bucket", "line", tavus_only=True),
            Question(
                "recording_s3_bucket_region", "S3 region", "line", hint="For example: eu-central-1", tavus_only=True
            ),
            Question(
                "aws_assume_role_arn", "AWS role", "line", hint="arn:aws:iam::…:role/…", tavus_only=True
            ),
            Question(
                "callback_url", "Callback address", "line",
                "Tavus reports each event of the conversation to this address.", "https://…", tavus_only=True,
            ),
            Question(
                "objectives_id", "Objectives id", "line", "What the persona should work towards.", tavus_only=True
            ),
        ),
        more=True,
    ),
)  # fmt: skip


def field_for(question: Question) -> Field:
    """Return an empty field for a question."""
    if question.kind == "choice":
        return ChoiceField(question.choices)
    if question.kind == "check":
        return CheckField(question.label)
    if question.kind in {"text", "long text"}:
        return TextField(3 if question.kind == "text" else 6)
    made = {"line": LineField, "list": ListField, "duration": DurationField, "number": NumberField}[question.kind]()
    made.line.setPlaceholderText(question.hint)
    return made


def question_of(name: str) -> Question:
    """Return the question that asks for a field of the profile; a field without one asks for itself."""
    found = (question for group in GROUPS for question in group.questions if question.name == name)
    return next(found, Question(name, name, "line"))
