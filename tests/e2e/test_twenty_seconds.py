"""The main job: one command holds a session of twenty seconds, and the report says what was seen and heard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.e2e.harness import App, Media

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]


def cues(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [event for event in report["events"] if event["properties"].get("cue")]


def test_a_face_and_a_voice_are_measured(app: App, talk: Media, project_root: Path) -> None:
    code = app.session(talk, 20)
    assert code == 0, app.log()
    app.wait_until_gone()
    report = app.report()
    jsonschema.validate(report, json.loads((project_root / "docs" / "report.schema.json").read_text("utf-8")))
    session, measures = report["session"], report["measures"]
    assert session["duration_s"] == pytest.approx(20, abs=2)
    assert (session["status"], session["provider"], session["profile_id"]) == ("done", "local", "chuck-local")
    assert measures["face_present"]["value"] > 0.9
    for name in ("eye_contact", "smile", "speaking_time", "pause_count", "pause_share", "pause_longest"):
        assert measures[name]["status"] == "measured", (name, measures[name])
    assert 8 < measures["speaking_time"]["value"] < 20
    assert measures["smile"]["value"] > 0.5, "the portrait smiles"
    assert not cues(report), "a good speaker hears nothing"
    assert any(turn["role"] == "replica" for turn in report["transcript"])


def test_no_face_and_digital_silence_are_said_as_such(app: App, faceless_video: Path, silence: Path) -> None:
    # Long enough for the words about a silent microphone, which come after five seconds of it.
    code = app.session(Media(faceless_video, silence), 11)
    assert code == 0, app.log()
    measures = app.report()["measures"]
    assert measures["face_present"]["value"] < 0.05
    for name in ("eye_contact", "smile"):
        assert measures[name]["status"] == "not_measured"
        assert measures[name]["value"] is None
        assert measures[name]["reason"]
    assert measures["speaking_time"]["status"] == "measured"
    assert measures["speaking_time"]["value"] < 0.3
    warnings = [event for event in app.report()["events"] if event["type"] == "warning"]
    assert any("sound" in event["properties"]["text"].lower() for event in warnings)
