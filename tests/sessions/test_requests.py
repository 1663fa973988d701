"""What a profile asks for is what is sent: every field under its own name, and nothing that it does not say."""

from __future__ import annotations

from coach_desktop.practice import stock
from coach_desktop.sessions.requests import LOCAL_PERSONA, request_of, token_of
from coach_desktop.store.profiles import Profile
from coach_desktop.tavus.models import ConversationProperties, CreateConversation

NOT_SENT = {"id", "name", "purpose", "provider"}
GIVEN = {
    "persona_id": "p1",
    "replica_id": "r1",
    "conversation_name": "Talk",
    "callback_url": "https://example.org/hook",
    "conversational_context": "A talk on harbours.",
    "custom_greeting": "Hi.",
    "audio_only": False,
    "memory_stores": ("m1",),
    "document_ids": ("d1", "d2"),
    "document_tags": ("t1",),
    "document_retrieval_strategy": "balanced",
    "require_auth": True,
    "max_participants": 2,
    "enable_dynamic_greeting": True,
    "policy": "eu",
    "objectives_id": "o1",
}
INSIDE = {
    "max_call_duration": 600,
    "participant_left_timeout": 0,
    "participant_absent_timeout": 90,
    "enable_recording": False,
    "enable_closed_captions": True,
    "apply_greenscreen": True,
    "language": "english",
    "languages": ("en",),
    "recording_s3_bucket_name": "b",
    "recording_s3_bucket_region": "eu-west-1",
    "aws_assume_role_arn": "arn:aws:iam::1:role/r",
}


def body(profile: Profile) -> dict[str, object]:
    return request_of(profile, "abc123").model_dump(mode="json", exclude_none=True)


def as_json(given: dict[str, object]) -> dict[str, object]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}


def test_every_field_of_a_profile_is_sent_under_its_own_name() -> None:
    given = GIVEN | INSIDE
    # A field that a profile gains must be told apart here: sent, or not.
    assert set(Profile.model_fields) == set(given) | NOT_SENT
    profile = Profile.model_validate({"id": "x", "name": "X", "purpose": "P", "provider": "tavus", **given})
    assert body(profile) == as_json(GIVEN) | {"conversation_name": "Talk [abc123]", "properties": as_json(INSIDE)}
    assert set(GIVEN) <= set(CreateConversation.model_fields)
    assert set(INSIDE) <= set(ConversationProperties.model_fields)


def test_what_a_profile_does_not_say_is_not_sent() -> None:
    profile = Profile(id="x", name="X", purpose="P", persona_id="p1", max_call_duration=60)
    assert body(profile) == {
        "persona_id": "p1",
        "conversation_name": "Practice [abc123]",
        "properties": {"max_call_duration": 60},
    }


def test_a_local_profile_need_not_say_who_lives_here() -> None:
    assert body(Profile(id="x", name="X", purpose="P"))["persona_id"] == LOCAL_PERSONA == stock.LOCAL_PERSONA
    assert "persona_id" not in body(Profile(id="x", name="X", purpose="P", replica_id="r1"))


def test_token_is_found_again_in_any_name() -> None:
    for name in ("Practice", "Practice [1]", "[", "]"):
        profile = Profile(id="x", name="X", purpose="P", persona_id="p1", conversation_name=name)
        assert token_of(request_of(profile, "abc123")) == "abc123"
