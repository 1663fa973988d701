"""Chuck speaks up when it helps: a face that looks away for long hears about it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.conftest import still
from tests.e2e.harness import App, Media

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]


@pytest.fixture(scope="session")
def looking_away(shared_data: Path, media_folder: Path) -> Path:
    """A camera on someone who looks elsewhere all the time."""
    folder = shared_data / "data" / "eye_contact"
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["looking_at_camera"] == "0"]
    assert rows
    return still(media_folder / "away.mjpeg", Image.open(folder / rows[0]["picture"]))


def test_looking_away_for_long_brings_a_cue_by_second_thirty(app: App, looking_away: Path, speech: Path) -> None:
    assert app.session(Media(looking_away, speech), 31) == 0, app.log()
    report = app.report()
    cues = [event for event in report["events"] if event["properties"].get("cue")]
    assert any(event["properties"]["kind"] == "look_at_camera" and event["at_s"] <= 30 for event in cues), report
    assert all(event["at_s"] >= 15 for event in cues)
    assert report["measures"]["eye_contact"]["band"] == "act"
