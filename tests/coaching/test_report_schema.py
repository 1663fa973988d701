"""The schema accepts every report and refuses what is none; the page that explains it keeps up."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from coach_desktop.coaching.report import Report
from coach_desktop.coaching.report_model import MEASURES
from coach_desktop.coaching.rules import CueKind, load_rules
from coach_desktop.tavus.delivery import UNITS
from tests.coaching.strategies import unhurried
from tests.coaching.test_report import REPORTS, full, numbers

DOCS = Path(__file__).resolve().parents[2] / "docs"
SCHEMA: dict[str, Any] = json.loads((DOCS / "report.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
PAGE = (DOCS / "report.md").read_text(encoding="utf-8")


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@unhurried
@given(REPORTS)
def test_every_report_is_valid(report: Report) -> None:
    VALIDATOR.validate(json.loads(report.model_dump_json()))


def test_a_full_report_is_valid() -> None:
    report = full()
    assert report.transcript
    assert report.findings
    assert report.events
    VALIDATOR.validate(json.loads(report.model_dump_json()))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("schema", 2),
        ("session.started_at", "2026-11-22T15:09:26+01:00"),
        ("session.started_at", "yesterday"),
        ("session.status", "running"),
        ("session.provider", "youtube"),
        ("session.duration_s", -1),
        ("session.duration_s", None),
        ("session.mood", "sunny"),
        ("measures.smile.unit", "percent"),
        ("measures.smile.status", "not_measured"),
        ("measures.smile.reason", "because"),
        ("measures.smile.reason", ""),
        ("measures.smile.value", None),
        ("measures.smile.value", 1.01),
        ("measures.smile.value", "0.5"),
        ("measures.smile.band", "splendid"),
        ("measures.smile.mood", "sunny"),
        ("measures.pause_count.value", 1.5),
        ("measures.pause_longest.value", -1),
        ("measures.head_yaw_spread.value", 361),
        ("measures.loudness_range.value", 201),
        ("measures.loudness_range.value", -1.0),
        ("measures.loudness_level.value", -201),
        ("measures.speaking_time.value", 1e7),
        ("measures.mood", {"value": 1, "unit": "share", "status": "measured", "reason": None, "band": None}),
        ("findings.0.band", "act"),
        ("findings.0.band", None),
        ("findings.1.kind", "strength"),
        ("findings.1.measure", "elegance"),
        ("findings.1.at_s", None),
        ("findings.1.why", ""),
        ("findings.1.knowledge", "eye-contact"),
        ("findings.1.knowledge.title", ""),
        ("findings.1.knowledge.mood", "sunny"),
        ("transcript.0.role", "assistant"),
        ("transcript.0.words.0.filler", "um"),
        ("transcript.0.words.0.repeat", "twice"),
        ("events.0.type", ""),
        ("events.0.properties", []),
        ("mood", "sunny"),
    ],
)
def test_what_is_no_report_is_refused_by_schema_and_model_alike(place: str, value: object) -> None:
    data = json.loads(full().model_dump_json())
    target: Any = data
    *way, last = numbers(place)
    for step in way:
        target = target[step]
    target[last] = value
    assert not VALIDATOR.is_valid(data)
    with pytest.raises(ValidationError):
        Report.model_validate(data)


@pytest.mark.parametrize("kind", ["strength", "action"])
def test_more_findings_than_anyone_can_act_on_are_refused(kind: str) -> None:
    data = json.loads(full().model_dump_json())
    (one,) = [finding for finding in data["findings"] if finding["kind"] == kind]
    data["findings"] += [one] * 3
    assert not VALIDATOR.is_valid(data)
    with pytest.raises(ValidationError):
        Report.model_validate(data)


def objects(schema: object) -> list[dict[str, Any]]:
    if isinstance(schema, list):
        return [found for entry in schema for found in objects(entry)]
    if not isinstance(schema, dict):
        return []
    here = [schema] if "additionalProperties" in schema else []
    return here + [found for entry in schema.values() for found in objects(entry)]


def test_every_fixed_object_is_strict_and_complete() -> None:
    found = objects(SCHEMA)
    assert len(found) == 9
    for schema in found:
        assert schema["additionalProperties"] is False
        assert schema["required"] == list(schema["properties"])


def test_schema_and_code_name_the_same_measures_with_the_same_units() -> None:
    named = SCHEMA["properties"]["measures"]["properties"]
    units = {name: SCHEMA["$defs"][entry["$ref"].rsplit("/", 1)[1]] for name, entry in named.items()}
    assert {name: schema["allOf"][1]["properties"]["unit"]["const"] for name, schema in units.items()} == UNITS
    assert SCHEMA["$defs"]["finding"]["properties"]["measure"]["enum"] == list(MEASURES)


def test_the_example_on_the_page_is_a_report() -> None:
    examples = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) == 1
    VALIDATOR.validate(json.loads(examples[0]))
    Report.model_validate_json(examples[0])


def test_the_page_explains_every_name_and_unit() -> None:
    for name in MEASURES:
        assert f"| `{name}` | {UNITS[name]} |" in PAGE
    for kind in get_args(CueKind):
        assert f"`{kind}`" in PAGE
    for schema in objects(SCHEMA):
        for member in schema["properties"]:
            assert re.search(rf'[`"]{member}[`"]', PAGE), member


def test_the_page_gives_the_limits_of_the_rules() -> None:
    for name, rule in load_rules().bands.items():
        rows = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]
        (row,) = [line for line in rows if " to " in line and line.count("|") == 7]
        low, high = rule.good
        assert row.startswith(f"| `{name}` | {low:.2f} to {'1' if high == 1 else f'{high:.2f}'} |")
        for needed, least in rule.needs.items():
            assert f"`{needed}` is {'0.20' if least == 0.2 else f'{least:g}'}" in row
        for seconds, words in (
            (rule.least_session_s, "the session lasted"),
            (rule.least_face_s, "a face was visible for"),
        ):
            assert (f"{words} {seconds:g} s or more" in row) == (seconds > 0)
        if rule.doi:
            assert rule.doi in row
