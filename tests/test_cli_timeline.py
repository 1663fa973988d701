"""`analyse --timeline` and `--overlay`, and `report --timeline`, as a shell sees them."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from PIL import Image

from coach_desktop.cli.outcome import EXIT_CANNOT_START, EXIT_FAILED
from coach_desktop.core.paths import DataFolder
from coach_desktop.tavus.timeline_csv import CSV_COLUMNS
from tests.practice.client import astronaut
from tests.practice.recorded import film, grey, tone, wav
from tests.test_cli import coach
from tests.test_cli_analyse import child, ended, humming
from tests.ui.stage import keep

if TYPE_CHECKING:
    from pathlib import Path

HEADER = ["time_s", *CSV_COLUMNS]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="ascii", newline="") as stream:
        read = csv.DictReader(stream)
        assert read.fieldnames == HEADER
        return list(read)


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a face, then one of nothing, with a hum."""
    face = np.asarray(Image.fromarray(astronaut()).resize((320, 320)))
    pictures = [face] * 20 + [grey(320, 320)] * 10
    return film(tmp_path_factory.mktemp("talk") / "my talk.mp4", pictures, tone(3.0), fps=10)


def test_timeline_and_overlay_are_written_and_the_timeline_is_kept(talk: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    process = child(
        talk, "--lines", "--save", "--data-dir", data, "--timeline", tmp_path / "t.csv", "--overlay", tmp_path / "o.mp4"
    )
    assert process.stdout is not None
    lines = [json.loads(line) for line in process.stdout]
    _, errors = ended(process)
    assert process.returncode == 0, errors
    assert lines[-1]["type"] == "report"
    assert "timeline" not in lines[-1]["report"]

    rows = table(tmp_path / "t.csv")
    assert [float(row["time_s"]) for row in rows] == pytest.approx([step / 10 for step in range(30)], abs=0.02)
    assert [row["face_present"] for row in rows] == ["1"] * 20 + ["0"] * 10
    assert rows[0]["eye_contact"] == str(int(float(rows[0]["eye_contact_score"]) >= 0.5))
    assert {row["eye_contact"] for row in rows[:20]} <= {"0", "1"}
    assert all(0 <= float(row[name]) <= 1 for row in rows[:20] for name in ("eye_contact_score", "smile"))
    assert {row[name] for row in rows[20:] for name in ("eye_contact", "smile", "head_yaw_deg")} == {""}
    assert {row["speaking"] for row in rows} == {"0"}
    with av.open(str(tmp_path / "o.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 30

    shown = coach("report", "--json", "--timeline", tmp_path / "kept.csv", "--data-dir", data)
    assert shown.returncode == 0
    json.loads(shown.stdout)
    kept = table(tmp_path / "kept.csv")
    assert [float(row["time_s"]) for row in kept] == pytest.approx([step / 5 for step in range(len(kept))])
    assert [row["face_present"] for row in kept][:15] == ["1"] * 10 + ["0"] * 5
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["data", "kept.csv", "o.mp4", "t.csv"]


def test_a_film_of_one_picture_has_a_row_with_the_pictures_own_verdict(tmp_path: Path) -> None:
    face = np.asarray(Image.fromarray(astronaut()).resize((320, 320)))
    path = film(tmp_path / "one.mp4", [face], fps=10)
    seen = coach("analyse", path, "--json", "--timeline", tmp_path / "t.csv", "--data-dir", tmp_path / "data")
    assert seen.returncode == 0
    [row] = table(tmp_path / "t.csv")
    assert row["time_s"] == "0"
    assert row["eye_contact"] == str(int(float(row["eye_contact_score"]) >= 0.5))
    assert row["speaking"] == ""
    assert json.loads(seen.stdout)["measures"]["eye_contact"]["value"] is None


def test_sound_alone_has_a_timeline_and_no_overlay(tmp_path: Path) -> None:
    told = coach(
        "analyse", wav(tmp_path / "a.wav", tone(1.0)), "--json", "--data-dir", tmp_path / "data",
        "--timeline", tmp_path / "t.csv", "--overlay", tmp_path / "o.mp4",
    )  # fmt: skip
    assert told.returncode == EXIT_FAILED
    assert "o.mp4 was not written: no picture was looked at." in told.stderr
    # Neither the report nor the timeline is lost for that.
    assert json.loads(told.stdout)["session"]["provider"] == "recording"
    assert {row["speaking"] for row in table(tmp_path / "t.csv")} == {"0"}
    assert {row["face_present"] for row in table(tmp_path / "t.csv")} == {""}
    assert not (tmp_path / "o.mp4").exists()


@pytest.mark.parametrize(
    ("option", "name", "said"),
    [
        ("--timeline", "absent/t.csv", "cannot be written"),
        ("--timeline", "a.wav", "is the recording itself"),
        ("--overlay", "o.avi", "no kind of film"),
    ],
)
def test_what_cannot_be_written_is_refused_before_the_analysis(
    tmp_path: Path, option: str, name: str, said: str
) -> None:
    path = humming(tmp_path / "a.wav", 60.0)
    content = path.stat().st_size
    told = coach("analyse", path, option, tmp_path / name, "--data-dir", tmp_path / "data")
    assert (told.returncode, told.stdout) == (EXIT_FAILED, "")
    assert said in told.stderr
    assert path.stat().st_size == content


def test_an_empty_name_is_a_wrong_argument(tmp_path: Path) -> None:
    told = coach("analyse", humming(tmp_path / "a.wav", 1.0), "--timeline", "")
    assert told.returncode == EXIT_CANNOT_START
    assert "must name a file" in told.stderr


def test_cancelled_nothing_is_written(tmp_path: Path) -> None:
    path = humming(tmp_path / "a.wav", 3600.0)
    process = child(path, "--lines", "--data-dir", tmp_path / "data", "--timeline", tmp_path / "t.csv")
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["type"] == "progress"
    lines, _ = ended(process)
    assert lines[-1]["what"] == "Cancelled."
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.wav", "data"]


def test_a_session_without_a_timeline_says_so(tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "data")
    data.create()
    keep(data.database, "s1")
    told = coach("report", "--timeline", tmp_path / "t.csv", "--data-dir", data.root)
    assert told.returncode == EXIT_FAILED
    assert "no file was written" in told.stderr
    assert not (tmp_path / "t.csv").exists()
