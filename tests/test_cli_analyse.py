"""The command `analyse` as a shell and as a window sees it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import wave
from typing import TYPE_CHECKING, Any

import jsonschema
import numpy as np
import pytest

from coach_desktop.cli.outcome import EXIT_CANCELLED, EXIT_CANNOT_START, EXIT_FAILED
from coach_desktop.coaching.report import Report
from coach_desktop.sessions.archive import Archive
from tests.test_cli import ROOT, coach, environment

if TYPE_CHECKING:
    from pathlib import Path


def humming(path: Path, seconds: float) -> Path:
    """A recording in which nobody speaks."""
    samples = 3000 * np.sin(2 * np.pi * 50 * np.arange(round(seconds * 8000)) / 8000)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def child(*arguments: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "coach_desktop", "analyse", *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=pipe, encoding="utf-8", env=environment(), cwd=ROOT
    )


def ended(process: subprocess.Popen[str]) -> tuple[list[dict[str, Any]], str]:
    out, errors = process.communicate(timeout=60)
    return [json.loads(line) for line in out.splitlines()], errors


def test_the_report_is_json_alone_and_kept_only_where_that_is_asked_for(tmp_path: Path) -> None:
    path, folder = humming(tmp_path / "my talk.wav", 6.0), tmp_path / "data"
    seen = coach("analyse", path, "--json", "--data-dir", folder)
    assert seen.returncode == 0
    report = json.loads(seen.stdout)
    schema = json.loads((ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, schema)
    assert report["session"]["provider"] == "recording"
    assert report["session"]["duration_s"] == pytest.approx(6.0, abs=0.05)
    assert report["measures"]["speaking_time"]["value"] == 0.0
    assert coach("report", "--last", "--data-dir", folder).returncode == EXIT_FAILED
    words = coach("analyse", path, "--data-dir", folder).stdout
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC, a recorded talk, 6.0 s\n", words)
    assert "Session" not in words

    kept = coach("analyse", "--save", path, "--data-dir", folder)
    assert kept.returncode == 0
    assert "a recorded talk, 6.0 s" in kept.stdout
    assert re.match(r"Session \S+\n\d{4}-", kept.stdout)
    assert "Saved as session" in kept.stderr
    assert coach("report", "--last", "--data-dir", folder).stdout == kept.stdout
    with Archive(folder / "history.sqlite3") as archive:
        (row,) = archive.sessions()
    assert (row.profile_name, row.provider, row.status) == ("my talk.wav", "recording", "done")
    assert row.duration_s == pytest.approx(6.0, abs=0.05)


def test_as_lines_a_window_is_told_how_far_it_is_and_the_report(tmp_path: Path) -> None:
    process = child(humming(tmp_path / "a.wav", 6.0), "--lines", "--data-dir", tmp_path / "data")
    # Its input stays open: the window is there.
    assert process.stdout is not None
    lines = [json.loads(line) for line in process.stdout]
    rest, _ = ended(process)
    assert rest == []
    assert process.returncode == 0
    assert {line["type"] for line in lines[:-1]} == {"progress"}
    assert all(0 <= line["at_s"] <= line["of_s"] == pytest.approx(6.0) for line in lines[:-1])
    assert lines[-1]["type"] == "report"
    Report.model_validate(lines[-1]["report"])


@pytest.mark.parametrize("way", ["input", "signal"])
def test_cancelled_it_ends_soon_and_saves_nothing(tmp_path: Path, way: str) -> None:
    if way == "signal" and sys.platform == "win32":
        pytest.skip("there, Ctrl-C goes to a whole console")
    folder = tmp_path / "data"
    process = child(humming(tmp_path / "a.wav", 3600.0), "--lines", "--save", "--data-dir", folder)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["type"] == "progress"
    if way == "signal":
        process.send_signal(signal.SIGINT)
        lines = [json.loads(line) for line in process.stdout]
        _, errors = ended(process)
    else:
        lines, errors = ended(process)
    assert lines[-1] == {"type": "error", "what": "Cancelled.", "safe": "", "do": ""}
    assert "Cancelled. Nothing was saved." in errors
    assert process.returncode == EXIT_CANCELLED
    assert coach("report", "--last", "--data-dir", folder).returncode == EXIT_FAILED


def test_what_is_no_recording_is_an_error_in_words_and_as_a_line(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no film at all")
    told = coach("analyse", tmp_path / "a.mp4", "--data-dir", tmp_path / "data")
    assert (told.returncode, told.stdout) == (EXIT_FAILED, "")
    assert "a.mp4 cannot be read as a recording." in told.stderr
    assert "Traceback" not in told.stderr
    process = child(tmp_path / "absent.mp4", "--lines", "--data-dir", tmp_path / "data")
    assert process.stdout is not None
    line = json.loads(process.stdout.readline())
    ended(process)
    assert process.returncode == EXIT_FAILED
    assert line["type"] == "error"
    assert "There is no file" in line["what"]
    assert line["do"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "argument FILE: must name a file"),
        ("  ", "argument FILE: must name a file"),
        ("http://127.0.0.1:9/a.mp4", "'http://127.0.0.1:9/a.mp4' is an address, which cannot be opened: download it"),
        ("HTTPS://x/y", "'HTTPS://x/y' is an address"),
    ],
)
def test_what_can_be_no_file_is_refused_at_once(tmp_path: Path, name: str, says: str) -> None:
    told = coach("analyse", name, "--data-dir", tmp_path / "data")
    assert (told.returncode, told.stdout) == (EXIT_CANNOT_START, "")
    assert says in told.stderr
    assert not (tmp_path / "data").exists()
