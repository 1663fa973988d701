"""The account behind the stand-in: conversations, what they cost, and what is told of them later.

Everything depends on the clock alone and is settled whenever somebody looks, so no timer runs.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from tests.standin.faults import Answer
from tests.standin.library import DEFAULT_REPLICA, JSON, Library, iso

TOP_FIELDS: dict[str, type | tuple[type, ...]] = {
    "persona_id": str, "pal_id": str, "replica_id": str, "face_id": str, "conversation_name": str,
    "callback_url": str, "conversational_context": str, "custom_greeting": str, "audio_only": bool,
    "memory_stores": list, "document_ids": list, "document_tags": list, "document_retrieval_strategy": str,
    "test_mode": bool, "require_auth": bool, "max_participants": int, "enable_dynamic_greeting": bool,
    "policy": str, "meeting_url": str, "chat": bool, "objectives_id": str, "properties": dict,
}  # fmt: skip
PROPERTIES: dict[str, type | tuple[type, ...]] = {
    "max_call_duration": int, "participant_left_timeout": int, "participant_absent_timeout": int,
    "enable_recording": bool, "enable_closed_captions": bool, "apply_greenscreen": bool, "language": str,
    "languages": list, "recording_s3_bucket_name": str, "recording_s3_bucket_region": str,
    "aws_assume_role_arn": str, "recording_storage": dict, "livekit_ws_url": str, "livekit_room_token": str,
}  # fmt: skip
ENDED_BY_CALL = "end_conversation_endpoint_hit"


@dataclass
class Held:
    """One conversation of the account. Times are epoch seconds; `present` counts the pages in its room."""

    conversation_id: str
    name: str
    url: str
    body: JSON
    created_at: float
    number: int
    foreign: bool = False
    meeting_token: str | None = field(default=None, repr=False)
    token_expires_at: float = 0.0
    ended_at: float | None = None
    shutdown_reason: str | None = None
    present: int = 0
    was_joined: bool = False
    left_at: float | None = None
    deleted: bool = False

    @property
    def status(self) -> str:
        """`active` or `ended`."""
        return "active" if self.ended_at is None else "ended"

    @property
    def is_paid(self) -> bool:
        """Whether it costs anything: a test does not."""
        return not self.body.get("test_mode")

    @property
    def billed_s(self) -> float:
        """Seconds billed until the end, or until now."""
        return ((time.time() if self.ended_at is None else self.ended_at) - self.created_at) if self.is_paid else 0.0

    def given(self, new: str, old: str, default: str = "") -> str:
        """Return an id of the request under its newer or older name."""
        return str(self.body.get(new) or self.body.get(old) or default)

    def lets_in(self, token: str | None) -> bool:
        """Return whether the room's door opens: a private one for its token, and only until that expires."""
        return self.meeting_token is None or (token == self.meeting_token and time.time() < self.token_expires_at)

    def seconds(self, name: str, default: float) -> float:
        """Return a limit of the request's properties."""
        return float((self.body.get("properties") or {}).get(name, default))

    def settle(self) -> None:
        """End it where a limit has passed."""
        if self.ended_at is not None:
            return
        limits = [(self.created_at + self.seconds("max_call_duration", 3600), "max_call_duration reached")]
        if not self.was_joined:
            absent = self.created_at + self.seconds("participant_absent_timeout", 300)
            limits.append((absent, "participant_absent_timeout reached"))
        if self.left_at is not None:
            left = self.left_at + self.seconds("participant_left_timeout", 0)
            limits.append((left, "participant_left_timeout reached"))
        at, reason = min(limits)
        if at <= time.time():
            self.ended_at, self.shutdown_reason = at, reason


class Account(Library):
    """The state, and the proper answer to each operation. The caller holds a lock around every call."""

    def __init__(self, origin: str) -> None:
        """Rooms are at `origin`/rooms/ID."""
        super().__init__()
        self._origin = origin
        self.held: dict[str, Held] = {}
        self.known_personas: set[str] | None = None
        self.known_replicas: set[str] | None = None
        self.credits = True
        self.max_concurrent: int | None = None
        self.bare_create = False
        self.transcript: list[JSON] | None = [
            {"role": "system", "content": "You are a coach."},
            {"role": "assistant", "content": "Hello! What will you talk about?", "timestamp": 1779475661.04,
             "seconds_from_start": 5.35, "duration": 1.62, "inference_id": "inf_abc123"},
            {"role": "user", "content": "About the harbour.", "timestamp": "2026-05-20T14:30:10.120000Z",
             "seconds_from_start": 9.4, "duration": 1.1},
        ]  # fmt: skip
        self.analysis: str | None = "The speaker looked into the camera most of the time and smiled twice."
        self.analysis_unavailable: str | None = None
        self.transcript_after_s = 0.0
        self.perception_after_s = 0.0

    def create(self, body: Any, *, foreign: bool = False) -> Answer:
        """Make a conversation, or say why not."""
        refusal = self._refused(body)
        if refusal:
            return refusal
        conversation_id = f"c{secrets.token_hex(8)}"
        now = time.time()
        held = Held(
            conversation_id,
            body.get("conversation_name") or f"New Conversation {int(now * 1000)}",
            f"{self._origin}/rooms/{conversation_id}",
            body,
            now,
            len(self.held),
            foreign,
        )
        if body.get("require_auth"):
            held.token_expires_at = now + held.seconds("participant_absent_timeout", 300)
            held.meeting_token = _token(held.token_expires_at)
        if body.get("test_mode"):
            held.ended_at = now
        self.held[conversation_id] = held
        row = self._row(held)
        names = ["conversation_id", "conversation_url", "status", "created_at"]
        if not self.bare_create:
            names += ["conversation_name", "callback_url"]
        token = {"meeting_token": held.meeting_token} if held.meeting_token else {}
        return Answer(200, {name: row[name] for name in names} | token)

    def _refused(self, body: Any) -> Answer | None:
        if not isinstance(body, dict) or not _is_typed(body, TOP_FIELDS):
            return Answer(400, {"error": "Invalid request"})
        if not _is_typed(body.get("properties") or {}, PROPERTIES):
            return Answer(400, {"error": "Invalid request: properties"})
        if "persona_id" in body and "pal_id" in body:
            return Answer(400, {"message": "Cannot have both persona_id and pal_id"})
        persona = body.get("pal_id") or body.get("persona_id")
        replica = body.get("face_id") or body.get("replica_id")
        if persona is None and replica is None:
            return Answer(400, {"error": "Invalid replica_uuid"})
        if persona is not None and self.known_personas is not None and persona not in self.known_personas:
            return Answer(400, {"error": "Invalid persona_id"})
        if replica is not None and (
            replica.startswith("p") or (self.known_replicas is not None and replica not in self.known_replicas)
        ):
            return Answer(400, {"error": "Invalid replica_uuid"})
        if body.get("test_mode"):
            return None
        if not self.credits:
            return Answer(402, {"message": "The user is out of conversational credits."})
        running = [held for held in self.settled() if held.status == "active"]
        if self.max_concurrent is not None and len(running) >= self.max_concurrent:
            return Answer(400, {"message": "User has reached maximum concurrent conversations"})
        return None

    def settled(self) -> list[Held]:
        """Return all conversations, also deleted ones, after the limits that have passed were applied."""
        for held in self.held.values():
            held.settle()
        return list(self.held.values())

    def _found(self, conversation_id: str) -> Held | None:
        held = self.held.get(conversation_id)
        if held is None or held.deleted:
            return None
        held.settle()
        return held

    def get(self, conversation_id: str, *, verbose: bool) -> Answer:
        """Return one."""
        held = self._found(conversation_id)
        if held is None:
            return Answer(400, {"error": "Invalid conversation_id"})
        row = self._row(held)
        if verbose:
            row["events"] = self._events(held)
            if held.shutdown_reason:
                row["shutdown_reason"] = held.shutdown_reason
        return Answer(200, row)

    def list_(self, query: dict[str, str]) -> Answer:
        """Return a page of the account's conversations, the oldest first."""
        rows = [
            self._row(held)
            for held in self.settled()
            if not held.deleted and query.get("status", held.status) == held.status
        ]
        return self._page(rows, query)

    def end(self, conversation_id: str) -> Answer:
        """End one; again is fine."""
        held = self._found(conversation_id)
        if held is None:
            return Answer(400, {"error": "Invalid conversation_id"})
        if held.ended_at is None:
            held.ended_at, held.shutdown_reason = time.time(), ENDED_BY_CALL
        return Answer(200)

    def delete(self, conversation_id: str) -> Answer:
        """Take one out of every list. It goes on, and is billed, where nobody ended it."""
        held = self._found(conversation_id)
        if held is None:
            return Answer(400, {"error": "Invalid conversation_id"})
        held.deleted = True
        return Answer(204)

    def _row(self, held: Held) -> JSON:
        # Rows of one account carried the older words or the newer ones, never both.
        persona, replica = ("persona_id", "replica_id") if held.number % 2 == 0 else ("pal_id", "face_id")
        return {
            "conversation_id": held.conversation_id,
            "conversation_name": held.name,
            "conversation_url": held.url,
            "status": held.status,
            "callback_url": held.body.get("callback_url", ""),
            persona: held.given("pal_id", "persona_id"),
            replica: held.given("face_id", "replica_id", DEFAULT_REPLICA),
            "created_at": iso(held.created_at),
            "updated_at": iso(held.ended_at or held.created_at),
        }

    def _events(self, held: Held) -> list[JSON]:
        if not held.is_paid:
            return []
        replica = held.given("face_id", "replica_id", DEFAULT_REPLICA)
        happened: list[tuple[float, str, JSON]] = [
            (held.created_at, "system.replica_joined", {"replica_id": replica}),
            (held.created_at, "system.pal_joined", {"face_id": replica}),
        ]
        if held.ended_at is not None:
            shutdown = {"replica_id": replica, "shutdown_reason": held.shutdown_reason}
            happened.append((held.ended_at, "system.shutdown", shutdown))
            if self.transcript is not None:
                ready = {"replica_id": replica, "transcript": self.transcript}
                happened.append((held.ended_at + self.transcript_after_s, "application.transcription_ready", ready))
            seen = held.ended_at + self.perception_after_s
            if self.analysis_unavailable is not None:
                reason = {"reason": self.analysis_unavailable}
                happened.append((seen, "application.perception_unavailable", reason))
            elif self.analysis is not None:
                happened.append((seen, "application.perception_analysis", {"analysis": self.analysis}))
        now = time.time()
        return [
            {
                "event_type": event,
                "message_type": event.split(".")[0],
                "conversation_id": held.conversation_id,
                "webhook_url": held.body.get("callback_url", ""),
                "timestamp": iso(at),
                "properties": properties,
            }
            for at, event, properties in happened
            if at <= now
        ]


def _is_typed(body: JSON, fields: dict[str, type | tuple[type, ...]]) -> bool:
    for name, value in body.items():
        wanted = fields.get(name)
        if wanted is None:
            continue
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            return False
    return True


def _token(expires_at: float) -> str:
    def part(content: JSON) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    claims = {"exp": int(expires_at), "r": secrets.token_hex(8)}
    return f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}.{secrets.token_urlsafe(32)}"
