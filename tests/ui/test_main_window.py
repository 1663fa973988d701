"""The window as a whole: a session from the button to the report, keys, questions, and an end in good order."""

from __future__ import annotations

import functools
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QLabel,
    QMessageBox,
    QProgressBar,
)
from pytestqt.qtbot import QtBot

from coach_desktop.core.errors import CoachError
from coach_desktop.sessions.session import SessionState, SessionUpdate
from coach_desktop.sessions.updates import AftercareNews
from coach_desktop.store.profiles import Profile
from coach_desktop.ui import screenshots
from coach_desktop.ui.history_page import HistoryPage
from coach_desktop.ui.home_page import HomePage
from coach_desktop.ui.live_page import LivePage
from coach_desktop.ui.main_window import MainWindow
from coach_desktop.ui.report_page import ReportPage
from coach_desktop.ui.services import UiOptions, UiServices
from tests.ui.conftest import Site, desk
from tests.ui.driving import Show, Shown, press, said, texts
from tests.ui.room.rooms import MEDIA_PAGE
from tests.ui.stage import CHUCK, PlayedSession, keep, report, stored


def test_from_the_button_to_the_report(show: Show, qtbot: QtBot, site: Site) -> None:
    shown = show()
    session = shown.begin()
    assert shown.live.findChild(QProgressBar) is not None
    session.play(SessionState.STARTING, "Starting the coach…")
    qtbot.waitUntil(lambda: "Starting the coach…" in said(shown.live))
    room = site.page("/room", MEDIA_PAGE)
    session.play(SessionState.STARTING, "Opening the room…", room_url=room)
    qtbot.waitUntil(lambda: "May Chuck use your camera and microphone?" in said(shown.live))
    assert "stay on this computer" in said(shown.live)
    assert shown.device("Camera") == "Camera waiting"
    press(shown.live, "Allow")
    qtbot.waitUntil(lambda: shown.device("Camera") == "Camera on")
    session.live(room, since_s=65.2)
    qtbot.waitUntil(lambda: "Live" in said(shown.live))
    qtbot.waitUntil(lambda: re.search(r"\b1:[0-5]\d\b", said(shown.live)) is not None)
    press(shown.live, "End session")
    page = shown.wait_for(ReportPage)
    assert session.asked == ["end"]
    assert "Eye contact" in said(page)
    assert shown.device("Microphone") == "Microphone off"
    assert shown.live.pane is not None
    assert shown.live.pane.view is None
    qtbot.waitUntil(lambda: shown.action("Start practice").isEnabled())


def test_a_start_can_be_cancelled(show: Show, qtbot: QtBot) -> None:
    shown = show()
    session = shown.begin()
    session.play(SessionState.STARTING, "Starting the coach…")
    qtbot.waitUntil(lambda: "Starting the coach…" in said(shown.live))
    press(shown.live, "Cancel")
    shown.wait_for(HomePage)
    assert session.asked == ["cancel"]
    qtbot.waitUntil(lambda: shown.action("Start practice").isEnabled())


def test_a_failure_says_what_to_do_and_can_be_tried_again(show: Show, qtbot: QtBot) -> None:
    shown = show()
    shown.begin().fail(CoachError("The coach did not start.", safe="Nothing was recorded.", do="Try again."))
    qtbot.waitUntil(lambda: shown.window.page is not None and "The coach did not start." in said(shown.window.page))
    qtbot.waitUntil(lambda: shown.action("Start practice").isEnabled())
    assert shown.window.page is not None
    press(shown.window.page, "Try again")
    shown.wait_for(LivePage)
    assert len(shown.sessions) == 2


def test_a_refusal_is_explained_and_can_be_taken_back(show: Show, qtbot: QtBot, site: Site) -> None:
    shown = show()
    session = shown.begin()
    session.play(SessionState.STARTING, room_url=site.page("/room", MEDIA_PAGE))
    qtbot.waitUntil(lambda: "May Chuck" in said(shown.live))
    press(shown.live, "Not now")
    qtbot.waitUntil(lambda: "does not use your camera" in said(shown.live))
    assert shown.device("Camera") == "Camera not allowed"
    press(shown.live, "Try again")
    qtbot.waitUntil(lambda: "May Chuck" in said(shown.live))
    press(shown.live, "Allow")
    qtbot.waitUntil(lambda: shown.device("Camera") == "Camera on")


def test_start_counts_as_a_yes_once(show: Show, qtbot: QtBot, site: Site) -> None:
    shown = show(UiOptions(start_now=True, media_allowed=True))
    shown.wait_for(LivePage)
    room = site.page("/room", MEDIA_PAGE)
    shown.sessions[0].play(SessionState.STARTING, room_url=room)
    qtbot.waitUntil(lambda: shown.device("Camera") == "Camera on")
    shown.sessions[0].done()
    page = shown.wait_for(ReportPage)
    qtbot.waitUntil(lambda: shown.action("Start practice").isEnabled())
    press(page, "Practise again")
    shown.sessions[1].play(SessionState.STARTING, room_url=room)
    qtbot.waitUntil(lambda: "May Chuck" in said(shown.live))


def test_an_unsafe_room_is_not_shown(show: Show, qtbot: QtBot) -> None:
    shown = show()
    shown.begin().play(SessionState.STARTING, room_url="http://example.org/room")
    qtbot.waitUntil(lambda: "cannot be shown safely" in said(shown.live))


@pytest.mark.expects_warnings("the page's process ended")
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_renderer_that_keeps_crashing_is_explained(show: Show, qtbot: QtBot, site: Site) -> None:
    shown = show()
    shown.begin().live(site.page("/room", "<title>room</title>"))
    for loads in range(1, 5):
        qtbot.waitUntil(functools.partial(asked_times, site, loads))
        assert shown.live.pane is not None
        fallen = shown.live.pane.renderer_gave_up if loads == 4 else shown.live.pane.renderer_crashed
        qtbot.waitUntil(lambda: bool(pid_of(shown)))
        with qtbot.waitSignal(fallen):
            os.kill(pid_of(shown), signal.SIGKILL)
        if loads < 4:
            qtbot.waitUntil(lambda: "and is back" in said(shown.live))
    assert "was not opened again" in said(shown.live)
    press(shown.live, "Try once more")
    qtbot.waitUntil(lambda: site.asked.count("/room") == 5)


def asked_times(site: Site, times: int) -> bool:
    return site.asked.count("/room") == times


def pid_of(shown: Shown) -> int:
    assert shown.live.pane is not None
    assert shown.live.pane.view is not None
    return shown.live.pane.view.page().renderProcessPid()


def test_the_conversation_can_move_to_the_browser_and_back(
    show: Show, qtbot: QtBot, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PySide6.QtGui import QDesktopServices

    opened: list[str] = []

    def open_url(url: QUrl) -> bool:
        opened.append(url.toString())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    shown = show()
    room = site.page("/room", "<title>room</title>")
    shown.begin().live(room)
    qtbot.waitUntil(lambda: site.asked == ["/room"])
    press(shown.live, "Open in my browser")
    assert opened == [room]
    assert shown.live.pane is not None
    assert shown.live.pane.view is None
    assert "in your browser" in said(shown.live)
    assert shown.device("Camera") == "Camera in your browser"
    press(shown.live, "Bring it back here")
    qtbot.waitUntil(lambda: site.asked == ["/room", "/room"])


def test_without_a_browser_the_conversation_stays(
    show: Show, qtbot: QtBot, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PySide6.QtGui import QDesktopServices

    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: False)
    shown = show()
    shown.begin().live(site.page("/room", "<title>room</title>"))
    qtbot.waitUntil(lambda: site.asked == ["/room"])
    press(shown.live, "Open in my browser")
    assert "No browser could be started" in said(shown.live)
    assert shown.live.pane is not None
    assert shown.live.pane.view is not None
    assert shown.live.is_live


class TestClosing:
    def test_without_a_session_it_closes_at_once(self, show: Show) -> None:
        shown = show()
        assert shown.window.close()

    def test_with_a_session_it_asks_and_no_goes_on(self, show: Show, qtbot: QtBot) -> None:
        shown = show()
        session = shown.begin()
        session.live()
        assert not shown.window.close()
        box = shown.window.findChild(QMessageBox)
        assert box is not None
        assert not shown.window.close()
        assert len(shown.window.findChildren(QMessageBox)) == 1
        press(box, "Go on practising")
        qtbot.waitUntil(lambda: shown.window.findChild(QMessageBox) is None)
        assert session.asked == []
        assert shown.window.isVisible()

    def test_a_yes_ends_the_session_says_so_and_closes(self, show: Show, qtbot: QtBot) -> None:
        shown = show()
        session = shown.begin()
        session.live()
        qtbot.waitUntil(lambda: shown.live.is_live)
        shown.window.close()
        box = shown.window.findChild(QMessageBox)
        assert box is not None
        press(box, "End and quit")
        qtbot.waitUntil(lambda: "was ended" in shown.window.statusBar().currentMessage())
        assert session.asked == ["end"]
        qtbot.waitUntil(lambda: shown.exits == [0])
        assert not shown.window.isVisible()

    def test_a_signal_needs_no_answer(self, show: Show, qtbot: QtBot) -> None:
        shown = show()
        session = shown.begin()
        session.live()
        shown.window.quit_without_asking()
        qtbot.waitUntil(lambda: shown.exits == [0])
        assert session.asked == ["end"]
        assert shown.window.findChild(QMessageBox) is None


class TestRunFromTheCommandLine:
    @pytest.mark.parametrize(("status", "code"), [("done", 0), ("interrupted", 1)])
    def test_it_quits_when_the_report_is_there(self, show: Show, qtbot: QtBot, status: str, code: int) -> None:
        shown = show(UiOptions(start_now=True, quit_when_done=True))
        shown.wait_for(LivePage)
        shown.sessions[0].live()
        shown.sessions[0].done(status)
        shown.wait_for(ReportPage)
        qtbot.waitUntil(lambda: shown.exits == [code])

    def test_it_quits_with_1_when_the_session_fails(self, show: Show, qtbot: QtBot) -> None:
        shown = show(UiOptions(start_now=True, quit_when_done=True))
        shown.wait_for(LivePage)
        shown.sessions[0].fail(CoachError("No."))
        qtbot.waitUntil(lambda: shown.exits == [1])

    def test_it_quits_with_1_when_the_report_could_not_be_kept(self, show: Show, qtbot: QtBot) -> None:
        shown = show(UiOptions(start_now=True, quit_when_done=True))
        shown.wait_for(LivePage)
        shown.sessions[0].live()
        shown.sessions[0].play(SessionState.REPORTING)
        shown.sessions[0].play(SessionState.DONE, report=report("done"), error=CoachError("The disk is full."))
        qtbot.waitUntil(lambda: shown.exits == [1])

    def test_it_quits_with_1_when_nothing_can_be_started(self, show: Show, qtbot: QtBot) -> None:
        shown = show(UiOptions(start_now=True, quit_when_done=True), [])
        qtbot.waitUntil(lambda: shown.exits == [1])
        assert shown.sessions == []

    def test_pictures_are_taken_in_light_and_dark(
        self, show: Show, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Only a room, which draws itself in a process of its own, needs longer.
        monkeypatch.setattr(screenshots, "_REPAINT_MS", 150)
        monkeypatch.setattr(screenshots, "_LIVE_AFTER_MS", 600)
        folder = tmp_path / "pictures"
        shown = show(UiOptions(start_now=True, quit_when_done=True, screenshots=folder))
        shown.wait_for(LivePage)
        shown.sessions[0].live(cue="Look at me")
        qtbot.waitUntil((folder / "02-live-dark.png").is_file)
        shown.sessions[0].done()
        qtbot.waitUntil(lambda: shown.exits == [0])
        names = {path.name for path in folder.iterdir()}
        assert names == {
            f"{page}-{look}.png" for page in ("01-home", "02-live", "03-cue", "04-report") for look in ("light", "dark")
        }
        light, dark = (QImage(str(folder / f"04-report-{look}.png")) for look in ("light", "dark"))
        assert light.pixelColor(light.width() // 2, 100).lightness() > 200
        assert dark.pixelColor(dark.width() // 2, 100).lightness() < 60


def test_news_of_a_conversation_is_told_in_full_until_it_is_closed(show: Show, qtbot: QtBot) -> None:
    shown = show()
    words = "A conversation with Tavus may still be running. " + "The app keeps trying to end it. " * 8
    shown.window.tell(AftercareNews(None, "cannot_end", words))
    qtbot.waitUntil(lambda: words in said(shown.window))
    label = next(label for label in shown.window.findChildren(QLabel) if label.text() == words)
    qtbot.waitUntil(lambda: 0 < label.heightForWidth(label.width()) <= label.height())
    press(shown.window, "Close")
    assert not label.isVisible()


class TestHistory:
    def test_a_past_report_is_opened_and_left_again(self, show: Show, qtbot: QtBot, tmp_path: Path) -> None:
        keep(tmp_path / "history.sqlite3", "s9")
        shown = show()
        shown.key(Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
        page = shown.wait_for(HistoryPage)
        qtbot.waitUntil(lambda: "Open report" in texts(page))
        press(page, "Open report")
        opened = shown.wait_for(ReportPage)
        press(opened, "Back")
        shown.wait_for(HistoryPage)

    def test_deleting_takes_it_off_the_disk(self, show: Show, qtbot: QtBot, tmp_path: Path) -> None:
        keep(tmp_path / "history.sqlite3", "s9")
        shown = show()
        shown.window.show_history()
        page = shown.wait_for(HistoryPage)
        qtbot.waitUntil(lambda: "Delete all…" in texts(page))
        press(page, "Delete all…")
        box = page.findChild(QMessageBox)
        assert box is not None
        press(box, "Delete all")
        qtbot.waitUntil(lambda: "No sessions yet" in said(page))

    def test_during_a_session_the_room_stays_in_view(self, show: Show) -> None:
        shown = show()
        shown.begin()
        shown.window.show_history()
        assert isinstance(shown.window.page, LivePage)
        assert not shown.action("History").isEnabled()

    @pytest.mark.expects_warnings("history:")
    def test_a_damaged_history_does_not_stop_practice(self, show: Show, qtbot: QtBot, tmp_path: Path) -> None:
        (tmp_path / "history.sqlite3").write_bytes(b"no database" * 100)
        shown = show()
        shown.window.show_history()
        page = shown.wait_for(HistoryPage)
        qtbot.waitUntil(lambda: "damaged" in said(page))
        shown.window.show_home()
        shown.begin()


class TestBeginning:
    @pytest.mark.usefixtures("dressed", "no_keyring")
    def test_what_is_prepared_is_done_once_and_before_a_session(self, qtbot: QtBot, tmp_path: Path) -> None:
        done: list[str] = []

        def make_session(
            _profile: Profile, notify: Callable[[SessionUpdate], None], _request: object = None
        ) -> PlayedSession:
            done.append("session")
            return PlayedSession(notify, tmp_path / "history.sqlite3")

        services = UiServices(
            stored(CHUCK),
            tmp_path / "history.sqlite3",
            tmp_path,
            make_session,
            desk(tmp_path),
            prepare=lambda: done.append("prepared"),
        )
        window = MainWindow(services, UiOptions())
        qtbot.addWidget(window)
        window.show()
        window.start()
        qtbot.waitUntil(lambda: len(done) == 2)
        qtbot.wait(50)
        assert done == ["prepared", "session"]
        window.shut_down()

    def test_the_first_picture_needs_no_models_of_reports(self) -> None:
        code = (
            "import sys, coach_desktop.ui.main_window as _;"
            "print([name for name in sys.modules if name.startswith(('pydantic', 'coach_desktop.coaching'))])"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
        assert done.stdout.strip() == "[]"


def test_the_wish_to_end_is_answered_at_once(show: Show, qtbot: QtBot, site: Site) -> None:
    shown = show(stubborn=True)
    room = site.page("/room", MEDIA_PAGE)
    shown.begin().live(room)
    qtbot.waitUntil(lambda: "End session" in texts(shown.live), timeout=30_000)
    press(shown.live, "End session")
    assert "Ending…" in texts(shown.live)
    # What is told of the conversation meanwhile does not take the answer back.
    shown.sessions[0].play(SessionState.LIVE, room_url=room, notice="The network is gone.")
    qtbot.waitUntil(lambda: "The network is gone." in said(shown.live))
    assert "Ending…" in texts(shown.live)
