"""The key dialog, worked as a user does, with a real keyring, a locked one, one that does not answer, and none."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMessageBox, QProgressBar, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from coach_desktop.core.errors import CoachError
from coach_desktop.store.secrets import KeyState, KeyStatus, KeyStore
from coach_desktop.store.settings import DEFAULT_ADDRESS
from coach_desktop.ui.account.key_dialog import KeyDialog
from coach_desktop.ui.account.keys import KeyBridge
from tests.keyring_daemon import Desktop

KEY = "tvs-0123456789abcdef-marked"
OTHER = "tvs-fedcba9876543210-marked"


class Api:
    """Stands at the other end: takes some keys, and answers only when it is told to."""

    def __init__(self, takes: tuple[str, ...] = (KEY,)) -> None:
        self.takes = takes
        self.asked: list[str] = []
        self.may_answer = threading.Event()
        self.may_answer.set()

    def check(self, key: str) -> None:
        self.asked.append(key)
        assert self.may_answer.wait(30)
        if key not in self.takes:
            raise CoachError("The key was not accepted.", safe="Nothing was started.", do="Check the key.")


class Shown:
    """A dialog and what its user reads and does."""

    def __init__(self, bot: QtBot, dialog: KeyDialog, keys: KeyStore) -> None:
        self.bot, self.dialog, self.keys = bot, dialog, keys
        self.told: list[KeyStatus] = []
        dialog.key_changed.connect(self.told.append)

    @property
    def field(self) -> QLineEdit:
        field = self.dialog.findChild(QLineEdit)
        assert field is not None
        return field

    def says(self, *words: str) -> None:
        self.bot.waitUntil(lambda: all(word in self.words() for word in words))

    def words(self) -> str:
        return " / ".join(label.text() for label in self.dialog.findChildren(QLabel) if label.isVisible())

    def button(self, text: str) -> QPushButton:
        found = [button for button in self.dialog.findChildren(QPushButton) if button.text() == text]
        shown = [button for button in found if button.isVisible()]
        assert len(shown) == 1, f"{text}: {self.buttons()}"
        return shown[0]

    def buttons(self) -> set[str]:
        return {button.text() for button in self.dialog.findChildren(QPushButton) if button.isVisible()}

    def press(self, text: str) -> None:
        self.bot.waitUntil(lambda: text in self.buttons() and self.button(text).isEnabled())
        QTest.mouseClick(self.button(text), Qt.MouseButton.LeftButton)

    def paste(self, key: str) -> None:
        self.field.selectAll()
        self.field.insert(key)

    def answer(self, words: str) -> None:
        [box] = [box for box in self.dialog.findChildren(QMessageBox) if box.isVisible()]
        [button] = [button for button in box.buttons() if button.text() == words]
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def is_busy(self) -> bool:
        return any(bar.isVisible() for bar in self.dialog.findChildren(QProgressBar))


Show = Callable[..., Shown]


@pytest.fixture
def api() -> Iterator[Api]:
    made = Api()
    yield made
    made.may_answer.set()


@pytest.fixture
def show(qtbot: QtBot, dressed: QApplication, api: Api) -> Iterator[Show]:
    made: list[Shown] = []
    around = QWidget()

    def make(address: str = DEFAULT_ADDRESS, *, active: bool = False) -> Shown:
        keys = KeyStore()
        dialog = KeyDialog(keys, api.check, around, address=address)
        shown = Shown(qtbot, dialog, keys)
        with qtbot.waitActive(dialog) if active else qtbot.waitExposed(dialog):
            dialog.open()
        made.append(shown)
        return shown

    yield make
    for shown in made:
        if isValid(shown.dialog):
            shown.dialog.close()
    around.deleteLater()


class TestKeyring:
    def test_saved_tested_found_again_replaced_and_removed(self, show: Show, ring: Desktop, api: Api) -> None:
        shown = show()
        shown.says("There is no key on this computer yet", "kept in your desktop keyring", "requests to Tavus")
        assert "Remove key from this computer" not in shown.buttons()
        shown.paste(f" {KEY} ")
        shown.press("Save")
        shown.says("A key is saved in your desktop keyring", "Saved. Tavus accepts this key.")
        assert shown.field.text() == ""
        assert ring.kept() == [KEY]
        shown.dialog.close()

        shown = show()
        shown.says("A key is saved in your desktop keyring")
        assert KEY not in shown.words()
        shown.press("Test")
        shown.says("Tavus accepts this key")
        assert api.asked == [KEY, KEY]
        shown.paste(OTHER)
        shown.press("Replace")
        shown.says("Saved. The key was not accepted.", "Check the key.")
        assert ring.kept() == [OTHER]

        shown.press("Remove key from this computer")
        shown.answer("Keep it")
        assert ring.kept() == [OTHER]
        shown.press("Remove key from this computer")
        shown.answer("Remove key")
        shown.says("The key was removed.", "There is no key on this computer yet")
        assert ring.kept() == []
        assert [status.state for status in shown.told] == [KeyState.FOUND, KeyState.FOUND, KeyState.NONE]

    def test_a_key_is_tested_before_it_is_saved(self, show: Show, ring: Desktop, api: Api) -> None:
        shown = show()
        shown.says("There is no key")
        assert not shown.button("Test").isEnabled()
        shown.paste(OTHER)
        shown.press("Test")
        shown.says("The key was not accepted.", "Nothing was started. Check the key.")
        assert ring.kept() == []
        assert shown.field.text() == OTHER
        shown.paste("ä key")
        assert "not accepted" not in shown.words()
        shown.press("Test")
        shown.says("This cannot be a Tavus key")
        assert api.asked == [OTHER]

    @pytest.mark.usefixtures("ring")
    def test_a_test_that_takes_long_shows_it_and_can_be_cancelled(self, show: Show, api: Api, qtbot: QtBot) -> None:
        KeyStore().save(KEY)
        shown = show()
        shown.says("A key is saved")
        api.may_answer.clear()
        shown.press("Test")
        shown.says("Asking Tavus")
        assert shown.is_busy()
        shown.paste("the window goes on")
        shown.press("Cancel")
        assert not shown.is_busy()
        assert "Test" in shown.buttons()
        api.may_answer.set()
        qtbot.wait(50)
        assert "accepts" not in shown.words()
        shown.press("Test")

    @pytest.mark.usefixtures("ring")
    def test_closing_waits_for_nothing(self, show: Show, api: Api, qtbot: QtBot) -> None:
        KeyStore().save(KEY)
        shown = show()
        shown.says("A key is saved")
        api.may_answer.clear()
        shown.press("Test")
        shown.says("Asking Tavus")
        QTest.keyClick(shown.dialog, Qt.Key.Key_Escape)
        qtbot.waitUntil(lambda: not isValid(shown.dialog))
        api.may_answer.set()

    @pytest.mark.usefixtures("ring")
    def test_the_key_can_be_looked_at_while_it_is_typed(self, show: Show) -> None:
        shown = show()
        assert shown.field.echoMode() == QLineEdit.EchoMode.Password
        shown.press("Show")
        assert shown.field.echoMode() == QLineEdit.EchoMode.Normal
        shown.press("Hide")
        assert shown.field.echoMode() == QLineEdit.EchoMode.Password

    def test_by_keyboard_alone(self, show: Show, ring: Desktop) -> None:
        shown = show(active=True)
        shown.says("There is no key")
        assert QApplication.focusWidget() is shown.field
        QTest.keyClicks(shown.field, KEY)
        QTest.keyClick(shown.field, Qt.Key.Key_Return)
        shown.says("Saved. Tavus accepts this key.")
        reached = set()
        for _ in range(7):
            QTest.keyClick(QApplication.focusWidget() or shown.dialog, Qt.Key.Key_Tab)
            focused = QApplication.focusWidget()
            assert focused is not None
            assert focused.accessibleName()
            reached.add(focused.accessibleName())
        assert {"Tavus key", "Show", "Test", "Remove key from this computer", "Close"} <= reached
        assert ring.kept() == [KEY]

    @pytest.mark.usefixtures("ring")
    def test_another_address_is_named(self, show: Show) -> None:
        shown = show("http://127.0.0.1:8080/v2")
        shown.says("requests to http://127.0.0.1:8080/v2")
        shown.paste(KEY)
        shown.press("Test")
        shown.says("127.0.0.1:8080 accepts this key.")

    @pytest.mark.usefixtures("ring")
    def test_nothing_is_cut_off(self, show: Show) -> None:
        shown = show()
        shown.paste(OTHER)
        shown.press("Save")
        shown.says("Saved. The key was not accepted.")
        for label in shown.dialog.findChildren(QLabel):
            if label.isVisible():
                assert label.height() >= label.heightForWidth(label.width()), label.text()
        assert shown.dialog.height() <= 560


class TestLocked:
    def test_it_says_so_and_a_key_can_be_used_for_this_session(self, show: Show, ring: Desktop) -> None:
        KeyStore().save(OTHER)
        ring.lock()
        shown = show()
        shown.says("Your desktop keyring is locked")
        shown.paste(KEY)
        shown.press("Use for this session only")
        shown.says("at hand for this session only", "Kept. Tavus accepts this key.")
        assert shown.told[-1].in_memory
        assert shown.keys.key() == KEY
        ring.log_in()
        assert ring.kept() == [OTHER]

    def test_after_unlocking_it_is_found(self, show: Show, ring: Desktop) -> None:
        KeyStore().save(KEY)
        ring.lock()
        shown = show()
        shown.says("is locked")
        shown.press("Try again")
        shown.bot.waitUntil(lambda: shown.button("Try again").isEnabled())
        shown.says("is locked")
        ring.log_in()
        shown.press("Try again")
        shown.says("A key is saved in your desktop keyring")

    def test_one_that_stays_locked_is_said_to_be(self, show: Show, ring: Desktop) -> None:
        ring.lock()
        shown = show()
        shown.says("Your desktop keyring is locked")
        shown.press("Try again")
        shown.says("Your desktop keyring is still locked.")

    def test_locked_between_looking_and_saving(self, show: Show, ring: Desktop) -> None:
        shown = show()
        shown.says("There is no key")
        ring.lock()
        shown.paste(KEY)
        shown.press("Save")
        shown.says("The key was not saved", "Your desktop keyring is locked.")
        assert shown.field.text() == KEY
        shown.press("Use for this session only")
        shown.says("at hand for this session only")

    def test_one_that_does_not_answer_is_not_waited_for(self, show: Show, ring: Desktop) -> None:
        ring.freeze()
        shown = show()
        shown.says("Waiting for your keyring")
        assert shown.is_busy()
        shown.press("Stop waiting")
        shown.says("Your keyring has not answered")
        assert not shown.is_busy()
        shown.paste(KEY)
        shown.press("Use for this session only")
        shown.says("at hand for this session only")
        assert shown.keys.key() == KEY
        ring.thaw()
        shown.press("Try again")
        shown.says("Save it to have it next time")
        shown.paste(KEY)
        shown.press("Save")
        shown.says("A key is saved in your desktop keyring")
        assert ring.kept() == [KEY]


@pytest.mark.usefixtures("no_keyring")
class TestNoKeyring:
    def test_it_is_said_plainly_and_the_key_is_only_in_memory(self, show: Show) -> None:
        shown = show()
        shown.says("No keyring can be used on this computer", "never written to a file", "this session only")
        shown.paste(KEY)
        shown.press("Use for this session only")
        shown.says("at hand for this session only", "Kept. Tavus accepts this key.")
        assert KeyStore().key() is None
        shown.press("Forget this key")
        shown.answer("Forget key")
        shown.says("The key was removed.", "No keyring can be used")
        assert shown.keys.key() is None

    def test_a_key_that_cannot_be_one(self, show: Show) -> None:
        shown = show()
        shown.says("No keyring")
        shown.paste("two words")
        shown.press("Use for this session only")
        shown.says("This cannot be a Tavus key", "neither saved nor sent")


class TestBridge:
    @pytest.mark.usefixtures("ring")
    def test_the_answer_comes_to_the_window(self, qtbot: QtBot) -> None:
        keys = KeyStore()
        keys.save(KEY)
        bridge = KeyBridge(keys)
        with qtbot.waitSignal(bridge.key_probed) as signal:
            bridge.probe()
        assert signal.args == [keys.probe()]
        assert bridge.close()

    @pytest.mark.usefixtures("qtbot")
    def test_closing_is_bounded(self, ring: Desktop) -> None:
        ring.freeze()
        bridge = KeyBridge(KeyStore())
        bridge.probe()
        assert not bridge.close(0.05)
        ring.thaw()
        assert bridge.close(20)
