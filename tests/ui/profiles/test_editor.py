"""The editor of a profile, by words and keys: what is asked, what is said to be wrong, and that nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from coach_desktop.core.errors import CoachError
from coach_desktop.store.profile_files import read_profile, save_profile
from coach_desktop.store.profiles import Profile
from coach_desktop.ui.profiles.editor import ProfileEditor
from coach_desktop.ui.profiles.form import GROUPS
from tests.ui.profiles.hands import (
    answer,
    button,
    choose,
    fill,
    going_away,
    named,
    nameless,
    push,
    seen,
    tab_order,
    wait_for,
)

LOCAL = Profile(id="chuck-local", name="Chuck", purpose="Talk.", persona_id="plocal", replica_id="rlocal")
FULL = Profile(
    id="acme",
    name="Acme demo",
    purpose="Shows the product.",
    provider="tavus",
    persona_id="p5317866",
    replica_id="r90bbd427f71",
    conversation_name="Demo",
    custom_greeting="Hello,\nyou.",
    conversational_context="The visitor is in a hurry.",
    max_call_duration=900,
    participant_left_timeout=45,
    participant_absent_timeout=90,
    document_ids=("d1", "d2"),
    document_tags=("acme",),
    document_retrieval_strategy="quality",
    memory_stores=("visitor",),
    objectives_id="o1",
    audio_only=False,
    enable_dynamic_greeting=True,
    require_auth=True,
    max_participants=2,
    policy="eu",
    callback_url="https://example.org/hook",
    language="spanish",
    languages=("es", "pt-br"),
    enable_closed_captions=True,
    apply_greenscreen=False,
    enable_recording=True,
    recording_s3_bucket_name="bucket",
    recording_s3_bucket_region="eu-central-1",
    aws_assume_role_arn="arn:aws:iam::1:role/r",
)

Edit = Callable[..., ProfileEditor]


@pytest.fixture
def edit(host: QWidget, own: Path, qtbot: QtBot) -> Edit:
    def made(profile: Profile | None, **more: Any) -> ProfileEditor:
        options: dict[str, Any] = {"save": lambda made: save_profile(own, made), "local": LOCAL} | more
        editor = ProfileEditor(profile, ["taken"], host, **options)
        with qtbot.waitActive(editor):
            editor.open()
            editor.activateWindow()
        return editor

    return made


def saved(qtbot: QtBot, editor: ProfileEditor) -> Profile:
    qtbot.waitUntil(lambda: button(editor, "Save").isEnabled())
    with qtbot.waitSignal(editor.profile_saved) as signal:
        push(editor, "Save")
    assert signal.args is not None
    profile: Profile = signal.args[0]
    return profile


def field_named(editor: QWidget, name: str) -> QWidget:
    return named(editor, QWidget, name)


class TestNew:
    def test_two_words_make_a_profile(self, edit: Edit, qtbot: QtBot, own: Path) -> None:
        editor = edit(None)
        fill(editor, "Name", "Board meeting")
        fill(editor, "Purpose", "Five minutes of figures.")
        profile = saved(qtbot, editor)
        assert (profile.id, profile.name, profile.provider) == ("board-meeting", "Board meeting", "local")
        assert (profile.persona_id, profile.replica_id) == ("plocal", "rlocal")
        assert read_profile(own / "board-meeting.toml") == profile
        qtbot.waitUntil(lambda: not editor.isVisible())

    def test_an_id_that_is_taken_is_not_used_again(self, edit: Edit, qtbot: QtBot) -> None:
        editor = edit(None)
        fill(editor, "Name", "Taken")
        fill(editor, "Purpose", "x")
        assert saved(qtbot, editor).id == "taken-2"

    def test_what_is_missing_is_said_without_blame(self, edit: Edit) -> None:
        editor = edit(None)
        assert not button(editor, "Save").isEnabled()
        assert "Name: it must not be empty." in seen(editor)
        assert "It must not be empty." not in seen(editor)
        assert button(editor, "Save").accessibleDescription() == "Name: it must not be empty."

    def test_a_tavus_profile_needs_somebody(self, edit: Edit, qtbot: QtBot) -> None:
        editor = edit(None)
        fill(editor, "Name", "Anna")
        fill(editor, "Purpose", "x")
        choose(editor, "Where", "With Tavus, by video")
        assert field_named(editor, "Persona id").text() == ""  # type: ignore[attr-defined]
        wait_for(qtbot, editor, "Persona id: a conversation with Tavus needs a persona id or a replica id.")
        fill(editor, "Replica id", "r90bbd427f71")
        profile = saved(qtbot, editor)
        assert (profile.persona_id, profile.replica_id) == (None, "r90bbd427f71")
        assert (profile.participant_left_timeout, profile.participant_absent_timeout) == (30, 120)

    def test_personas_of_one_provider_never_reach_the_other(self, edit: Edit, qtbot: QtBot) -> None:
        editor = edit(FULL)
        choose(editor, "Where", "On this computer, free and private")
        profile = saved(qtbot, editor)
        assert (profile.persona_id, profile.replica_id) == ("plocal", "rlocal")

    def test_going_there_and_back_loses_no_persona(self, edit: Edit, qtbot: QtBot) -> None:
        editor = edit(FULL)
        choose(editor, "Where", "On this computer, free and private")
        choose(editor, "Where", "With Tavus, by video")
        assert saved(qtbot, editor) == FULL


class TestFields:
    def test_every_field_is_shown_and_comes_back_as_it_was(self, edit: Edit, qtbot: QtBot, own: Path) -> None:
        assert saved(qtbot, edit(FULL)) == FULL
        assert read_profile(own / "acme.toml") == FULL

    def test_what_was_not_given_is_not_given_afterwards(self, edit: Edit, qtbot: QtBot) -> None:
        assert saved(qtbot, edit(LOCAL)) == LOCAL

    def test_every_field_of_a_profile_has_a_question(self) -> None:
        asked = [question.name for group in GROUPS for question in group.questions]
        assert sorted([*asked, "id"]) == sorted(Profile.model_fields)

    def test_a_local_profile_is_not_asked_for_what_only_tavus_knows(self, edit: Edit) -> None:
        editor = edit(LOCAL)
        assert "Persona id" not in seen(editor)
        assert "When nobody comes" not in seen(editor)
        assert "Longest conversation" in seen(editor)
        choose(editor, "Where", "With Tavus, by video")
        for words in ("Persona id", "When nobody comes"):
            assert words in seen(editor)

    def test_the_rarely_used_ones_are_out_of_sight_until_asked_for(self, edit: Edit) -> None:
        editor = edit(FULL)
        hidden = next(box for box in editor.findChildren(QCheckBox) if box.text() == "Only with an invitation")
        assert not hidden.isVisible()
        push(editor, "More settings")
        assert hidden.isVisible()
        assert hidden.isChecked()
        push(editor, "More settings")
        assert not hidden.isVisible()

    def test_values_are_changed_by_the_user(self, edit: Edit, qtbot: QtBot) -> None:
        editor = edit(FULL)
        fill(editor, "Document ids", "d9, d8-5c71baca86fc ,")
        fill(editor, "Memory stores", "")
        fill(editor, "Longest conversation", "5 min")
        fill(editor, "When you have left", "")
        push(editor, "More settings")
        push(editor, "Sound only")
        push(editor, "Only with an invitation")
        choose(editor, "Language", "The one that is spoken")
        fill(editor, "Participants at most", "3")
        profile = saved(qtbot, editor)
        assert (profile.document_ids, profile.memory_stores) == (("d9", "d8-5c71baca86fc"), None)
        assert (profile.max_call_duration, profile.participant_left_timeout) == (300, 30)
        assert (profile.audio_only, profile.require_auth) == (True, None)
        assert (profile.language, profile.max_participants) == ("multilingual", 3)

    def test_what_is_wrong_is_said_beside_the_field(self, edit: Edit, qtbot: QtBot) -> None:
        editor = edit(FULL)
        push(editor, "More settings")
        for field, text, expected in (
            ("Name", "", "It must not be empty."),
            ("Purpose", "x" * 201, "It must not be longer than 200 characters."),
            ("Longest conversation", "5", 'Say whether it is minutes or seconds: "5 min" or "5 s".'),
            ("Longest conversation", "2 h", "It must be 1 h or less."),
            ("Longest conversation", "2 s", "It must be 10 s or more."),
            ("When nobody comes", "soon", 'Write it like "5 min" or "90 s".'),
            ("Participants at most", "1", "It must be 2 or more."),
            ("Participants at most", "two", "It must be a whole number."),
            ("Callback address", "http://example.org", "It must be a full address that begins with https://."),
            ("Language codes", "es, Spanish!", "Entry 2: it must be a language code"),
        ):
            # Long texts are pasted.
            line = named(editor, QLineEdit, field)
            before = line.text()
            line.setText(text)
            wait_for(qtbot, editor, expected)
            assert not button(editor, "Save").isEnabled()
            assert f"{field}: {expected[:1].lower()}{expected[1:]}" in seen(editor)
            assert expected in line.accessibleDescription()
            line.setText(before)
        qtbot.waitUntil(button(editor, "Save").isEnabled)
        assert expected not in seen(editor)

    def test_a_problem_out_of_sight_comes_into_sight(self, edit: Edit, qtbot: QtBot) -> None:
        editor = edit(FULL)
        push(editor, "More settings")
        fill(editor, "Participants at most", "1")
        push(editor, "More settings")
        wait_for(qtbot, editor, "It must be 2 or more.")
        fill(editor, "Participants at most", "2")
        qtbot.waitUntil(lambda: button(editor, "Save").isEnabled())

    def test_a_problem_of_a_hidden_provider_is_shown(self, edit: Edit, qtbot: QtBot) -> None:
        editor = edit(FULL)
        fill(editor, "When nobody comes", "soon")
        choose(editor, "Where", "On this computer, free and private")
        wait_for(qtbot, editor, 'When nobody comes: write it like "5 min" or "90 s".')
        assert named(editor, QLineEdit, "When nobody comes").isVisible()

    def test_scrolling_over_a_choice_changes_nothing(self, edit: Edit, qtbot: QtBot) -> None:
        editor = edit(FULL)
        combo = named(editor, QComboBox, "Where")
        area = editor.findChild(QScrollArea)
        assert area is not None
        qtbot.waitUntil(lambda: area.verticalScrollBar().maximum() > 0)
        middle = QPointF(combo.rect().center())
        QApplication.sendEvent(
            combo,
            QWheelEvent(
                middle, combo.mapToGlobal(middle), QPoint(), QPoint(0, -120),
                Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
            ),
        )  # fmt: skip
        assert combo.currentText() == "With Tavus, by video"


class TestClosing:
    def test_unchanged_it_closes_at_once(self, edit: Edit) -> None:
        editor = edit(FULL)
        QTest.keyClick(editor, Qt.Key.Key_Escape)
        assert not editor.isVisible()

    @pytest.mark.parametrize("how", ["Cancel", "escape", "close"])
    def test_changes_are_not_lost_without_asking(self, edit: Edit, qtbot: QtBot, how: str, own: Path) -> None:
        editor = edit(FULL)

        def leave() -> None:
            if how == "Cancel":
                push(editor, "Cancel")
            elif how == "escape":
                QTest.keyClick(editor, Qt.Key.Key_Escape)
            else:
                editor.close()

        fill(editor, "Name", "Another name")
        leave()
        assert "has not been saved" in answer(qtbot, editor, "Go on editing")
        assert editor.isVisible()
        assert named(editor, QLineEdit, "Name").text() == "Another name"
        leave()
        answer(qtbot, editor, "Discard changes")
        qtbot.waitUntil(lambda: not editor.isVisible())
        assert not own.exists()

    def test_what_was_changed_back_is_no_change(self, edit: Edit) -> None:
        editor = edit(FULL)
        fill(editor, "Name", "Another name")
        fill(editor, "Name", FULL.name)
        QTest.keyClick(editor, Qt.Key.Key_Escape)
        assert not editor.isVisible()

    def test_a_disk_that_refuses_loses_nothing(self, edit: Edit, qtbot: QtBot, own: Path) -> None:
        own.write_text("in the way", encoding="utf-8")
        editor = edit(FULL)
        fill(editor, "Name", "Another name")
        qtbot.waitUntil(lambda: button(editor, "Save").isEnabled())
        push(editor, "Save")
        wait_for(qtbot, editor, "cannot be saved")
        push(editor, "Back to the form")
        assert named(editor, QLineEdit, "Name").text() == "Another name"
        own.unlink()
        assert saved(qtbot, editor).name == "Another name"

    def test_after_a_refusal_it_can_be_tried_again(self, edit: Edit, qtbot: QtBot) -> None:
        answers: list[CoachError | None] = [CoachError("The disk is full.", do="Make room."), None]

        def save(_profile: Profile) -> None:
            answered = answers.pop(0)
            if answered is not None:
                raise answered

        editor = edit(FULL, save=save)
        push(editor, "Save")
        wait_for(qtbot, editor, "The disk is full.")
        with qtbot.waitSignal(editor.profile_saved):
            push(editor, "Try again")

    def test_a_slow_disk_holds_up_nobody(self, edit: Edit, qtbot: QtBot) -> None:
        go_on = threading.Event()
        editor = edit(FULL, save=lambda _profile: go_on.wait(30))
        push(editor, "Save")
        assert button(editor, "Saving…").isEnabled() is False
        push(editor, "Cancel")
        assert not editor.isVisible()
        with going_away(qtbot, editor), qtbot.waitSignal(editor.profile_saved):
            go_on.set()


class TestAccess:
    def test_whatever_takes_the_focus_has_a_name(self, edit: Edit) -> None:
        editor = edit(FULL)
        push(editor, "More settings")
        assert not nameless(editor), nameless(editor)

    def test_tab_goes_down_the_form(self, edit: Edit, qtbot: QtBot) -> None:
        editor = edit(FULL)
        push(editor, "More settings")
        labels = [question.label for group in GROUPS for question in group.questions]
        more = labels.index("Only with an invitation")
        passed = tab_order(qtbot, named(editor, QLineEdit, "Name"))
        assert passed == [*labels[:more], "More settings", *labels[more:], "Cancel", "Save"]

    def test_it_fits_on_a_small_screen(self, edit: Edit, qtbot: QtBot) -> None:
        editor = edit(FULL, note="A note of some length, which is said on top of everything else. " * 3)
        push(editor, "More settings")
        assert editor.width() <= 1024
        assert editor.height() <= 640
        assert editor.minimumSizeHint().width() <= 1024
        assert editor.minimumSizeHint().height() <= 640
        area = editor.findChild(QScrollArea)
        assert area is not None
        inner = area.widget()
        assert inner is not None
        qtbot.waitUntil(lambda: inner.width() <= area.viewport().width())

    def test_enter_saves(self, edit: Edit, qtbot: QtBot) -> None:
        editor = edit(FULL)
        line = named(editor, QLineEdit, "Name")
        line.setFocus()
        with qtbot.waitSignal(editor.profile_saved):
            QTest.keyClick(line, Qt.Key.Key_Return)
