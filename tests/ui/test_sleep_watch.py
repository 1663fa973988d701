"""The system's word that the computer goes to sleep: a logind of the test on a real bus says it, and Windows does."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from ctypes import wintypes
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray
from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusUnixFileDescriptor, QDBusVirtualObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from coach_desktop.ui.sleep_watch import SleepWatch, _PowerEvents
from tests.keyring_daemon import desktop

SERVICE, PATH = "org.freedesktop.login1", "/org/freedesktop/login1"
MANAGER = "org.freedesktop.login1.Manager"


class Logind(QDBusVirtualObject):
    """Gives out delays, of which it knows by the other end of a pipe whether they are still held."""

    def __init__(self, bus: QDBusConnection) -> None:
        super().__init__()
        self.bus = bus
        self.asked: list[list[object]] = []
        self.refuses = False
        self._ends: list[int] = []
        assert bus.registerService(SERVICE)
        assert bus.registerVirtualObject(PATH, self)

    def introspect(self, _path: str) -> str:
        return ""

    def handleMessage(self, message: QDBusMessage, connection: QDBusConnection) -> bool:  # noqa: N802 - Qt's name
        if message.member() != "Inhibit":
            return False
        self.asked.append(list(message.arguments()))
        if self.refuses:
            return bool(connection.send(message.createErrorReply("org.freedesktop.DBus.Error.AccessDenied", "No.")))
        watched, given = os.pipe()
        os.set_blocking(watched, False)
        self._ends.append(watched)
        connection.send(message.createReply(QDBusUnixFileDescriptor(given)))
        os.close(given)
        return True

    def held(self) -> int:
        """Return how many delays are held."""
        return sum(_is_open(end) for end in self._ends)

    def sleep(self, begins: bool) -> None:
        message = QDBusMessage.createSignal(PATH, MANAGER, "PrepareForSleep")
        message.setArguments([begins])
        assert self.bus.send(message)

    def close(self) -> None:
        self.bus.unregisterObject(PATH)
        self.bus.unregisterService(SERVICE)
        for end in self._ends:
            os.close(end)


def _is_open(end: int) -> bool:
    try:
        return os.read(end, 1) != b""
    except BlockingIOError:
        return True


@pytest.fixture
def system_bus(qapp: QApplication, tmp_path: Path) -> Iterator[tuple[QDBusConnection, QDBusConnection]]:
    """Return two connections to a bus of our own: the app's, and logind's."""
    with desktop(tmp_path / "home") as made:
        address = made.environment["DBUS_SESSION_BUS_ADDRESS"]
        names = ("test-app", "test-logind")
        yield QDBusConnection.connectToBus(address, names[0]), QDBusConnection.connectToBus(address, names[1])
        for name in names:
            QDBusConnection.disconnectFromBus(name)


@pytest.fixture
def logind(system_bus: tuple[QDBusConnection, QDBusConnection]) -> Iterator[Logind]:
    made = Logind(system_bus[1])
    yield made
    made.close()


@pytest.fixture
def watch(system_bus: tuple[QDBusConnection, QDBusConnection], logind: Logind) -> Iterator[SleepWatch]:
    made = SleepWatch(bus=system_bus[0])
    yield made
    made.close()


def test_sleep_is_told_when_it_begins_and_not_when_it_is_over(watch: SleepWatch, logind: Logind, qtbot: QtBot) -> None:
    told: list[bool] = []
    watch.slept_soon.connect(lambda: told.append(True))
    logind.sleep(False)
    logind.sleep(True)
    qtbot.waitUntil(lambda: bool(told))
    assert told == [True]


def test_system_waits_as_long_as_it_is_held(watch: SleepWatch, logind: Logind, qtbot: QtBot) -> None:
    watch.hold("A paid conversation is ended first.")
    watch.hold("Once is enough.")
    qtbot.waitUntil(lambda: logind.held() == 1 and watch.holds)
    watch.hold("Once is enough.")
    assert [(asked[0], asked[2], asked[3]) for asked in logind.asked] == [
        ("sleep", "A paid conversation is ended first.", "delay")
    ]
    watch.release()
    qtbot.waitUntil(lambda: logind.held() == 0)
    watch.release()
    watch.hold("The next one.")
    qtbot.waitUntil(lambda: logind.held() == 1 and watch.holds)


def test_released_before_it_was_answered_nothing_is_held(watch: SleepWatch, logind: Logind, qtbot: QtBot) -> None:
    watch.hold("Too soon.")
    watch.release()
    qtbot.waitUntil(lambda: len(logind.asked) == 1 and logind.held() == 0)
    assert not watch.holds


def test_system_that_does_not_wait_is_no_trouble(watch: SleepWatch, logind: Logind, qtbot: QtBot) -> None:
    logind.refuses = True
    watch.hold("Please.")
    qtbot.waitUntil(lambda: len(logind.asked) == 1)
    with qtbot.waitSignal(watch.slept_soon):
        logind.sleep(True)
    assert not watch.holds


def test_without_a_bus_nothing_happens(qapp: QApplication) -> None:
    watch = SleepWatch(bus=QDBusConnection("there is none"))
    watch.hold("Nobody hears.")
    assert not watch.holds
    watch.release()
    watch.close()


@pytest.mark.parametrize(
    ("kind", "number", "what", "told"),
    [
        (b"windows_generic_MSG", 0x0218, 0x0004, True),
        (b"windows_generic_MSG", 0x0218, 0x0007, False),  # it is over
        (b"windows_generic_MSG", 0x0100, 0x0004, False),  # a key
        (b"xcb_generic_event_t", 0x0218, 0x0004, False),
    ],
)
def test_windows_says_it_with_a_message(qapp: QApplication, kind: bytes, number: int, what: int, told: bool) -> None:
    watch = SleepWatch(bus=QDBusConnection("there is none"))
    heard: list[bool] = []
    watch.slept_soon.connect(lambda: heard.append(True))
    message = wintypes.MSG(message=number, wParam=what)
    answer = _PowerEvents(watch).nativeEventFilter(QByteArray(kind), ctypes.addressof(message))
    assert answer == (False, 0)
    assert bool(heard) is told
