"""The report: complete, true to what was measured, and the same after a journey through JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from coach_desktop.coaching.report import Report, ReportEvent, ReportMeasure, SessionFacts, Turn, build_report, words
from coach_desktop.coaching.report_model import MEASURES
from coach_desktop.tavus.delivery import Delivery, Measure, MeasureName, Span, SpokenWord, measured
from tests.coaching.strategies import (
    all_finite,
    deliveries,
    events,
    sessions,
    strange_deliveries,
    turns,
    unhurried,
)
from tests.coaching.talks import FACTS, talk

REPORTS = st.builds(
    build_report,
    session=sessions(),
    delivery=st.none() | deliveries() | strange_deliveries(),
    transcript=st.lists(turns(), max_size=3),
    events=st.lists(events(), max_size=3),
    reason_if_none=st.text(max_size=40),
)


def built(delivery: Delivery | None, events: Sequence[ReportEvent] = (), turns: Sequence[Turn] = ()) -> Report:
    return build_report(FACTS, delivery, list(turns), list(events), "Nothing had arrived.")


def test_the_json_has_the_shape_of_the_interface() -> None:
    report = built(talk(spans=[("look_away", 42.0, 51.0)], eye_contact=0.3))
    data = json.loads(report.model_dump_json())
    assert list(data) == ["schema", "session", "measures", "findings", "transcript", "events"]
    assert data["schema"] == 1
    assert data["session"] == {
        "id": FACTS.id,
        "profile_id": "chuck-local",
        "provider": "local",
        "started_at": "2026-11-22T15:09:26.120000Z",
        "duration_s": 60.0,
        "billed_s": 0.0,
        "status": "done",
    }
    assert list(data["measures"]) == list(MEASURES)
    assert data["measures"]["eye_contact"] == {
        "value": 0.3,
        "unit": "share",
        "status": "measured",
        "reason": None,
        "band": "act",
    }
    action = data["findings"][1]
    assert list(action) == ["kind", "measure", "value", "band", "at_s", "text", "why", "knowledge"]
    assert list(action["knowledge"]) == ["section", "title", "text", "source"]
    assert (action["kind"], action["measure"], action["at_s"]) == ("action", "eye_contact", 42.0)


def test_without_a_delivery_nothing_is_measured_for_the_reason_given() -> None:
    report = built(None)
    assert {measure.reason for measure in report.measures.values()} == {"Nothing had arrived."}
    assert report.findings == []
    assert report.events == []


def test_a_figure_that_did_not_come_is_not_measured() -> None:
    report = built(Delivery(at_s=1, final=True, measures={"smile": measured("smile", 0.5)}))
    assert report.measures["smile"].value == 0.5
    assert report.measures["eye_contact"].status == "not_measured"
    assert report.measures["eye_contact"].reason


@pytest.mark.parametrize("value", [math.nan, math.inf, -0.1, 1.1, 1e39])
def test_an_impossible_figure_is_not_measured(value: float) -> None:
    measures = talk().measures | {"eye_contact": Measure(value=value, unit="share", status="measured")}
    report = built(talk().model_copy(update={"measures": measures}))
    assert report.measures["eye_contact"].status == "not_measured"
    assert [finding.measure for finding in report.findings] == ["pause_share"]


def test_a_share_a_hair_over_one_is_one() -> None:
    assert built(talk(face_present=1.0 + 1e-12)).measures["face_present"].value == 1.0


def test_bands_come_from_the_rules_and_not_from_outside() -> None:
    false = Measure(value=0.1, unit="share", status="measured", band="good")
    report = built(talk().model_copy(update={"measures": talk().measures | {"eye_contact": false}}))
    assert report.measures["eye_contact"].band == "act"


def test_a_look_away_says_where_it_went() -> None:
    aside = Span(kind="look_away", start_s=42.0, end_s=51.0, direction="left")
    report = built(talk().model_copy(update={"spans": [aside]}))
    assert [event.properties for event in report.events] == [{"duration_s": 9.0, "direction": "left"}]


def test_spans_and_warnings_become_events_in_order_of_time() -> None:
    cue = ReportEvent(at_s=20.0, type="conversation.utterance", properties={"cue": True, "kind": "look_at_camera"})
    report = built(
        talk(
            spans=[
                ("look_away", 42.0, 51.0),
                ("no_face", 5.0, 8.0),
                ("pause", 10.0, 10.9),
                ("pause", 30.0, 31.25),
                ("speech", 0.0, 10.0),
            ],
            warnings=["No sound reached us."],
        ),
        [cue],
    )
    assert [(event.at_s, event.type, event.properties) for event in report.events] == [
        (5.0, "no_face", {"duration_s": 3.0}),
        (20.0, "conversation.utterance", {"cue": True, "kind": "look_at_camera"}),
        (30.0, "pause", {"duration_s": 1.25, "place": None}),
        (42.0, "look_away", {"duration_s": 9.0, "direction": None}),
        (60.0, "warning", {"text": "No sound reached us."}),
    ]


def test_turns_stand_in_order_of_time() -> None:
    late = Turn(role="user", text="Hello", start_s=5, end_s=6, words=[])
    early = Turn(role="replica", text="Hi", start_s=0, end_s=1, words=[])
    assert built(None, turns=[late, early]).transcript == [early, late]


@unhurried
@given(REPORTS)
def test_a_report_survives_a_journey_through_json(report: Report) -> None:
    text = report.model_dump_json()
    read = Report.model_validate_json(text)
    assert read == report
    assert read.model_dump_json() == text
    assert json.loads(report.model_dump_json(by_alias=True, indent=2)) == json.loads(text)


@unhurried
@given(REPORTS)
def test_every_number_is_finite(report: Report) -> None:
    assert all_finite(json.loads(report.model_dump_json(), parse_constant=float))


def numbers(place: str) -> list[str | int]:
    return [int(part) if part.isdigit() else part for part in place.split(".")]


@pytest.mark.parametrize("nonsense", [math.nan, math.inf, -math.inf, -1.0])
@pytest.mark.parametrize(
    "place",
    [
        "session.duration_s",
        "session.billed_s",
        "measures.smile.value",
        "findings.0.value",
        "findings.0.at_s",
        "transcript.0.start_s",
        "transcript.0.end_s",
        "transcript.0.words.0.end_s",
        "events.0.at_s",
    ],
)
def test_a_number_that_is_none_is_refused(place: str, nonsense: float) -> None:
    data = full().model_dump(mode="json")
    target: Any = data
    *way, last = numbers(place)
    for step in way:
        target = target[step]
    assert isinstance(target[last], float)
    target[last] = nonsense
    with pytest.raises(ValidationError):
        Report.model_validate(data)
    with pytest.raises(ValidationError):
        Report.model_validate_json(json.dumps(data))


def full() -> Report:
    """A report with something in every list."""
    word = {"text": "Hello", "start_s": 1.0, "end_s": 1.4, "filler": None, "repeat": "start"}
    turn = Turn.model_validate({"role": "user", "text": "Hello", "start_s": 1.0, "end_s": 2.0, "words": [word]})
    return built(talk(spans=[("look_away", 42.0, 51.0)], eye_contact=0.3), turns=[turn])


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("schema", 2),
        ("session.started_at", "2026-11-22T15:09:26+01:00"),
        ("session.started_at", "2026-13-22T15:09:26Z"),
        ("session.started_at", "yesterday"),
        ("session.status", "running"),
        ("measures.smile.unit", "percent"),
        ("measures.smile.status", "not_measured"),
        ("measures.smile.reason", "because"),
        ("measures.smile.value", None),
        ("measures.eye_contact.band", "good"),
        ("measures.pause_count.value", 1.5),
        ("findings.0.band", "act"),
        ("findings.1.kind", "strength"),
        ("findings.1.value", 0.31),
        ("findings.1.measure", "elegance"),
        ("transcript.0.end_s", 0.5),
        ("transcript.0.words.0.filler", "um"),
        ("transcript.0.words.0.repeat", "twice"),
        ("events.0.type", ""),
        ("mood", "sunny"),
        ("session.mood", "sunny"),
    ],
)
def test_what_contradicts_itself_is_refused(place: str, value: object) -> None:
    data = full().model_dump(mode="json")
    target: Any = data
    *way, last = numbers(place)
    for step in way:
        target = target[step]
    target[last] = value
    with pytest.raises(ValidationError):
        Report.model_validate(data)


def test_a_report_from_before_there_were_passages_can_still_be_read() -> None:
    data = full().model_dump(mode="json")
    for finding in data["findings"]:
        del finding["knowledge"]
    report = Report.model_validate(data)
    assert [finding.knowledge for finding in report.findings] == [None, None]
    assert json.loads(report.model_dump_json())["findings"][1]["knowledge"] is None
    assert "Keys to Public Speaking" not in words(report)


def test_a_report_from_before_repeats_were_marked_can_still_be_read() -> None:
    data = full().model_dump(mode="json")
    (word,) = data["transcript"][0]["words"]
    assert word.pop("repeat") == "start"
    report = Report.model_validate_json(json.dumps(data))
    assert report.transcript[0].words[0].repeat is None
    assert json.loads(report.model_dump_json())["transcript"][0]["words"][0]["repeat"] is None


def test_a_report_without_one_of_the_first_measures_is_refused() -> None:
    data = full().model_dump(mode="json")
    del data["measures"]["smile"]
    with pytest.raises(ValidationError, match="every measure"):
        Report.model_validate(data)


_THE_FIRST: set[MeasureName] = {
    "face_present", "eye_contact", "smile", "head_yaw_spread",
    "speaking_share", "speaking_time", "pause_share", "pause_longest", "pause_count", "loudness_range",
}  # fmt: skip


def test_a_report_from_before_a_measure_was_made_says_so_and_reads_on() -> None:
    data = full().model_dump(mode="json")
    for name in set(MEASURES) - _THE_FIRST:
        del data["measures"][name]
    report = Report.model_validate_json(json.dumps(data))
    assert list(report.measures) == list(MEASURES)
    assert report.measures["pitch_spread"] == ReportMeasure(
        value=None, unit="st", status="not_measured", reason="This report is from before this was measured."
    )
    assert report.measures["smile"] == full().measures["smile"]


def test_words_go_to_the_turns_they_were_said_in() -> None:
    turns = [
        Turn(role="replica", text="Hello.", start_s=0.0, end_s=3.0, words=[]),
        Turn(role="user", text="Um, bread.", start_s=1.0, end_s=3.0, words=[]),
        Turn(role="user", text="And butter.", start_s=8.0, end_s=9.0, words=[]),
    ]
    words = [
        SpokenWord(text="Um,", start_s=0.9, end_s=1.4, filler="sound"),
        SpokenWord(text="bread.", start_s=1.4, end_s=3.2),
        SpokenWord(text="And", start_s=7.8, end_s=8.1, repeat="start"),
        SpokenWord(text="butter.", start_s=9.0, end_s=9.4),
    ]
    report = built(talk().model_copy(update={"words": words}), turns=turns)
    assert [[word.text for word in turn.words] for turn in report.transcript] == [
        [], ["Um,", "bread."], ["And", "butter."],
    ]  # fmt: skip
    assert report.transcript[1].words[0].filler == "sound"
    assert [word.repeat for word in report.transcript[2].words] == ["start", None]
    assert built(None, turns=turns).transcript == turns
    assert built(talk().model_copy(update={"words": words}), turns=turns[:1]).transcript == turns[:1]


def test_text_that_no_file_can_keep_is_mended() -> None:
    event = ReportEvent.model_validate({"at_s": 0, "type": "x\ud800", "properties": {"\udc00": ["\ud800", math.nan]}})
    assert event.model_dump() == {"at_s": 0.0, "type": "x?", "properties": {"?": ["?", None]}}


@pytest.mark.parametrize("moment", ["2026-11-22T15:09:26Z", "2026-11-22T15:09:26.123456Z", "2026-11-22T15:09:26+00:00"])
def test_a_time_in_utc_is_kept_as_it_is(moment: str) -> None:
    facts = SessionFacts.model_validate(FACTS.model_dump() | {"started_at": moment})
    assert facts.started_at == moment
    assert f"{facts.moment():%H:%M}" == "15:09"
