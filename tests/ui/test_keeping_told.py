"""Whether the sound of a talk is kept is told before it begins, as the settings have it at that moment."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QCheckBox
from pytestqt.qtbot import QtBot

from coach_desktop.sessions.session import SessionState
from coach_desktop.store.profiles import Profile
from coach_desktop.ui.account.settings_dialog import SettingsDialog
from coach_desktop.ui.home_page import HomePage
from tests.ui.conftest import Site
from tests.ui.driving import Show, Shown, said
from tests.ui.room.rooms import MEDIA_PAGE
from tests.ui.stage import CHUCK

KEPT = "The sound of your talk is kept in a file on it"
NOT_KEPT = "neither is kept"
TAVUS = Profile(id="tavus", name="Anna", purpose="A video persona.", provider="tavus", persona_id="p1")


def keep_sound(folder: Path) -> None:
    (folder / "settings.json").write_text('{"keep_audio": true}', encoding="utf-8")


def box_of_the_settings(shown: Shown) -> QCheckBox:
    shown.window.desk.show_settings()
    dialog = shown.window.findChild(SettingsDialog)
    assert dialog is not None
    [box] = [box for box in dialog.findChildren(QCheckBox) if "sound" in box.accessibleName()]
    return box


def test_the_first_page_follows_the_settings_at_once(show: Show) -> None:
    shown = show()
    home = shown.wait_for(HomePage)
    assert isinstance(home, HomePage)
    box = box_of_the_settings(shown)
    for kept, words, not_words in ((False, NOT_KEPT, KEPT), (True, KEPT, NOT_KEPT), (False, NOT_KEPT, KEPT)):
        if box.isChecked() is not kept:
            box.click()
        for told in (said(home), home.start_button.accessibleDescription()):
            assert words in told
            assert not_words not in told
            assert "Nothing leaves this computer." in told


@pytest.mark.parametrize(("profile", "words"), [(CHUCK, KEPT), (TAVUS, "Picture and sound go to Tavus.")])
def test_what_was_chosen_earlier_holds_for_the_coach_on_this_computer(
    show: Show, tmp_path: Path, profile: Profile, words: str
) -> None:
    keep_sound(tmp_path)
    home = show(profiles=[profile]).wait_for(HomePage)
    assert words in said(home)
    assert NOT_KEPT not in said(home)
    assert (KEPT in said(home)) is (profile is CHUCK)


@pytest.mark.parametrize("kept", [True, False])
def test_the_question_for_the_microphone_says_it_too(
    show: Show, qtbot: QtBot, site: Site, tmp_path: Path, kept: bool
) -> None:
    if kept:
        keep_sound(tmp_path)
    shown = show()
    shown.begin().play(SessionState.STARTING, room_url=site.page("/room", MEDIA_PAGE))
    qtbot.waitUntil(lambda: "May Chuck use your camera and microphone?" in said(shown.live))
    assert ("the sound is kept there" in said(shown.live)) is kept
    assert (NOT_KEPT in said(shown.live)) is not kept
