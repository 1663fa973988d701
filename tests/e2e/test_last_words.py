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
from tests.ui.driving import said

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400, method="thread"), pytest.mark.usefixtures("no_keyring")]

STATE = "(() => { const s = window.coachRoom?.state; return s ? [s.over, s.busy, s.speaking].join(' ') : ''; })()"
SPEAKS = "false true true"
SPEAKS_LAST = "true true true"
# A busy machine makes his voice ready too late for his last words, which then are captions only. Then once more.
TRIES = 4


def has_come_to(run: Run, live: LivePage, state: str, timeout_ms: int = 60_000) -> bool:
    """Wait until the room says this of itself: whether it is over, its voice busy, and to be heard.

    Return False where it is left without.
    """
    answers: list[object] = []

    def told() -> bool:
        view = live.pane.view if live.pane is not None else None
        if view is not None and view.isVisible():
            view.page().runJavaScript(STATE, 0, answers.append)
        return state in answers or run.window.page is not live

    run.bot.waitUntil(told, timeout=timeout_ms)
    return state in answers


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="there is no voice on this computer")
def test_the_report_comes_when_he_has_said_all(launch: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    # Longer than this test has: only his silence can bring the report.
    monkeypatch.setattr(last_words, "AT_MOST_MS", 3_600_000)
    run = launch()
    first, words = run.page(HomePage), "Start practice"
    for _ in range(TRIES):
        run.press(first, words)
        live = run.page(LivePage)
        assert isinstance(live, LivePage)
        run.press(live, "Allow")
        # A voice that is made ready late leaves the greeting to the captions. By the end of the wait it is ready, too.
        with suppress(pytestqt.exceptions.TimeoutError):
            has_come_to(run, live, SPEAKS, timeout_ms=25_000)
        run.press(live, "End session")
        run.bot.waitUntil(lambda live=live: last_words.TELLING in said(live) or run.window.page is not live)  # type: ignore[misc]
        # The report is ready, the session is over, and he is still to be heard.
        if has_come_to(run, live, SPEAKS_LAST):
            assert run.window.page is live
            break
        first, words = run.page(ReportPage), "Practise again"
    else:
        pytest.fail("his last words were never to be heard")
    run.page(ReportPage)
