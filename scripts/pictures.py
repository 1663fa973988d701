"""Pictures of all that has to do with Tavus, light and dark: the real window, a real keyring, a stand-in for Tavus.

Run: .venv/bin/python scripts/pictures.py DIR     (under a screen; as root with QTWEBENGINE_DISABLE_SANDBOX=1)
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("QTWEBENGINE_CHROMIUM_FLAGS", "--use-fake-device-for-media-stream")

from PySide6.QtCore import QCoreApplication, QEventLoop, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QPushButton, QWidget

from coach_desktop import app as composition
from coach_desktop.core.paths import DataFolder
from coach_desktop.store.profile_files import load_shelf
from coach_desktop.ui import theme
from coach_desktop.ui.main_window import MainWindow
from tests.keyring_daemon import Desktop, desktop
from tests.standin import Fault, Html, Silence, StandIn, Status

KEY = "tvsk_for_pictures_only"
SETTLE_MS = 400
PATIENCE_MS = 70_000
TICK_MS = 50
PROFILE = """\
id = "customer-demo"
name = "Customer demo"
purpose = "Show a customer how a conversation feels."
provider = "tavus"
persona_id = "p0123456789a"
replica_id = "r0123456789a"
document_ids = ["d8-5c71baca86fc"]
custom_greeting = "Hello, shall we begin?"
max_call_duration = 600
"""
ERRORS: dict[str, Fault] = {
    "key-refused": Status(401, {"message": "Invalid access token"}),
    "no-credit": Status(402, {"message": "The user is out of conversational credits."}),
    "too-many": Status(400, {"message": "User has reached maximum concurrent conversations"}),
    "wrong-id": Status(400, {"error": "Invalid persona_id"}),
    "server-fault": Html(502),
    "unknown": Silence(),
}


class Camera:
    """Drives one window and takes pictures of it."""

    def __init__(self, window: MainWindow, folder: Path) -> None:
        """Save into `folder`."""
        self.window = window
        self._folder = folder

    def take(self, name: str, widget: QWidget | None = None) -> None:
        """Take the window, or a part of it, light and dark."""
        for scheme in (Qt.ColorScheme.Light, Qt.ColorScheme.Dark):
            theme.current().use(scheme)
            pause(SETTLE_MS)
            (widget or self.window).grab().save(str(self._folder / f"{name}-{theme.current().name}.png"))
        theme.current().use(None)

    def dialog(self, kind: str = "") -> QDialog:
        """Wait for the dialog that is open, by the name of its class."""

        def found() -> list[QDialog]:
            every = QApplication.topLevelWidgets()
            return [d for d in every if isinstance(d, QDialog) and d.isVisible() and kind in type(d).__name__]

        wait_for(lambda: bool(found()), f"a dialog {kind}")
        pause(SETTLE_MS)
        return found()[-1]

    def press(self, words: str, where: QWidget | None = None) -> None:
        """Press the button with these words when it can be pressed."""
        around = where or self.window

        def found() -> list[QPushButton]:
            every = around.findChildren(QPushButton)
            return [b for b in every if b.text() == words and b.isVisible() and b.isEnabled()]

        wait_for(lambda: bool(found()), f"the button {words!r}")
        QTest.mouseClick(found()[0], Qt.MouseButton.LeftButton)

    def has(self, words: str) -> bool:
        """Return whether a button with these words can be seen."""
        return any(b.text() == words and b.isVisible() for b in self.window.findChildren(QPushButton))


def pause(ms: int) -> None:
    """Let the window work. QTest's own wait keeps Python's lock, and the threads behind the window stand still."""
    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()


def wait_for(what: Callable[[], bool], name: str) -> None:
    """Let the window work until `what` holds."""
    for _ in range(PATIENCE_MS // TICK_MS):
        if what():
            return
        pause(TICK_MS)
    raise SystemExit(f"gave up waiting for {name}")


@contextmanager
def launched(folder: Path, data: DataFolder, env_file: Path | None = None) -> Iterator[Camera]:
    """Run the app with this data folder."""
    window, backstage = composition.build(composition.Options(data=data), load_shelf(data.profiles), env_file)
    window.resize(1024, 680)
    window.show()
    pause(1500)
    yield Camera(window, folder)
    window.shut_down()
    backstage.close()
    window.hide()
    window.deleteLater()
    pause(50)


def key_pictures(camera: Camera, ring: Desktop) -> None:
    """Take the key dialog in each of its states."""

    def open_and_take(name: str) -> QDialog:
        camera.window.desk.show_key()
        dialog = camera.dialog("KeyDialog")
        pause(600)
        camera.take(name, dialog)
        return dialog

    ring.log_out()
    open_and_take("key-no-keyring").close()
    ring.log_in()
    dialog = open_and_take("key-none")
    (field,) = [line for line in dialog.findChildren(QLineEdit) if line.isVisible()]
    QTest.keyClicks(field, KEY)
    camera.press("Save", dialog)
    pause(1500)
    camera.take("key-saved", dialog)
    dialog.close()
    open_and_take("key-found").close()


def session_pictures(camera: Camera, tavus: StandIn) -> None:
    """Take a session, its report, and each error."""
    camera.press("Start practice")
    camera.press("Allow")
    pause(3000)
    camera.take("live")
    tavus.transcript_after_s, tavus.perception_after_s = 0.0, 6.0
    camera.press("End session")
    wait_for(lambda: camera.has("Practise again"), "the report")
    camera.take("report-pending")
    pause(14_000)
    camera.take("report")
    tavus.room = "unsupported"
    camera.press("Practise again")
    pause(4000)
    camera.take("live-unsupported")
    camera.press("End session")
    wait_for(lambda: camera.has("Practise again"), "the report")
    tavus.room = "working"
    for name, fault in ERRORS.items():
        tavus.plan("create", fault)
        camera.window.show_home()
        camera.press("Start practice")
        wait_for(lambda: camera.has("Try again"), f"the error {name}")
        camera.take(f"error-{name}")
    # Nobody listens on this port.
    os.environ["TAVUS_PUBLIC_API_BASE_URL"] = "http://127.0.0.1:9/v2"
    camera.window.show_home()
    camera.press("Start practice")
    wait_for(lambda: camera.has("Try again"), "the error unreachable")
    camera.take("error-unreachable")
    camera.window.show_history()
    pause(500)
    camera.take("history")


def main() -> None:
    """Take all pictures."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    application = QApplication(sys.argv[:1])
    theme.apply(application)
    with tempfile.TemporaryDirectory() as place, StandIn(key=KEY) as tavus, desktop(Path(place) / "home") as ring:
        os.environ.update(ring.environment)
        os.environ["TAVUS_PUBLIC_API_BASE_URL"] = tavus.base_url
        data = DataFolder(Path(place) / "data")
        data.create()
        with launched(folder, data) as camera:
            camera.take("home-local")
            key_pictures(camera, ring)
        ring.lock()
        with launched(folder, data) as camera:
            camera.window.desk.show_key()
            dialog = camera.dialog("KeyDialog")
            pause(600)
            camera.take("key-locked", dialog)
            dialog.close()
        ring.log_in()
        (data.profiles / "customer-demo.toml").write_text(PROFILE, encoding="utf-8")
        with launched(folder, data) as camera:
            camera.window.show_settings()
            camera.take("settings", camera.dialog("SettingsDialog"))
            camera.dialog("SettingsDialog").close()
            camera.window.desk.manage_profiles()
            manager = camera.dialog("ProfilesDialog")
            camera.take("profiles", manager)
            camera.press("New…", manager)
            camera.take("editor", camera.dialog("ProfileEditor"))
            camera.dialog("ProfileEditor").close()
            pause(300)
            for widget in QApplication.topLevelWidgets():
                if isinstance(widget, QDialog):
                    widget.close()
        env_file = Path(place) / ".env"
        env_file.write_text(f"TAVUS_API_KEY={KEY}\nPERSONA_ID=p0123456789a\nREQUIRE_AUTH=true\n", encoding="utf-8")
        with launched(folder, data, env_file) as camera:
            camera.take("env", camera.dialog("EnvDialog"))
            camera.press("Import", camera.dialog("EnvDialog"))
            pause(800)
            camera.take("env-imported", camera.dialog("EnvDialog"))
            camera.dialog("EnvDialog").close()
            pause(800)
            camera.take("home-tavus")
            session_pictures(camera, tavus)


if __name__ == "__main__":
    main()
