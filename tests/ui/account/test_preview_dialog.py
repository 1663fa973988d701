"""The preview: shows every byte, checks on request, starts on request, and never waits."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from coach_desktop.sessions.checking import CheckResult, check_for_free
from coach_desktop.sessions.requests import request_of
from coach_desktop.store.profiles import Profile
from coach_desktop.tavus.client import TavusClient
from coach_desktop.tavus.models import CreateConversation
from coach_desktop.ui.account.preview_dialog import PreviewDialog
from tests.standin import StandIn
from tests.ui.driving import press, seen, texts
from tests.ui.stage import CHUCK

ANNA = Profile(
    id="anna", name="Anna", purpose="P.", provider="tavus", replica_id="r90bbd427f71", custom_greeting="Grüß Gott.",
    max_call_duration=600, participant_absent_timeout=120,
)  # fmt: skip
TOKEN = "0123456789ab"  # noqa: S105 - the mark in a name, no secret

BREAK = "\u200b"

Open = Callable[..., PreviewDialog]


@pytest.fixture
def show(qtbot: QtBot, dressed: QApplication, tavus: StandIn) -> Iterator[Open]:
    made: list[PreviewDialog] = []

    def check(request: CreateConversation) -> CheckResult:
        with TavusClient(tavus.base_url, tavus.key) as client:
            return check_for_free(client, request, look_up_pauses_s=(), end_pauses_s=(0.01,))

    def make(profile: Profile = ANNA, check: Callable[[CreateConversation], CheckResult] = check) -> PreviewDialog:
        dialog = PreviewDialog(profile, request_of(profile, TOKEN), check)
        made.append(dialog)
        with qtbot.waitExposed(dialog):
            dialog.open()
        return dialog

    yield make
    for dialog in made:
        if isValid(dialog):
            dialog.close()


def shown_text(dialog: PreviewDialog) -> str:
    text = dialog.findChild(QPlainTextEdit)
    assert text is not None
    assert text.isReadOnly()
    return text.toPlainText()


def test_every_byte_that_is_sent_is_shown_and_copied(show: Open) -> None:
    dialog = show()
    body = request_of(ANNA, TOKEN).body().decode()
    assert shown_text(dialog) == body
    assert json.loads(body)["custom_greeting"] == "Grüß Gott."
    press(dialog, "Copy")
    assert QGuiApplication.clipboard().text() == body
    words = seen(dialog).replace(BREAK, "")
    assert "POST https://tavusapi.com/v2/conversations" in words
    assert "x-api-key" in words
    assert "10 min at most" in words
    assert "ends by itself after 2 min" in words


def test_nothing_is_sent_before_somebody_asks(show: Open, tavus: StandIn) -> None:
    dialog = show()
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert not isValid(dialog) or not dialog.isVisible(), "Enter closes: it starts nothing that costs money"
    assert tavus.requests == []


def test_a_start_is_asked_for_when_the_dialog_has_gone(show: Open, qtbot: QtBot) -> None:
    dialog = show()
    visible: list[bool] = []
    dialog.start_asked.connect(lambda: visible.append(dialog.isVisible()))
    press(dialog, "Start with this")
    assert visible == [False]


def test_a_check_that_is_accepted_costs_nothing(show: Open, qtbot: QtBot, tavus: StandIn) -> None:
    dialog = show()
    press(dialog, "Check for free")
    qtbot.waitUntil(lambda: "Tavus accepts this" in seen(dialog))
    assert "Nothing was billed." in seen(dialog)
    assert tavus.active() == []
    assert shown_text(dialog) == request_of(ANNA, TOKEN).body().decode(), "its token is not used up"
    assert TOKEN not in tavus.creates[0].json()["conversation_name"]


def test_a_check_that_is_refused_says_why(show: Open, qtbot: QtBot, tavus: StandIn) -> None:
    tavus.known_replicas = set()
    dialog = show()
    press(dialog, "Check for free")
    qtbot.waitUntil(lambda: "does not know the replica" in seen(dialog))
    assert "Check for free" in texts(dialog), "it can be tried again"


def test_a_check_that_was_taken_for_the_real_thing_is_said(show: Open, qtbot: QtBot) -> None:
    dialog = show(check=lambda _request: CheckResult("c1", was_real=True))
    press(dialog, "Check for free")
    qtbot.waitUntil(lambda: "took the check for the real thing" in seen(dialog))
    assert "may be billed" in seen(dialog)


def test_nobody_has_to_wait_for_a_check(show: Open, qtbot: QtBot) -> None:
    may_answer = threading.Event()

    def slow(_request: CreateConversation) -> CheckResult:
        assert may_answer.wait(60)
        return CheckResult("c1")

    try:
        dialog = show(check=slow)
        press(dialog, "Check for free")
        qtbot.waitUntil(lambda: "Asking Tavus" in seen(dialog))
        press(dialog, "Stop waiting")
        assert "Asking Tavus" not in seen(dialog)
        press(dialog, "Check for free")
        dialog.close()
        qtbot.waitUntil(lambda: not isValid(dialog))
    finally:
        may_answer.set()


def test_what_stays_on_this_computer_needs_no_check(show: Open) -> None:
    dialog = show(CHUCK)
    assert "Check for free" not in texts(dialog)
    assert "Nothing is billed" in seen(dialog)
    assert "tavusapi" not in seen(dialog)


def test_every_control_has_a_name(show: Open) -> None:
    dialog = show()
    for control in [*dialog.findChildren(QPushButton), *dialog.findChildren(QPlainTextEdit)]:
        assert control.accessibleName()
    assert dialog.accessibleName()
