"""Hears from the system that the computer goes to sleep, and asks it to wait a moment while a conversation is paid for.

Where the system tells nothing, nothing happens here: a session also notices by the clocks that the computer slept.
"""

from __future__ import annotations

import logging
import os
import sys
from ctypes import wintypes
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import SLOT, QAbstractNativeEventFilter, QByteArray, QCoreApplication, QObject, Signal, Slot

if TYPE_CHECKING:
    from PySide6.QtDBus import QDBusConnection, QDBusPendingCallWatcher

log = logging.getLogger(__name__)

_SERVICE: Final = "org.freedesktop.login1"
_PATH: Final = "/org/freedesktop/login1"
_MANAGER: Final = "org.freedesktop.login1.Manager"
_SIGNAL: Final = "PrepareForSleep"
_SLOT: Final = SLOT("on_sleep_prepared(bool)")
"""A text, though the types of Qt for Python say bytes, which it does not take."""
_ANSWER_MS: Final = 5000

_WINDOWS_MESSAGE: Final = b"windows_generic_MSG"
_WM_POWERBROADCAST: Final = 0x0218
_PBT_APMSUSPEND: Final = 0x0004


class SleepWatch(QObject):
    """Tells that the computer goes to sleep, on Linux with logind and on Windows."""

    slept_soon = Signal()

    def __init__(self, parent: QObject | None = None, *, bus: QDBusConnection | None = None) -> None:
        """Listen. `bus` is the one that logind is on; None means the system's."""
        super().__init__(parent)
        self._bus: QDBusConnection | None = None
        self._asked: QDBusPendingCallWatcher | None = None
        self._delay: int | None = None
        self._filter: _PowerEvents | None = None
        application = QCoreApplication.instance()
        if sys.platform == "win32" and application is not None:
            self._filter = _PowerEvents(self)
            application.installNativeEventFilter(self._filter)
        elif bus is not None or sys.platform.startswith("linux"):
            self._listen(bus)

    @property
    def holds(self) -> bool:
        """Whether the system waits before it sleeps."""
        return self._delay is not None

    def hold(self, why: str) -> None:
        """Ask the system to tell before it sleeps and to wait for `release`, a few seconds at most. Returns at once."""
        if self._bus is None or self._asked is not None or self._delay is not None:
            return
        from PySide6.QtDBus import QDBusMessage, QDBusPendingCallWatcher

        call = QDBusMessage.createMethodCall(_SERVICE, _PATH, _MANAGER, "Inhibit")
        call.setArguments(["sleep", QCoreApplication.applicationName() or "Coach Desktop", why, "delay"])
        self._asked = QDBusPendingCallWatcher(self._bus.asyncCall(call, _ANSWER_MS), self)
        self._asked.finished.connect(self._on_delay_answered)

    def release(self) -> None:
        """Let the computer sleep whenever it likes."""
        if self._asked is not None:
            # Whatever it is answered, nobody takes it; what goes with the answer is closed with it.
            self._asked.finished.disconnect(self._on_delay_answered)
            self._asked.deleteLater()
            self._asked = None
        if self._delay is not None:
            os.close(self._delay)
            self._delay = None

    def close(self) -> None:
        """Stop to listen."""
        self.release()
        application = QCoreApplication.instance()
        if self._filter is not None and application is not None:
            application.removeNativeEventFilter(self._filter)
            self._filter = None
        if self._bus is not None:
            self._bus.disconnect(_SERVICE, _PATH, _MANAGER, _SIGNAL, self, _SLOT)  # type: ignore[call-overload]
            self._bus = None

    def _listen(self, bus: QDBusConnection | None) -> None:
        try:
            from PySide6.QtDBus import QDBusConnection
        except ImportError as error:
            # Some systems leave it out of Qt.
            log.info("nobody tells before the computer sleeps: %s", error)
            return
        bus = QDBusConnection.systemBus() if bus is None else bus
        if bus.isConnected() and bus.connect(_SERVICE, _PATH, _MANAGER, _SIGNAL, self, _SLOT):  # type: ignore[call-overload]
            self._bus = bus
        else:
            log.info("nobody tells before the computer sleeps: there is no system bus")

    @Slot(bool)
    def on_sleep_prepared(self, begins: bool) -> None:
        """Hear from logind that a sleep begins, or (False) that it is over."""
        if begins:
            self.slept_soon.emit()

    def _on_delay_answered(self, watcher: QDBusPendingCallWatcher) -> None:
        self._asked = None
        reply = watcher.reply()
        watcher.deleteLater()
        if watcher.isError():
            log.info("the computer does not wait before it sleeps: %s", watcher.error().message())
            return
        given = reply.arguments()[0]
        # The lock is held as long as this file is open; Qt closes its own with the answer.
        self._delay = os.dup(given.fileDescriptor())


class _PowerEvents(QAbstractNativeEventFilter):
    """Picks the one message of Windows out of all of them."""

    def __init__(self, watch: SleepWatch) -> None:
        super().__init__()
        self._watch = watch

    def nativeEventFilter(  # noqa: N802 - Qt's name
        self, kind: QByteArray | bytes | bytearray | memoryview, message: int
    ) -> object:
        """Tell that Windows goes to sleep; everybody else gets the message as well."""
        if QByteArray(kind).data() == _WINDOWS_MESSAGE:
            told = wintypes.MSG.from_address(int(message))
            if told.message == _WM_POWERBROADCAST and told.wParam == _PBT_APMSUSPEND:
                self._watch.slept_soon.emit()
        return False, 0
