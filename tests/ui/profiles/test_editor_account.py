"""The editor with an account behind it: ids are chosen there and called by their names, and fields stay one's own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from coach_desktop.core.errors import CoachError
from coach_desktop.store.profile_files import save_profile
from coach_desktop.store.profiles import Profile
from coach_desktop.store.secrets import KeyStore
from coach_desktop.tavus.client import TavusClient
from coach_desktop.ui.profiles.account import AccountServices
from coach_desktop.ui.profiles.editor import ProfileEditor
from coach_desktop.ui.profiles.form import GROUPS
from coach_desktop.ui.profiles.manager import ProfilesDialog
from coach_desktop.ui.profiles.picker import PICKS, PickerDialog
from tests.standin import StandIn, Status
from tests.ui.profiles.hands import button, choose, fill, named, nameless, push, seen, select, tab_order, wait_for

LOCAL = Profile(id="chuck-local", name="Chuck", purpose="Talk.", persona_id="plocal", replica_id="rlocal")
PAID = Profile(
    id="acme",
    name="Acme demo",
    purpose="Shows the product.",
    provider="tavus",
    persona_id="pcb7a34da5fe",
    replica_id="r5dc7c7d0bcb",
)


@pytest.fixture
def tavus() -> Iterator[StandIn]:
    with StandIn() as tavus:
        for number, name in enumerate(("Price list", "Company facts")):
            tavus.create_document({"document_url": "https://example.org/a", "document_name": name, "tags": ["sales"]})
            tavus.documents[-1]["document_id"] = f"d{number}"
        yield tavus


Edit = Callable[..., ProfileEditor]


@pytest.fixture
def edit(host: QWidget, own: Path, account: AccountServices, qtbot: QtBot) -> Edit:
    def made(profile: Profile | None, known: AccountServices | None = account) -> ProfileEditor:
        editor = ProfileEditor(
            profile, ["taken"], host, save=lambda made: save_profile(own, made), local=LOCAL, account=known
        )
        with qtbot.waitActive(editor):
            editor.open()
            editor.activateWindow()
        return editor

    return made


def picker_of(qtbot: QtBot, editor: ProfileEditor, field: str) -> PickerDialog:
    """Press the button beside a field, and return the picker once it is there."""
    named(editor, QAbstractButton, f"Choose {field}").setFocus()
    QTest.keyClick(named(editor, QAbstractButton, f"Choose {field}"), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: any(one.isVisible() for one in editor.findChildren(PickerDialog)))
    return next(one for one in editor.findChildren(PickerDialog) if one.isVisible())


def words_of(editor: ProfileEditor, name: str) -> str:
    return named(editor, QLineEdit, name).text()


class TestChoosing:
    def test_a_persona_and_a_replica(self, edit: Edit, qtbot: QtBot) -> None:
        editor = edit(None)
        fill(editor, "Name", "Anna")
        fill(editor, "Purpose", "x")
        choose(editor, "Where", "With Tavus, by video")
        for field, number, typed, expected, name in (
            ("persona id", "2 personas", "sales", "pcb7a34da5fe", "Sales Development Rep"),
            ("replica id", "3 replicas", "glo", "r5dc7c7d0bcb", "Gloria"),
        ):
            picker = picker_of(qtbot, editor, field)
            wait_for(qtbot, picker, number)
            QTest.keyClicks(picker.focusWidget(), typed)
            QTest.keyClick(picker.focusWidget(), Qt.Key.Key_Return)
            label = field.capitalize()
            assert words_of(editor, label) == expected
            assert editor.focusWidget() is named(editor, QLineEdit, label)
            wait_for(qtbot, editor, name)
        qtbot.waitUntil(button(editor, "Save").isEnabled)
        with qtbot.waitSignal(editor.profile_saved) as signal:
            push(editor, "Save")
        assert signal.args is not None
        saved: Profile = signal.args[0]
        assert (saved.persona_id, saved.replica_id) == ("pcb7a34da5fe", "r5dc7c7d0bcb")

    def test_documents_and_tags_beside_what_is_there(self, edit: Edit, qtbot: QtBot) -> None:
        editor = edit(PAID)
        fill(editor, "Document ids", "dgone, d1")
        picker = picker_of(qtbot, editor, "document ids")
        wait_for(qtbot, picker, "2 documents, 2 ticked")
        QTest.keyClicks(picker.focusWidget(), "price")
        QTest.keyClick(picker.focusWidget(), Qt.Key.Key_Return)
        push(picker, "Use what is ticked")
        assert words_of(editor, "Document ids") == "dgone, d1, d0"
        wait_for(qtbot, editor, "Company facts, Price list")
        wait_for(qtbot, editor, "Not among the documents of your account: dgone")
        picker = picker_of(qtbot, editor, "document tags")
        wait_for(qtbot, picker, "1 tag")
        QTest.keyClick(picker.focusWidget(), Qt.Key.Key_Return)
        QTest.keyClick(picker.focusWidget(), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        assert words_of(editor, "Document tags") == "sales"

    def test_who_changes_their_mind_changes_nothing(self, edit: Edit, qtbot: QtBot) -> None:
        editor = edit(PAID)
        picker = picker_of(qtbot, editor, "persona id")
        wait_for(qtbot, picker, "2 personas")
        QTest.keyClick(picker.focusWidget(), Qt.Key.Key_Down)
        QTest.keyClick(picker.focusWidget(), Qt.Key.Key_Escape)
        assert not editor.is_changed
        assert editor.isVisible()


class TestNames:
    def test_ids_are_called_by_their_names(self, edit: Edit, qtbot: QtBot) -> None:
        editor = edit(PAID)
        wait_for(qtbot, editor, "Sales Development Rep")
        wait_for(qtbot, editor, "Gloria")
        assert named(editor, QLineEdit, "Replica id").accessibleDescription().startswith("Gloria ")
        fill(editor, "Replica id", "r90bbd427f71")
        wait_for(qtbot, editor, "Anna")
        fill(editor, "Replica id", "")
        qtbot.waitUntil(lambda: "Anna" not in seen(editor))

    def test_one_that_is_not_in_the_account_is_told_and_can_be_saved(self, edit: Edit, qtbot: QtBot) -> None:
        editor = edit(PAID.model_copy(update={"replica_id": "pcb7a34da5fe"}))
        wait_for(qtbot, editor, "Not among the replicas of your account: pcb7a34da5fe")
        assert button(editor, "Save").isEnabled()

    def test_an_account_that_cannot_be_asked_troubles_nobody(self, edit: Edit, qtbot: QtBot, tavus: StandIn) -> None:
        tavus.plan("replicas", Status(code=500))
        editor = edit(PAID)
        wait_for(qtbot, editor, "Sales Development Rep")
        qtbot.waitUntil(lambda: not [each for each in threading.enumerate() if each.name == "errand"])
        assert "fault" not in seen(editor)
        assert "Gloria" not in seen(editor)
        fill(editor, "Replica id", "r0")
        fill(editor, "Name", "Another name")
        with qtbot.waitSignal(editor.profile_saved):
            QTest.keyClick(named(editor, QLineEdit, "Name"), Qt.Key.Key_Return)
        assert len(tavus.requests_of("replicas")) == 1

    def test_without_a_key_there_is_nobody_to_ask(self, edit: Edit, qtbot: QtBot) -> None:
        def no_key() -> TavusClient:
            raise CoachError("There is no Tavus key.", do="Enter your key.")

        account = AccountServices(no_key)
        editor = edit(PAID, account)
        picker = picker_of(qtbot, editor, "persona id")
        wait_for(qtbot, picker, "There is no Tavus key.")
        wait_for(qtbot, picker, "Enter your key.")

    def test_a_local_profile_asks_nothing(self, edit: Edit, tavus: StandIn) -> None:
        editor = edit(LOCAL)
        assert "Choose…" not in [each.text() for each in editor.findChildren(QAbstractButton) if each.isVisible()]
        choose(editor, "Where", "With Tavus, by video")
        assert not tavus.requests


class TestPreviewAndCheck:
    @pytest.mark.parametrize(("words", "signal"), [("Preview…", "preview_asked"), ("Check for free", "check_asked")])
    def test_they_get_the_profile_as_it_stands(self, edit: Edit, qtbot: QtBot, words: str, signal: str) -> None:
        editor = edit(PAID)
        fill(editor, "Greeting", "Hi!")
        with qtbot.waitSignal(getattr(editor, signal)) as asked:
            push(editor, words)
        assert asked.args == [PAID.model_copy(update={"custom_greeting": "Hi!"})]
        assert editor.isVisible()

    def test_not_of_one_that_cannot_be_used(self, edit: Edit, qtbot: QtBot) -> None:
        editor = edit(PAID)
        fill(editor, "Name", "")
        qtbot.waitUntil(lambda: not button(editor, "Save").isEnabled())
        assert not button(editor, "Preview…").isEnabled()
        assert not button(editor, "Check for free").isEnabled()

    def test_only_for_tavus_and_only_with_an_account(self, edit: Edit, qtbot: QtBot) -> None:
        def offered(editor: ProfileEditor) -> set[str]:
            texts = {each.text() for each in editor.findChildren(QAbstractButton) if each.isVisible()}
            return texts & {"Preview…", "Check for free", "Choose…"}

        assert offered(edit(PAID, None)) == set()
        editor = edit(PAID)
        assert offered(editor) == {"Preview…", "Check for free", "Choose…"}
        choose(editor, "Where", "On this computer, free and private")
        qtbot.waitUntil(lambda: not offered(editor))

    def test_they_come_through_the_list_of_profiles(
        self, host: QWidget, own: Path, keys: KeyStore, account: AccountServices, qtbot: QtBot
    ) -> None:
        save_profile(own, PAID)
        dialog = ProfilesDialog(own, keys, host, account=account)
        with qtbot.waitActive(dialog):
            dialog.open()
            dialog.activateWindow()
        qtbot.waitUntil(lambda: button(dialog, "New…").isEnabled())
        select(dialog, "Acme demo")
        push(dialog, "Edit…")
        editor = next(one for one in dialog.findChildren(ProfileEditor) if one.isVisible())
        for words, signal in (("Preview…", dialog.preview_asked), ("Check for free", dialog.check_asked)):
            with qtbot.waitSignal(signal) as asked:
                push(editor, words)
            assert asked.args == [PAID]
        editor.close()
        dialog.close()


class TestAccess:
    def test_whatever_takes_the_focus_has_a_name(self, edit: Edit) -> None:
        editor = edit(PAID)
        assert not nameless(editor), nameless(editor)

    def test_tab_passes_the_buttons_beside_their_fields(self, edit: Edit, qtbot: QtBot) -> None:
        editor = edit(PAID)
        qtbot.waitUntil(button(editor, "Save").isEnabled)
        passed = tab_order(qtbot, named(editor, QLineEdit, "Name"))
        labels = {question.name: question.label for group in GROUPS for question in group.questions}
        for name in PICKS:
            at = passed.index(labels[name])
            assert passed[at + 1] == f"Choose {labels[name].lower()}"
        assert passed[-4:] == ["Check for free", "Preview…", "Cancel", "Save"]

    def test_it_fits_on_a_small_screen(self, edit: Edit, qtbot: QtBot) -> None:
        editor = edit(PAID.model_copy(update={"document_ids": tuple(f"d{'0' * 190}{n}" for n in range(9))}))
        wait_for(qtbot, editor, "Not among the documents of your account")
        assert editor.minimumSizeHint().width() <= 1024
        assert editor.minimumSizeHint().height() <= 640
