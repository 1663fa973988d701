"""What a terminal shows while a recorded talk is analysed."""

from __future__ import annotations

import io
import json
import signal
from typing import TYPE_CHECKING

import pytest

from coach_desktop.core import leaving
from coach_desktop.core.errors import CoachError
from coach_desktop.practice import analyse_command
from tests.practice.recorded import tone, wav

if TYPE_CHECKING:
    from pathlib import Path

    from coach_desktop.coaching.report import Report


pytestmark = pytest.mark.usefixtures("quick_ears")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True

    def shown(self) -> str:
        """The line as it stands after everything that was written over it."""
        line = ""
        for part in self.getvalue().split("\r"):
            line = part + line[len(part) :]
        return line


def analyse(path: Path, form: analyse_command.Form, terminal: io.StringIO, kept: list[Report]) -> list[str]:
    told: list[str] = []
    analyse_command.run(
        path,
        models_cache=path.parent,
        form=form,
        announce=told.append,
        terminal=terminal,
        save=lambda report, _: kept.append(report),
    )
    return told


def test_a_terminal_shows_how_far_it_is_on_a_line_that_is_gone_afterwards(tmp_path: Path) -> None:
    terminal = Terminal()
    kept: list[Report] = []
    handler = signal.getsignal(signal.SIGINT)
    told = analyse(wav(tmp_path / "my talk.wav", tone(65.0, 8000), 8000), "words", terminal, kept)
    assert "my talk.wav: 0:00 of 1:05 analysed, Ctrl-C stops" in terminal.getvalue()
    assert "\n" not in terminal.getvalue()
    assert terminal.shown().strip() == ""
    assert terminal.getvalue().endswith("\r")
    assert signal.getsignal(signal.SIGINT) is handler
    (words,) = told
    assert "a recorded talk, 1 min 5 s" in words
    assert [report.session.provider for report in kept] == ["recording"]


def test_elsewhere_nothing_but_the_report_is_told(tmp_path: Path) -> None:
    nowhere = io.StringIO()
    told = analyse(wav(tmp_path / "a.wav", tone(1.0)), "json", nowhere, [])
    assert nowhere.getvalue() == ""
    assert [json.loads(line)["session"]["provider"] for line in told] == ["recording"]


def test_what_cannot_be_kept_is_told_with_the_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Report, _timeline: object) -> None:
        raise CoachError("The disk is full.", do="Make room.")

    # The test's own standard input may be closed.
    monkeypatch.setattr(leaving, "when_input_ends", lambda _: None)
    told: list[str] = []
    with pytest.raises(CoachError, match="disk is full"):
        analyse_command.run(
            wav(tmp_path / "a.wav", tone(1.0)),
            models_cache=tmp_path,
            form="lines",
            announce=told.append,
            terminal=io.StringIO(),
            save=full,
        )
    assert json.loads(told[-2])["report"]["session"]["provider"] == "recording"
    assert json.loads(told[-1]) == {"type": "error", "what": "The disk is full.", "safe": "", "do": "Make room."}
