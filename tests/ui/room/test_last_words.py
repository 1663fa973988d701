"""The report waits for the coach's last words: until they are said, a key is pressed, or the user goes elsewhere."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from coach_desktop.sessions.session import SessionState
from coach_desktop.ui.history_page import HistoryPage
from coach_desktop.ui.live_page import LivePage
from coach_desktop.ui.report_page import ReportPage
from coach_desktop.ui.room.last_words import TELLING, is_silent
from tests.ui.conftest import Site
from tests.ui.driving import Show, Shown, press, seen

ROOM = """<title>room</title><script>
window.coachRoom = {state: {voice: '%s', over: false, busy: false}};
</script>"""


@pytest.mark.parametrize(
    ("answer", "silent"),
    [
        ("true false false", False),
        ("true true true", False),
        ("true true false", True),
        ("false false true", True),
        ("true maybe false", True),
        ("true true", True),
        ("", True),
        (None, True),
    ],
)
def test_what_a_page_says_of_its_voice(answer: object, silent: bool) -> None:
    assert is_silent(answer) is silent


def ended(show: Show, site: Site, voice: str) -> Shown:
    """End a session whose room has a voice that is on, or off, and bring its report."""
    shown = show()
    session = shown.begin()
    room = site.page("/room", ROOM % voice)
    session.play(SessionState.STARTING, room_url=room)
    session.live(room)
    shown.bot.waitUntil(lambda: run(shown, "document.title") == "room" and shown.live.is_live)
    session.stubborn = True
    press(shown.live, "End session")
    shown.bot.waitUntil(lambda: session.asked == ["end"])
    session.play(SessionState.ENDING)
    session.done()
    return shown


def run(shown: Shown, script: str) -> object:
    """Return what a script answers in the room, or None while there is none."""
    pane = shown.live.pane
    view = None if pane is None else pane.view
    if view is None or not view.isVisible():
        return None
    answers: list[object] = []
    view.page().runJavaScript(script, 0, answers.append)
    shown.bot.waitUntil(lambda: bool(answers))
    return answers[0]


def test_it_waits_until_all_is_said(show: Show, site: Site, qtbot: QtBot) -> None:
    shown = ended(show, site, "on")
    qtbot.waitUntil(lambda: TELLING in seen(shown.live))
    run(shown, "Object.assign(coachRoom.state, {over: true, busy: true}); 1")
    qtbot.wait(600)
    assert isinstance(shown.window.page, LivePage)
    run(shown, "coachRoom.state.busy = false; 1")
    shown.wait_for(ReportPage)
    assert shown.live.pane is not None
    assert shown.live.pane.view is None


def test_a_room_without_a_voice_is_not_waited_for(show: Show, site: Site) -> None:
    shown = ended(show, site, "off")
    shown.wait_for(ReportPage)


@pytest.mark.parametrize("key", [Qt.Key.Key_A, Qt.Key.Key_Space])
def test_a_key_shows_the_report_at_once(show: Show, site: Site, qtbot: QtBot, key: Qt.Key) -> None:
    shown = ended(show, site, "on")
    qtbot.waitUntil(lambda: TELLING in seen(shown.live))
    focused = shown.window.focusWidget()
    assert focused is not None
    assert focused.accessibleName() == "Show the report"
    QTest.keyClick(focused, Qt.Key.Key_Shift)
    assert isinstance(shown.window.page, LivePage)
    QTest.keyClick(focused, key)
    shown.wait_for(ReportPage)


def test_whoever_goes_elsewhere_is_not_called_back(show: Show, site: Site, qtbot: QtBot) -> None:
    shown = ended(show, site, "on")
    qtbot.waitUntil(lambda: TELLING in seen(shown.live) and shown.action("History").isEnabled())
    shown.action("History").trigger()
    shown.wait_for(HistoryPage)
    qtbot.waitUntil(lambda: shown.live.pane is not None and shown.live.pane.view is None)
    assert isinstance(shown.window.page, HistoryPage)
