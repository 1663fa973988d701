"""A session whose time is the test's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from coach_desktop.coaching.report import Report
from coach_desktop.sessions.archive import Archive
from coach_desktop.sessions.session import Session, SessionState, SessionUpdate
from coach_desktop.store.history import SessionRow
from tests.sessions.scripted import PROFILE, ManualClock, ScriptedProvider


@dataclass
class Stage:
    """One session with a scripted provider, and all that it told."""

    history_path: Path
    clock: ManualClock = field(default_factory=ManualClock)
    updates: list[SessionUpdate] = field(default_factory=list)
    on_update: Callable[[SessionUpdate], None] = lambda _: None
    session: Session = field(init=False)
    provider: ScriptedProvider = field(init=False)

    def __post_init__(self) -> None:
        self.provider = ScriptedProvider(self.clock)
        self.prepare()

    def prepare(self, end_after_s: float | None = 20.0) -> None:
        self.session = Session(
            profile=PROFILE,
            provider=self.provider,
            history_path=self.history_path,
            notify=self._on_session_updated,
            end_after_s=end_after_s,
            clock=self.clock,
        )

    def _on_session_updated(self, update: SessionUpdate) -> None:
        self.updates.append(update)
        self.on_update(update)

    def run(self) -> SessionUpdate:
        last = self.session.run()
        assert last == self.updates[-1]
        assert self.provider.calls.count("close") == 1
        assert self.provider.calls[-1] == "close"
        return last

    def states(self) -> list[SessionState]:
        """Return the states in order, each once."""
        states = [update.state for update in self.updates]
        return [state for number, state in enumerate(states) if number == 0 or states[number - 1] is not state]

    def rows(self) -> list[SessionRow]:
        with Archive(self.history_path) as archive:
            return archive.sessions()

    def kept(self) -> tuple[SessionRow, Report]:
        """Return the one session that the history holds, and its report."""
        with Archive(self.history_path) as archive:
            (row,) = archive.sessions()
            report = archive.report(row.id)
        assert report is not None
        return row, report


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "history.sqlite3")
