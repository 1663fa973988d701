"""The dialog of profiles with real files: make, change, copy, delete, files in and out, and files that are broken."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QListView, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from coach_desktop.store.profile_files import export_profile, load_shelf, read_profile, save_profile
from coach_desktop.store.profiles import Profile
from coach_desktop.store.secrets import KeyStore
from coach_desktop.ui.profiles.editor import ProfileEditor
from coach_desktop.ui.profiles.manager import ProfilesDialog
from coach_desktop.ui.profiles.pick import FileQuestion
from tests.ui.profiles.hands import (
    answer,
    button,
    fill,
    going_away,
    named,
    nameless,
    names,
    push,
    seen,
    select,
    tab_order,
    wait_for,
)

ACME = Profile(
    id="acme", name="Acme demo", purpose="Shows the product.", provider="tavus", persona_id="p1", document_ids=("d1",)
)
SPEECH = Profile(id="speech", name="Wedding speech", purpose="Two jokes.", persona_id="pchuck0local")
BUILT_IN = "Chuck, public speaking (local)"


class Picker:
    """Stands in for the file dialog of the system: gives the next of `paths`, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[FileQuestion] = []
        self.paths: list[Path] = []

    def __call__(self, _parent: QWidget, question: FileQuestion, on_picked: Callable[[Path], None]) -> None:
        self.asked.append(question)
        if self.paths:
            on_picked(self.paths.pop(0))


@pytest.fixture
def picker() -> Picker:
    return Picker()


Open = Callable[[], ProfilesDialog]


@pytest.fixture
def show(host: QWidget, own: Path, keys: KeyStore, picker: Picker, qtbot: QtBot) -> Open:
    def made() -> ProfilesDialog:
        dialog = ProfilesDialog(own, keys, host, pick=picker)
        with qtbot.waitActive(dialog):
            dialog.open()
            dialog.activateWindow()
        qtbot.waitUntil(lambda: bool(names(dialog)))
        return dialog

    return made


@pytest.fixture
def full(own: Path, show: Open) -> ProfilesDialog:
    for profile in (ACME, SPEECH):
        save_profile(own, profile)
    return show()


def editor_of(qtbot: QtBot, dialog: QWidget) -> ProfileEditor:
    qtbot.waitUntil(lambda: any(editor.isVisible() for editor in dialog.findChildren(ProfileEditor)))
    return next(editor for editor in dialog.findChildren(ProfileEditor) if editor.isVisible())


def view(dialog: QWidget) -> QListView:
    return named(dialog, QListView, "Profiles")


def own_ids(own: Path) -> set[str]:
    return {stored.profile.id for stored in load_shelf(own).profiles if not stored.built_in}


class TestTheList:
    def test_built_in_ones_are_marked(self, full: ProfilesDialog) -> None:
        assert names(full)[0] == BUILT_IN
        assert names(full)[-2:] == [ACME.name, SPEECH.name]
        role = Qt.ItemDataRole.AccessibleTextRole
        said = [view(full).model().index(row, 0).data(role) for row in range(len(names(full)))]
        assert said[0].endswith("On this computer, Built in")
        assert said[-2:] == [
            "Acme demo, Shows the product., Tavus",
            "Wedding speech, Two jokes., On this computer",
        ]

    def test_one_can_be_opened_for_changes_at_once(self, full: ProfilesDialog, qtbot: QtBot) -> None:
        full.edit(SPEECH.id)
        editor = editor_of(qtbot, full)
        assert named(editor, QLineEdit, "Name").text() == SPEECH.name
        editor.reject()
        full.edit("gone")
        wait_for_read = button(full, "New…")
        qtbot.waitUntil(wait_for_read.isEnabled)
        assert not any(shown.isVisible() for shown in full.findChildren(ProfileEditor))

    def test_what_comes_with_the_app_cannot_be_deleted(self, full: ProfilesDialog) -> None:
        select(full, BUILT_IN)
        assert not button(full, "Delete…").isEnabled()
        QTest.keyClick(view(full), Qt.Key.Key_Delete)
        assert not full.findChildren(QMessageBox)
        select(full, ACME.name)
        assert button(full, "Delete…").isEnabled()

    def test_broken_files_are_told_with_file_field_and_line(self, own: Path, show: Open, qtbot: QtBot) -> None:
        own.mkdir()
        (own / "bad.toml").write_text('id = "bad"\nname = "Bad"\npurpose = "x"\nmax_call_duration = 99999\n')
        (own / "worse.toml").write_text("id = ")
        dialog = show()
        wait_for(qtbot, dialog, "2 profiles cannot be used")
        words = seen(dialog)
        assert "bad.toml, line 4, has a problem in the field 'max_call_duration': it must be 3600 or less" in words
        assert "worse.toml is not valid TOML" in words
        assert "The file was left as it is and the other profiles still work." in words
        assert "Mend bad.toml" in words
        assert BUILT_IN in names(dialog)
        assert (own / "worse.toml").read_text() == "id = "

    def test_without_broken_files_nothing_is_said(self, full: ProfilesDialog) -> None:
        assert "cannot be used" not in seen(full)


class TestChanging:
    def test_a_new_one_is_saved_and_selected(self, show: Open, own: Path, qtbot: QtBot) -> None:
        dialog = show()
        push(dialog, "New…")
        editor = editor_of(qtbot, dialog)
        fill(editor, "Name", "Board meeting")
        fill(editor, "Purpose", "Figures.")
        qtbot.waitUntil(lambda: button(editor, "Save").isEnabled())
        with qtbot.waitSignal(dialog.profiles_changed):
            push(editor, "Save")
        assert view(dialog).currentIndex().data() == "Board meeting"
        made = read_profile(own / "board-meeting.toml")
        assert made.persona_id == read_profile(load_shelf(own).profiles[0].path).persona_id
        assert "Board meeting was saved." in seen(dialog)

    @pytest.mark.parametrize("how", ["button", "Enter", "double click"])
    def test_an_own_one_is_edited(self, full: ProfilesDialog, own: Path, qtbot: QtBot, how: str) -> None:
        select(full, ACME.name)
        if how == "button":
            push(full, "Edit…")
        elif how == "Enter":
            qtbot.waitUntil(full.isActiveWindow)
            QTest.keyClick(view(full), Qt.Key.Key_Return)
        else:
            middle = view(full).visualRect(view(full).currentIndex()).center()
            QTest.mouseDClick(view(full).viewport(), Qt.MouseButton.LeftButton, pos=middle)
        editor = editor_of(qtbot, full)
        assert named(editor, QLineEdit, "Document ids").text() == "d1"
        fill(editor, "Persona id", "p2")
        qtbot.waitUntil(lambda: button(editor, "Save").isEnabled())
        with qtbot.waitSignal(full.profiles_changed):
            push(editor, "Save")
        assert read_profile(own / "acme.toml") == ACME.model_copy(update={"persona_id": "p2"})
        assert own_ids(own) == {"acme", "speech"}

    def test_a_built_in_one_is_edited_as_a_copy(self, full: ProfilesDialog, own: Path, qtbot: QtBot) -> None:
        before = load_shelf(own).profiles[0]
        select(full, BUILT_IN)
        push(full, "Edit…")
        editor = editor_of(qtbot, full)
        assert "The profiles that come with the app stay as they are. This is a copy" in seen(editor)
        qtbot.waitUntil(lambda: button(editor, "Save").isEnabled())
        with qtbot.waitSignal(full.profiles_changed):
            push(editor, "Save")
        assert load_shelf(own).profiles[0] == before
        assert len(own_ids(own)) == 3
        assert view(full).currentIndex().data() == f"{BUILT_IN} (copy)"

    def test_a_copy_that_is_not_wanted_leaves_nothing(self, full: ProfilesDialog, own: Path, qtbot: QtBot) -> None:
        select(full, BUILT_IN)
        push(full, "Edit…")
        push(editor_of(qtbot, full), "Cancel")
        assert own_ids(own) == {"acme", "speech"}

    def test_a_duplicate_can_be_told_apart(self, full: ProfilesDialog, own: Path, qtbot: QtBot) -> None:
        for name in ("Acme demo (copy)", "Acme demo (copy 2)"):
            select(full, ACME.name)
            with qtbot.waitSignal(full.profiles_changed):
                push(full, "Duplicate")
            assert view(full).currentIndex().data() == name
        copies = [stored.profile for stored in load_shelf(own).profiles if stored.profile.name.startswith("Acme")]
        assert len({copy.id for copy in copies}) == 3
        assert {copy.document_ids for copy in copies} == {("d1",)}

    def test_deleting_asks_and_no_keeps(self, full: ProfilesDialog, own: Path, qtbot: QtBot) -> None:
        select(full, ACME.name)
        push(full, "Delete…")
        assert "Acme demo is removed from this computer. This cannot be undone." in answer(qtbot, full, "Keep")
        assert own_ids(own) == {"acme", "speech"}
        view(full).setFocus()
        qtbot.waitUntil(view(full).hasFocus)
        QTest.keyClick(view(full), Qt.Key.Key_Delete)
        with qtbot.waitSignal(full.profiles_changed):
            answer(qtbot, full, "Delete profile")
        assert own_ids(own) == {"speech"}
        assert ACME.name not in names(full)

    @pytest.mark.skipif(sys.platform == "win32", reason="folders are made unwritable otherwise there")
    def test_an_error_is_told_and_tried_again(self, full: ProfilesDialog, own: Path, qtbot: QtBot) -> None:
        (own / "acme.toml").unlink()
        select(full, ACME.name)
        push(full, "Delete…")
        answer(qtbot, full, "Delete profile")
        wait_for(qtbot, full, "There is no profile 'acme' among your own.")
        save_profile(own, ACME)
        with qtbot.waitSignal(full.profiles_changed):
            push(full, "Try again")
        assert own_ids(own) == {"speech"}
        assert names(full)[-1] == SPEECH.name

    def test_from_an_error_there_is_a_way_back(self, full: ProfilesDialog, own: Path, qtbot: QtBot) -> None:
        (own / "acme.toml").unlink()
        select(full, ACME.name)
        push(full, "Delete…")
        answer(qtbot, full, "Delete profile")
        wait_for(qtbot, full, "There is no profile 'acme' among your own.")
        push(full, "Back to the profiles")
        assert ACME.name in names(full)


class TestFiles:
    def test_a_profile_goes_out_and_comes_in_again(
        self, full: ProfilesDialog, own: Path, qtbot: QtBot, picker: Picker, tmp_path: Path
    ) -> None:
        file = tmp_path / "acme for you.toml"
        picker.paths = [file, file]
        select(full, ACME.name)
        push(full, "Export…")
        wait_for(qtbot, full, "Exported to acme for you.toml.")
        assert picker.asked[0].save_as == "acme.toml"
        assert read_profile(file) == ACME
        with qtbot.waitSignal(full.profiles_changed):
            push(full, "Import…")
        assert own_ids(own) == {"acme", "speech", "acme-demo"}
        assert view(full).currentIndex().data() == ACME.name

    def test_a_file_that_is_no_profile_is_told(
        self, full: ProfilesDialog, own: Path, qtbot: QtBot, picker: Picker, tmp_path: Path
    ) -> None:
        file = tmp_path / "x.toml"
        export_profile(SPEECH, file)
        file.write_text(file.read_text().replace('"Two jokes."', "17"))
        picker.paths = [file]
        push(full, "Import…")
        wait_for(qtbot, full, "has a problem in the field 'purpose'")
        assert "Nothing was imported." in seen(full)
        file.write_text(file.read_text().replace("17", '"Three jokes."'))
        with qtbot.waitSignal(full.profiles_changed):
            push(full, "Try again")
        assert len(own_ids(own)) == 3

    def test_a_folder_that_refuses_is_told(
        self, full: ProfilesDialog, qtbot: QtBot, picker: Picker, tmp_path: Path
    ) -> None:
        picker.paths = [tmp_path / "gone" / "acme.toml"]
        select(full, ACME.name)
        push(full, "Export…")
        wait_for(qtbot, full, "The profile cannot be exported to acme.toml")

    def test_no_answer_changes_nothing(self, full: ProfilesDialog, picker: Picker, own: Path) -> None:
        for words in ("Import…", "Export…", "Import .env…"):
            push(full, words)
        assert len(picker.asked) == 3
        assert own_ids(own) == {"acme", "speech"}

    @pytest.mark.usefixtures("no_keyring")
    def test_a_env_file_becomes_a_profile(
        self, full: ProfilesDialog, own: Path, qtbot: QtBot, picker: Picker, tmp_path: Path
    ) -> None:
        file = tmp_path / ".env"
        file.write_text("PERSONA_ID=p77\nCONVERSATION_NAME=From a sample\n")
        picker.paths = [file]
        push(full, "Import .env…")
        wait_for(qtbot, full, "p77")
        with qtbot.waitSignal(full.profiles_changed):
            push(full, "Import")
        assert view(full).currentIndex().data() == "From a sample"
        assert own_ids(own) == {"acme", "speech", "from-a-sample"}


class _Opened(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.urls: list[QUrl] = []

    @Slot(QUrl)
    def take(self, url: QUrl) -> None:
        self.urls.append(url)


@pytest.fixture
def opened() -> Iterator[_Opened]:
    taker = _Opened()
    QDesktopServices.setUrlHandler("file", taker, "take")  # type: ignore[arg-type]  # the stub is wrong: it is a str
    yield taker
    QDesktopServices.unsetUrlHandler("file")


class TestTheFolder:
    def test_it_is_shown_even_when_it_is_not_there_yet(
        self, show: Open, own: Path, opened: _Opened, qtbot: QtBot
    ) -> None:
        dialog = show()
        assert not own.exists()
        push(dialog, "Show the folder")
        qtbot.waitUntil(lambda: bool(opened.urls))
        assert Path(opened.urls[0].toLocalFile()) == own
        assert own.is_dir()

    def test_a_file_in_its_place_is_told(self, show: Open, own: Path, opened: _Opened, qtbot: QtBot) -> None:
        dialog = show()
        own.write_text("")
        push(dialog, "Show the folder")
        wait_for(qtbot, dialog, "There is no folder for your profiles")
        assert not opened.urls


class TestAccess:
    def test_whatever_takes_the_focus_has_a_name(self, full: ProfilesDialog, own: Path, show: Open) -> None:
        (own / "bad.toml").write_text("id = ")
        for dialog in (full, show()):
            assert not nameless(dialog), nameless(dialog)

    def test_every_button_is_reached_by_tab(self, full: ProfilesDialog, qtbot: QtBot) -> None:
        select(full, ACME.name)
        assert tab_order(qtbot, view(full)) == [
            "Profiles", "New…", "Duplicate", "Edit…", "Delete…", "Import…", "Export…", "Import .env…",
            "Show the folder", "Close",
        ]  # fmt: skip

    def test_escape_closes(self, full: ProfilesDialog, qtbot: QtBot) -> None:
        with going_away(qtbot, full):
            QTest.keyClick(full, Qt.Key.Key_Escape)

    def test_it_fits_on_a_small_screen(self, full: ProfilesDialog) -> None:
        assert full.minimumSizeHint().width() <= 1024
        assert full.minimumSizeHint().height() <= 640
