"""Qt for the tests of the window: fake devices, the look of the app, and a small web server of our own."""

from __future__ import annotations

import http.server
import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

if sys.platform == "linux":
    if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if os.geteuid() == 0:
        # Chromium refuses to run as root with its sandbox. Tests say so here; the product never does.
        os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, Qt, QTimer
from PySide6.QtGui import QGuiApplication

# The web engine wants to be imported before there is an application.
from PySide6.QtWebEngineWidgets import QWebEngineView  # noqa: F401
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from coach_desktop.core.errors import CoachError
from coach_desktop.core.ids import new_name_token
from coach_desktop.core.paths import DataFolder
from coach_desktop.sessions.model_consent import ModelConsent
from coach_desktop.sessions.requests import request_of
from coach_desktop.sessions.session import SessionState, SessionUpdate
from coach_desktop.store.profiles import Profile
from coach_desktop.store.secrets import KeyStore, NoKeyError
from coach_desktop.store.settings import SettingsFile
from coach_desktop.tavus.client import TavusClient
from coach_desktop.tavus.models import CreateConversation
from coach_desktop.ui import theme
from coach_desktop.ui.desk import DeskServices
from coach_desktop.ui.main_window import MainWindow
from coach_desktop.ui.services import UiOptions, UiServices
from tests.keyring_daemon import no_keyring  # noqa: F401 - a fixture
from tests.standin import StandIn
from tests.ui.driving import Show, Shown
from tests.ui.patience import PatientBot
from tests.ui.stage import CHUCK, PlayedSession, stored

# What Chromium and Qt say about a machine without a graphics card or a message bus; every other warning fails a test.
_NO_GRAPHICS = (
    "QRhiGles2",
    "Failed to create RHI",
    "does not support createPlatformVulkanInstance",
    "QVulkanInstance",
    "Failed to load vulkan",
    "No Vulkan library",
    "Failed to create platform Vulkan",
    "GBM is not supported",
    "GPUInfo not initialized",
    "Unable to detect GPU vendor",
    "does not support propagateSizeHints",
    "GLX: ",
    "Session DBus not running",
    "will not react to setting changes",
    "dbus connection failed",
    "does not support raise",
    "capturing is not available",
)


def ignore_no_graphics(items: list[pytest.Item], folder: Path) -> None:
    """Let the tests in a folder pass on a machine without a graphics card."""
    for item in items:
        if folder in item.path.parents:
            item.add_marker(pytest.mark.qt_log_ignore(*_NO_GRAPHICS, extend=True))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ignore_no_graphics(items, Path(__file__).parent)
    for item in items:
        if Path(__file__).parent in item.path.parents:
            # By a signal it would be an exception in a slot, where Qt loses it, and the event loop would never end.
            item.add_marker(pytest.mark.timeout(400, method="thread"))


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    return PatientBot(request)


@pytest.fixture(autouse=True)
def keyboard(request: pytest.FixtureRequest) -> Iterator[None]:
    """Give the keyboard back to a window that has lost it: the virtual screen has no window manager that would."""
    if "qtbot" not in request.fixturenames:
        yield
        return

    def give_back() -> None:
        if QGuiApplication.applicationState() == Qt.ApplicationState.ApplicationActive:
            return
        shown = [window for window in QApplication.topLevelWidgets() if window.isVisible() and not window.isMinimized()]
        wants = QApplication.activeModalWidget() or next((window for window in shown if window.isWindow()), None)
        if wants is not None:
            wants.activateWindow()

    timer = QTimer(interval=500)
    timer.timeout.connect(give_back)
    timer.start()
    yield
    timer.stop()
    delete_what_is_to_go()
    assert _events_are_waited_for(), "the test has ended Qt's event loops for all tests that come after it"


def delete_what_is_to_go() -> None:
    """Delete what `deleteLater` was called for: outside of an event loop it stays, and its timers with it."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _events_are_waited_for() -> bool:
    """Return whether an event loop waits; after `QApplication.exit` none does until the application is run again."""
    loop = QEventLoop()
    QTimer.singleShot(0, loop, lambda: loop.exit(1))
    waited = loop.exec() == 1
    if not waited:
        QTimer.singleShot(0, QCoreApplication.quit)
        QCoreApplication.exec()
    return waited


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    return ["tests", "--webEngineArgs", "--use-fake-device-for-media-stream"]


@pytest.fixture
def dressed(qapp: QApplication) -> QApplication:
    theme.apply(qapp)
    return qapp


@pytest.fixture
def tavus() -> Iterator[StandIn]:
    with StandIn() as standin:
        yield standin


@dataclass
class Site:
    """A real web server on 127.0.0.1 that serves the given pages and remembers what was asked of it."""

    port: int
    pages: dict[str, tuple[str, bytes]]
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def page(self, path: str, html: str, kind: str = "text/html; charset=utf-8") -> str:
        self.pages[path] = (kind, html.encode())
        return self.url + path


@pytest.fixture
def make_site() -> Iterator[Callable[[], Site]]:
    servers: list[http.server.ThreadingHTTPServer] = []
    threads: list[threading.Thread] = []

    def make() -> Site:
        site = Site(0, {})

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                kind, body = site.pages.get(self.path.split("?")[0], ("", b""))
                if kind.startswith("redirect:"):
                    self.send_response(302)
                    self.send_header("Location", kind.removeprefix("redirect:"))
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self.send_response(200 if kind else 404)
                self.send_header("Content-Type", kind or "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        site.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="site")
        thread.start()
        servers.append(server)
        threads.append(thread)
        return site

    yield make
    for server in servers:
        server.shutdown()
        server.server_close()
    for thread in threads:
        thread.join(30)


@pytest.fixture
def site(make_site: Callable[[], Site]) -> Site:
    return make_site()


def desk(folder: Path, key: str | None = None, models: ModelConsent | None = None) -> DeskServices:
    """Return what a desk in `folder` works with; no key is ever accepted, but `key` is there."""

    def refused(_key: str) -> None:
        raise CoachError("The key was not accepted.")

    def no_account() -> TavusClient:
        raise NoKeyError("There is no Tavus key.")

    data = DataFolder(folder)
    keys = KeyStore()
    if key is not None:
        keys.save(key)
    return DeskServices(
        data,
        keys,
        refused,
        SettingsFile(data.settings),
        connect=no_account,
        request_for=lambda profile: request_of(profile, new_name_token()),
        under_way=list,
        models=models,
    )


@pytest.fixture
def show(
    qtbot: QtBot,
    dressed: QApplication,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    no_keyring: None,  # noqa: F811
) -> Iterator[Show]:
    made: list[Shown] = []

    def make(
        options: UiOptions | None = None,
        profiles: list[Profile] | None = None,
        *,
        stubborn: bool = False,
        key: str | None = None,
        models: ModelConsent | None = None,
    ) -> Shown:
        sessions: list[PlayedSession] = []
        exits: list[int] = []
        # The test's own event loop must outlive the window's exit.
        monkeypatch.setattr(QApplication, "exit", lambda code=0: exits.append(code))
        history = tmp_path / "history.sqlite3"

        def make_session(
            profile: Profile, notify: Callable[[SessionUpdate], None], request: CreateConversation | None = None
        ) -> PlayedSession:
            sessions.append(PlayedSession(notify, history, stubborn, profile, request))
            return sessions[-1]

        services = UiServices(
            stored(*([CHUCK] if profiles is None else profiles)),
            history,
            tmp_path,
            make_session,
            desk(tmp_path, key, models),
        )
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
    # While exit still leads nowhere: what a window meant to do in some seconds goes with it.
    delete_what_is_to_go()
