"""The import of a .env file with real files: no keyring, a real one, a locked one; and the key stays out of sight."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from coach_desktop.store.profile_files import load_shelf
from coach_desktop.store.profiles import Profile
from coach_desktop.store.secrets import KeyState, KeyStore
from coach_desktop.ui.profiles.env_dialog import EnvDialog, offer_env
from tests.keyring_daemon import Desktop
from tests.ui.profiles.hands import button, going_away, nameless, push, seen, wait_for

KEY = "tvs-0123456789abcdef-marked"
OTHER = "tvs-fedcba9876543210-marked"
FILE = f"""\
# of a sample
TAVUS_API_KEY = "{KEY}"  # secret
PERSONA_ID=p5317866
REPLICA_ID=r90bbd427f71
DOCUMENT_IDS=d1, d2
REQUIRE_AUTH=true
conversation_name="Chuck at Acme"
CUSTOM_GREETING='Hi, I am Chuck.'
CONVERSATIONAL_CONTEXT="A visitor."
"""

Show = Callable[..., EnvDialog]


@pytest.fixture
def env(tmp_path: Path) -> Path:
    path = tmp_path / ".env"
    path.write_text(FILE, encoding="utf-8", newline="")
    return path


@pytest.fixture
def show(host: QWidget, own: Path, keys: KeyStore, env: Path, qtbot: QtBot) -> Show:
    def made(*, offered: bool = False) -> EnvDialog:
        dialog = offer_env(host, env, own, keys) if offered else EnvDialog(env, own, keys, host)
        with qtbot.waitActive(dialog):
            dialog.open()
            dialog.activateWindow()
        return dialog

    return made


def own_profiles(own: Path) -> list[Profile]:
    return [stored.profile for stored in load_shelf(own).profiles if not stored.built_in]


def run_import(qtbot: QtBot, dialog: EnvDialog) -> str:
    qtbot.waitUntil(lambda: "p5317866" in seen(dialog))
    with qtbot.waitSignal(dialog.imported) as signal:
        push(dialog, "Import")
    assert signal.args is not None
    return str(signal.args[0])


@pytest.mark.usefixtures("no_keyring")
def test_the_keyboard_begins_at_import(show: Show, qtbot: QtBot) -> None:
    dialog = show()
    qtbot.waitUntil(lambda: "p5317866" in seen(dialog))
    assert dialog.focusWidget() is button(dialog, "Import")


@pytest.mark.usefixtures("no_keyring")
class TestWithoutKeyring:
    def test_what_was_found_is_shown_but_never_the_key(self, show: Show, qtbot: QtBot) -> None:
        dialog = show()
        wait_for(qtbot, dialog, "p5317866")
        words = seen(dialog)
        for expected in (
            "Chuck at Acme", "r90bbd427f71", "d1, d2", "Hi, I am Chuck.", "A visitor.", "Yes",
            "A Tavus key was found (TAVUS_API_KEY).", "conversation_name", "PERSONA_ID",
            "This computer has no keyring, and the app never writes a key to a file.",
        ):  # fmt: skip
            assert expected in words
        everything = [
            text
            for widget in [dialog, *dialog.findChildren(QWidget)]
            for text in (
                widget.windowTitle(), widget.accessibleName(), widget.accessibleDescription(), widget.toolTip(),
                widget.text() if isinstance(widget, QLabel) else "",
            )
        ]  # fmt: skip
        assert not [text for text in everything if KEY in text]

    def test_the_key_is_used_for_the_session_and_the_file_stays(
        self, show: Show, qtbot: QtBot, keys: KeyStore, own: Path, env: Path
    ) -> None:
        dialog = show()
        assert run_import(qtbot, dialog) == "chuck-at-acme"
        profile = own_profiles(own)[0]
        assert (profile.provider, profile.persona_id, profile.replica_id) == ("tavus", "p5317866", "r90bbd427f71")
        assert (profile.document_ids, profile.require_auth) == (("d1", "d2"), True)
        assert (profile.conversation_name, profile.custom_greeting) == ("Chuck at Acme", "Hi, I am Chuck.")
        assert profile.conversational_context == "A visitor."
        assert keys.key() == KEY
        assert "you have to enter it again next time" in seen(dialog)
        assert KEY not in "".join(path.read_text() for path in own.iterdir())
        # What loses nothing is what Enter does.
        assert QApplication.focusWidget() is button(dialog, "Leave it in the file")
        push(dialog, "Leave it in the file")
        qtbot.waitUntil(lambda: not dialog.isVisible())
        assert env.read_text() == FILE

    def test_the_key_can_be_left_out(self, show: Show, qtbot: QtBot, keys: KeyStore, env: Path) -> None:
        dialog = show()
        wait_for(qtbot, dialog, "p5317866")
        QTest.keyClick(button(dialog, "Leave it out"), Qt.Key.Key_Space)
        run_import(qtbot, dialog)
        assert keys.key() is None
        assert "The key was left in .env." in seen(dialog)
        assert "Blank the key in the file" not in seen(dialog)
        push(dialog, "Done")
        assert env.read_text() == FILE

    def test_a_file_without_a_key_asks_for_none(self, show: Show, qtbot: QtBot, env: Path) -> None:
        env.write_text("PERSONA_ID=p5317866\n")
        dialog = show()
        wait_for(qtbot, dialog, "p5317866")
        assert "A Tavus key was found" not in seen(dialog)
        assert run_import(qtbot, dialog) == "imported-from-env"
        push(dialog, "Done")

    @pytest.mark.parametrize("how", ["Cancel", "escape"])
    def test_cancelled_nothing_is_imported(self, show: Show, qtbot: QtBot, own: Path, keys: KeyStore, how: str) -> None:
        dialog = show(offered=True)
        assert "beside the app" in seen(dialog)
        wait_for(qtbot, dialog, "p5317866")
        with qtbot.waitSignal(dialog.declined), qtbot.assertNotEmitted(dialog.imported):
            if how == "Cancel":
                push(dialog, "Cancel")
            else:
                QTest.keyClick(dialog, Qt.Key.Key_Escape)
        assert not own.exists()
        assert keys.key() is None

    def test_closed_after_the_import_it_is_not_declined(self, show: Show, qtbot: QtBot) -> None:
        dialog = show()
        run_import(qtbot, dialog)
        with qtbot.assertNotEmitted(dialog.declined), qtbot.waitSignal(dialog.finished):
            QTest.keyClick(dialog, Qt.Key.Key_Escape)

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"\xff\xfe\x00", "is not a text file in UTF-8"),
            (b"TAVUS_API_KEY=x\n", "names no persona and no replica"),
            (b"PERSONA_ID=p1\nREQUIRE_AUTH=perhaps\n", ".env, line 2, has a problem in REQUIRE_AUTH"),
            (b"A=" + b"x" * 10_000_000, ".env"),
        ],
    )
    def test_a_file_that_cannot_be_used_is_told_and_tried_again(
        self, show: Show, qtbot: QtBot, env: Path, content: bytes, words: str
    ) -> None:
        env.write_bytes(content)
        dialog = show()
        wait_for(qtbot, dialog, "Nothing was imported, and the file was left as it was.")
        assert words in seen(dialog)
        assert env.read_bytes() == content
        env.write_text(FILE)
        push(dialog, "Try again")
        run_import(qtbot, dialog)

    def test_from_an_unusable_file_there_is_a_way_out(self, show: Show, qtbot: QtBot, env: Path) -> None:
        env.write_bytes(b"\xff")
        dialog = show()
        wait_for(qtbot, dialog, "Nothing was imported")
        with qtbot.waitSignal(dialog.declined):
            push(dialog, "Close")

    def test_a_folder_that_refuses_is_told_and_the_key_is_not_lost(
        self, show: Show, qtbot: QtBot, own: Path, keys: KeyStore, env: Path
    ) -> None:
        own.write_text("in the way")
        dialog = show()
        wait_for(qtbot, dialog, "p5317866")
        push(dialog, "Import")
        wait_for(qtbot, dialog, "cannot be saved")
        push(dialog, "Back")
        assert "p5317866" in seen(dialog)
        own.unlink()
        run_import(qtbot, dialog)
        assert [profile.id for profile in own_profiles(own)] == ["chuck-at-acme"]
        assert keys.key() == KEY
        assert env.read_text() == FILE

    def test_an_id_that_is_taken_meanwhile_is_not_overwritten(self, show: Show, qtbot: QtBot, own: Path) -> None:
        first, second = show(), show()
        wait_for(qtbot, first, "p5317866")
        wait_for(qtbot, second, "p5317866")
        assert run_import(qtbot, second) == "chuck-at-acme"
        push(second, "Leave it in the file")
        assert run_import(qtbot, first) == "chuck-at-acme-2"
        assert len(own_profiles(own)) == 2

    def test_whatever_takes_the_focus_has_a_name(self, show: Show, qtbot: QtBot) -> None:
        dialog = show()
        run_import(qtbot, dialog)
        assert not nameless(dialog), nameless(dialog)

    def test_it_fits_on_a_small_screen(self, show: Show, qtbot: QtBot, env: Path) -> None:
        env.write_text(FILE + "".join(f"line {number} is nonsense\n" for number in range(30)))
        dialog = show()
        wait_for(qtbot, dialog, "p5317866")
        assert "Line 10 is not understood and was left out." in seen(dialog)
        assert dialog.width() <= 1024
        assert max(dialog.height(), dialog.minimumSizeHint().height()) <= 640


class TestWithKeyring:
    def test_the_key_goes_there_and_out_of_the_file(
        self, ring: Desktop, show: Show, qtbot: QtBot, env: Path, keys: KeyStore
    ) -> None:
        dialog = show()
        run_import(qtbot, dialog)
        assert "Its key is kept in your desktop keyring." in seen(dialog)
        assert ring.kept() == [KEY]
        push(dialog, "Blank the key in the file")
        wait_for(qtbot, dialog, "The key is gone from .env. All else in it is as it was.")
        assert env.read_text() == FILE.replace(KEY, "")
        assert keys.probe().state is KeyState.FOUND
        push(dialog, "Done")
        qtbot.waitUntil(lambda: not dialog.isVisible())

    @pytest.mark.usefixtures("ring")
    def test_a_file_that_cannot_be_blanked_is_told(self, show: Show, qtbot: QtBot, env: Path, tmp_path: Path) -> None:
        dialog = show()
        run_import(qtbot, dialog)
        twin = tmp_path / "twin"
        twin.hardlink_to(env)
        push(dialog, "Blank the key in the file")
        wait_for(qtbot, dialog, "The key is still in that file.")
        assert KEY in env.read_text()
        twin.unlink()
        push(dialog, "Try again")
        wait_for(qtbot, dialog, "The key is gone from .env.")
        assert KEY not in env.read_text()

    def test_another_key_is_replaced_and_that_is_said(
        self, ring: Desktop, show: Show, qtbot: QtBot, keys: KeyStore
    ) -> None:
        keys.save(OTHER)
        dialog = show()
        wait_for(qtbot, dialog, "Another key is kept in your desktop keyring. Keeping this one takes its place.")
        run_import(qtbot, dialog)
        assert ring.kept() == [KEY]

    def test_the_same_key_is_not_asked_about_again(
        self, ring: Desktop, show: Show, qtbot: QtBot, keys: KeyStore, env: Path
    ) -> None:
        keys.save(KEY)
        dialog = show()
        wait_for(qtbot, dialog, "It is the one that you use already. It is kept in your desktop keyring.")
        run_import(qtbot, dialog)
        push(dialog, "Blank the key in the file")
        wait_for(qtbot, dialog, "The key is gone from .env.")
        assert KEY not in env.read_text()
        assert ring.kept() == [KEY]

    @pytest.mark.expects_warnings("the keyring")
    def test_a_locked_one_is_told_and_the_session_helps(
        self, ring: Desktop, show: Show, qtbot: QtBot, keys: KeyStore, own: Path
    ) -> None:
        ring.lock()
        dialog = show()
        wait_for(qtbot, dialog, "Your desktop keyring is locked. To keep the key there you are asked to unlock it.")
        push(dialog, "Import")
        qtbot.waitUntil(lambda: "The key was not saved" in seen(dialog))
        assert not own_profiles(own)
        push(dialog, "Back")
        QTest.keyClick(button(dialog, "Use it for this session only"), Qt.Key.Key_Space)
        run_import(qtbot, dialog)
        assert keys.key() == KEY
        assert "Its key is used for this session only." in seen(dialog)

    def test_a_keyring_that_says_nothing_holds_up_nobody(
        self, ring: Desktop, show: Show, qtbot: QtBot, own: Path
    ) -> None:
        dialog = show()
        wait_for(qtbot, dialog, "p5317866")
        ring.freeze()
        push(dialog, "Import")
        wait_for(qtbot, dialog, "Importing… Your keyring may ask for its password.")
        with going_away(qtbot, dialog), qtbot.waitSignal(dialog.declined):
            push(dialog, "Cancel")
        ring.thaw()
        qtbot.waitUntil(lambda: not any(thread.name == "errand" for thread in threading.enumerate()))
        assert not own_profiles(own)
