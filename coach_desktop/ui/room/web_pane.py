"""The web pane: shows one conversation's room, and lets its page do no more than `page_policy` allows.

A room gets a profile of its own that is off the record, so nothing outlives the room.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

import shiboken6
from PySide6.QtCore import QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWebEngineCore import (
    QWebEngineCertificateError,
    QWebEngineDownloadRequest,
    QWebEngineFullScreenRequest,
    QWebEngineLoadingInfo,
    QWebEngineNavigationRequest,
    QWebEngineNewWindowRequest,
    QWebEnginePage,
    QWebEnginePermission,
    QWebEngineSettings,
)
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QVBoxLayout, QWidget

from coach_desktop import __version__
from coach_desktop.core.errors import CoachError
from coach_desktop.core.redact import Redactor
from coach_desktop.ui.room import page_policy
from coach_desktop.ui.room.page_policy import CrashBudget, Media, Room, RoomKind
from coach_desktop.ui.room.room_watch import RoomWatch
from coach_desktop.ui.room.web_page import Confinement, RoomPage
from coach_desktop.ui.room.web_parts import WebParts, make_parts

log = logging.getLogger(__name__)

_RELOAD_DELAY_MS = 400
_OUTSIDE_PAUSE_S: Final = 1.0
# Not failures of the network: 0 when the page's process dies, net::ERR_ABORTED (-3) for a navigation that we rejected.
_NO_FAILURE: Final = frozenset({0, -3})

_DEVICE_POLL_MS = 700
_DEVICE_STATES: Final = frozenset({"on", "pending", "denied", "missing", "ended", "failed", "off"})
# The local coach's room says what became of its devices; other rooms do not, and then nothing is reported.
_DEVICES_SCRIPT: Final = (
    "(() => { const d = window.coachRoom?.state?.devices; return d ? d.camera + ' ' + d.microphone : ''; })()"
)

_MEDIA: Final = {
    QWebEnginePermission.PermissionType.MediaVideoCapture: Media.CAMERA,
    QWebEnginePermission.PermissionType.MediaAudioCapture: Media.MICROPHONE,
    QWebEnginePermission.PermissionType.MediaAudioVideoCapture: Media.BOTH,
}


def open_in_system_browser(url: QUrl) -> bool:
    """Hand an address to the system's browser; return False where none could be started."""
    return QDesktopServices.openUrl(url)


class WebPane(QWidget):
    """Shows a room. Nothing of the web engine exists until the first room is shown."""

    room_loaded = Signal()
    room_failed = Signal(str)
    permission_asked = Signal(Media)
    media_allowed = Signal(Media)
    media_denied = Signal(Media)
    renderer_crashed = Signal(int)
    renderer_gave_up = Signal()
    full_screen_asked = Signal(bool)
    link_opened = Signal(QUrl)
    link_failed = Signal(QUrl)
    download_refused = Signal()
    devices_reported = Signal(str, str)
    picture_missed = Signal(bool)
    """No remote picture after a while; True where the room says that this browser is not supported."""
    picture_seen = Signal()

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        open_outside: Callable[[QUrl], bool] = open_in_system_browser,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make an empty pane. `open_outside` gets the links that a user clicks.

        `clock` is in seconds that only grow: it counts crashes, and how long a room shows no picture.
        """
        super().__init__(parent)
        self._open_outside = open_outside
        self._clock = clock
        self._last_opened = float("-inf")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._url = QUrl()
        self._room: Room | None = None
        self._chrome_like = True
        self._secrets = Redactor()
        self._allowed: frozenset[Media] = frozenset()
        self._waiting: list[tuple[QWebEnginePermission, Media]] = []
        self._crashes = CrashBudget(clock)
        self._parts: WebParts | None = None
        self._spare: WebParts | None = None
        self._confinement: Confinement | None = None
        self._watch = RoomWatch(clock, self)
        self._watch.picture_missed.connect(self.picture_missed)
        self._watch.picture_seen.connect(self.picture_seen)
        self._devices = ""
        self._poll = QTimer(self)
        self._poll.setInterval(_DEVICE_POLL_MS)
        self._poll.timeout.connect(self._on_poll_due)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_scheme_changed)

    @property
    def view(self) -> QWebEngineView | None:
        """The web view, while a room is shown."""
        return None if self._parts is None else self._parts.view

    @property
    def url(self) -> QUrl:
        """The address of the room that is shown, or an empty one."""
        return self._url

    def make_ready(self) -> None:
        """Make what the next room is shown with, while its address is still awaited. `leave` undoes it."""
        if self._parts is None and self._spare is None:
            self._spare = make_parts(self, self._scrub)
            self._spare.warm_up()

    def show_room(
        self, url: QUrl, allow_media: bool = False, *, kind: RoomKind = "local", chrome_user_agent: bool = True
    ) -> None:
        """Show the room at `url`. `allow_media` is a yes to its camera and microphone that was given before.

        `kind` decides what the room may load, `chrome_user_agent` how the engine calls itself to a Tavus room.
        Raises `CoachError` where the address is not one that may be shown.
        """
        room = page_policy.room_of(url, kind)
        if room is None:
            raise CoachError(
                "The coach gave an address that cannot be shown safely.",
                safe="Your camera and microphone stayed off.",
                do="Start again; if it comes back, tell us.",
                details=f"scheme {url.scheme()!r}, port {url.port()}",
            )
        spare, self._spare = self._spare, None
        self.leave()
        self._spare = spare
        self._url, self._room, self._chrome_like = url, room, chrome_user_agent
        self._secrets = Redactor()
        for secret in page_policy.secrets_of(url):
            self._secrets.add(secret)
        self._allowed = frozenset({Media.BOTH}) if allow_media else frozenset()
        self._crashes = CrashBudget(self._clock)
        self._build(room)

    def leave(self) -> None:
        """Leave the room: camera and microphone are released at once, and nothing of the page is kept."""
        self._waiting.clear()
        self._url, self._room, self._allowed = QUrl(), None, frozenset()
        self._take_down()
        if self._spare is not None:
            self._spare.delete()
            self._spare = None

    def answer_media(self, allow: bool) -> None:
        """Give the user's answer to what the page asked for; a yes holds until the room is left."""
        waiting, self._waiting = self._waiting, []
        for permission, wanted in waiting:
            if allow:
                self._allowed |= {wanted}
                permission.grant()
                self.media_allowed.emit(wanted)
            else:
                permission.deny()
                self.media_denied.emit(wanted)

    def ask_again(self) -> None:
        """Let the room ask for camera and microphone once more.

        Chromium does not ask twice on one page, nor after a reload: only a new profile and page make it ask.
        """
        if self._room is None:
            return
        self._waiting.clear()
        self._take_down()
        self._build(self._room)

    def wait_anew(self) -> None:
        """Give the room the whole time again to show a picture: what held it up was a question of ours."""
        self._watch.wait_anew()

    def reload(self) -> None:
        """Load the room again, counting crashes from zero."""
        self._crashes = CrashBudget(self._clock)
        self.ask_again()

    def exit_full_screen(self) -> None:
        """Tell the page that it no longer fills the screen."""
        if self._page is not None:
            self._page.triggerAction(QWebEnginePage.WebAction.ExitFullScreen)

    def focus_room(self) -> None:
        """Give the keyboard to the room."""
        if self._parts is not None:
            self._parts.view.setFocus()

    def _build(self, room: Room) -> None:
        parts, self._spare = self._spare or make_parts(self, self._scrub), None
        profile, page, view = parts.profile, parts.page, parts.view
        agent = profile.httpUserAgent()
        profile.setHttpUserAgent(
            page_policy.user_agent(agent, room, version=__version__, chrome_like=self._chrome_like)
        )
        profile.downloadRequested.connect(self._on_download_requested)
        self._confinement = Confinement(room)
        profile.setUrlRequestInterceptor(self._confinement)
        view.setAccessibleName("Conversation with Chuck" if room.kind == "local" else "Conversation with the coach")
        view.setAccessibleDescription("The room with the coach. Press F6 to leave it with the keyboard.")
        page.navigationRequested.connect(self._on_navigation_requested)
        page.newWindowRequested.connect(self._on_new_window_requested)
        page.permissionRequested.connect(self._on_permission_requested)
        page.fullScreenRequested.connect(self._on_full_screen_requested)
        page.certificateError.connect(self._on_certificate_refused)
        page.loadingChanged.connect(self._on_loading_changed)
        page.renderProcessTerminated.connect(self._on_renderer_terminated)
        self._parts = parts
        self._layout.addWidget(view)
        page.load(self._url)
        self._devices = ""
        if room.kind == "local":
            self._poll.start()

    def _take_down(self) -> None:
        self._poll.stop()
        self._watch.stop()
        parts, self._parts = self._parts, None
        if parts is not None:
            parts.delete()
        if self._confinement is not None and shiboken6.isValid(self._confinement):
            shiboken6.delete(self._confinement)
        self._confinement = None

    def _scrub(self, words: str) -> str:
        return self._secrets.scrub(words)

    @property
    def _page(self) -> RoomPage | None:
        return None if self._parts is None else self._parts.page

    def _open(self, url: QUrl) -> None:
        # One link a second at most: a page that clicks by itself must not flood the screen with browser windows.
        if self._clock() - self._last_opened < _OUTSIDE_PAUSE_S:
            return
        self._last_opened = self._clock()
        (self.link_opened if self._open_outside(url) else self.link_failed).emit(url)

    def _on_navigation_requested(self, request: QWebEngineNavigationRequest) -> None:
        url = request.url()
        if self._room is not None and page_policy.may_navigate(url, self._room, main_frame=request.isMainFrame()):
            request.accept()
            return
        request.reject()
        log.info("navigation refused: scheme %s", url.scheme()[:20])

    def _on_new_window_requested(self, request: QWebEngineNewWindowRequest) -> None:
        # A request that is not opened anywhere is dropped by the web engine.
        if request.isUserInitiated() and page_policy.may_open_outside(request.requestedUrl()):
            self._open(request.requestedUrl())

    def _on_permission_requested(self, permission: QWebEnginePermission) -> None:
        wanted = _MEDIA.get(permission.permissionType())
        if wanted is None or self._room is None or not page_policy.may_ask_for_media(permission.origin(), self._room):
            log.info("permission refused: %s", permission.permissionType().name)
            permission.deny()
        elif page_policy.covers(self._allowed, wanted):
            permission.grant()
            self.media_allowed.emit(wanted)
        else:
            self._waiting.append((QWebEnginePermission(permission), wanted))
            self.permission_asked.emit(wanted)

    def _on_full_screen_requested(self, request: QWebEngineFullScreenRequest) -> None:
        if self._room is None or page_policy.origin_of(request.origin()) != self._room.origin:
            request.reject()
            return
        request.accept()
        self.full_screen_asked.emit(request.toggleOn())

    def _on_certificate_refused(self, error: QWebEngineCertificateError) -> None:
        log.warning("certificate refused: %s", error.type().name)
        error.rejectCertificate()

    def _on_download_requested(self, download: QWebEngineDownloadRequest) -> None:
        download.cancel()
        self.download_refused.emit()

    def _on_loading_changed(self, info: QWebEngineLoadingInfo) -> None:
        status = QWebEngineLoadingInfo.LoadStatus
        if info.status() == status.LoadStartedStatus:
            # A room that never finishes loading shows no picture either.
            self._watch_picture(again=False)
        elif info.status() == status.LoadSucceededStatus:
            self._watch_picture(again=True)
            self.room_loaded.emit()
        elif info.status() == status.LoadFailedStatus and info.errorCode() not in _NO_FAILURE:
            self._watch.stop()
            reason = self._secrets.scrub(info.errorString())
            log.warning("the room did not load: %s (%s)", reason, info.errorCode())
            self.room_failed.emit(reason)

    def _watch_picture(self, *, again: bool) -> None:
        # The local room tells of itself, and draws its coach without a video.
        if self._page is None or self._room is None or self._room.kind == "local":
            return
        if again or not self._watch.is_on:
            self._watch.start(self._page)

    def _on_renderer_terminated(self, status: QWebEnginePage.RenderProcessTerminationStatus, code: int) -> None:
        if status == QWebEnginePage.RenderProcessTerminationStatus.NormalTerminationStatus:
            return
        self._waiting.clear()
        self._watch.stop()
        again = self._crashes.spend()
        log.error("the page's process ended: %s, code %s, crash %s", status.name, code, self._crashes.count)
        if not again:
            self.renderer_gave_up.emit()
            return
        self.renderer_crashed.emit(self._crashes.count)
        page = self._page
        # A new renderer is made by loading; from within this signal that would be too early.
        QTimer.singleShot(_RELOAD_DELAY_MS, self, lambda: self._load_after_crash(page))

    def _on_scheme_changed(self) -> None:
        if self._page is None:
            return
        # A page that is open hears of light and dark only when its settings are sent again (seen with Qt 6.12), and
        # they are sent when one of them changes.
        settings = self._page.settings()
        for value in (True, False):
            settings.setAttribute(QWebEngineSettings.WebAttribute.SpatialNavigationEnabled, value)

    def _on_poll_due(self) -> None:
        if self._page is not None:
            self._page.runJavaScript(_DEVICES_SCRIPT, 0, self._on_devices_read)

    def _on_devices_read(self, answer: object) -> None:
        # What a page says is checked like everything else that comes from outside.
        words = answer.split(" ") if isinstance(answer, str) else []
        if len(words) != 2 or not _DEVICE_STATES.issuperset(words) or answer == self._devices:
            return
        self._devices = str(answer)
        self.devices_reported.emit(words[0], words[1])

    def _load_after_crash(self, page: RoomPage | None) -> None:
        if page is not None and page is self._page:
            page.load(self._url)
