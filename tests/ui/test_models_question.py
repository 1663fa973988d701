"""A missing model in the real window: what, how much and from where; yes, no, neither, and a source that fails."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QProgressBar
from pytestqt.qtbot import QtBot

from coach_desktop.sessions.model_consent import ModelConsent
from coach_desktop.store.model_switch import OFFLINE_VARIABLE
from coach_desktop.store.profiles import Profile
from coach_desktop.ui.home_page import HomePage
from coach_desktop.ui.live_page import LivePage
from coach_desktop.ui.models_question import ModelsDialog
from coach_desktop.ui.services import UiOptions
from tests.model_source import CONTENT, SHARE, Source, a_share_until, ranged, refused, whole
from tests.ui.driving import Show, Shown, press, said, seen
from tests.ui.stage import CHUCK

SPANISH = Profile(id="spanish", name="Ana", purpose="Practise a talk.", language="spanish")


@pytest.fixture
def consent(source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelConsent:
    # Set, so that what the answer changes is undone.
    monkeypatch.setenv(OFFLINE_VARIABLE, "")
    return ModelConsent(tmp_path / "models", models=[source.model])


def ask(shown: Shown) -> ModelsDialog:
    press(shown.wait_for(HomePage), "Start practice")
    shown.bot.waitUntil(lambda: any(one.isVisible() for one in shown.window.findChildren(ModelsDialog)))
    return next(one for one in shown.window.findChildren(ModelsDialog) if one.isVisible())


def test_a_missing_model_is_fetched_after_a_yes_and_the_session_begins(
    show: Show, source: Source, consent: ModelConsent, tmp_path: Path
) -> None:
    source.plays(whole)
    shown = show(models=consent)
    dialog = ask(shown)
    words = said(dialog)
    assert "127.0.0.1, its official source" in words
    assert "nobody (none licence)" in words
    assert "1 MB" in words
    assert source.asked == []
    assert shown.sessions == []
    press(dialog, "Download and start")
    shown.wait_for(LivePage)
    assert (tmp_path / "models" / source.model.name).read_bytes() == CONTENT
    assert len(shown.sessions) == 1


def test_a_no_starts_without_and_is_not_asked_again(show: Show, source: Source, consent: ModelConsent) -> None:
    shown = show(models=consent)
    press(ask(shown), "Start without")
    shown.wait_for(LivePage)
    shown.sessions[-1].done()
    shown.bot.waitUntil(lambda: not isinstance(shown.window.page, LivePage))

    def begun_again() -> bool:
        shown.window.start()
        return len(shown.sessions) == 2

    shown.bot.waitUntil(begun_again)
    shown.wait_for(LivePage)
    assert source.asked == []


def test_escape_starts_nothing_and_the_question_comes_again(show: Show, source: Source, consent: ModelConsent) -> None:
    shown = show(models=consent)
    dialog = ask(shown)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    shown.bot.waitUntil(lambda: not shown.window.findChildren(ModelsDialog))
    assert isinstance(shown.window.page, HomePage)
    assert shown.sessions == []
    assert source.asked == []
    ask(shown)


def test_progress_is_shown_and_a_download_can_be_left_for_a_start_without(
    show: Show, source: Source, consent: ModelConsent, tmp_path: Path, qtbot: QtBot
) -> None:
    go_on = threading.Event()
    source.plays(a_share_until(go_on))
    shown = show(models=consent)
    dialog = ask(shown)
    press(dialog, "Download and start")
    (bar,) = [one for one in dialog.findChildren(QProgressBar) if one.maximum() == 100]
    qtbot.waitUntil(lambda: bar.isVisible() and bar.value() == 25)
    assert bar.accessibleName() == "Downloading the model"
    assert "0 of 1 MB" in seen(dialog)
    press(dialog, "Start without")
    shown.wait_for(LivePage)
    go_on.set()
    part = tmp_path / "models" / f"{source.model.name}.part"
    qtbot.waitUntil(lambda: part.stat().st_size >= SHARE)
    assert not (tmp_path / "models" / source.model.name).exists()


def test_a_source_that_fails_says_so_and_can_be_tried_again(show: Show, source: Source, consent: ModelConsent) -> None:
    source.plays(refused)
    shown = show(models=consent)
    dialog = ask(shown)
    press(dialog, "Download and start")
    shown.bot.waitUntil(lambda: "HTTP 404" in seen(dialog))
    assert "Nothing else is affected" in seen(dialog)
    source.plays(ranged)
    press(dialog, "Try again")
    shown.wait_for(LivePage)


def test_what_is_here_and_another_language_are_not_asked_about(
    show: Show, source: Source, consent: ModelConsent, tmp_path: Path
) -> None:
    show(models=consent, profiles=[SPANISH]).begin()
    place = tmp_path / "models" / source.model.name
    place.parent.mkdir(parents=True)
    place.write_bytes(CONTENT)
    show(models=consent, profiles=[CHUCK]).begin()
    assert source.asked == []


def test_a_start_without_anybody_to_ask_begins(show: Show, source: Source, tmp_path: Path) -> None:
    shown = show(UiOptions(start_now=True), models=ModelConsent(tmp_path, unasked=True, models=[source.model]))
    shown.wait_for(LivePage)
    assert source.asked == []
