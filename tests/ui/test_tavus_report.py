"""The report of a conversation on Tavus: what is there, what is still to come, and what will never be."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QProgressBar, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from coach_desktop.coaching.report import Report, ReportEvent, SessionFacts, Turn, build_report
from coach_desktop.ui import theme
from coach_desktop.ui.conversation_cards import SeenSection, still_to_come
from coach_desktop.ui.measures_table import MeasuresTable
from coach_desktop.ui.prose_view import ProseView
from coach_desktop.ui.report_page import ReportPage
from tests.ui.driving import press, said, texts
from tests.ui.stage import STARTED
from tests.ui.stage import report as local_report

WHY = "Tavus does not measure."
SEEN = ReportEvent(
    at_s=60, type="application.perception_analysis", properties={"analysis": "Gaze:\n\n• Steady.", "left_out": 2}
)
UNSEEN = ReportEvent(at_s=60, type="application.perception_unavailable", properties={"reason": "no_vision_history"})
ENDED = ReportEvent(at_s=60, type="system.shutdown", properties={"shutdown_reason": "max_call_duration reached"})


def remote(turns: int = 0, events: Sequence[ReportEvent] = (), status: str = "done") -> Report:
    facts = {
        "id": "t1", "profile_id": "chuck-tavus", "provider": "tavus", "started_at": STARTED,
        "duration_s": 303.0, "billed_s": 318.0, "status": status,
    }  # fmt: skip
    spoken = [
        Turn(
            role="replica" if n % 2 else "user", text=f"Turn {n} is <i>said</i>.", start_s=n * 5, end_s=n * 5, words=[]
        )
        for n in range(turns)
    ]
    return build_report(SessionFacts.model_validate(facts), None, spoken, list(events), WHY)


@pytest.fixture
def page(qtbot: QtBot, dressed: QApplication) -> ReportPage:
    page = ReportPage()
    qtbot.addWidget(page)
    page.resize(1024, 640)
    with qtbot.waitActive(page):
        page.show()
        page.activateWindow()
    return page


def prose(page: QWidget, name: str) -> ProseView:
    return next(view for view in page.findChildren(ProseView) if view.accessibleName() == name)


def test_what_is_there_is_shown_and_the_table_is_folded_away(page: ReportPage, qtbot: QtBot) -> None:
    page.show_report(remote(3, [ENDED, SEEN]), analysis="done")
    words = said(page)
    for expected in ("5 min 3 s", "5 min 18 s", "The longest time", "Tavus' own words, not our measurement.", WHY):
        assert expected in words
    assert "2 sentences were left out or shortened" in words
    assert "Nothing to advise on" not in words
    assert prose(page, "What was seen").toPlainText() == "Gaze:\n• Steady."
    assert prose(page, "What was said").toPlainText().splitlines()[1] == "0:05\tCoach\tTurn 1 is <i>said</i>."
    table = page.findChild(MeasuresTable)
    assert table is not None
    assert not table.isVisible()
    press(page, "Show all measures")
    assert table.isVisible()
    press(page, "Hide all measures")
    assert not table.isVisible()
    assert not any(bar.isVisible() for bar in page.findChildren(QProgressBar))


@pytest.mark.parametrize(
    ("turns", "events", "words"),
    [
        (0, [], "The transcript and what was seen are not there yet"),
        (2, [], "What was seen is not there yet"),
        (0, [SEEN], "The transcript is not there yet; it will be added by itself."),
        (0, [UNSEEN], "The transcript is not there yet"),
        (2, [SEEN], ""),
    ],
)
def test_what_is_still_to_come_is_said_and_waited_for(
    page: ReportPage, turns: int, events: list[ReportEvent], words: str
) -> None:
    page.show_report(remote(turns, events), analysis="pending")
    bar = page.findChild(QProgressBar)
    assert bar is not None
    assert bar.isVisible() == bool(words)
    assert words in said(page)
    assert words in bar.accessibleName()
    assert "no longer asks" not in said(page)


def test_what_will_not_come_is_said_with_the_reason(page: ReportPage) -> None:
    page.show_report(remote(), analysis="missing")
    assert "Tavus sent no transcript" in said(page)
    assert "no description of what was seen" in said(page)
    page.show_report(remote(1, [UNSEEN]), analysis="done")
    assert "The camera was off, so nothing was seen." in said(page)
    assert "no longer asks" not in said(page)


def test_a_conversation_that_may_still_run_says_so_until_it_has_ended(page: ReportPage) -> None:
    page.show_report(remote(), analysis="pending", may_run=True)
    assert "may still be running at Tavus and cost money" in said(page)
    assert "At least 5 min 18 s" in said(page)
    page.show_report(remote(), analysis="pending")
    assert "may still be running" not in said(page)
    assert "At least" not in said(page)


def test_a_conversation_that_did_not_come_about_has_nothing_to_wait_for(page: ReportPage) -> None:
    failed = remote(status="failed")
    page.show_report(failed, analysis="pending")
    assert still_to_come(failed, "pending") == ""
    assert "Did not come about" in said(page)
    section = page.findChild(SeenSection)
    assert section is not None
    assert not section.isVisible()


def test_an_analysis_of_nothing_but_looks_says_that_nothing_can_be_shown(page: ReportPage) -> None:
    bare = SEEN.model_copy(update={"properties": {"analysis": "", "left_out": 1}})
    page.show_report(remote(1, [bare]), analysis="done")
    assert "1 sentence was left out" in said(page)
    assert "Nothing of what Tavus described can be shown." in said(page)


def test_more_that_comes_is_added_where_the_reader_is(page: ReportPage, qtbot: QtBot) -> None:
    page.show_report(remote(120), analysis="pending")
    view = prose(page, "What was said")
    area = page.findChild(QScrollArea)
    assert area is not None
    qtbot.waitUntil(lambda: area.verticalScrollBar().maximum() > 0)
    area.verticalScrollBar().setValue(area.verticalScrollBar().maximum())
    view.verticalScrollBar().setValue(100)
    view.setFocus()
    place = view.verticalScrollBar().value()
    press(page, "Show all measures")
    view.setFocus()
    page.show_report(remote(120, [SEEN]), analysis="done")
    assert view.hasFocus()
    assert view.verticalScrollBar().value() == place
    assert "Hide all measures" in texts(page)
    assert "Tavus' own words" in said(page)
    other = remote(1).model_copy(update={"session": remote().session.model_copy(update={"id": "t2"})})
    page.show_report(other, analysis="pending")
    assert not view.hasFocus()


def test_a_long_transcript_scrolls_and_can_be_copied(page: ReportPage, qtbot: QtBot) -> None:
    page.show_report(remote(400), analysis="done")
    view = prose(page, "What was said")
    assert view.height() < 500
    assert view.verticalScrollBar().maximum() > 0
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text().count("\n") == 399
    QTest.keyClick(view, Qt.Key.Key_Tab)
    assert not view.hasFocus()
    page.show_report(remote(2), analysis="done")
    qtbot.waitUntil(lambda: view.verticalScrollBar().maximum() == 0)


def test_every_stop_of_the_keyboard_is_named_and_none_is_hidden(page: ReportPage) -> None:
    page.show_report(remote(2, [SEEN]), analysis="done")
    passed: list[QWidget] = []
    while (focused := QApplication.focusWidget()) is not None and focused not in passed:
        passed.append(focused)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    names = [widget.accessibleName() for widget in passed]
    assert all(names)
    inner = [name for name in names if name in {"What was seen", "What was said", "Show all measures", "Show as text"}]
    assert inner == ["What was seen", "What was said", "Show all measures", "Show as text"]


def test_words_take_the_colours_of_a_new_theme(page: ReportPage) -> None:
    page.show_report(remote(1, [SEEN]), analysis="done")
    view = prose(page, "What was seen")
    look = theme.current()
    try:
        for scheme in (Qt.ColorScheme.Dark, Qt.ColorScheme.Light):
            look.use(scheme)
            cursor = view.textCursor()
            cursor.setPosition(len(view.toPlainText()))
            assert cursor.charFormat().foreground().color().name() == look.tokens.text
    finally:
        look.use(None)


def test_a_local_report_after_one_from_tavus_looks_as_ever(page: ReportPage) -> None:
    page.show_report(remote(2, [SEEN]), analysis="pending")
    page.show_report(local_report())
    table = page.findChild(MeasuresTable)
    assert table is not None
    assert table.isVisible()
    visible = {label.text() for label in page.findChildren(QLabel) if label.isVisible()}
    assert not visible & {"Billed time", "What was seen"}
    assert not any("Tavus" in words for words in visible)
    assert prose(page, "What was said").toPlainText().startswith("0:00\tChuck")
