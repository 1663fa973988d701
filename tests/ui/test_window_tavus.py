"""The window with Tavus profiles: the key is asked for, errors lead on, what is left of earlier sessions is told."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QListView, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from coach_desktop.coaching.report import Report
from coach_desktop.core.errors import CoachError
from coach_desktop.sessions.updates import AftercareNews, SessionState
from coach_desktop.store.history import History
from coach_desktop.store.profiles import Profile
from coach_desktop.tavus.errors import CreditsExhaustedError, KeyRefusedError, UnknownIdError
from coach_desktop.ui import leaving
from coach_desktop.ui.account.chuck_dialog import ChuckDialog
from coach_desktop.ui.account.documents_dialog import DocumentsDialog
from coach_desktop.ui.account.key_dialog import KeyDialog
from coach_desktop.ui.account.running_dialog import RunningDialog
from coach_desktop.ui.account.settings_dialog import SettingsDialog
from coach_desktop.ui.history_page import HistoryPage
from coach_desktop.ui.home_page import HomePage
from coach_desktop.ui.live_page import LivePage
from coach_desktop.ui.profiles.manager import ProfilesDialog
from coach_desktop.ui.report_page import ReportPage
from coach_desktop.ui.services import UiOptions
from tests.keyring_daemon import Desktop, bus, ring  # noqa: F401 - fixtures
from tests.ui.conftest import Site
from tests.ui.driving import Show, Shown, press, said, texts
from tests.ui.room.rooms import MEDIA_PAGE
from tests.ui.stage import CHUCK, report

ANNA = Profile(id="anna", name="Anna", purpose="Talk to Anna.", provider="tavus", replica_id="r90bbd427f71")
BOTH = [CHUCK, ANNA]
NO_KEY = "No Tavus key yet."


def home(shown: Shown) -> HomePage:
    page = shown.window.findChild(HomePage)
    assert page is not None
    return page


def dialog(shown: Shown, kind: type[QDialog]) -> QDialog:
    """Wait for an open dialog of this kind."""
    shown.bot.waitUntil(lambda: any(d.isVisible() for d in shown.window.findChildren(kind)))
    return next(d for d in shown.window.findChildren(kind) if d.isVisible())


def error_page(shown: Shown, what: str) -> QWidget:
    shown.bot.waitUntil(lambda: shown.window.page is not None and what in said(shown.window.page))
    shown.bot.waitUntil(lambda: shown.action("Start practice").isEnabled())
    assert shown.window.page is not None
    return shown.window.page


def test_without_a_key_start_asks_for_it(show: Show, qtbot: QtBot) -> None:
    shown = show(UiOptions(profile_id="anna"), BOTH)
    qtbot.waitUntil(lambda: NO_KEY in said(home(shown)))
    press(shown.wait_for(HomePage), "Start practice")
    asked = dialog(shown, KeyDialog)
    assert shown.sessions == []
    asked.close()
    shown.wait_for(HomePage)


@pytest.mark.usefixtures("ring")
def test_a_key_that_came_meanwhile_is_used(show: Show, qtbot: QtBot, ring: Desktop) -> None:  # noqa: F811
    shown = show(UiOptions(profile_id="anna"), BOTH)
    qtbot.waitUntil(lambda: NO_KEY in said(home(shown)))
    ring.keep("coach_desktop", "tavus_api_key", "tvsk_marked-31a7")
    press(shown.wait_for(HomePage), "Start practice")
    shown.wait_for(LivePage)
    assert len(shown.sessions) == 1


def begin_paid(show: Show) -> Shown:
    shown = show(UiOptions(profile_id="anna", start_now=True), BOTH)
    # Whether there is a key, the session itself finds out: this one is played.
    shown.bot.waitUntil(lambda: bool(shown.sessions) or bool(shown.window.findChildren(KeyDialog)))
    return shown


@pytest.fixture
def with_key(ring: Desktop) -> None:  # noqa: F811
    ring.keep("coach_desktop", "tavus_api_key", "tvsk_marked-31a7")


@pytest.mark.usefixtures("with_key")
def test_a_refused_key_leads_to_the_key(show: Show) -> None:
    shown = begin_paid(show)
    shown.sessions[0].fail(KeyRefusedError("The key was not accepted.", safe="Nothing was started.", do="Check it."))
    press(error_page(shown, "The key was not accepted."), "Tavus key…")
    dialog(shown, KeyDialog).close()


@pytest.mark.usefixtures("with_key")
def test_without_credit_the_local_coach_is_one_click_away(show: Show) -> None:
    shown = begin_paid(show)
    shown.sessions[0].fail(CreditsExhaustedError("There is no credit left.", safe="Nothing was started.", do="Wait."))
    page = error_page(shown, "There is no credit left.")
    press(page, "Practise with the local coach")
    shown.wait_for(LivePage)
    assert len(shown.sessions) == 2
    chosen = home(shown).profile
    assert chosen is not None
    assert chosen.id == "anna", "what was chosen stays chosen for next time"
    shown.sessions[1].fail(CoachError("The local coach did not start."))
    press(error_page(shown, "The local coach did not start."), "Try again")
    shown.wait_for(LivePage)
    assert [session.profile.provider for session in shown.sessions] == ["tavus", "local", "local"]


@pytest.mark.usefixtures("with_key")
def test_an_unknown_id_leads_to_the_profiles(show: Show) -> None:
    shown = begin_paid(show)
    shown.sessions[0].fail(UnknownIdError("The service does not know the persona.", safe="Nothing was started."))
    press(error_page(shown, "The service does not know the persona."), "Edit the profile…")
    dialog(shown, ProfilesDialog).close()


def test_an_error_of_the_local_coach_offers_no_other_way(show: Show) -> None:
    shown = show(None, BOTH)
    shown.begin().fail(CoachError("The coach did not start."))
    offered = texts(error_page(shown, "The coach did not start."))
    assert not {"Tavus key…", "Practise with the local coach"} & offered


@pytest.mark.usefixtures("with_key")
@pytest.mark.parametrize("paid", [True, False])
def test_a_room_that_is_lost_ends_what_is_paid_and_nothing_else(
    show: Show, qtbot: QtBot, site: Site, paid: bool
) -> None:
    shown = show(UiOptions(profile_id="anna" if paid else CHUCK.id, start_now=True), BOTH)
    qtbot.waitUntil(lambda: bool(shown.sessions))
    shown.sessions[0].live(site.page("/room", MEDIA_PAGE))
    qtbot.waitUntil(lambda: shown.live.is_live)
    shown.live.renderer_lost.emit()
    if paid:
        shown.wait_for(ReportPage)
    assert shown.sessions[0].asked == (["end"] if paid else [])


def test_at_log_out_a_session_is_ended_before_the_answer(show: Show, qtbot: QtBot) -> None:
    shown = show(None, BOTH)
    shown.begin().live()
    qtbot.waitUntil(lambda: shown.live.is_live)
    shown.window.end_at_log_out()
    assert shown.sessions[0].asked == ["cancel"]


@pytest.mark.usefixtures("with_key")
def test_who_quits_hears_of_an_end_that_takes_too_long(
    show: Show, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "_LAST_PATIENCE_MS", 100)
    shown = show(UiOptions(profile_id="anna", start_now=True), BOTH, stubborn=True)
    qtbot.waitUntil(lambda: bool(shown.sessions))
    shown.sessions[0].live()
    qtbot.waitUntil(lambda: shown.live.is_live)
    shown.window.quit_without_asking()
    qtbot.waitUntil(lambda: shown.window.findChild(QMessageBox) is not None)
    box = shown.window.findChild(QMessageBox)
    assert box is not None
    assert "The next start of the app ends it." in box.informativeText()
    assert shown.exits == []
    box.close()
    qtbot.waitUntil(lambda: shown.exits == [0])


def test_news_of_earlier_conversations_are_told(show: Show, qtbot: QtBot) -> None:
    shown = show(None, BOTH)
    shown.wait_for(HomePage)
    shown.window.tell(AftercareNews("s0", "ended_leftover", "A conversation that had been left running was ended."))
    qtbot.waitUntil(lambda: "left running was ended" in said(shown.window))


def test_a_report_in_view_takes_what_comes_later(show: Show, qtbot: QtBot, tmp_path: Path) -> None:
    shown = show(None, BOTH)
    shown.begin().live()
    shown.sessions[0].play(SessionState.REPORTING)
    shown.sessions[0].play(SessionState.DONE, report=report())
    page = shown.wait_for(ReportPage)
    # In one step: the window may be reading it for the first time just now.
    with closing(History(tmp_path / "history.sqlite3")) as history:
        history.set_analysis("s1", "done", report("interrupted").model_dump_json(by_alias=True))
    shown.window.tell(AftercareNews("s1", "report_updated", "More has come."))
    qtbot.waitUntil(lambda: "nterrupted" in said(page))
    assert shown.window.page is page


def test_a_report_stays_still_while_its_words_are_made_out_once_more(
    show: Show, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = show(None, BOTH)
    shown.begin().live()
    shown.sessions[0].done()
    page = shown.wait_for(ReportPage)
    renewals: list[Report] = []
    show_report = ReportPage.show_report

    def renewed(page: ReportPage, report: Report, **how: Any) -> None:
        renewals.append(report)
        show_report(page, report, **how)

    monkeypatch.setattr(ReportPage, "show_report", renewed)
    for percent in (0, 10, 20, 30):
        shown.window.tell(AftercareNews(None, "hearing_again", f"{percent} %"))
    qtbot.waitUntil(lambda: "30 %" in said(shown.window))
    with closing(History(tmp_path / "history.sqlite3")) as history:
        history.set_analysis("s1", "done", report("interrupted").model_dump_json(by_alias=True))
    shown.window.tell(AftercareNews("s1", "report_updated", "More has come."))
    qtbot.waitUntil(lambda: "nterrupted" in said(page))
    # The end of the session itself may have asked for it as well.
    assert len(renewals) <= 2


def test_news_that_come_at_once_pull_nobody_back_to_a_report(show: Show, qtbot: QtBot) -> None:
    shown = show(None, BOTH)
    shown.begin().live()
    shown.sessions[0].done()
    shown.wait_for(ReportPage)
    qtbot.waitUntil(lambda: shown.action("Start practice").isEnabled())
    for number in range(3):
        shown.window.tell(AftercareNews("s1", "report_updated", f"More has come, {number}."))
    shown.window.tell(AftercareNews(None, "ended_leftover", "That was all."))
    qtbot.waitUntil(lambda: "That was all." in said(shown.window))
    shown.window.show_home()
    shown.window.show_history()
    # The list is loaded behind the reports, by the same thread.
    qtbot.waitUntil(lambda: "Open report" in texts(shown.wait_for(HistoryPage)))
    qtbot.wait(100)
    assert isinstance(shown.window.page, HistoryPage)


def test_profiles_key_and_settings_are_in_the_menu(show: Show, qtbot: QtBot, tmp_path: Path) -> None:
    shown = show(None, BOTH)
    shown.wait_for(HomePage)
    for words, kind in (("Manage profiles…", ProfilesDialog), ("Tavus key…", KeyDialog), ("Settings…", SettingsDialog)):
        shown.action(words).trigger()
        opened = dialog(shown, kind)
        shown.action(words).trigger()
        assert len([d for d in shown.window.findChildren(kind) if d.isVisible()]) == 1, "it is opened once"
        opened.close()
        qtbot.waitUntil(lambda opened=opened: not opened.isVisible())  # type: ignore[misc]
    session = shown.begin()
    session.live()
    qtbot.waitUntil(lambda: shown.live.is_live)
    assert not shown.action("Tavus key…").isEnabled()


def test_the_choice_is_remembered(show: Show, qtbot: QtBot, tmp_path: Path) -> None:
    shown = show(None, BOTH)
    (listed,) = shown.wait_for(HomePage).findChildren(QListView)
    QTest.keyClicks(listed, "Anna")
    settings = tmp_path / "settings.json"
    qtbot.waitUntil(lambda: settings.exists() and '"anna"' in settings.read_text("utf-8"))
    assert '"anna"' in show(None, BOTH).window.findChild(HomePage).profile.model_dump_json()  # type: ignore[union-attr]


MAY_RUN_ON = "Tavus did not confirm its end. The app keeps trying to end it."


def test_a_conversation_that_may_run_on_is_told_when_its_report_is_shown(show: Show, qtbot: QtBot) -> None:
    shown = show()
    shown.begin().live()
    shown.sessions[0].play(SessionState.REPORTING)
    shown.sessions[0].play(SessionState.DONE, report=report("interrupted"), notice=MAY_RUN_ON)
    shown.wait_for(ReportPage)
    qtbot.waitUntil(lambda: shown.window.findChild(QMessageBox) is not None)
    box = shown.window.findChild(QMessageBox)
    assert box is not None
    assert MAY_RUN_ON in box.informativeText()


def test_who_quits_reads_that_a_conversation_may_run_on_before_the_window_goes(show: Show, qtbot: QtBot) -> None:
    shown = show(stubborn=True)
    shown.begin().live()
    qtbot.waitUntil(lambda: shown.live.is_live)
    shown.window.quit_without_asking()
    qtbot.waitUntil(lambda: shown.sessions[0].asked == ["end"])
    shown.sessions[0].play(SessionState.ENDING)
    shown.sessions[0].play(SessionState.REPORTING)
    shown.sessions[0].play(SessionState.DONE, report=report("interrupted"), notice=MAY_RUN_ON)
    qtbot.waitUntil(lambda: shown.window.findChild(QMessageBox) is not None)
    assert shown.exits == []
    box = shown.window.findChild(QMessageBox)
    assert box is not None
    box.close()
    qtbot.waitUntil(lambda: shown.exits == [0])


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        ("Chuck in my account…", ChuckDialog),
        ("Documents…", DocumentsDialog),
        ("Running conversations…", RunningDialog),
    ],
)
def test_what_needs_a_key_leads_to_it(show: Show, entry: str, kind: type[QDialog]) -> None:
    shown = show(UiOptions(profile_id="anna"), BOTH)
    shown.bot.waitUntil(lambda: NO_KEY in said(home(shown)))
    shown.action(entry).trigger()
    opened = dialog(shown, kind)
    shown.bot.waitUntil(lambda: "Tavus key…" in texts(opened))
    press(opened, "Tavus key…")
    dialog(shown, KeyDialog).close()
    opened.close()
