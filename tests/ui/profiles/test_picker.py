"""The picker, by keys and words, over a real account: what is found and ticked, and what is said when there is none."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from coach_desktop.tavus.client import TavusClient
from coach_desktop.ui.profiles.account import AccountServices
from coach_desktop.ui.profiles.picker import PICKS, PickerDialog
from coach_desktop.ui.profiles.picker_list import PickerList
from tests.standin import Recorded, StandIn, Status
from tests.standin.library import persona_row, replica_row
from tests.ui.profiles.hands import button, choose, nameless, push, seen, tab_order, wait_for

NAMES = ("Anna", "Lucas", "Luna", "Brooke", "Charlie", "Ruby", "Nathan", "Rose", "Steph", "Carter")
TRAINING = replica_row("rtraining", "My old face", "user", status="started", training_progress="40/100")


@pytest.fixture
def tavus() -> Iterator[StandIn]:
    with StandIn() as tavus:
        tavus.replicas = [replica_row(f"r{number:03}", f"{NAMES[number % 10]} {number}") for number in range(249)]
        tavus.replicas.append(replica_row("rmine", "My own face", "user"))
        for number, name in enumerate(("Price list", "Keys to Public Speaking", "Company facts")):
            tags = ["sales"] if number != 1 else ["coaching", "keys"]
            tavus.create_document(
                {"document_url": f"https://example.org/{number}", "document_name": name, "tags": tags}
            )
            tavus.documents[-1]["document_id"] = f"d{number}"
        yield tavus


Open = Callable[..., PickerDialog]


@pytest.fixture
def opened(host: QWidget, account: AccountServices, qtbot: QtBot) -> Open:
    def made(field: str, *chosen: str) -> PickerDialog:
        dialog = PickerDialog(PICKS[field], chosen, account, host)
        with qtbot.waitActive(dialog):
            dialog.open()
            dialog.activateWindow()
        return dialog

    return made


def search_of(dialog: PickerDialog) -> QLineEdit:
    found = dialog.findChild(QLineEdit)
    assert found is not None
    return found


def rows(dialog: PickerDialog) -> list[str]:
    model = the_list(dialog).model()
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


def the_list(dialog: PickerDialog) -> PickerList:
    found = dialog.findChild(PickerList)
    assert found is not None
    return found


def current(dialog: PickerDialog) -> str:
    return str(the_list(dialog).currentIndex().data())


def told(dialog: PickerDialog) -> str:
    """Return what a screen reader says of the current row."""
    return str(the_list(dialog).currentIndex().data(Qt.ItemDataRole.AccessibleTextRole))


def press(dialog: PickerDialog, *keys: Qt.Key, ctrl: bool = False) -> None:
    """Press keys wherever the keyboard is in the dialog."""
    modifiers = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
    for key in keys:
        QTest.keyClick(dialog.focusWidget() or dialog, key, modifiers)


def type_in(dialog: PickerDialog, words: str) -> None:
    QTest.keyClicks(dialog.focusWidget() or dialog, words)


def taken(qtbot: QtBot, dialog: PickerDialog, take: Callable[[], None]) -> Sequence[str]:
    with qtbot.waitSignal(dialog.picked) as signal:
        take()
    assert signal.args is not None
    ids: Sequence[str] = signal.args[0]
    return ids


class TestOne:
    def test_type_arrow_enter(self, opened: Open, qtbot: QtBot) -> None:
        dialog = opened("replica_id")
        wait_for(qtbot, dialog, "250 replicas")
        type_in(dialog, "lu 1")
        assert "of 250 replicas" in seen(dialog)
        assert set(rows(dialog)) == {each for each in rows(dialog) if "Lu" in each and "1" in each}
        first, second = rows(dialog)[:2]
        assert current(dialog) == first
        press(dialog, Qt.Key.Key_Down)
        assert current(dialog) == second
        assert dialog.focusWidget() is search_of(dialog)
        ids = taken(qtbot, dialog, lambda: press(dialog, Qt.Key.Key_Return))
        assert ids == (f"r{int(second.split()[1]):03}",)
        assert not dialog.isVisible()

    def test_it_is_found_by_its_id(self, opened: Open, qtbot: QtBot) -> None:
        dialog = opened("replica_id")
        wait_for(qtbot, dialog, "250 replicas")
        type_in(dialog, "R042")
        assert rows(dialog) == ["Luna 42"]

    def test_the_first_page_is_there_while_more_come(self, opened: Open, qtbot: QtBot, tavus: StandIn) -> None:
        go_on = threading.Event()

        def hook(moment: str, request: Recorded) -> None:
            if moment == "received" and request.query["page"] == "2":
                go_on.wait(30)

        tavus.hook = hook
        dialog = opened("replica_id")
        wait_for(qtbot, dialog, "Loading… 101 so far")
        type_in(dialog, "my own")
        assert rows(dialog) == ["My own face"]
        go_on.set()
        wait_for(qtbot, dialog, "1 of 250 replicas")

    def test_what_is_chosen_already_is_current(self, opened: Open, qtbot: QtBot) -> None:
        dialog = opened("replica_id", "r123")
        wait_for(qtbot, dialog, "250 replicas")
        assert current(dialog) == "Brooke 123"
        type_in(dialog, "rose")
        assert current(dialog).startswith("Rose")
        search_of(dialog).clear()
        assert current(dialog) == "Brooke 123"
        assert taken(qtbot, dialog, lambda: press(dialog, Qt.Key.Key_Enter)) == ("r123",)

    def test_also_where_the_account_has_it_no_more(self, opened: Open, qtbot: QtBot) -> None:
        dialog = opened("replica_id", "rgone")
        wait_for(qtbot, dialog, "250 replicas")
        assert (current(dialog), rows(dialog)[0]) == ("rgone", "rgone")
        assert told(dialog) == "rgone, Not in your account"
        assert taken(qtbot, dialog, lambda: push(dialog, "Choose")) == ("rgone",)

    def test_own_and_stock(self, opened: Open, qtbot: QtBot) -> None:
        dialog = opened("replica_id")
        wait_for(qtbot, dialog, "250 replicas")
        assert told(dialog) == "My own face, Yours, rmine  ·  phoenix-4"
        choose(dialog, "Show", "Yours")
        assert rows(dialog) == ["My own face"]
        choose(dialog, "Show", "Stock")
        assert len(rows(dialog)) == 249
        assert "Stock" in told(dialog)
        choose(dialog, "Show", "All")
        assert len(rows(dialog)) == 250

    def test_what_cannot_be_used_says_why_and_is_not_taken(self, opened: Open, qtbot: QtBot, tavus: StandIn) -> None:
        tavus.replicas = [TRAINING]
        dialog = opened("replica_id")
        wait_for(qtbot, dialog, "1 replica. It is still in training: 40/100.")
        assert "In training" in told(dialog)
        assert "It is still in training: 40/100" in told(dialog)
        assert not button(dialog, "Choose").isEnabled()
        assert button(dialog, "Choose").accessibleDescription() == "It is still in training: 40/100"
        press(dialog, Qt.Key.Key_Return)
        assert dialog.isVisible()

    def test_a_double_click_chooses(self, opened: Open, qtbot: QtBot, tavus: StandIn) -> None:
        tavus.personas = [persona_row("p1", "One"), persona_row("p2", "Two", "system")]
        dialog = opened("persona_id")
        wait_for(qtbot, dialog, "2 personas")
        view = the_list(dialog)
        spot = view.visualRect(view.model().index(1, 0)).center()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=spot)
        ids = taken(qtbot, dialog, lambda: QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=spot))
        assert ids == ("p2",)

    def test_typing_in_the_list_searches(self, opened: Open, qtbot: QtBot) -> None:
        dialog = opened("replica_id")
        wait_for(qtbot, dialog, "250 replicas")
        the_list(dialog).setFocus()
        type_in(dialog, "rose")
        assert search_of(dialog).text() == "rose"
        assert dialog.focusWidget() is search_of(dialog)

    def test_escape_takes_nothing(self, opened: Open, qtbot: QtBot) -> None:
        dialog = opened("replica_id", "r001")
        wait_for(qtbot, dialog, "250 replicas")
        with qtbot.assertNotEmitted(dialog.picked):
            press(dialog, Qt.Key.Key_Escape)
        assert not dialog.isVisible()


class TestSeveral:
    def test_several_are_ticked_and_their_order_is_kept(self, opened: Open, qtbot: QtBot) -> None:
        dialog = opened("document_ids", "dgone", "d2")
        wait_for(qtbot, dialog, "3 documents, 2 ticked")
        assert rows(dialog)[0] == "dgone"
        type_in(dialog, "keys")
        assert rows(dialog) == ["Keys to Public Speaking"]
        assert told(dialog).endswith("not ticked")
        press(dialog, Qt.Key.Key_Return)
        assert told(dialog).endswith(", ticked")
        assert "3 ticked" in seen(dialog)
        # What was searched for is replaced by what is typed next.
        type_in(dialog, "facts")
        assert rows(dialog) == ["Company facts"]
        press(dialog, Qt.Key.Key_Return)
        assert taken(qtbot, dialog, lambda: press(dialog, Qt.Key.Key_Return, ctrl=True)) == ("dgone", "d1")

    def test_all_can_be_taken_away(self, opened: Open, qtbot: QtBot) -> None:
        dialog = opened("document_ids", "d1")
        wait_for(qtbot, dialog, "3 documents, 1 ticked")
        press(dialog, Qt.Key.Key_Return)
        assert taken(qtbot, dialog, lambda: push(dialog, "Use what is ticked")) == ()

    def test_space_and_clicks_tick_in_the_list(self, opened: Open, qtbot: QtBot) -> None:
        dialog = opened("document_ids")
        wait_for(qtbot, dialog, "3 documents")
        view = the_list(dialog)
        view.setFocus()
        press(dialog, Qt.Key.Key_Space)
        first = current(dialog)
        spot = view.visualRect(view.model().index(2, 0)).center()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=spot)
        assert "2 ticked" in seen(dialog)
        ids = taken(qtbot, dialog, lambda: push(dialog, "Use what is ticked"))
        named = {"d0": "Price list", "d1": "Keys to Public Speaking", "d2": "Company facts"}
        assert [named[each] for each in ids] == [first, current(dialog)]

    def test_tags_are_those_of_the_documents_and_those_of_the_profile(self, opened: Open, qtbot: QtBot) -> None:
        dialog = opened("document_tags", "mine", "sales")
        wait_for(qtbot, dialog, "3 tags, 2 ticked")
        assert rows(dialog) == ["mine", "coaching", "keys", "sales"]
        assert told(dialog) == "mine, On no document, ticked"
        type_in(dialog, "sal")
        assert told(dialog) == "sales, 2 documents, ticked"

    def test_a_document_that_failed_can_be_left_out_and_not_taken(
        self, opened: Open, qtbot: QtBot, tavus: StandIn
    ) -> None:
        tavus.documents[0].update(status="error", error_message="file_empty")
        dialog = opened("document_ids", "d0")
        wait_for(qtbot, dialog, "3 documents, 1 ticked")
        assert "The file is empty" in told(dialog)
        press(dialog, Qt.Key.Key_Return)
        assert "ticked" not in seen(dialog).splitlines()[-1].replace("what is ticked", "")
        press(dialog, Qt.Key.Key_Return)
        assert told(dialog).endswith("not ticked")


class TestNothingThere:
    def test_an_empty_account_says_so(self, opened: Open, qtbot: QtBot, tavus: StandIn) -> None:
        tavus.documents = []
        for field, words in (
            ("document_ids", "There is no document in your account yet."),
            ("document_tags", "No document in your account has a tag."),
        ):
            dialog = opened(field)
            wait_for(qtbot, dialog, words)
            dialog.reject()

    def test_so_does_a_search_that_finds_nothing(self, opened: Open, qtbot: QtBot) -> None:
        dialog = opened("replica_id")
        wait_for(qtbot, dialog, "250 replicas")
        type_in(dialog, "xyzzy")
        assert "Nothing matches “xyzzy”." in seen(dialog)
        assert not button(dialog, "Choose").isEnabled()
        press(dialog, Qt.Key.Key_Return)
        assert dialog.isVisible()

    def test_an_error_is_told_and_can_be_tried_again(self, opened: Open, qtbot: QtBot, tavus: StandIn) -> None:
        tavus.plan("replicas", Status(code=500))
        dialog = opened("replica_id")
        wait_for(qtbot, dialog, "The service has a fault of its own.")
        search_of(dialog).setFocus()
        type_in(dialog, "anna")
        assert "The service has a fault of its own." in seen(dialog)
        assert "There is no replica" not in seen(dialog)
        push(dialog, "Try again")
        wait_for(qtbot, dialog, "of 250 replicas")

    def test_what_came_before_an_error_can_be_used(self, opened: Open, qtbot: QtBot, tavus: StandIn) -> None:
        tavus.plan("replicas", None, Status(code=500))
        dialog = opened("replica_id")
        wait_for(qtbot, dialog, "Not all replicas could be loaded. The service has a fault of its own.")
        assert rows(dialog) == ["My own face"]
        push(dialog, "Try again")
        wait_for(qtbot, dialog, "250 replicas")
        assert "Not all" not in seen(dialog)

    def test_a_wrong_key_is_told(self, host: QWidget, tavus: StandIn, qtbot: QtBot) -> None:
        account = AccountServices(lambda: TavusClient(tavus.base_url, "another-key"))
        dialog = PickerDialog(PICKS["persona_id"], (), account, host)
        dialog.open()
        wait_for(qtbot, dialog, "key")
        assert tavus.key not in seen(dialog)
        dialog.reject()

    def test_more_than_can_be_shown_is_said(
        self, opened: Open, qtbot: QtBot, tavus: StandIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("coach_desktop.sessions.directory.MOST_PAGES", 2)
        tavus.page_limit = 5
        dialog = opened("replica_id", "r248")
        wait_for(qtbot, dialog, "The first 11 replicas. There are more: write the id of another one by hand.")
        assert told(dialog) == "r248, Not among these"


class TestAgain:
    def test_the_second_time_nothing_is_asked(self, opened: Open, qtbot: QtBot, tavus: StandIn) -> None:
        first = opened("replica_id")
        wait_for(qtbot, first, "250 replicas")
        first.reject()
        asked = len(tavus.requests)
        second = opened("replica_id")
        wait_for(qtbot, second, "250 replicas")
        assert len(tavus.requests) == asked

    def test_refresh_asks_anew_and_keeps_the_rows_meanwhile(self, opened: Open, qtbot: QtBot, tavus: StandIn) -> None:
        dialog = opened("replica_id", "r100")
        wait_for(qtbot, dialog, "250 replicas")
        tavus.replicas.append(replica_row("rnew", "Newest", "user"))
        shown: list[int] = []
        the_list(dialog).model().modelReset.connect(lambda: shown.append(len(rows(dialog))))
        push(dialog, "Refresh")
        wait_for(qtbot, dialog, "251 replicas")
        assert min(shown) == 250
        assert current(dialog) == "Anna 100"

    def test_who_closes_waits_for_nobody(self, opened: Open, qtbot: QtBot, tavus: StandIn) -> None:
        go_on = threading.Event()
        arrived = threading.Event()

        def hook(moment: str, _request: object) -> None:
            if moment == "received":
                arrived.set()
                go_on.wait(30)

        tavus.hook = hook
        dialog = opened("replica_id")
        wait_for(qtbot, dialog, "Loading your replicas…")
        qtbot.waitUntil(arrived.is_set)
        gone: list[bool] = []
        dialog.destroyed.connect(lambda _object: gone.append(True))
        dialog.reject()
        qtbot.waitUntil(lambda: bool(gone))
        assert not go_on.is_set()
        go_on.set()
        # It stops there: one page was asked for, and no other.
        qtbot.waitUntil(lambda: not [each for each in threading.enumerate() if each.name == "errand"])
        assert len(tavus.requests_of("replicas")) == 1


class TestAccess:
    def test_whatever_takes_the_focus_has_a_name(self, opened: Open, qtbot: QtBot) -> None:
        for field in PICKS:
            dialog = opened(field)
            wait_for(qtbot, dialog, f"{PICKS[field].several}")
            qtbot.waitUntil(the_list(dialog).isVisible)
            assert not nameless(dialog), nameless(dialog)
            dialog.reject()

    def test_tab_goes_around(self, opened: Open, qtbot: QtBot) -> None:
        dialog = opened("replica_id")
        wait_for(qtbot, dialog, "250 replicas")
        assert tab_order(qtbot, search_of(dialog)) == [
            "Search replicas", "Show", "Refresh", "Replicas", "Cancel", "Choose",
        ]  # fmt: skip

    def test_it_fits_on_a_small_screen(self, opened: Open, qtbot: QtBot, tavus: StandIn) -> None:
        tavus.replicas.append(replica_row("rlong", "A name without an end " * 20, "user", status="error"))
        dialog = opened("replica_id", "r" * 200)
        wait_for(qtbot, dialog, "251 replicas")
        assert dialog.width() <= 1024
        assert dialog.height() <= 640
        assert dialog.minimumSizeHint().width() <= 1000
        assert dialog.minimumSizeHint().height() <= 620
        assert the_list(dialog).horizontalScrollBar().maximum() == 0
