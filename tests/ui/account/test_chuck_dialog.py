"""Chuck's dialog, worked as a user does, against a stand-in for Tavus."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QListWidget,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QWidget,
)
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from coach_desktop.coaching import knowledge
from coach_desktop.core.ids import OWN_CHUCK
from coach_desktop.sessions import chuck
from coach_desktop.sessions.chuck import own_profile
from coach_desktop.sessions.chuck_memory import ChuckMemory
from coach_desktop.sessions.chuck_texts import our_texts
from coach_desktop.sessions.directory import Kind
from coach_desktop.store.profile_files import load_shelf, save_profile
from coach_desktop.store.secrets import NoKeyError
from coach_desktop.tavus.client import TavusClient
from coach_desktop.ui.account.chuck_dialog import ChuckDialog
from coach_desktop.ui.account.fit import fit_width
from coach_desktop.ui.profiles.account import AccountServices
from coach_desktop.ui.profiles.picker import PickerDialog
from tests.standin import Moment, Recorded, Reset, StandIn, Status
from tests.standin.library import persona_row, replica_row

OURS = our_texts()


class Shown:
    """A dialog, and what its user reads and does."""

    def __init__(
        self,
        bot: QtBot,
        dialog: ChuckDialog,
        tavus: StandIn,
        folder: Path,
        account: AccountServices,
        keys: list[str],
    ) -> None:
        self.bot, self.dialog, self.tavus, self.folder, self.account = bot, dialog, tavus, folder, account
        self.keys = keys
        self.made: list[str] = []
        dialog.chuck_made.connect(self.made.append)

    def words(self) -> str:
        return " / ".join(label.text() for label in self.dialog.findChildren(QLabel) if label.isVisible())

    def says(self, *words: str) -> None:
        self.bot.waitUntil(lambda: all(word in self.words() for word in words))

    def button(self, text: str) -> QPushButton:
        buttons = self.dialog.findChildren(QPushButton)
        [found] = [button for button in buttons if button.text() == text and button.isVisible()]
        return found

    def has(self, text: str) -> bool:
        buttons = self.dialog.findChildren(QPushButton)
        return any(button.text() == text and button.isVisible() and button.isEnabled() for button in buttons)

    def press(self, text: str) -> None:
        self.bot.waitUntil(lambda: self.has(text))
        QTest.mouseClick(self.button(text), Qt.MouseButton.LeftButton)

    def turn_to(self, title: str) -> None:
        contents = self.dialog.findChild(QListWidget)
        assert contents is not None
        self.bot.waitUntil(contents.isEnabled)
        (item,) = contents.findItems(title, Qt.MatchFlag.MatchExactly)
        contents.setCurrentItem(item)

    def text_of(self, title: str) -> QPlainTextEdit:
        self.turn_to(title)
        [edit] = [edit for edit in self.dialog.findChildren(QPlainTextEdit) if edit.accessibleName() == title]
        return edit

    def write(self, title: str, text: str) -> None:
        edit = self.text_of(title)
        edit.selectAll()
        edit.insertPlainText(text)
        self.turn_to("Overview")

    def chuck(self) -> dict[str, Any]:
        [row] = [row for row in self.tavus.personas if row["persona_name"] == OURS.name]
        return row


Open = Callable[..., Shown]


@pytest.fixture
def tavus(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.setattr(chuck, "LOOK_AGAIN_AFTER_S", (0.0, 0.01))
    with StandIn() as standin:
        standin.replicas.append(replica_row("r874cc5f8a3b", "Lucas"))
        yield standin


@pytest.fixture
def opened(qtbot: QtBot, dressed: QApplication, tmp_path: Path, tavus: StandIn) -> Iterator[Open]:
    shown: list[ChuckDialog] = []
    accounts: list[AccountServices] = []

    def make(key: str | None = tavus.key) -> Shown:
        keys = [] if key is None else [key]

        def connect() -> TavusClient:
            if not keys:
                raise NoKeyError("There is no Tavus key.", safe="Nothing was sent.", do="Enter your key first.")
            return TavusClient(tavus.base_url, keys[0])

        account = AccountServices(connect)
        accounts.append(account)
        dialog = ChuckDialog(connect, tmp_path / "profiles", tmp_path / "chuck.json", account=account)
        shown.append(dialog)
        with qtbot.waitExposed(dialog):
            dialog.show()
        return Shown(qtbot, dialog, tavus, tmp_path, account, keys)

    yield make
    for dialog in shown:
        if isValid(dialog):
            dialog.close()
            qtbot.waitUntil(lambda dialog=dialog: not isValid(dialog))  # type: ignore[misc]  # bound at once
    for account in accounts:
        assert account.close(30)


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


def test_what_was_changed_in_tavus_is_shown_and_can_be_kept(opened: Open) -> None:
    shown = opened()
    shown.press("Create Chuck in my account")
    shown.says("up to date")
    row = shown.chuck()
    row["system_prompt"] = "Mine, written at Tavus.\n\n" + knowledge.essentials().strip()
    shown.press("Look again")
    shown.says("Chuck differs from what is here.", "Changed in Tavus", "Mine, written at Tavus.")
    shown.press("Keep what Tavus has")
    assert shown.text_of("Instructions").toPlainText() == "Mine, written at Tavus."
    shown.turn_to("Overview")
    shown.says("up to date", "Changed by you: Instructions")
    assert shown.tavus.requests_of("patch_persona") == []


def test_what_changes_in_tavus_while_the_dialog_is_open_is_not_written_over_unseen(opened: Open) -> None:
    shown = opened()
    shown.press("Create Chuck in my account")
    shown.says("up to date")
    shown.chuck()["system_prompt"] = "Mine, written at Tavus."
    shown.press("Update Chuck")
    shown.says("Chuck was changed in Tavus meanwhile.", "Mine, written at Tavus.")
    assert shown.chuck()["system_prompt"] == "Mine, written at Tavus."
    shown.press("Update Chuck")
    shown.says("Chuck was updated.", "up to date")
    assert shown.chuck()["system_prompt"].startswith(OURS.system_prompt.strip())


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


def test_one_whom_no_profile_starts_is_not_called_up_to_date(opened: Open) -> None:
    shown = opened()
    shown.press("Create Chuck in my account")
    shown.says("Chuck is in your account and up to date.")
    shown.dialog.close()
    # As after a close in the middle of it, or on another computer.
    (shown.folder / "profiles" / f"{OWN_CHUCK}.toml").unlink()
    shown = opened()
    shown.says("no profile on this computer starts him")
    shown.press("Update Chuck")
    shown.says("Chuck is in your account and up to date.", "Start him with the profile")
    assert (shown.folder / "profiles" / f"{OWN_CHUCK}.toml").exists()
    assert len(shown.tavus.requests_of("create_persona")) == 1


def test_a_lost_answer_finds_him(opened: Open) -> None:
    shown = opened()
    shown.tavus.plan("create_persona", Reset(after=True))
    shown.press("Create Chuck in my account")
    shown.says("Chuck is in your account and up to date.")
    assert shown.chuck()


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


def test_a_greeting_that_was_changed_is_none_of_his_fields_and_yet_he_is_not_up_to_date(opened: Open) -> None:
    shown = opened()
    shown.press("Create Chuck in my account")
    shown.says("Chuck is in your account and up to date.")
    shown.write("Greeting", "Hello there.")
    shown.says("only his greeting differs")
    shown.press("Update Chuck")
    shown.says("Chuck is in your account and up to date.")
    profile = own_profile(shown.folder / "profiles")
    assert profile is not None
    assert profile.custom_greeting == "Hello there."
    save_profile(shown.folder / "profiles", profile.model_copy(update={"custom_greeting": "Mine."}))
    shown.press("Look again")
    shown.says("up to date")
    shown.write("Greeting", "Hello once more.")
    # The user's own stays, so nothing would change.
    shown.says("up to date")


def test_several_of_his_name_are_told(opened: Open, tavus: StandIn) -> None:
    for number in (1, 2):
        created = f"202{number}-01-01T00:00:00Z"
        tavus.personas.append(persona_row(f"pold{number}", OURS.name, created_at=created))
    shown = opened()
    shown.says("2 personas of this name", "This app works with pold1")


def test_a_face_and_documents_are_chosen_from_the_account(opened: Open, tavus: StandIn) -> None:
    tavus.create_document({"document_url": "https://h/keys.pdf", "document_name": "Keys", "tags": ["talks"]})
    document_id = tavus.documents[0]["document_id"]
    shown = opened()
    shown.says("Chuck is not in your account yet.")
    shown.turn_to("Face")
    pick(shown, "Choose…", "replicas", "r5dc7c7d0bcb")
    shown.says("Gloria")
    shown.turn_to("Knowledge")
    assert not shown.has("Choose documents…")
    [choice] = [one for one in shown.dialog.findChildren(QRadioButton) if one.text().startswith("Documents")]
    choice.setChecked(True)
    pick(shown, "Choose documents…", "documents", document_id)
    shown.says(f"Document {document_id}.")
    shown.turn_to("Overview")
    shown.says("Gloria (r5dc7c7d0bcb)", document_id)
    shown.press("Create Chuck in my account")
    shown.says("up to date")
    row = shown.chuck()
    assert (row["default_replica_id"], row["document_ids"]) == ("r5dc7c7d0bcb", [document_id])
    assert knowledge.essentials().strip() not in row["system_prompt"]


def pick(shown: Shown, button: str, kind: Kind, its_id: str) -> None:
    shown.press(button)
    [picker] = [dialog for dialog in shown.dialog.findChildren(PickerDialog) if dialog.isVisible()]
    # Only then is the name of what is picked known.
    shown.bot.waitUntil(lambda: shown.account.directory.known(kind) is not None)
    picker.picked.emit((its_id,))
    picker.close()
    shown.bot.waitUntil(lambda: not isValid(picker))


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
