"""Chuck's dialog, worked as a user does, against a stand-in for Tavus."""

from __future__ import annotations

import threading

from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QListWidget, QProgressBar, QWidget
from shiboken6 import isValid

from coach_desktop.core.ids import OWN_CHUCK
from coach_desktop.sessions.chuck_memory import ChuckMemory
from coach_desktop.store.profile_files import load_shelf
from coach_desktop.ui.account.fit import fit_width
from tests.standin import Moment, Recorded, StandIn, Status
from tests.ui.account.chuck.conftest import OURS, Open


def test_chuck_is_created_with_one_press_and_a_profile_starts_him(opened: Open) -> None:
    shown = opened()
    shown.says("Chuck is not in your account yet.", "Lucas (r874cc5f8a3b)", "As they come with the app")
    shown.press("Create Chuck in my account")
    shown.says("Chuck is in your account and up to date.", "Start him with the profile")
    assert shown.made == [OWN_CHUCK]
    [profile] = [one.profile for one in load_shelf(shown.folder / "profiles").profiles if not one.built_in]
    assert (profile.id, profile.persona_id) == (OWN_CHUCK, shown.chuck()["persona_id"])
    assert profile.custom_greeting == OURS.greeting
    assert shown.chuck()["default_replica_id"] == "r874cc5f8a3b"
    shown.press("Update Chuck")
    shown.says("There was nothing to change in Tavus.")
    assert shown.tavus.requests_of("patch_persona") == []


def test_what_is_typed_is_sent_kept_and_can_be_reset(opened: Open) -> None:
    shown = opened()
    shown.write("What he listens for", "Is it loud?\n\n  Is it fast? ")
    shown.says("Changed by you: What he listens for")
    shown.press("Create Chuck in my account")
    shown.says("up to date")
    assert shown.chuck()["layers"]["perception"]["audio_awareness_queries"] == ["Is it loud?", "Is it fast?"]
    shown.dialog.close()
    shown.bot.waitUntil(lambda: not isValid(shown.dialog))
    shown = opened()
    assert shown.text_of("What he listens for").toPlainText() == "Is it loud?\n\nIs it fast?"
    shown.press("Reset to ours")
    shown.turn_to("Overview")
    shown.says("As they come with the app", "1 field differs", "Is it loud?", OURS.audio_awareness_queries[0])
    shown.press("Update Chuck")
    shown.says("Chuck was updated.")
    assert shown.chuck()["layers"]["perception"]["audio_awareness_queries"] == list(OURS.audio_awareness_queries)


def test_all_can_be_read_and_written_while_the_account_takes_its_time(opened: Open, tavus: StandIn) -> None:
    go_on = threading.Event()

    def hook(moment: Moment, _request: Recorded) -> None:
        if moment == "received":
            go_on.wait(30)

    tavus.hook = hook
    shown = opened()
    try:
        shown.write("Greeting", "Shall we?")
        shown.says("Looking for Chuck", "Not known before your account has answered.")
    finally:
        go_on.set()
    shown.says("Chuck is not in your account yet.", "Lucas", "Changed by you: Greeting")


def test_what_is_typed_is_kept_where_nothing_was_sent(opened: Open) -> None:
    shown = opened()
    shown.write("Greeting", "Hello.")
    shown.write("What he watches", "x" * 1001)
    shown.says("What he watches, question 1: it must not be longer than 1000 characters.")
    assert not shown.has("Create Chuck in my account")
    shown.dialog.close()
    shown.bot.waitUntil(lambda: not isValid(shown.dialog))
    texts = ChuckMemory(shown.folder / "chuck.json").load()[0].texts
    assert (texts.greeting, texts.visual_awareness_queries) == ("Hello.", None)
    assert shown.tavus.requests_of("create_persona") == []


def test_progress_is_shown_and_can_be_cancelled_and_he_is_still_made_once(opened: Open) -> None:
    shown = opened()
    arrived, go_on = threading.Event(), threading.Event()

    def hook(moment: Moment, request: Recorded) -> None:
        if (moment, request.operation) == ("received", "create_persona"):
            arrived.set()
            go_on.wait(30)

    shown.tavus.hook = hook
    shown.press("Create Chuck in my account")
    shown.says("Creating Chuck…")
    assert any(bar.isVisible() for bar in shown.dialog.findChildren(QProgressBar))
    assert not shown.text_of("Instructions").isEnabled()
    assert arrived.wait(30)
    shown.press("Cancel")
    shown.says("Cancelled.")
    # Pressed again while the first create is still on its way.
    shown.press("Create Chuck in my account")
    go_on.set()
    shown.says("There was nothing to change in Tavus.")
    assert len(shown.tavus.requests_of("create_persona")) == 1
    assert shown.made == [OWN_CHUCK]


def test_an_error_is_told_and_the_next_try_goes_on(opened: Open) -> None:
    shown = opened()
    shown.tavus.plan("create_persona", Status(402, {"message": "The user is out of conversational credits."}))
    shown.press("Create Chuck in my account")
    shown.says("no conversation credit left", "Nothing was added to the account.")
    shown.press("Create Chuck in my account")
    shown.says("up to date")


def test_without_a_key_all_can_be_read_and_nothing_sent(opened: Open) -> None:
    shown = opened(key=None)
    shown.says("There is no Tavus key.", "Enter your key first.")
    assert shown.text_of("Instructions").toPlainText().startswith("You are Chuck")
    assert not shown.has("Create Chuck in my account")
    assert shown.tavus.requests == []


def test_without_a_key_there_is_a_way_to_enter_it_and_he_is_looked_for_then(opened: Open) -> None:
    shown = opened(key=None)
    with shown.bot.waitSignal(shown.dialog.key_asked):
        shown.press("Tavus key…")
    shown.keys.append(shown.tavus.key)
    shown.dialog.key_known()
    shown.says("Chuck is not in your account yet.")
    assert not shown.has("Tavus key…")
    asked = len(shown.tavus.requests)
    shown.dialog.key_known()
    assert len(shown.tavus.requests) == asked


def test_the_contents_are_as_wide_as_their_words(opened: Open, dressed: QApplication) -> None:
    contents = opened().dialog.findChild(QListWidget)
    assert contents is not None
    font = contents.font()
    font.setPointSizeF(2 * font.pointSizeF())
    contents.setFont(font)
    fit_width(contents, 10)
    longest = max(
        contents.fontMetrics().horizontalAdvance(contents.item(row).text()) for row in range(contents.count())
    )
    assert longest < contents.width() < 2 * longest


def test_it_fits_a_small_screen_and_every_control_has_a_name(opened: Open) -> None:
    shown = opened()
    shown.says("Chuck is not in your account yet.")
    assert QSize(1024, 640).expandedTo(shown.dialog.size()) == QSize(1024, 640)
    contents = shown.dialog.findChild(QListWidget)
    assert contents is not None
    for row in range(contents.count()):
        contents.setCurrentRow(row)
        focusable = [
            widget
            for widget in shown.dialog.findChildren(QWidget)
            if widget.isVisible() and widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        ]
        assert [type(widget) for widget in focusable if not widget.accessibleName()] == []
        assert len(focusable) > 3
    QTest.keyClick(shown.dialog, Qt.Key.Key_Escape)
    shown.bot.waitUntil(lambda: not isValid(shown.dialog))
