"""What a conversation tells becomes live time, transcript, figures and cues; what makes no sense is left out."""

from __future__ import annotations

import json
from pathlib import Path
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
    assert [(entry.type, entry.at_s) for entry in log.events] == [("system.replica_joined", 0.0)]


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
        ("replica", "Go on.", 5.5, 5.5),
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
        ("Welcome.", 1.25), ("Look up", 16.0), ("Slow down", 40.0), ("Not a cue", 50.0),
    ]  # fmt: skip
    assert log.newest_cue == "Slow down"
    assert [entry.at_s for entry in log.events] == [0.0, 1.25, 16.0, 40.0, 50.0]


# --- every shape that Tavus has sent --------------------------------------------------------------------------------


def webhooks(shared_data: Path, *names: str, **fields: object) -> ConversationLog:
    folder = shared_data / "tavus-bodies"
    events = [json.loads(next(folder.glob(f"{name}_*")).read_text(encoding="utf-8")) for name in names]
    return read(*events, status="ended", **fields)


def test_the_observed_verbose_body(shared_data: Path) -> None:
    body = json.loads((shared_data / "tavus-bodies/O06_get_verbose_200_observed_shape.json").read_text())
    log = read(*body.pop("events"), **body)
    assert log.ended
    assert [(turn.role, turn.text) for turn in log.transcript] == [
        ("user", "Bigaby?"),
        ("replica", "What's going on from your side? ..."),
    ]
    assert log.analysis == "<not published>"
    assert log.complete


def test_the_documented_verbose_body(shared_data: Path) -> None:
    body = json.loads((shared_data / "tavus-bodies/D_GET_conversations.conversation_id_200.json").read_text())
    plain, verbose = (read(*fields.pop("events", []), **fields) for fields in (body["default"], body["verbose"]))
    assert (plain.ended, plain.transcript, plain.complete) == (False, (), False)
    assert [(turn.text[:4], turn.start_s, turn.end_s) for turn in verbose.transcript] == [
        ("Hi, ", 0.0, 2.15),
        ("Just", 27.04, 28.88),
    ]
    assert verbose.live_since is not None
    assert verbose.shutdown_reason is None or "left" in conversation_log.plain_reason(verbose.shutdown_reason)
    # The analysis is still to come.
    assert not verbose.complete


def test_the_webhooks(shared_data: Path) -> None:
    log = webhooks(shared_data, "W01", "W02", "W03", "W04", "W05")
    assert log.live_since == pytest.approx(1752216347.472)
    assert len(log.transcript) == 10
    assert [turn.start_s for turn in log.transcript] == [0.0] * 10
    assert log.transcript[0].text == "Hi."
    assert all("live video conference" not in turn.text for turn in log.transcript)
    assert log.shutdown_reason == "participant_left_timeout"
    assert log.analysis is not None
    assert "Appearance" not in log.analysis
    assert log.complete
    (seen,) = [entry for entry in log.events if entry.type == "application.perception_analysis"]
    assert seen.properties == {"analysis": log.analysis, "left_out": 1}


@pytest.mark.parametrize(
    "stamps",
    [
        (LIVE + 4, LIVE + 9.5),
        (str(LIVE + 4), str(LIVE + 9.5)),
        ("2027-01-15T08:00:04Z", "2027-01-15T08:00:09.500000Z"),
        ("2027-01-15T08:00:04Z", LIVE + 9.5),
    ],
)
@pytest.mark.parametrize("from_start", [{}, {"seconds_from_start": 0}])
def test_time_stamps_of_every_kind_count_from_live(stamps: tuple[object, object], from_start: dict[str, int]) -> None:
    said = [
        {"role": "user", "content": text, "timestamp": at} | from_start for text, at in zip("ab", stamps, strict=True)
    ]
    log = read(event("system.pal_joined", LIVE), event(TRANSCRIPT_EVENT, LIVE + 60, transcript=said))
    assert [turn.start_s for turn in log.transcript] == pytest.approx([4.0, 9.5])


def test_time_stamps_without_a_join_or_of_another_time_count_from_the_first() -> None:
    said = [{"role": "user", "content": text, "timestamp": LIVE + at} for text, at in (("a", 3), ("b", 8))]
    for joined in ([], [event("system.pal_joined", LIVE - 2e6)], [event("system.pal_joined", LIVE + 500)]):
        log = read(*joined, event(TRANSCRIPT_EVENT, LIVE, transcript=said))
        assert [turn.start_s for turn in log.transcript] == [0.0, 5.0]


def test_a_transcript_at_the_top_level_is_read_where_no_event_brings_one() -> None:
    top = [{"role": "assistant", "content": "Hello."}, {"role": "user", "content": "Hi."}]
    assert [turn.text for turn in read(transcript=top).transcript] == ["Hello.", "Hi."]
    log = read(event(TRANSCRIPT_EVENT, LIVE, transcript=top[:1]), transcript=top)
    assert [turn.text for turn in log.transcript] == ["Hello."]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("USER SPEECH: Good morning. VISUAL SCENE: A young man in a shirt.", "Good morning."),
        ("USER_SPEECH: Good morning.\nVISUAL_SCENE: A young man.", "Good morning."),
        ("VISUAL SCENE: A young man. USER SPEECH: Good morning.", "Good morning."),
        ("Good <user_appearance>a young man</user_appearance> morning.", "Good morning."),
        ("Good morning. <user_emotions>never closed", "Good morning."),
        ("My slide shows a visual scene: a young man.", "My slide shows a visual scene: a young man."),
        ("VISUAL SCENE: A young man.", None),
    ],
)
def test_what_was_seen_is_taken_out_of_what_was_said(content: str, said: str | None) -> None:
    log = read(
        event(TRANSCRIPT_EVENT, LIVE, transcript=[{"role": "user", "content": content}]),
        event(UTTERANCE_EVENT, LIVE, role="user", speech=content, user_visual_analysis="A young man."),
    )
    assert [turn.text for turn in log.transcript] == ([said] if said else [])
    assert log.events[0].properties == {"role": "user", "speech": said or ""}


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"reason": "no_vision_history"}, "The camera was off, so nothing was seen."),
        ({"reason": "No Vision History."}, "The camera was off, so nothing was seen."),
        ({"reason": "moon_phase"}, "The reason given was: moon_phase."),
        ({"message": "\x1b[31mred\n"}, "The reason given was: [31mred."),
        ({}, "No reason was given."),
        ({"reason": 5}, "No reason was given."),
    ],
)
def test_an_analysis_that_will_not_come_says_why(properties: dict[str, object], words: str) -> None:
    log = read(event("application.perception_unavailable", LIVE, **properties), event(TRANSCRIPT_EVENT, LIVE))
    assert (log.analysis, log.analysis_unavailable, log.complete) == (None, words, True)


@pytest.mark.parametrize("name", ["application.perception_analysis", "conversation.perception-analysis"])
def test_the_analysis_is_kept_without_looks_under_any_name(name: str) -> None:
    log = read(event(name, LIVE, analysis="He wears a hat. He nods.", raw="He wears a hat."))
    assert log.analysis == "He nods."
    assert not log.complete
    (entry,) = log.events
    assert (entry.type, entry.properties) == (
        "application.perception_analysis",
        {"analysis": "He nods.", "left_out": 1},
    )


@pytest.mark.expects_warnings("perception analysis cannot be read")
def test_an_analysis_of_a_wrong_shape_is_no_analysis_and_nothing_to_wait_for() -> None:
    log = read(event("application.perception_analysis", LIVE, analysis=[1]), event(TRANSCRIPT_EVENT, LIVE))
    assert log.analysis is None
    assert log.analysis_unavailable is not None
    assert log.complete
    assert log.events == ()


@pytest.mark.parametrize(
    "kind", ["conversation.perception_tool_call", "conversation.tool_call", "system.replica_present"]
)
def test_no_event_lets_looks_or_pictures_through(kind: str) -> None:
    log = read(
        event(
            kind,
            LIVE,
            name="note",
            frames=[{"data": "QUJD"}],
            arguments={"seen": "a young man", "deeper": [{"visual_context": "x", "note": "in a shirt", "count": 2}]},
            user_visual_analysis="A young man.",
            description="A young man.",
        )
    )
    told = json.dumps([entry.properties for entry in log.events])
    for leak in ("young", "shirt", "QUJD", "visual"):
        assert leak not in told
    assert "note" in told


@pytest.mark.parametrize(
    ("raw", "part"),
    [
        ("max_call_duration reached", "longest time"),
        ("max_call_duration", "longest time"),
        ("participant_left_timeout reached", "left the room"),
        ("participant_absent_timeout", "Nobody came"),
        ("bot_could_not_join_meeting_it_was_probably_ended", "could not come"),
        ("daily_room_has_been_deleted", "removed"),
        ("exception_encountered_during_conversation_startup", "could not start"),
        ("end_conversation_endpoint_hit", "on request"),
        ("internal error occurred at step tts", "error of its own"),
        ("full_moon", "full_moon"),
        ("", "No reason"),
        (None, "No reason"),
        ("x" * 5000, "xxx…"),
    ],
)
def test_the_reason_of_an_end_is_told_in_a_sentence(raw: str | None, part: str) -> None:
    told = conversation_log.plain_reason(raw)
    assert part in told
    assert told.endswith(".")
    assert len(told) < 250


@given(st.text())
def test_any_reason_is_a_sentence_on_one_line(raw: str) -> None:
    told = conversation_log.plain_reason(raw)
    assert told
    assert told.splitlines() == [told]


# --- whatever comes ------------------------------------------------------------------------------------------------

NUMBERS = st.one_of(st.integers(), st.floats(), st.just(10**400), st.booleans())
SCALARS = st.one_of(st.none(), NUMBERS, st.text(max_size=12))
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
KINDS = st.sampled_from(
    [
        "system.replica_joined", "system.pal_joined", "system.shutdown", DELIVERY_EVENT, TRANSCRIPT_EVENT,
        UTTERANCE_EVENT, "application.perception_analysis", "application.perception_unavailable", "", "unknown",
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
        "analysis": st.sampled_from(["He nods.", "A young man."]) | VALUES,
        "reason": VALUES,
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
    assert "young" not in json.dumps([entry for entry in strict["events"] if "perception" in entry["type"]])


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
