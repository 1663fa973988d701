"""The settings dialog: what is typed is used at once, or said to be wrong and not used."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from coach_desktop.store.secrets import DESKTOP_KEYRING, SESSION_ONLY, KeyState, KeyStatus
from coach_desktop.store.settings import ADDRESS_VARIABLE, DEFAULT_ADDRESS, Settings
from coach_desktop.ui.account.settings_dialog import SettingsDialog

FOUND = KeyStatus(KeyState.FOUND, DESKTOP_KEYRING, "some")


class Shown:
    """A dialog and what its user reads and does."""

    def __init__(self, bot: QtBot, dialog: SettingsDialog) -> None:
        self.bot, self.dialog = bot, dialog
        self.used: list[Settings] = []
        dialog.settings_changed.connect(self.used.append)

    def words(self) -> str:
        return " / ".join(label.text() for label in self.dialog.findChildren(QLabel) if label.isVisible())

    def field(self, name: str) -> QLineEdit:
        return next(field for field in self.dialog.findChildren(QLineEdit) if field.accessibleName() == name)

    def box(self, words: str) -> QCheckBox:
        [box] = [box for box in self.dialog.findChildren(QCheckBox) if words in box.accessibleName()]
        return box

    def enter(self, name: str, text: str) -> None:
        field = self.field(name)
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, text) if text else QTest.keyClick(field, Qt.Key.Key_Delete)
        QTest.keyClick(field, Qt.Key.Key_Return)

    def press(self, text: str) -> None:
        [button] = [
            button for button in self.dialog.findChildren(QPushButton) if button.text() == text and button.isVisible()
        ]
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)


Show = Callable[..., Shown]


@pytest.fixture
def show(qtbot: QtBot, dressed: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[Show]:
    monkeypatch.delenv(ADDRESS_VARIABLE, raising=False)
    made: list[Shown] = []
    around = QWidget()

    def make(settings: Settings | None = None, status: KeyStatus | None = FOUND, *, active: bool = False) -> Shown:
        dialog = SettingsDialog(settings or Settings(), status, around)
        shown = Shown(qtbot, dialog)
        with qtbot.waitActive(dialog) if active else qtbot.waitExposed(dialog):
            dialog.open()
        made.append(shown)
        return shown

    yield make
    for shown in made:
        if isValid(shown.dialog):
            shown.dialog.close()
    around.deleteLater()


def test_what_is_set_is_shown_and_opening_changes_nothing(show: Show) -> None:
    address = "https://proxy.example/v2"
    shown = show(Settings(api_address=address, chrome_user_agent=False, price_per_minute=0.37, currency="EUR"))
    assert shown.field("API address").text() == address
    assert shown.field("Price per minute").text() == "0.37"
    assert shown.field("Currency").text() == "EUR"
    check = shown.dialog.findChild(QCheckBox)
    assert check is not None
    assert not check.isChecked()
    shown.dialog.close()
    assert shown.used == []


def test_the_key_is_told_and_led_to(show: Show, qtbot: QtBot) -> None:
    shown = show(status=None)
    assert "Looking for your key" in shown.words()
    shown.dialog.show_status(FOUND)
    assert "A key is saved in your desktop keyring" in shown.words()
    shown.dialog.show_status(KeyStatus(KeyState.NO_KEYRING, SESSION_ONLY, "none"))
    assert "No keyring can be used" in shown.words()
    with qtbot.waitSignal(shown.dialog.key_asked):
        shown.press("Tavus key…")


def test_an_address_is_used_at_once(show: Show) -> None:
    shown = show()
    shown.enter("API address", " http://127.0.0.1:8080/v2/ ")
    assert shown.used == [Settings(api_address="http://127.0.0.1:8080/v2")]
    assert shown.field("API address").text() == "http://127.0.0.1:8080/v2"
    shown.press("Use the usual one")
    assert shown.used[-1] == Settings()
    shown.enter("API address", "https://other.example")
    shown.enter("API address", "")
    assert shown.field("API address").text() == DEFAULT_ADDRESS
    assert shown.used[-1] == Settings()


def test_an_address_that_the_key_must_not_go_to_is_not_used(show: Show) -> None:
    shown = show()
    shown.enter("API address", "http://tavus.example/v2")
    assert "Not used: it must begin with https://, as your key is sent to it." in shown.words()
    assert "https://" in shown.field("API address").accessibleDescription()
    QTest.keyClick(shown.field("API address"), Qt.Key.Key_Backspace)
    assert "Not used" not in shown.words()
    QTest.keyClick(shown.dialog, Qt.Key.Key_Escape)
    assert shown.used == []


def test_the_browsers_name(show: Show) -> None:
    shown = show()
    check = shown.dialog.findChild(QCheckBox)
    assert check is not None
    QTest.keyClick(check, Qt.Key.Key_Space)
    QTest.keyClick(check, Qt.Key.Key_Space)
    assert [settings.chrome_user_agent for settings in shown.used] == [False, True]


@pytest.mark.parametrize(("typed", "price"), [("0.37", 0.37), ("0,37", 0.37), ("1", 1.0), ("0", 0.0)])
def test_a_price(show: Show, typed: str, price: float) -> None:
    shown = show()
    shown.enter("Price per minute", typed)
    assert shown.used == [Settings(price_per_minute=price)]
    shown.enter("Currency", "eur")
    assert shown.used[-1] == Settings(price_per_minute=price, currency="EUR")
    assert shown.field("Currency").text() == "EUR"
    shown.enter("Price per minute", "")
    assert shown.used[-1] == Settings(currency="EUR")


@pytest.mark.parametrize("typed", ["abc", "-1", "1e3", "nan", "1.2.3", "0.37 USD", "99999", "inf", "."])
def test_no_price(show: Show, typed: str) -> None:
    shown = show()
    shown.enter("Price per minute", typed)
    assert "Not used: the price must be a number such as 0.37." in shown.words()
    assert shown.used == []


@pytest.mark.parametrize("typed", ["", "E", "12", "$"])
def test_no_currency(show: Show, typed: str) -> None:
    shown = show()
    shown.enter("Currency", typed)
    assert "Not used: the currency must be three letters, such as USD." in shown.words()
    assert shown.used == []


def test_a_limit_of_minutes(show: Show) -> None:
    shown = show()
    shown.enter("Minutes per month", "60")
    assert shown.used == [Settings(minutes_per_month=60)]
    shown.enter("Minutes per month", "")
    assert shown.used[-1] == Settings()


@pytest.mark.parametrize("typed", ["0", "-5", "1.5", "an hour", "44641", "99999999999999999999"])
def test_no_limit_of_minutes(show: Show, typed: str) -> None:
    shown = show()
    shown.enter("Minutes per month", typed)
    assert "Not used: the limit must be a whole number of minutes, from 1 to 44640." in shown.words()
    assert shown.used == []
    QTest.keyClick(shown.field("Minutes per month"), Qt.Key.Key_Backspace)
    assert "Not used" not in shown.words()


@pytest.mark.parametrize("pasted", ["²", "٣٠", "\uff16\uff10", "1" * 5000])
def test_digits_of_another_kind_are_no_limit(show: Show, pasted: str) -> None:
    shown = show()
    shown.field("Minutes per month").setText(pasted)
    QTest.keyClick(shown.field("Minutes per month"), Qt.Key.Key_Return)
    assert "whole number of minutes" in shown.words()
    assert shown.used == []


@pytest.mark.parametrize(
    ("typed", "times", "written"),
    [
        ("1 min, 10 min", (600, 60), "10 min, 1 min"),
        ("2 min,30 s;30 s", (120, 30), "2 min, 30 s"),
        ("1,5 min, 1:10", (90, 70), "1 min 30 s, 1 min 10 s"),
        ("", (), ""),
        (" , ", (), ""),
    ],
)
def test_times_of_warnings(show: Show, typed: str, times: tuple[int, ...], written: str) -> None:
    shown = show()
    assert shown.field("Warn before the end").text() == "5 min, 1 min"
    shown.enter("Warn before the end", typed)
    assert shown.used == [Settings(warn_before_end_s=times)]
    assert shown.field("Warn before the end").text() == written


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("5", "say whether it is minutes or seconds"),
        ("soon", 'write it like "5 min" or "90 s"'),
        ("0 s", "between 1 s and 1 h"),
        ("2 h", "between 1 s and 1 h"),
        ("1 s, 2 s, 3 s, 4 s, 5 s, 6 s", "5 warnings at most"),
    ],
)
def test_no_times_of_warnings(show: Show, typed: str, says: str) -> None:
    shown = show()
    shown.enter("Warn before the end", typed)
    assert "Not used:" in shown.words()
    assert says in shown.words()
    assert says in shown.field("Warn before the end").accessibleDescription()
    assert shown.used == []


def test_what_was_typed_last_is_used_when_the_dialog_closes(show: Show) -> None:
    shown = show()
    field = shown.field("Price per minute")
    field.setFocus()
    QTest.keyClicks(field, "2.5")
    assert shown.used == []
    QTest.keyClick(shown.dialog, Qt.Key.Key_Escape)
    assert shown.used == [Settings(price_per_minute=2.5)]


def test_what_the_environment_says_is_told(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ADDRESS_VARIABLE not in show().words()
    monkeypatch.setenv(ADDRESS_VARIABLE, "http://127.0.0.1:5005/v2")
    assert ADDRESS_VARIABLE in show().words()


def test_every_control_is_reached_by_keyboard_and_has_a_name(show: Show) -> None:
    show(Settings(api_address="https://proxy.example"), active=True)
    reached = []
    for _ in range(11):
        focused = QApplication.focusWidget()
        assert focused is not None
        reached.append(focused.accessibleName())
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    assert reached == [
        "Tavus key…", "API address", "Use the usual one", "Look like Chrome to Tavus rooms",
        "Keep the sound of my talks on this computer", "Make out the words once more after a session",
        "Price per minute", "Currency", "Minutes per month", "Warn before the end", "Close",
    ]  # fmt: skip


class SmallScreen:
    def availableGeometry(self) -> QRect:  # noqa: N802 - Qt's name
        return QRect(0, 0, 1024, 640)


def test_nothing_is_cut_off_on_a_small_screen(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SettingsDialog, "screen", lambda _dialog: SmallScreen())
    shown = show()
    shown.enter("API address", "http://tavus.example/v2")
    shown.enter("Price per minute", "abc")
    for label in shown.dialog.findChildren(QLabel):
        if label.isVisible():
            # What scrolls is as low as it can be: a line may lose the pixel above its letters.
            assert label.height() >= label.heightForWidth(label.width()) - 1, label.text()
    shown.enter("Minutes per month", "abc")
    assert shown.dialog.height() <= 640
    # What is reached by keyboard is brought into sight.
    last = shown.field("Warn before the end")
    QTest.keyClick(shown.field("Minutes per month"), Qt.Key.Key_Tab)
    assert last.visibleRegion().boundingRect().height() == last.height()


def test_the_sound_of_talks_is_kept_only_where_the_user_says_so(show: Show) -> None:
    shown = show()
    keep = shown.box("sound")
    assert keep.accessibleName() == "Keep the sound of my talks on this computer"
    assert not keep.isChecked()
    assert "only you can read" in keep.accessibleDescription()
    assert keep.accessibleDescription() in shown.words()
    keep.click()
    keep.click()
    assert [settings.keep_audio for settings in shown.used] == [True, False]


def test_words_are_made_out_once_more_unless_the_user_says_no(show: Show) -> None:
    shown = show()
    again = shown.box("once more")
    assert again.isChecked()
    assert again.accessibleDescription() in shown.words()
    again.click()
    again.click()
    assert [settings.hear_again for settings in shown.used] == [False, True]
    assert not any(settings.keep_audio for settings in shown.used)
    assert not show(Settings(hear_again=False)).box("once more").isChecked()
