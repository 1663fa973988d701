"""The window as a whole: a session from the button to the report, keys, questions, and an end in good order."""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QLabel,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from coach_desktop.core.errors import CoachError
from coach_desktop.sessions.session import SessionState, SessionUpdate
from coach_desktop.store.profiles import Profile
from coach_desktop.ui.history_page import HistoryPage
from coach_desktop.ui.home_page import HomePage
from coach_desktop.ui.live_page import DeviceState, LivePage
from coach_desktop.ui.main_window import MainWindow, UiOptions, UiServices
from coach_desktop.ui.report_page import ReportPage
from tests.ui.conftest import Site
from tests.ui.stage import CHUCK, PlayedSession, keep
from tests.ui.test_pages import press, said
from tests.ui.test_web_pane import MEDIA_PAGE


@dataclass
class Shown:
    """The window and the sessions that it started."""

    window: MainWindow
    sessions: list[PlayedSession]
    exits: list[int]
    bot: QtBot

    def wait_for(self, page: type[QWidget]) -> QWidget:
        self.bot.waitUntil(lambda: isinstance(self.window.page, page), timeout=10_000)
        assert self.window.page is not None
        return self.window.page

    @property
    def live(self) -> LivePage:
        page = self.window.findChild(LivePage)
        assert page is not None
        return page

    def begin(self) -> PlayedSession:
        press(self.wait_for(HomePage), "Start practice")
        self.wait_for(LivePage)
        return self.sessions[-1]

    def action(self, words: str) -> QAction:
        return next(action for action in self.window.actions() if action.text() == words)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.window, key, modifier)

    def device(self, name: str) -> str:
        return next(
            state.accessibleName() for state in self.live.findChildren(DeviceState) if name in state.accessibleName()
        )


Show = Callable[..., Shown]


@pytest.fixture
def show(qtbot: QtBot, dressed: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Show]:
    made: list[Shown] = []

    def make(
        options: UiOptions | None = None, profiles: list[Profile] | None = None, *, stubborn: bool = False
    ) -> Shown:
        sessions: list[PlayedSession] = []
        exits: list[int] = []
        # The test's own event loop must outlive the window's exit.
        monkeypatch.setattr(QApplication, "exit", lambda code=0: exits.append(code))
        history = tmp_path / "history.sqlite3"

        def make_session(_profile: Profile, notify: Callable[[SessionUpdate], None]) -> PlayedSession:
            sessions.append(PlayedSession(notify, history, stubborn=stubborn))
            return sessions[-1]

        services = UiServices(profiles or [CHUCK], history, tmp_path, make_session)
        window = MainWindow(services, options or UiOptions())
        window.resize(1024, 640)
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        made.append(Shown(window, sessions, exits, qtbot))
        return made[-1]

    yield make
    for shown in made:
        for session in shown.sessions:
            session.play(SessionState.IDLE)
        shown.window.shut_down()
        shown.window.hide()
        shown.window.deleteLater()


def test_from_the_button_to_the_report(show: Show, qtbot: QtBot, site: Site) -> None:
    shown = show()
    session = shown.begin()
    assert shown.live.findChild(QProgressBar) is not None
    session.play(SessionState.STARTING, "Starting the coach…")
    qtbot.waitUntil(lambda: "Starting the coach…" in said(shown.live))
    room = site.page("/room", MEDIA_PAGE)
    session.play(SessionState.STARTING, "Opening the room…", room_url=room)
    qtbot.waitUntil(lambda: "May Chuck use your camera and microphone?" in said(shown.live), timeout=15_000)
    assert "stay on this computer" in said(shown.live)
    assert shown.device("Camera") == "Camera waiting"
    press(shown.live, "Allow")
    qtbot.waitUntil(lambda: shown.device("Camera") == "Camera on")
    session.live(room, since_s=65.2)
    qtbot.waitUntil(lambda: "Live" in said(shown.live))
    qtbot.waitUntil(lambda: "1:05" in said(shown.live))
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
    qtbot.waitUntil(lambda: "May Chuck" in said(shown.live), timeout=15_000)
    press(shown.live, "Not now")
    qtbot.waitUntil(lambda: "does not use your camera" in said(shown.live))
    assert shown.device("Camera") == "Camera not allowed"
    press(shown.live, "Try again")
    qtbot.waitUntil(lambda: "May Chuck" in said(shown.live), timeout=15_000)
    press(shown.live, "Allow")
    qtbot.waitUntil(lambda: shown.device("Camera") == "Camera on")


def test_start_counts_as_a_yes_once(show: Show, qtbot: QtBot, site: Site) -> None:
    shown = show(UiOptions(start_now=True, media_allowed=True))
    shown.wait_for(LivePage)
    room = site.page("/room", MEDIA_PAGE)
    shown.sessions[0].play(SessionState.STARTING, room_url=room)
    qtbot.waitUntil(lambda: shown.device("Camera") == "Camera on", timeout=15_000)
    shown.sessions[0].done()
    page = shown.wait_for(ReportPage)
    qtbot.waitUntil(lambda: shown.action("Start practice").isEnabled())
    press(page, "Practise again")
    shown.sessions[1].play(SessionState.STARTING, room_url=room)
    qtbot.waitUntil(lambda: "May Chuck" in said(shown.live), timeout=15_000)


def test_an_unsafe_room_is_not_shown(show: Show, qtbot: QtBot) -> None:
    shown = show()
    shown.begin().play(SessionState.STARTING, room_url="http://example.org/room")
    qtbot.waitUntil(lambda: "cannot be shown safely" in said(shown.live), timeout=10_000)


@pytest.mark.expects_warnings("the page's process ended")
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_renderer_that_keeps_crashing_is_explained(show: Show, qtbot: QtBot, site: Site) -> None:
    shown = show()
    shown.begin().live(site.page("/room", "<title>room</title>"))
    for loads in range(1, 5):
        qtbot.waitUntil(functools.partial(asked_times, site, loads), timeout=15_000)
        assert shown.live.pane is not None
        fallen = shown.live.pane.renderer_gave_up if loads == 4 else shown.live.pane.renderer_crashed
        qtbot.waitUntil(lambda: bool(pid_of(shown)), timeout=10_000)
        with qtbot.waitSignal(fallen, timeout=10_000):
            os.kill(pid_of(shown), signal.SIGKILL)
    assert "was not opened again" in said(shown.live)
    press(shown.live, "Try once more")
    qtbot.waitUntil(lambda: site.asked.count("/room") == 5, timeout=15_000)


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
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    shown = show()
    room = site.page("/room", "<title>room</title>")
    shown.begin().live(room)
    qtbot.waitUntil(lambda: site.asked == ["/room"], timeout=15_000)
    press(shown.live, "Open in my browser")
    assert opened == [room]
    assert shown.live.pane is not None
    assert shown.live.pane.view is None
    assert "in your browser" in said(shown.live)
    press(shown.live, "Bring it back here")
    qtbot.waitUntil(lambda: site.asked == ["/room", "/room"], timeout=15_000)


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
        assert shown.window.exit_code == code

    def test_it_quits_with_1_when_the_session_fails(self, show: Show, qtbot: QtBot) -> None:
        shown = show(UiOptions(start_now=True, quit_when_done=True))
        shown.wait_for(LivePage)
        shown.sessions[0].fail(CoachError("No."))
        qtbot.waitUntil(lambda: shown.exits == [1])

    def test_it_quits_with_1_when_nothing_can_be_started(self, show: Show, qtbot: QtBot) -> None:
        video = Profile(id="v", name="V", purpose="P", provider="tavus")
        shown = show(UiOptions(start_now=True, quit_when_done=True), [video])
        qtbot.waitUntil(lambda: shown.exits == [1])
        assert shown.sessions == []

    def test_pictures_are_taken_in_light_and_dark(self, show: Show, qtbot: QtBot, tmp_path: Path) -> None:
        folder = tmp_path / "pictures"
        shown = show(UiOptions(start_now=True, quit_when_done=True, screenshots=folder))
        shown.wait_for(LivePage)
        shown.sessions[0].live(cue="Look at me")
        qtbot.waitUntil((folder / "02-live-dark.png").is_file, timeout=10_000)
        shown.sessions[0].done()
        qtbot.waitUntil(lambda: shown.exits == [0], timeout=10_000)
        names = {path.name for path in folder.iterdir()}
        assert names == {
            f"{page}-{look}.png" for page in ("01-home", "02-live", "03-cue", "04-report") for look in ("light", "dark")
        }
        light, dark = (QImage(str(folder / f"04-report-{look}.png")) for look in ("light", "dark"))
        assert light.pixelColor(light.width() // 2, 100).lightness() > 200
        assert dark.pixelColor(dark.width() // 2, 100).lightness() < 60


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


def holds_focus(widget: QWidget) -> bool:
    focused = QApplication.focusWidget()
    return focused is not None and (focused is widget or widget.isAncestorOf(focused))


def texts(page: QWidget) -> set[str]:
    return {button.text() for button in page.findChildren(QPushButton) if button.isVisible()}


class TestKeys:
    def test_start_and_end(self, show: Show, qtbot: QtBot) -> None:
        shown = show()
        shown.wait_for(HomePage)
        shown.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        shown.wait_for(LivePage)
        shown.sessions[0].live()
        qtbot.waitUntil(lambda: shown.live.is_live)
        shown.key(Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
        shown.wait_for(ReportPage)
        assert shown.sessions[0].asked == ["end"]

    def test_f6_takes_the_keyboard_out_of_the_room(self, show: Show, qtbot: QtBot, site: Site) -> None:
        shown = show()
        shown.begin().live(site.page("/room", "<title>room</title><input autofocus>"))
        qtbot.waitUntil(lambda: bool(site.asked), timeout=15_000)
        assert shown.live.pane is not None
        assert shown.live.pane.view is not None
        view = shown.live.pane.view
        view.setFocus()
        qtbot.waitUntil(lambda: holds_focus(view), timeout=10_000)
        target = view.focusProxy()
        assert target is not None
        QTest.keyClick(target, Qt.Key.Key_F6)
        qtbot.waitUntil(lambda: isinstance(QApplication.focusWidget(), QPushButton))

    def test_full_screen_and_back(self, show: Show, qtbot: QtBot) -> None:
        shown = show()
        shown.key(Qt.Key.Key_F11)
        qtbot.waitUntil(shown.window.isFullScreen)
        assert shown.window.menuBar().isHidden()
        shown.key(Qt.Key.Key_F11)
        qtbot.waitUntil(lambda: not shown.window.isFullScreen())
        assert not shown.window.menuBar().isHidden()

    def test_escape_never_ends_a_session(self, show: Show, qtbot: QtBot) -> None:
        shown = show()
        session = shown.begin()
        session.live()
        qtbot.waitUntil(lambda: shown.live.is_live)
        shown.key(Qt.Key.Key_Escape)
        qtbot.wait(50)
        assert session.asked == []

    def test_the_keys_are_documented(self, show: Show, qtbot: QtBot) -> None:
        shown = show()
        for open_dialog, words in ((shown.window.show_shortcuts, "F6"), (shown.window.show_about, "MIT")):
            open_dialog()
            dialog = shown.window.findChild(QDialog)
            assert dialog is not None
            assert words in said(dialog)
            QTest.keyClick(dialog, Qt.Key.Key_Escape)
            qtbot.waitUntil(lambda: shown.window.findChild(QDialog) is None)

    def test_no_two_actions_share_a_key(self, show: Show) -> None:
        keys = [action.shortcut().toString() for action in show().window.actions() if not action.shortcut().isEmpty()]
        assert len(keys) == len(set(keys))
        assert len(keys) >= 8


def pages_of(window: MainWindow) -> list[QWidget]:
    stack = window.findChild(QStackedWidget)
    assert stack is not None
    pages = [stack.widget(number) for number in range(stack.count())]
    return [page for page in pages if page is not None]


def test_whatever_takes_the_focus_has_a_name(show: Show, qtbot: QtBot, site: Site, tmp_path: Path) -> None:
    """Walks every page, and stops at the web view: below it, asking for accessibility crashes Qt 6.12."""
    keep(tmp_path / "history.sqlite3", "s9")
    shown = show()
    shown.window.show_history()
    qtbot.waitUntil(lambda: "Open report" in texts(shown.wait_for(HistoryPage)))
    shown.window.show_home()
    shown.begin().live(site.page("/room", MEDIA_PAGE))
    qtbot.waitUntil(lambda: "May Chuck" in said(shown.live), timeout=15_000)
    press(shown.live, "Not now")
    shown.sessions[0].done()
    shown.wait_for(ReportPage)
    press(shown.wait_for(ReportPage), "Show as text")
    nameless = [
        f"{type(widget).__name__} on {type(page).__name__}"
        for page in [*pages_of(shown.window), shown.window]
        for widget in [page, *page.findChildren(QWidget)]
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        and not widget.accessibleName()
        and not (isinstance(widget, QToolButton | QPushButton) and widget.text())
        and not widget.objectName().startswith("qt_")
    ]
    assert not nameless, "\n".join(nameless)


def test_nothing_is_cut_off_in_a_small_window(show: Show, qtbot: QtBot) -> None:
    shown = show()
    shown.begin().live()
    shown.sessions[0].done()
    shown.wait_for(ReportPage)
    assert shown.window.minimumSizeHint().width() <= 1024
    assert shown.window.minimumSizeHint().height() <= 640
    for page in pages_of(shown.window):
        stack = shown.window.findChild(QStackedWidget)
        assert stack is not None
        stack.setCurrentWidget(page)
        qtbot.wait(20)
        assert (shown.window.width(), shown.window.height()) == (1024, 640)
        cut = [
            label.text()
            for label in page.findChildren(QLabel)
            if label.isVisible() and not label.wordWrap() and label.width() < label.sizeHint().width()
        ]
        cut += [
            button.text()
            for button in page.findChildren(QPushButton)
            if button.isVisible() and button.width() < button.sizeHint().width()
        ]
        assert cut == []


def test_a_second_start_brings_the_window_back(show: Show, qtbot: QtBot) -> None:
    shown = show()
    shown.window.showMinimized()
    qtbot.waitUntil(shown.window.isMinimized)
    shown.window.raise_to_front()
    qtbot.waitUntil(lambda: not shown.window.isMinimized())
