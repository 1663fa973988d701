"""The report of a real session waits until Chuck has said his last words, and comes when he has."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress

import pytest
import pytestqt.exceptions

from coach_desktop.ui.home_page import HomePage
from coach_desktop.ui.live_page import LivePage
from coach_desktop.ui.report_page import ReportPage
from coach_desktop.ui.room import last_words
from tests.e2e.window import Run

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400, method="thread"), pytest.mark.usefixtures("no_keyring")]

STATE = "(() => { const s = window.coachRoom?.state; return s ? [s.over, s.busy, s.speaking].join(' ') : ''; })()"
SPEAKS = "false true true"
SPEAKS_LAST = "true true true"


def wait_for_room(run: Run, live: LivePage, state: str, timeout_ms: int = 60_000) -> None:
    """Wait until the room is in view and says this of itself: whether it is over, its voice busy, and to be heard."""
    answers: list[object] = []

    def told() -> bool:
        view = live.pane.view if live.pane is not None else None
        if view is not None and view.isVisible():
            view.page().runJavaScript(STATE, 0, answers.append)
        return state in answers

    run.bot.waitUntil(told, timeout=timeout_ms)


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="there is no voice on this computer")
def test_the_report_comes_when_he_has_said_all(launch: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    # Longer than this test has: only his silence can bring the report.
    monkeypatch.setattr(last_words, "AT_MOST_MS", 3_600_000)
    run = launch()
    run.press(run.page(HomePage), "Start practice")
    live = run.page(LivePage)
    assert isinstance(live, LivePage)
    run.press(live, "Allow")
    # A voice that is made ready late leaves the greeting to the captions. By the end of the wait it is ready, too.
    with suppress(pytestqt.exceptions.TimeoutError):
        wait_for_room(run, live, SPEAKS, timeout_ms=25_000)
    run.press(live, "End session")
    run.wait_for_words(live, last_words.TELLING)
    # The report is ready, the session is over, and he is still to be heard.
    wait_for_room(run, live, SPEAKS_LAST)
    assert run.window.page is live
    run.page(ReportPage)
