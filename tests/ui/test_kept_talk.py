"""Keeping the report of a recorded talk: the offer stays until it is taken, and the way back to it, too."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from coach_desktop.sessions.recorded_talk import AnalysedTalk
from coach_desktop.sessions.updates import AftercareNews
from coach_desktop.ui.history_page import HistoryPage
from coach_desktop.ui.home_page import HomePage
from coach_desktop.ui.keep_card import KEPT, NOT_KEPT, KeepCard
from coach_desktop.ui.opened_talk import OpenedTalk
from coach_desktop.ui.report_page import ReportPage
from tests.ui.driving import Show, Shown, press, seen, texts
from tests.ui.stage import report

NAME = "my talk.wav"
LEFT = f"The report of {NAME} is not kept."


def recorded() -> AnalysedTalk:
    played = report(session_id="r1")
    return AnalysedTalk(
        NAME, played.model_copy(update={"session": played.session.model_copy(update={"provider": "recording"})})
    )


@pytest.fixture
def shown(show: Show) -> Shown:
    """A window that shows the report of a talk which has just been analysed."""
    shown = show()
    shown.wait_for(HomePage)
    (opened,) = shown.window.findChildren(OpenedTalk)
    opened.page_wanted.emit(opened.page)
    opened.analysed.emit(recorded(), None)
    shown.wait_for(ReportPage)
    return shown


def test_a_notice_does_not_take_the_offer_away(shown: Shown, qtbot: QtBot) -> None:
    shown.window.tell(AftercareNews("other", "ended_leftover", "Something else has happened."))
    qtbot.waitUntil(lambda: "Something else has happened." in seen(shown.window))
    assert "Save to history" in texts(shown.window)


@pytest.mark.expects_warnings("Your history, history.sqlite3, cannot be opened")
def test_what_could_not_be_kept_can_be_tried_again(shown: Shown, qtbot: QtBot, tmp_path: Path) -> None:
    page = shown.wait_for(ReportPage)
    (card,) = page.findChildren(KeepCard)
    history = tmp_path / "history.sqlite3"
    aside = history.rename(tmp_path / "aside")
    history.mkdir()
    press(page, "Save to history")
    qtbot.waitUntil(lambda: card.button.isEnabled() and NOT_KEPT not in seen(card))
    assert "history" in seen(card)
    assert "Save to history" in texts(card)
    history.rmdir()
    aside.rename(history)
    press(page, "Save to history")
    qtbot.waitUntil(lambda: KEPT in seen(card))
    assert texts(card) == set()


def test_whoever_leaves_it_finds_back(shown: Shown) -> None:
    press(shown.wait_for(ReportPage), "Back")
    shown.wait_for(HomePage)
    assert LEFT in seen(shown.window)
    press(shown.window, "Back to it")
    page = shown.wait_for(ReportPage)
    assert NOT_KEPT in seen(page)
    assert LEFT not in seen(shown.window)


def test_from_the_history_it_has_its_name_and_is_not_offered_again(shown: Shown, qtbot: QtBot) -> None:
    page = shown.wait_for(ReportPage)
    press(page, "Save to history")
    qtbot.waitUntil(lambda: KEPT in seen(page))
    shown.window.show_history()
    listed = shown.wait_for(HistoryPage)
    assert isinstance(listed, HistoryPage)
    assert LEFT not in seen(shown.window)
    listed.report_asked.emit("r1")
    shown.wait_for(ReportPage)
    assert f"Report of {NAME}" in seen(page)
    assert "Save to history" not in texts(page)
    assert KEPT not in seen(page)


def test_the_keyboard_reaches_the_offer_from_the_first_button(shown: Shown, qtbot: QtBot) -> None:
    page = shown.wait_for(ReportPage)
    (card,) = page.findChildren(KeepCard)
    focused = page.focusWidget()
    assert focused is not None
    QTest.keyClick(focused, Qt.Key.Key_Tab)
    assert card.button.hasFocus()
    QTest.keyClick(card.button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: KEPT in seen(card))
