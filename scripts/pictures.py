"""Pictures of the window, light and dark: the real app and room, a real keyring, a stand-in for Tavus.

Run: .venv/bin/python scripts/pictures.py DIR [CHAPTER …]   (under a screen; as root with QTWEBENGINE_DISABLE_SANDBOX=1)
The camera shows the demo's face, or the film (MJPEG or Y4M) that COACH_PICTURES_CAMERA names.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit

import demo_media
import pictures_account
import pictures_opened
import pictures_overlay
import pictures_room
import pictures_talk
import pictures_tavus
from coach_desktop.core.paths import DataFolder
from coach_desktop.store.secrets import KeyStore
from coach_desktop.store.settings import SettingsFile
from coach_desktop.ui import theme
from pictures_camera import Camera, close_dialogs, launched, pause, wait_for
from tests.keyring_daemon import Desktop, desktop
from tests.standin import Fault, Html, Silence, StandIn, Status

DEMO = Path(__file__).resolve().parent.parent / "build" / "demo"
DEFAULT_SIZE, SMALLEST_SIZE = (1120, 760), (760, 520)
KEY = "tvsk_for_pictures_only"
PROFILE = """\
id = "customer-demo"
name = "Customer demo"
purpose = "Show a customer how a conversation feels."
provider = "tavus"
persona_id = "p0123456789a"
replica_id = "r6ca16dbe104"
document_ids = ["d1-5c71baca86fc"]
custom_greeting = "Hello, shall we begin?"
max_call_duration = 600
"""
SHORT = PROFILE.replace("customer-demo", "sales-practice").replace("Customer demo", "Sales practice")
SHORT = SHORT.replace("max_call_duration = 600", "max_call_duration = 75")
ERRORS: dict[str, Fault] = {
    "key-refused": Status(401, {"message": "Invalid access token"}),
    "no-credit": Status(402, {"message": "The user is out of conversational credits."}),
    "too-many": Status(400, {"message": "User has reached maximum concurrent conversations"}),
    "wrong-id": Status(400, {"error": "Invalid persona_id"}),
    "server-fault": Html(502),
    "unknown": Silence(),
}


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
        wait_for(lambda: camera.has("Back to the start"), f"the error {name}")
        camera.take(f"error-{name}")
    # Nobody listens on this port.
    os.environ["TAVUS_PUBLIC_API_BASE_URL"] = "http://127.0.0.1:9/v2"
    camera.window.show_home()
    camera.press("Start practice")
    wait_for(lambda: camera.has("Back to the start"), "the error unreachable")
    camera.take("error-unreachable")
    camera.window.show_history()
    pause(500)
    camera.take("history")


@dataclass(frozen=True)
class Place:
    """Where a chapter plays: the data folder, the keyring and the account are its own."""

    folder: Path
    data: DataFolder
    ring: Desktop
    tavus: StandIn
    env_file: Path

    def with_key(self) -> None:
        """Keep the key, and the profiles of somebody who has been here for a while."""
        self.ring.log_in()
        KeyStore().save(KEY)
        for name, text in {"customer-demo": PROFILE, "sales-practice": SHORT}.items():
            (self.data.profiles / f"{name}.toml").write_text(text, encoding="utf-8")

    def with_sound_kept(self) -> None:
        """Turn on what keeps the sound of talks."""
        settings = SettingsFile(self.data.settings)
        settings.use(settings.current.model_copy(update={"keep_audio": True}))
        settings.save()

    def chosen(self, profile_id: str) -> None:
        """Choose what is practised first."""
        pictures_tavus.choose(self.data, profile_id)


@contextmanager
def place(folder: Path) -> Iterator[Place]:
    """Make the place of one chapter."""
    with tempfile.TemporaryDirectory() as name, StandIn(key=KEY) as tavus, desktop(Path(name) / "home") as ring:
        os.environ.update(ring.environment)
        os.environ["TAVUS_PUBLIC_API_BASE_URL"] = tavus.base_url
        data = DataFolder(Path(name) / "data")
        data.create()
        yield Place(folder, data, ring, tavus, Path(name) / ".env")


def key_chapter(here: Place) -> None:
    """Take the first page without a key, and the key dialog."""
    with launched(here.folder, here.data) as camera:
        camera.take("home-local")
        key_pictures(camera, here.ring)
    here.ring.lock()
    with launched(here.folder, here.data) as camera:
        camera.window.desk.show_key()
        dialog = camera.dialog("KeyDialog")
        pause(600)
        camera.take("key-locked", dialog)


def session_chapter(here: Place) -> None:
    """Take the import of a `.env`, sessions, their reports and every error."""
    env_text = f"TAVUS_API_KEY={KEY}\nPERSONA_ID=p0123456789a\nREQUIRE_AUTH=true\n"
    here.ring.log_in()
    here.env_file.write_text(env_text, encoding="utf-8")
    with launched(here.folder, here.data, here.env_file) as camera:
        camera.take("env", camera.dialog("EnvDialog"))
        camera.press("Import", camera.dialog("EnvDialog"))
        pause(800)
        camera.take("env-imported", camera.dialog("EnvDialog"))
        close_dialogs()
        pause(800)
        camera.take("home-tavus")
        session_pictures(camera, here.tavus)


def account_chapter(here: Place) -> None:
    """Take all that the account is asked for, apart from sessions."""
    here.with_key()
    pictures_tavus.prepare(here.data)
    with pictures_account.served_faces() as faces:
        pictures_account.fill(here.tavus, faces)
        pictures_account.leave_running(here.tavus)
        with launched(here.folder, here.data) as camera:
            pictures_tavus.left_running_pictures(camera)
            pictures_tavus.account_pictures(camera, here.tavus)
            camera.window.show_home()
            pictures_tavus.keys_pictures(camera)
            camera.window.show_home()
            pictures_tavus.profile_pictures(camera)
        with launched(here.folder, here.data) as camera:
            camera.take("home-key")
            pictures_tavus.chuck_pictures(camera, here.tavus)


def end_chapter(here: Place) -> None:
    """Take how a conversation ends by itself, and a month that is used up."""
    here.with_key()
    here.chosen("sales-practice")
    with launched(here.folder, here.data) as camera:
        pictures_tavus.countdown_pictures(camera)
    pictures_tavus.prepare(here.data, minutes=60)
    with launched(here.folder, here.data) as camera:
        pictures_tavus.budget_pictures(camera)


def talk_chapter(here: Place) -> None:
    """Take a talk with the local coach, whose sound is kept, and its report."""
    here.ring.log_in()
    here.with_sound_kept()
    with launched(here.folder, here.data) as camera:
        camera.window.desk.show_settings()
        camera.take("settings", camera.dialog("SettingsDialog"))
        close_dialogs()
        pictures_talk.talk_pictures(camera)


def opened_chapter(here: Place) -> None:
    """Take recorded talks: of sound that is made for it, and of the film that COACH_PICTURES_FILM names, if any."""
    here.ring.log_in()
    film = os.environ.get("COACH_PICTURES_FILM")
    with launched(here.folder, here.data) as camera:
        pictures_opened.opened_pictures(camera, here.data.root.parent, Path(film) if film else None)


def room_chapter(here: Place) -> None:
    """Take the room in all of its states, and what its report says of the eyes, at the window's own size."""
    here.ring.log_in()
    with launched(here.folder, here.data, size=DEFAULT_SIZE) as camera:
        pictures_room.room_pictures(camera)


def small_chapter(here: Place) -> None:
    """Take the room, a talk and its report in the smallest window."""
    here.ring.log_in()
    with launched(here.folder, here.data, size=SMALLEST_SIZE, kind="-small") as camera:
        pictures_room.room_pictures(camera)
    here.with_sound_kept()
    with launched(here.folder, here.data, size=SMALLEST_SIZE, kind="-small") as camera:
        pictures_talk.talk_pictures(camera)


def overlay_chapter(here: Place) -> None:
    """Take what `analyse --overlay` draws over the demo's film."""
    pictures_overlay.overlay_pictures(here.folder, here.data.root, camera_file())


CHAPTERS = {
    "room": room_chapter,
    "small": small_chapter,
    "overlay": overlay_chapter,
    "talk": talk_chapter,
    "opened": opened_chapter,
    "key": key_chapter,
    "session": session_chapter,
    "account": account_chapter,
    "end": end_chapter,
}


def camera_file() -> Path:
    """Return the film that is the camera; the demo's is made where there is none."""
    named = os.environ.get("COACH_PICTURES_CAMERA")
    if named:
        return Path(named).resolve()
    film = DEMO / "face.mjpeg"
    if not film.exists():
        DEMO.mkdir(parents=True, exist_ok=True)
        demo_media.write_camera(film, demo_media.portrait(), demo_media.DEMO_SECONDS, demo_media.DEMO_AWAY)
    return film


def main() -> None:
    """Take all pictures, or those of the chapters that are named."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    flags = f"--use-fake-device-for-media-stream --use-file-for-fake-video-capture={camera_file()}"
    flags += pictures_talk.voice_flags(DEMO)
    os.environ.setdefault("QTWEBENGINE_CHROMIUM_FLAGS", flags)
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    application = QApplication(sys.argv[:1])
    theme.apply(application)
    for name in sys.argv[2:] or CHAPTERS:
        with place(folder) as here:
            CHAPTERS[name](here)


if __name__ == "__main__":
    main()
