"""The page of a room and its settings: everything that a page could open by itself is shut."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QUrl
from PySide6.QtWebEngineCore import (
    QWebEngineDesktopMediaRequest,
    QWebEngineFileSystemAccessRequest,
    QWebEnginePage,
    QWebEngineProfile,
    QWebEngineRegisterProtocolHandlerRequest,
    QWebEngineScript,
    QWebEngineSettings,
    QWebEngineUrlRequestInfo,
    QWebEngineUrlRequestInterceptor,
)
from PySide6.QtWidgets import QWidget

from coach_desktop.ui.room import page_policy
from coach_desktop.ui.room.page_policy import Room

log = logging.getLogger(__name__)
console = logging.getLogger("coach_desktop.room.console")

_Attribute = QWebEngineSettings.WebAttribute
_OFF: Final = (
    _Attribute.PluginsEnabled, _Attribute.PdfViewerEnabled, _Attribute.JavascriptCanOpenWindows,
    _Attribute.JavascriptCanAccessClipboard, _Attribute.JavascriptCanPaste, _Attribute.LocalContentCanAccessFileUrls,
    _Attribute.LocalContentCanAccessRemoteUrls, _Attribute.AllowRunningInsecureContent,
    _Attribute.AllowGeolocationOnInsecureOrigins, _Attribute.AllowWindowActivationFromJavaScript,
    _Attribute.NavigateOnDropEnabled, _Attribute.HyperlinkAuditingEnabled, _Attribute.DnsPrefetchEnabled,
    _Attribute.ScreenCaptureEnabled, _Attribute.ErrorPageEnabled, _Attribute.AutoLoadIconsForPage,
    _Attribute.PlaybackRequiresUserGesture,
)  # fmt: skip
_ON: Final = (_Attribute.FullScreenSupportEnabled, _Attribute.FocusOnNavigationEnabled)
_CONSOLE_LEVELS: Final = {
    QWebEnginePage.JavaScriptConsoleMessageLevel.InfoMessageLevel: logging.DEBUG,
    QWebEnginePage.JavaScriptConsoleMessageLevel.WarningMessageLevel: logging.INFO,
    # Not our error and not our warning: the page's own, so that our log keeps its meaning.
    QWebEnginePage.JavaScriptConsoleMessageLevel.ErrorMessageLevel: logging.INFO,
}
_CONSOLE_LINES: Final = 500


def harden(settings: QWebEngineSettings) -> None:
    """Shut what a room does not need. Sound may play without a click: the user has just pressed Start."""
    for attribute in _OFF:
        settings.setAttribute(attribute, False)
    for attribute in _ON:
        settings.setAttribute(attribute, True)


def _naming() -> QWebEngineScript:
    """Name pages that have no name: the engine calls them by their address, and that may carry a token."""
    script = QWebEngineScript()
    script.setName("naming")
    script.setSourceCode("if (!document.title) document.title = 'Conversation';")
    script.setInjectionPoint(QWebEngineScript.InjectionPoint.DocumentReady)
    script.setWorldId(QWebEngineScript.ScriptWorldId.ApplicationWorld.value)
    return script


class Confinement(QWebEngineUrlRequestInterceptor):
    """Stops every request of a room that it has no business with.

    One limit (seen with Qt 6.11): where a server redirects a request, the engine may send it on before it asks here.
    The answer is thrown away then, and the page learns nothing of it, but the request was made.
    """

    def __init__(self, room: Room) -> None:
        """Confine a room to what the policy lets through for its kind."""
        super().__init__()
        self._room = room

    def interceptRequest(self, info: QWebEngineUrlRequestInfo) -> None:  # noqa: N802 - Qt's name
        """Block what the policy does not let through."""
        if not page_policy.may_fetch(info.requestUrl(), self._room):
            info.block(True)
            log.info("request refused: scheme %s", info.requestUrl().scheme()[:20])


class RoomPage(QWebEnginePage):
    """A page without dialogs, file choosers or handlers of its own; its console goes to our log."""

    def __init__(self, profile: QWebEngineProfile, parent: QWidget, scrub: Callable[[str], str]) -> None:
        """Make the page of a room. `scrub` takes the room's secrets out of what the page writes to its console."""
        super().__init__(profile, parent)
        self._scrub = scrub
        self._lines = 0
        self.scripts().insert(_naming())
        self.registerProtocolHandlerRequested.connect(self._on_protocol_handler_requested)
        self.fileSystemAccessRequested.connect(self._on_file_system_requested)
        self.desktopMediaRequested.connect(self._on_desktop_media_requested)

    def javaScriptConsoleMessage(
        self, level: QWebEnginePage.JavaScriptConsoleMessageLevel, message: str, line: int, source: str
    ) -> None:
        # A page must not be able to fill the disk.
        if self._lines < _CONSOLE_LINES:
            self._lines += 1
            words = page_policy.console_line(self._scrub(message), self._scrub(source), line)
            console.log(_CONSOLE_LEVELS.get(level, logging.INFO), "%s", words)

    def javaScriptAlert(self, origin: QUrl | str, message: str) -> None:  # noqa: N802 - Qt's name
        """Show nothing: a modal box from a page would stop the whole app."""

    def javaScriptConfirm(self, origin: QUrl | str, message: str) -> bool:  # noqa: ARG002, N802 - Qt's name
        """Answer no."""
        return False

    def javaScriptPrompt(  # noqa: N802 - Qt's name
        self,
        origin: QUrl | str,  # noqa: ARG002
        message: str,  # noqa: ARG002
        default: str,  # noqa: ARG002
    ) -> tuple[bool, str]:
        """Answer no."""
        return False, ""

    def chooseFiles(  # noqa: N802 - Qt's name
        self,
        mode: QWebEnginePage.FileSelectionMode,  # noqa: ARG002
        old: Sequence[str],  # noqa: ARG002
        types: Sequence[str],  # noqa: ARG002
    ) -> list[str]:
        """Choose none: a room has no business with the user's files."""
        return []

    def _on_protocol_handler_requested(self, request: QWebEngineRegisterProtocolHandlerRequest) -> None:
        request.reject()

    def _on_file_system_requested(self, request: QWebEngineFileSystemAccessRequest) -> None:
        request.reject()

    def _on_desktop_media_requested(self, request: QWebEngineDesktopMediaRequest) -> None:
        request.cancel()
