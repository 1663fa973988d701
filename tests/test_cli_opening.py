"""A recorded talk that is named on the command line: told from a command, and refused before anything opens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from coach_desktop import cli
from coach_desktop.cli.arguments import parse
from tests.test_cli import coach


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("talk.mp4", "report", "-odd"):
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()


@pytest.mark.parametrize(
    ("arguments", "command", "file"),
    [
        ([], None, None),
        (["talk.mp4"], None, "talk.mp4"),
        (["--data-dir", "d", "talk.mp4"], None, "talk.mp4"),
        (["talk.mp4", "--data-dir", "d"], None, "talk.mp4"),
        (["--data-dir=report", "talk.mp4"], None, "talk.mp4"),
        (["--data", "report", "talk.mp4", "--prof", "report"], None, "talk.mp4"),
        (["--profile", "talk.mp4"], None, None),
        (["--start", "--profile", "talk.mp4"], None, None),
        (["report"], "report", None),
        (["--profile", "talk.mp4", "report"], "report", None),
        (["./report"], None, "report"),
        (["--", "report"], None, "report"),
        (["--", "-odd"], None, "-odd"),
        (["analyse", "talk.mp4"], "analyse", "talk.mp4"),
        (["analyse", "--json", "report"], "analyse", "report"),
        (["diagnose"], "diagnose", None),
    ],
)
def test_a_file_is_told_from_a_command(arguments: list[str], command: str | None, file: str | None) -> None:
    options = parse(arguments)
    assert options.command == command
    assert options.file == (None if file is None else Path(file))


def test_no_value_of_an_option_is_taken_for_a_file_or_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--help"])
    usage = capsys.readouterr().out.partition("\n\n")[0]
    with_value = re.findall(r"(--[a-z-]+) [A-Z]", usage)
    assert len(with_value) == 4
    for option in with_value:
        assert parse([option, "1", "report"]).command == "report"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["gone.mp4"], "'gone.mp4': there is no such file, and no such command"),
        (["reprot", "--json"], "'reprot': there is no such file, and no such command"),
        (["folder"], "'folder': that is no file"),
        ([""], "must name a file"),
        (["talk.mp4", "report"], "unrecognized arguments: report"),
        (["--start", "talk.mp4"], "with a FILE there is no session"),
        (["talk.mp4", "--end-after", "5"], "with a FILE there is no session"),
        (["talk.mp4", "--quit-when-done"], "with a FILE there is no session"),
        (["talk.mp4", "--screenshots", "d"], "with a FILE there is no session"),
    ],
)
def test_what_cannot_be_opened_is_exit_2(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    said = capsys.readouterr()
    assert (stopped.value.code, said.out) == (2, "")
    assert says in said.err


def test_a_file_that_is_not_there_opens_no_window_and_makes_no_folder(tmp_path: Path) -> None:
    done = coach("--data-dir", tmp_path / "data", tmp_path / "gone.mp4", QT_QPA_PLATFORM="offscreen")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no such file" in done.stderr
    assert not (tmp_path / "data").exists()
