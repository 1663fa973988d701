"""What a conversation tells becomes live time, transcript, figures and cues; what makes no sense is left out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from coach_desktop.coaching.report import SessionFacts, build_report
from coach_desktop.sessions import conversation_log
from coach_desktop.sessions.archive import Snapshot
from coach_desktop.sessions.conversation_log import ConversationLog
from coach_desktop.tavus.delivery import DELIVERY_EVENT
from coach_desktop.tavus.models import TRANSCRIPT_EVENT, UTTERANCE_EVENT, Conversation
from tests.sessions.scripted import delivery, event

LIVE = 1_800_000_000.0


def read(*events: dict[str, Any], **fields: object) -> ConversationLog:
    told = {"conversation_id": "c1", "status": "active", "events": list(events)} | fields
    return conversation_log.read(Conversation.model_validate_json(json.dumps(told)))


def test_conversation_that_has_nothing_to_tell() -> None:
    assert read() == ConversationLog(
        live_since=None, ended=False, shutdown_reason=None, delivery=None, transcript=(), events=(), newest_cue=None
    )


def test_live_is_when_the_first_of_the_two_joins_came() -> None:
    log = read(event("system.pal_joined", LIVE + 1), event("system.replica_joined", LIVE))
    assert log.live_since == LIVE
    assert [(entry.type, entry.at_s) for entry in log.events] == [
        ("system.replica_joined", 0.0),
        ("system.pal_joined", 1.0),
    ]


@pytest.mark.parametrize("timestamp", [None, "soon", "", -1e400, 0, "0"])
def test_join_without_a_time_is_not_live(timestamp: object) -> None:
    assert read(event("system.replica_joined", LIVE) | {"timestamp": timestamp}).live_since is None


@pytest.mark.parametrize(
    ("top", "of_event", "expected"),
    [("a", "b", "a"), (None, "b", "b"), (None, None, None), (None, 5, None)],
)
def test_shutdown_reason_is_told_by_the_top_level_or_by_the_event(
    top: str | None, of_event: object, expected: str | None
) -> None:
    shutdown = event("system.shutdown", LIVE, shutdown_reason=of_event)
    log = read(shutdown, status="ended", shutdown_reason=top)
    assert log.ended
    assert log.shutdown_reason == expected


@pytest.mark.expects_warnings("delivery event cannot be read")
def test_newest_delivery_that_can_be_read_is_taken() -> None:
    log = read(
        event(DELIVERY_EVENT, LIVE) | {"properties": delivery(5.0, final=False)},
        event(DELIVERY_EVENT, LIVE) | {"properties": delivery(9.0, final=True)},
        event(DELIVERY_EVENT, LIVE, at_s="nonsense"),
    )
    assert log.delivery is not None
    assert (log.delivery.at_s, log.delivery.final) == (9.0, True)
    assert log.events == ()


def test_transcript_says_who_said_what_and_when() -> None:
    turns = [
        {"role": "system", "content": "You are a coach."},
        {"role": "user", "content": " Hello. ", "seconds_from_start": 4.5, "duration": 0.5},
        {"role": "assistant", "content": "Hi!", "seconds_from_start": 5.5},
        {"role": "pal", "content": "Go on."},
        {"role": "user", "content": "   "},
    ]
    log = read(event(TRANSCRIPT_EVENT, LIVE, transcript=turns), event(UTTERANCE_EVENT, LIVE, role="user", speech="x"))
    assert [(turn.role, turn.text, turn.start_s, turn.end_s) for turn in log.transcript] == [
        ("user", "Hello.", 4.5, 5.0),
        ("replica", "Hi!", 5.5, 5.5),
        ("replica", "Go on.", 0.0, 0.0),
    ]


@pytest.mark.expects_warnings("turn of the transcript cannot be read")
@pytest.mark.parametrize("transcript", [None, "text", {"a": 1}, [None, 5, "x", {"content": "no role"}]])
def test_transcript_of_a_wrong_shape_is_left_out(transcript: object) -> None:
    assert read(event(TRANSCRIPT_EVENT, LIVE, transcript=transcript)).transcript == ()


def test_utterances_stand_in_until_there_is_a_transcript() -> None:
    log = read(
        event("system.replica_joined", LIVE),
        event(UTTERANCE_EVENT, LIVE + 1, role="replica", speech="Welcome.", at_s=1.25),
        event(UTTERANCE_EVENT, LIVE + 16, role="replica", speech="Look up", at_s=16.0, cue=True),
        event(UTTERANCE_EVENT, LIVE + 40, role="pal", text="Slow down", at_s=40.0, cue=True),
        event(UTTERANCE_EVENT, LIVE + 50, role="replica", speech="Not a cue", cue="yes"),
    )
    assert [(turn.text, turn.start_s) for turn in log.transcript] == [
        ("Welcome.", 1.25), ("Look up", 16.0), ("Slow down", 40.0), ("Not a cue", 0.0),
    ]  # fmt: skip
    assert log.newest_cue == "Slow down"
    assert [entry.at_s for entry in log.events] == [0.0, 1.25, 16.0, 40.0, 50.0]


# --- whatever comes ------------------------------------------------------------------------------------------------

NUMBERS = st.one_of(st.integers(), st.floats(), st.just(10**400), st.booleans())
SCALARS = st.one_of(st.none(), NUMBERS, st.text(max_size=12))
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
KINDS = st.sampled_from(
    [
        "system.replica_joined", "system.pal_joined", "system.shutdown", DELIVERY_EVENT, TRANSCRIPT_EVENT,
        UTTERANCE_EVENT, "application.perception_analysis", "", "unknown",
    ]
)  # fmt: skip
TURNS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "role": st.sampled_from(["user", "assistant", "replica", "pal", "system", ""]) | SCALARS,
            "content": st.text(max_size=10) | SCALARS,
            "seconds_from_start": SCALARS,
            "duration": SCALARS,
            "timestamp": SCALARS,
        },
    )
    | VALUES,
    max_size=4,
)
PROPERTIES = st.fixed_dictionaries(
    {},
    optional={
        "transcript": TURNS | VALUES,
        "role": st.sampled_from(["user", "replica"]) | VALUES,
        "speech": VALUES,
        "text": VALUES,
        "at_s": VALUES,
        "cue": st.booleans() | VALUES,
        "shutdown_reason": VALUES,
        "measures": VALUES,
        "final": VALUES,
    },
)
EVENTS = st.fixed_dictionaries(
    {"event_type": KINDS},
    optional={"timestamp": SCALARS, "created_at": SCALARS, "properties": PROPERTIES | st.none()},
)
FACTS = SessionFacts(
    id="s1",
    profile_id="p",
    provider="local",
    started_at="2026-01-01T00:00:00Z",
    duration_s=1,
    billed_s=0,
    status="done",
)


@settings(max_examples=200, deadline=None)
@given(events=st.lists(EVENTS, max_size=5), status=st.sampled_from(["active", "ended", "error", None]))
@pytest.mark.expects_warnings("cannot be read")
def test_any_events_are_read_without_an_error_and_fit_into_report_and_snapshot(
    events: list[dict[str, Any]], status: str | None
) -> None:
    try:
        conversation = Conversation.model_validate_json(
            json.dumps({"conversation_id": "c1", "status": status, "events": events})
        )
    except ValidationError:
        return  # refused at the border, by the wire models
    log = conversation_log.read(conversation)
    transcript, told = list(log.transcript), list(log.events)
    snapshot = Snapshot(delivery=log.delivery, transcript=transcript, events=told)
    report = build_report(FACTS, log.delivery, transcript, told, "Nothing had arrived.")
    assert Snapshot.model_validate_json(snapshot.model_dump_json()) == snapshot
    strict = json.loads(report.model_dump_json(), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert strict["session"]["id"] == "s1"


def test_measure_that_is_no_number_does_not_spoil_the_checkpoint() -> None:
    spoilt = delivery(5.0, final=False)
    spoilt["measures"]["smile"]["value"] = float("nan")
    log = read(event(DELIVERY_EVENT, LIVE) | {"properties": spoilt})
    assert log.delivery is not None
    again = Snapshot.model_validate_json(Snapshot(delivery=log.delivery).model_dump_json())
    assert again.delivery is not None
    report = build_report(FACTS, again.delivery, [], [], "Nothing had arrived.")
    assert report.measures["smile"].status == "not_measured"
    assert report.measures["eye_contact"].status == "measured"
