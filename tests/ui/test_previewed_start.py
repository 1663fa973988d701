"""What was previewed is what the next start of that profile asks for: once, and nothing else ever."""

from __future__ import annotations

import threading

from PySide6.QtWidgets import QApplication, QListView, QPlainTextEdit
from pytestqt.qtbot import QtBot

from coach_desktop.core.errors import CoachError
from coach_desktop.sessions.updates import SessionState
from coach_desktop.store.profiles import Profile
from coach_desktop.ui.account.preview_dialog import PreviewDialog
from coach_desktop.ui.error_view import ErrorView
from coach_desktop.ui.home_page import HomePage
from coach_desktop.ui.services import UiOptions
from tests.ui.driving import Show, Shown, press
from tests.ui.stage import CHUCK, PlayedSession

ANNA = Profile(id="anna", name="Anna", purpose="Talk to Anna.", provider="tavus", replica_id="r90bbd427f71")
PAID = UiOptions(profile_id="anna")
KEY = "tvsk_of-a-test"


def preview(shown: Shown) -> PreviewDialog:
    press(shown.wait_for(HomePage), "Preview what is sent…")
    shown.bot.waitUntil(lambda: any(d.isVisible() for d in shown.window.findChildren(PreviewDialog)))
    return next(d for d in shown.window.findChildren(PreviewDialog) if d.isVisible())


def text_of(dialog: PreviewDialog) -> str:
    return dialog.findChildren(QPlainTextEdit)[0].toPlainText()


def body_of(session: PlayedSession) -> str | None:
    return None if session.request is None else session.request.body().decode()


def test_start_after_the_preview_was_closed_sends_what_was_shown(show: Show) -> None:
    shown = show(PAID, [CHUCK, ANNA], key=KEY)
    dialog = preview(shown)
    text = text_of(dialog)
    press(dialog, "Close")
    assert body_of(shown.begin()) == text


def test_start_from_the_preview_sends_what_is_shown_and_the_next_one_draws_anew(show: Show, qtbot: QtBot) -> None:
    shown = show(PAID, [CHUCK, ANNA], key=KEY)
    dialog = preview(shown)
    text = text_of(dialog)
    press(dialog, "Start with this")
    qtbot.waitUntil(lambda: bool(shown.sessions))
    assert body_of(shown.sessions[-1]) == text
    shown.sessions[-1].play(SessionState.FAILED, error=CoachError("No."))
    error = shown.wait_for(ErrorView)
    qtbot.waitUntil(lambda: shown.action("Start practice").isEnabled())
    press(error, "Try again")
    qtbot.waitUntil(lambda: len(shown.sessions) == 2)
    assert shown.sessions[-1].request is None


def test_a_start_that_overtakes_the_preview_is_not_covered_by_it(show: Show, qtbot: QtBot) -> None:
    shown = show(PAID, [CHUCK, ANNA], key=KEY)
    home = shown.wait_for(HomePage)
    # One after the other: the second may begin before the answer of the first has come, or after.
    press(home, "Preview what is sent…")
    press(home, "Start practice")
    qtbot.waitUntil(lambda: bool(shown.sessions))
    qtbot.waitUntil(lambda: not any(thread.name == "errand" for thread in threading.enumerate()))
    QApplication.processEvents()
    assert not any(dialog.isVisible() for dialog in shown.window.findChildren(PreviewDialog))


def test_second_preview_takes_the_place_of_the_first(show: Show, qtbot: QtBot) -> None:
    shown = show(PAID, [CHUCK, ANNA], key=KEY)
    dialog = preview(shown)
    first = text_of(dialog)
    press(dialog, "Close")
    qtbot.waitUntil(lambda: not any(d.isVisible() for d in shown.window.findChildren(PreviewDialog)))
    dialog = preview(shown)
    second = text_of(dialog)
    assert second != first
    press(dialog, "Close")
    assert body_of(shown.begin()) == second


def test_another_profile_never_sends_it(show: Show) -> None:
    shown = show(PAID, [CHUCK, ANNA], key=KEY)
    press(preview(shown), "Close")
    (listed,) = shown.wait_for(HomePage).findChildren(QListView)
    listed.setCurrentIndex(listed.model().index(0, 0))
    session = shown.begin()
    assert (session.profile, session.request) == (CHUCK, None)
