"""The local coach takes over what a Tavus profile says, and it arrives at the real local service."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest
from hypothesis import given

from coach_desktop.core import ids
from coach_desktop.practice import stock
from coach_desktop.sessions.fallback import LOCAL_REPLICA, local_instead
from coach_desktop.sessions.local import LocalProvider
from coach_desktop.sessions.requests import LOCAL_PERSONA, request_of
from coach_desktop.store.profiles import Profile
from tests.store.profile_strategies import profiles

ANNA = Profile(
    id="anna",
    name="Anna",
    purpose="Talk to Anna.",
    provider="tavus",
    persona_id="p0123456789a",
    replica_id="r90bbd427f71",
    conversation_name="Rehearsal",
    custom_greeting="Hola, soy Anna.",
    conversational_context="The user rehearses a toast.",
    language="spanish",
    max_call_duration=300,
    document_ids=("d1",),
    memory_stores=("anna",),
    require_auth=True,
    callback_url="https://example.com/hook",
)


def test_what_the_local_coach_can_act_on_is_taken_over() -> None:
    local = local_instead(ANNA)
    assert (local.provider, local.id, local.name, local.purpose) == ("local", "anna", "Anna", "Talk to Anna.")
    assert (local.persona_id, local.replica_id) == (stock.LOCAL_PERSONA, stock.LOCAL_REPLICA)
    assert (local.persona_id, local.replica_id) == (LOCAL_PERSONA, LOCAL_REPLICA)
    assert (local.custom_greeting, local.conversational_context, local.language) == (
        "Hola, soy Anna.", "The user rehearses a toast.", "spanish"
    )  # fmt: skip
    assert (local.conversation_name, local.max_call_duration) == ("Rehearsal", 300)


def test_what_only_tavus_knows_stays_behind() -> None:
    body = request_of(local_instead(ANNA), "token").model_dump(exclude_none=True)
    assert not {"document_ids", "memory_stores", "require_auth", "callback_url"} & set(body)


@given(profiles())
def test_any_profile_can_be_taken_over_and_a_local_one_stays(profile: Profile) -> None:
    local = local_instead(profile)
    assert local.provider == "local"
    assert local_instead(local) == local
    assert (local == profile) is (profile.provider == "local")
    assert request_of(local, "token").custom_greeting == profile.custom_greeting


def test_greeting_context_and_language_arrive_at_the_local_service(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    provider = LocalProvider(tmp_path)
    with caplog.at_level(logging.INFO):
        try:
            provider.open(threading.Event())
            made = provider.create(request_of(local_instead(ANNA), ids.new_name_token()))
            told = provider.fetch(made.conversation_id)
        finally:
            provider.close()
    assert made.status == "active"
    assert (made.persona_id, made.replica_id) == (LOCAL_PERSONA, LOCAL_REPLICA)
    assert (made.conversation_name or "").startswith("Rehearsal [")
    assert told.model_extra is not None
    assert told.model_extra["conversational_context"] == "The user rehearses a toast."
    # The service tells the greeting once somebody is in the room, and acts on no language: what was sent is in the log.
    (sent,) = [record.getMessage() for record in caplog.records if record.getMessage().startswith("create: ")]
    assert '"custom_greeting": "Hola, soy Anna."' in sent
    assert '"language": "spanish"' in sent
