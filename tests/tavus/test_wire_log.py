"""The log shows what was asked and how it went, and opens no door."""

from __future__ import annotations

import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.core.redact import MASK
from coach_desktop.tavus.client import TavusClient
from coach_desktop.tavus.errors import ServerFaultError
from coach_desktop.tavus.models import CreateConversation
from coach_desktop.tavus.wire_log import loggable
from tests.standin import StandIn, Status
from tests.tavus.misbehaving_server import Server, answer

KEY = "marked-key-77aa20cd"
TOKEN = "marked-token-13bd9f02"  # noqa: S105 - not a real one
CREATE = CreateConversation.model_validate({"persona_id": "p1", "custom_greeting": f"Hi {KEY}", "require_auth": True})


def test_a_request_is_logged_with_its_outcome_and_without_key_and_token(caplog: pytest.LogCaptureFixture) -> None:
    with StandIn(KEY) as tavus, TavusClient(tavus.base_url, KEY) as client, caplog.at_level(logging.INFO):
        tavus.plan("list", Status(500, {"message": f"{KEY} is fine"}))
        token = client.create_conversation(CREATE).meeting_token
        with pytest.raises(ServerFaultError):
            client.check_key()
    assert token
    own = [record.getMessage() for record in caplog.records if record.name.startswith("coach_desktop")]
    assert own[0] == f'create: {{"persona_id": "p1", "custom_greeting": "Hi {MASK}", "require_auth": true}}'
    assert own[1].startswith("POST /conversations: 200, ")
    assert own[2].startswith("GET /conversations: 500 (ServerFaultError), ")
    assert KEY not in caplog.text
    assert token not in caplog.text


def test_a_token_is_hidden_as_soon_as_it_is_read(caplog: pytest.LogCaptureFixture) -> None:
    from coach_desktop.core.redact import REDACTOR

    body = {"conversation_id": "c1", "meeting_token": TOKEN}
    assert TOKEN in REDACTOR.scrub(f"x {TOKEN} y")
    with Server(answer(200, body)) as server, TavusClient(server.base_url, KEY) as client:
        assert client.create_conversation(CREATE).meeting_token == TOKEN
    assert TOKEN not in REDACTOR.scrub(f"x {TOKEN} y")


@pytest.mark.parametrize(
    "body",
    [
        {"conversation_id": 5, "meeting_token": "half-seen-token-5510"},
        {"meeting_token": "half-seen-token-5510"},
        {"conversation_id": "c1", "meeting_token": ["half-seen-token-5510"]},
        b'{"meeting_token": "half-seen-token-5510"',
    ],
    ids=["wrong id", "no id", "list", "cut"],
)
def test_a_token_in_an_answer_that_cannot_be_read_is_not_quoted(body: object, caplog: pytest.LogCaptureFixture) -> None:
    with Server(answer(200, body)) as server, TavusClient(server.base_url, KEY) as client:
        try:
            client.create_conversation(CREATE)
        except ServerFaultError:
            logging.getLogger(__name__).info("as a log would tell it", exc_info=True)
    assert "Traceback" in caplog.text or not caplog.records
    assert "half-seen" not in caplog.text


def test_doors_of_others_are_hidden_and_long_texts_are_cut() -> None:
    payload: dict[str, object] = {
        "callback_url": "https://user:pass@hooks.example/path?token=abc",
        "conversational_context": "x" * 5000,
        "document_url": "https://files.example/keys.pdf?signed=abc",
        "layers": {"llm": {"model": "mine", "api_key": "door", "headers": {"Authorization": "door"}}},
        "properties": {"livekit_room_token": "door", "recording_storage": {"secret": "door"}, "max_call_duration": 60},
    }
    shown = json.loads(loggable(payload))
    assert shown["callback_url"] == "https://hooks.example/…"
    assert shown["document_url"] == "https://files.example/…"
    assert shown["layers"] == {"llm": {"model": "mine", "api_key": MASK, "headers": MASK}}
    assert shown["conversational_context"] == "x" * 200 + "… (5000 characters)"
    assert shown["properties"] == {"livekit_room_token": MASK, "recording_storage": MASK, "max_call_duration": 60}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=10,
)
NAMES = st.sampled_from(["callback_url", "livekit_room_token", "recording_storage", "properties", "memory_stores", "x"])


@given(st.dictionaries(NAMES, JSON | st.from_regex(r"\Ahttps?://\S*\Z")))
def test_any_payload_is_one_short_line(payload: dict[str, object]) -> None:
    line = loggable(payload)
    assert len(line) <= 4000
    assert "\n" not in line
    assert "\r" not in line
