"""The Tavus CVI wire, as far as a coach needs it: one typed set for the client and for the local service.

Both vocabularies are read (persona and PAL, replica and face; the newer name wins), the older one is written:
every era of the API and its official command-line client accept it. Unknown fields are allowed everywhere.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    model_validator,
)


def _moment(text: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return read(text)
        except (ValueError, TypeError, OverflowError):
            continue
    return None


def _number_or_time(value: object) -> float | None:
    """Read a time: epoch number, numeric string, ISO 8601 string, HTTP date or nothing. What is unreadable is None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        moment = _moment(value) if isinstance(value, str) else None
        if moment is None:
            return None
        try:
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    return number if math.isfinite(number) else None


def _whole(value: object) -> object:
    """Turn 600.0 into 600: in JSON it is the same number, and some languages write no other."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WholeNumber = Annotated[StrictInt, BeforeValidator(_whole)]
LenientTime = Annotated[float | None, BeforeValidator(_number_or_time)]

PERSONA = AliasChoices("pal_id", "persona_id")
REPLICA = AliasChoices("face_id", "replica_id")


class Wire(BaseModel):
    """Base of everything that crosses the wire: unknown fields stay allowed."""

    # An error of a field stands in tracebacks; what it was given may be a meeting token.
    model_config = ConfigDict(extra="allow", populate_by_name=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: object) -> object:
        # Rows came with null for lists, ids and names alike; and a null `pal_id` must not hide a `persona_id`.
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data


class Dated(Wire):
    """Base of what an account keeps, with the times that the provider gives, as it writes them."""

    created_at: str | None = None
    updated_at: str | None = None

    def created(self) -> float | None:
        """Return when it came to be, in epoch seconds of the provider's clock, or None where that cannot be read."""
        return _number_or_time(self.created_at)


class Request(Wire):
    """Base of what is asked for: the body of a request."""

    def body(self) -> bytes:
        """Return the bytes that are sent: JSON in UTF-8, set out to be read, with nothing in it that is not given."""
        return self.model_dump_json(exclude_none=True, indent=2).encode()


class ConversationProperties(Wire):
    """`properties` of a create request. Seconds everywhere; None leaves the API's own default."""

    max_call_duration: Annotated[WholeNumber, Field(ge=1, le=3600)] | None = None
    participant_left_timeout: Annotated[WholeNumber, Field(ge=0)] | None = None
    participant_absent_timeout: Annotated[WholeNumber, Field(ge=0)] | None = None
    enable_recording: StrictBool | None = None
    enable_closed_captions: StrictBool | None = None
    apply_greenscreen: StrictBool | None = None
    language: StrictStr | None = None
    languages: list[StrictStr] | None = None
    recording_s3_bucket_name: StrictStr | None = None
    recording_s3_bucket_region: StrictStr | None = None
    aws_assume_role_arn: StrictStr | None = None
    recording_storage: dict[str, Any] | None = None
    livekit_ws_url: StrictStr | None = None
    livekit_room_token: StrictStr | None = Field(default=None, repr=False)


class CreateConversation(Request):
    """Body of `POST /v2/conversations`. At least one of persona and replica must be given."""

    persona_id: StrictStr | None = Field(default=None, validation_alias=PERSONA)
    replica_id: StrictStr | None = Field(default=None, validation_alias=REPLICA)
    conversation_name: StrictStr | None = None
    callback_url: StrictStr | None = None
    conversational_context: StrictStr | None = None
    custom_greeting: StrictStr | None = None
    audio_only: StrictBool | None = None
    memory_stores: list[StrictStr] | None = None
    document_ids: list[StrictStr] | None = None
    document_tags: list[StrictStr] | None = None
    document_retrieval_strategy: Literal["speed", "balanced", "quality"] | None = None
    test_mode: StrictBool | None = None
    require_auth: StrictBool | None = None
    max_participants: Annotated[WholeNumber, Field(ge=2)] | None = None
    enable_dynamic_greeting: StrictBool | None = None
    policy: Literal["eu"] | None = None
    meeting_url: StrictStr | None = None
    chat: StrictBool | None = None
    objectives_id: StrictStr | None = None
    properties: ConversationProperties | None = None


class TranscriptTurn(Wire):
    """One turn of `application.transcription_ready`. Old payloads lack the times."""

    role: str
    content: str = ""
    timestamp: LenientTime = None
    seconds_from_start: float | None = None
    duration: float | None = None
    inference_id: str | None = None


class Event(Wire):
    """One entry of `events` in a verbose conversation: the same object that a webhook would get."""

    event_type: str
    message_type: str = "application"
    conversation_id: str | None = None
    webhook_url: str | None = None
    timestamp: str | float | None = None
    created_at: str | float | None = None
    properties: dict[str, Any] = {}

    def at(self) -> float | None:
        """Return the moment of the event in epoch seconds, or None where it carries none that can be read."""
        at = _number_or_time(self.timestamp)
        return _number_or_time(self.created_at) if at is None else at


class Conversation(Dated):
    """A conversation, from create, get or list. Only the id is certain to be there."""

    conversation_id: str
    conversation_name: str | None = None
    conversation_url: str | None = None
    status: str | None = None
    callback_url: str | None = None
    persona_id: str | None = Field(default=None, validation_alias=PERSONA)
    replica_id: str | None = Field(default=None, validation_alias=REPLICA)
    meeting_token: str | None = Field(default=None, repr=False)
    shutdown_reason: str | None = None
    events: list[Event] = []

    def events_of(self, event_type: str) -> list[Event]:
        """Return the events of one type, in the order in which they came."""
        return [event for event in self.events if event.event_type == event_type]

    def ended_because(self) -> str | None:
        """Return the raw reason of the shutdown, from the top level or from the event; None where none is told."""
        if self.shutdown_reason:
            return self.shutdown_reason
        for event in self.events_of(SHUTDOWN_EVENT):
            reason = event.properties.get("shutdown_reason") or event.properties.get("reason")
            if isinstance(reason, str):
                return reason
        return None


class ConversationList(Wire):
    """Envelope of a list of conversations."""

    data: list[Conversation]
    total_count: int | None = None


class Persona(Dated):
    """A persona (PAL): how the coach behaves. Lists are always present, so that JSON Patch can replace them."""

    persona_id: str = Field(validation_alias=PERSONA)
    persona_name: str | None = Field(default=None, validation_alias=AliasChoices("pal_name", "persona_name"))
    persona_type: str | None = Field(default=None, validation_alias=AliasChoices("pal_type", "persona_type"))
    system_prompt: str | None = None
    context: str | None = None
    pipeline_mode: str = "full"
    default_replica_id: str | None = Field(
        default=None, validation_alias=AliasChoices("default_face_id", "default_replica_id")
    )
    document_ids: list[str] = []
    document_tags: list[str] = []
    # Keys of a language model or a voice of the user's own stand in there.
    layers: dict[str, Any] = Field(default={}, repr=False)

    @model_validator(mode="before")
    @classmethod
    def _unwrap(cls, data: object) -> object:
        # One version of the docs wraps the single persona as {"data": [persona]}.
        rows = data.get("data") if isinstance(data, dict) else None
        return rows[0] if isinstance(rows, list) and len(rows) == 1 else data


class PersonaList(Wire):
    """Envelope of a list of personas."""

    data: list[Persona]
    total_count: int | None = None


AtMostFifty = Annotated[list[StrictStr], Field(max_length=50)]


class CreatePersona(Request):
    """The fields of a persona that its owner sets: body of `POST /v2/personas`, and what a patch may change."""

    persona_name: StrictStr | None = Field(default=None, validation_alias=AliasChoices("pal_name", "persona_name"))
    system_prompt: StrictStr | None = None
    context: StrictStr | None = None
    pipeline_mode: Literal["full", "echo", "speech-to-speech"] = "full"
    default_replica_id: StrictStr | None = Field(
        default=None, validation_alias=AliasChoices("default_face_id", "default_replica_id")
    )
    greeting: StrictStr | None = None
    document_ids: list[StrictStr] = []
    document_tags: list[StrictStr] = []
    objectives_id: StrictStr | None = None
    guardrails_id: StrictStr | None = None
    guardrail_ids: AtMostFifty | None = None
    guardrail_tags: list[StrictStr] | None = None
    tool_ids: AtMostFifty | None = None
    is_template: StrictBool | None = None
    languages: list[StrictStr] | None = None
    disclosure_type: Literal["always", "auto", "off"] | None = None
    verbal_disclosure: Any = None
    visual_disclosure: Any = None
    memories: Any = None
    layers: dict[str, dict[str, Any] | None] = {}


class PatchStep(BaseModel):
    """One step of a JSON Patch (RFC 6902). `path` is a JSON Pointer; `value` means nothing to `remove`."""

    model_config = ConfigDict(frozen=True)

    op: Literal["add", "replace", "remove"]
    path: str
    value: Any = None

    def shown(self) -> dict[str, Any]:
        """Return the step as it is sent."""
        step = {"op": self.op, "path": self.path}
        return step if self.op == "remove" else step | {"value": self.value}


# Lists say `completed`, the calls back after training `ready`.
_FINISHED = {None, "completed", "ready"}


class Replica(Dated):
    """A replica (face): what the coach looks like."""

    replica_id: str = Field(validation_alias=REPLICA)
    replica_name: str | None = Field(default=None, validation_alias=AliasChoices("face_name", "replica_name"))
    replica_type: str | None = Field(default=None, validation_alias=AliasChoices("face_type", "replica_type"))
    model_name: str | None = None
    thumbnail_image_url: str | None = None
    thumbnail_video_url: str | None = None
    training_progress: str | None = None
    status: str | None = None
    error_message: str | None = None

    @property
    def is_usable(self) -> bool:
        """Whether it can be cast: its training is done. One that says nothing of it is taken for a finished one."""
        return self.status in _FINISHED


class ReplicaList(Wire):
    """Envelope of a list of replicas."""

    data: list[Replica]
    total_count: int | None = None


class ErrorBody(Wire):
    """Both shapes of an error body: `error` for validation, `message` for key, quota and patches."""

    error: str | None = None
    message: str | None = None

    def text(self) -> str:
        """Return whichever of the two is there."""
        return self.error or self.message or ""


JOINED_EVENTS = ("system.replica_joined", "system.pal_joined")
SHUTDOWN_EVENT = "system.shutdown"
TRANSCRIPT_EVENT = "application.transcription_ready"
UTTERANCE_EVENT = "conversation.utterance"
