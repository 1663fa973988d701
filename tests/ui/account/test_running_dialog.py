"""What runs is shown as it is, ours is ended on request, and nobody else's is touched."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from coach_desktop.store.history import History, SessionRow
from coach_desktop.store.secrets import NoKeyError
from coach_desktop.tavus.client import TavusClient
from coach_desktop.tavus.models import CreateConversation
from coach_desktop.ui.account.running_dialog import RunningDialog
from tests.standin import Held, StandIn, Status
from tests.ui.driving import press, seen, texts

STARTED = "2026-11-01T10:00:00.000000Z"


class Shown:
    """A dialog over an account, and what its user does."""

    def __init__(self, bot: QtBot, tavus: StandIn, history_path: Path) -> None:
        self.bot, self.tavus, self.history_path = bot, tavus, history_path
        self.under_way: Collection[str] = ()
        self.ended: list[None] = []
        self.connect: Callable[[], TavusClient] = lambda: TavusClient(tavus.base_url, tavus.key)
        self.dialog: RunningDialog | None = None

    def start(self, name: str, session_id: str | None = None) -> Held:
        """Start a conversation, and write it down where it is a session of this computer."""
        with self.connect() as client:
            made = client.create_conversation(CreateConversation(replica_id="r90bbd427f71", conversation_name=name))
        if session_id is not None:
            with closing(History(self.history_path)) as history:
                row = SessionRow(session_id, "anna", "Talk to Anna", "tavus", "running", STARTED, None)
                history.begin(row, f"token-of-{session_id}")
                history.set_conversation(session_id, made.conversation_id)
        return self.tavus.held[made.conversation_id]

    def open(self) -> RunningDialog:
        self.dialog = RunningDialog(self.connect, self.history_path, lambda: self.under_way)
        self.dialog.ended.connect(lambda: self.ended.append(None))
        with self.bot.waitExposed(self.dialog):
            self.dialog.open()
        return self.dialog

    def wait_for(self, *words: str) -> RunningDialog:
        dialog = self.dialog
        assert dialog is not None
        self.bot.waitUntil(lambda: all(word in seen(dialog) for word in words) and "Asking Tavus" not in seen(dialog))
        return dialog

    def answer(self, words: str) -> None:
        assert self.dialog is not None
        (box,) = [box for box in self.dialog.findChildren(QMessageBox) if box.isVisible()]
        (button,) = [button for button in box.findChildren(QPushButton) if button.text() == words]
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.fixture
def shown(qtbot: QtBot, dressed: QApplication, tmp_path: Path) -> Iterator[Shown]:
    with StandIn() as tavus:
        made = Shown(qtbot, tavus, tmp_path / "history.sqlite3")
        yield made
        if made.dialog is not None and isValid(made.dialog):
            made.dialog.close()


def test_an_account_at_rest_says_so(shown: Shown) -> None:
    shown.tavus.add_foreign("Sales call")
    shown.open()
    dialog = shown.wait_for("Nothing of this app runs.", "1 other conversation runs in this account.")
    assert not {"End", "End all"} & texts(dialog)


def test_what_an_earlier_session_left_is_ended_and_nobody_elses_is(shown: Shown) -> None:
    left = shown.start("Renamed", "s1")
    foreign = [shown.tavus.add_foreign("Sales call"), shown.tavus.add_foreign("Talk")]
    shown.open()
    dialog = shown.wait_for("Talk to Anna", "Left from an earlier session.", left.conversation_id, "2 other")
    press(dialog, "End")
    shown.wait_for("It was ended.", "Nothing of this app runs.")
    assert left.status == "ended"
    assert [held.status for held in foreign] == ["active", "active"]
    assert len(shown.ended) == 1


def test_the_conversation_that_is_under_way_is_shown_and_left_alone(shown: Shown) -> None:
    shown.start("Mine", "s1")
    shown.under_way = ["s1"]
    shown.open()
    dialog = shown.wait_for("This is the one you are in")
    assert not {"End", "End all"} & texts(dialog)


def test_one_of_another_computer_is_ended_after_a_question(shown: Shown) -> None:
    other = shown.start("Rehearsal [0123456789ab]")
    shown.open()
    dialog = shown.wait_for("Rehearsal", "perhaps on another computer")
    assert "0123456789ab" not in seen(dialog)
    press(dialog, "End")
    shown.answer("Leave it")
    assert other.status == "active"
    press(dialog, "End")
    shown.answer("End it")
    shown.wait_for("It was ended.")
    assert other.status == "ended"


def test_all_are_ended_at_once_but_for_the_one_under_way(shown: Shown) -> None:
    mine = shown.start("Mine", "s0")
    shown.under_way = ["s0"]
    left = [shown.start(f"Left {number}", f"s{number}") for number in (1, 2)]
    shown.open()
    press(shown.wait_for("Left from an earlier session."), "End all")
    shown.wait_for("All 2 were ended.", "This is the one you are in")
    assert [held.status for held in left] == ["ended", "ended"]
    assert mine.status == "active"


def test_an_end_that_is_not_confirmed_is_said_with_what_may_go_on(shown: Shown) -> None:
    shown.start("One [00000000000a]", "s1")
    shown.start("Two [00000000000b]", "s2")
    shown.tavus.plan("end", *[Status(500)] * 3)
    shown.open()
    dialog = shown.wait_for("Left from an earlier session.")
    press(dialog, "End all")
    # Its new card is shown a turn of the event loop after the words.
    shown.wait_for("1 of 2 were ended.", "Left from an earlier session.")
    assert "It is not known whether the conversation has ended." in seen(dialog)
    assert "End" in texts(dialog), "it can be tried again"
    assert len(shown.tavus.active()) == 1
    assert len(shown.ended) == 1


def test_what_cannot_be_asked_is_said_and_can_be_asked_again(shown: Shown) -> None:
    connect = shown.connect

    def locked() -> TavusClient:
        raise NoKeyError("There is no Tavus key.", do="Enter your key first.")

    shown.connect = locked
    shown.open()
    dialog = shown.wait_for("There is no Tavus key.", "Enter your key first.")
    assert "End all" not in texts(dialog)
    asked: list[None] = []
    dialog.key_asked.connect(lambda: asked.append(None))
    press(dialog, "Tavus key…")
    assert asked == [None]
    dialog.close()
    shown.connect = connect
    shown.tavus.plan("list", Status(500))
    shown.open()
    dialog = shown.wait_for("The service has a fault of its own.")
    press(dialog, "Look again")
    shown.wait_for("Nothing of this app runs.")
    shown.tavus.plan("list", Status(500))
    press(dialog, "Look again")
    shown.wait_for("The service has a fault of its own.")
    assert "Nothing of this app runs." not in seen(dialog)


def test_a_history_that_cannot_be_read_hides_nothing_that_costs_money(shown: Shown) -> None:
    shown.start("Rehearsal [0123456789ab]")
    shown.history_path.write_bytes(b"no database at all, but long enough to be taken for one" * 100)
    shown.open()
    shown.wait_for("Rehearsal", "perhaps on another computer")


def test_the_dialog_closes_while_it_waits(shown: Shown, qtbot: QtBot) -> None:
    dialog = shown.open()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not isValid(dialog))
