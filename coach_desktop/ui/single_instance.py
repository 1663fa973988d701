"""One window per data folder: a second start asks the first one to come forward.

The lock that decides who is first is `store.lock`; this is only the door bell. It is a local socket in a folder that
only this user can enter, under a name made from the data folder's path, and it knows two words: to come forward, and
to come forward and open a recorded talk.
"""

from __future__ import annotations

import hashlib
import logging
import os
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote_from_bytes, unquote_to_bytes

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

log = logging.getLogger(__name__)

_GREETING: Final = b"coach_desktop 1 "
_RAISE: Final = _GREETING + b"raise\n"
_OPEN: Final = _GREETING + b"open "
_OK: Final = b"ok\n"
_LONGEST: Final = 16_384
"""Bytes in a line: a path has up to 4096, and each may take three."""


@dataclass(frozen=True)
class Request:
    """What a later start asks for: to come forward and, where there is one, to open a `talk`, by its whole path."""

    talk: Path | None = None

    def line(self) -> bytes:
        """Return the line to send. A path may hold any byte but zero, also those that end lines."""
        return _RAISE if self.talk is None else _OPEN + quote_from_bytes(os.fsencode(self.talk)).encode("ascii") + b"\n"


def request_in(line: bytes) -> Request | None:
    """Return what a line asks for, or None where it is none of ours. Anything may arrive."""
    if line == _RAISE:
        return Request()
    if not line.startswith(_OPEN) or not line.endswith(b"\n"):
        return None
    try:
        path = os.fsdecode(unquote_to_bytes(line[len(_OPEN) : -1]))
    except UnicodeDecodeError:
        return None
    # From a start in another folder a part of a path would name another file here.
    return Request(Path(path)) if Path(path).is_absolute() and "\0" not in path else None


def _private_folder() -> Path | None:
    """Return a folder for sockets that nobody else can enter, made where needed, or None where there is none."""
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    base = Path(given) if given and Path(given).is_dir() else Path(tempfile.gettempdir())
    folder = base / f"coach_desktop-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        state = folder.lstat()
    except OSError as error:
        log.info("no folder for a local socket: %s", error.strerror)
        return None
    # In a temporary folder that all users share, somebody else may have made it first.
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.getuid() or stat.S_IMODE(state.st_mode) & 0o077:
        log.info("the folder for the local socket is not private")
        return None
    return folder


def socket_name(data_root: Path) -> str | None:
    """Return the socket's name for a data folder (a path, or a pipe's name on Windows); None where none is safe."""
    name = "coach-" + hashlib.sha256(os.fsencode(os.path.realpath(data_root))).hexdigest()[:24]
    if sys.platform == "win32":
        return name
    folder = _private_folder()
    return None if folder is None else str(folder / name)


class InstanceServer(QObject):
    """Listens for later starts with the same data folder. Only for the holder of the folder's lock."""

    raise_requested = Signal()
    talk_handed_over = Signal(Path)
    """A recording is to be opened; it comes after `raise_requested`."""

    def __init__(self, data_root: Path, parent: QObject | None = None) -> None:
        """Begin to listen. Where that is not possible the app works all the same, and the log says why."""
        super().__init__(parent)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connection_made)
        name = socket_name(data_root)
        if name is None:
            return
        # We hold the lock, so a socket that lies here belongs to a process that is gone.
        QLocalServer.removeServer(name)
        if not self._server.listen(name):
            log.info("cannot listen for later starts: %s", self._server.errorString())

    @property
    def is_listening(self) -> bool:
        """Whether later starts can reach this one."""
        return self._server.isListening()

    def close(self) -> None:
        """Stop listening and take the socket away."""
        self._server.close()

    def _on_connection_made(self) -> None:
        while self._server.hasPendingConnections():
            socket = self._server.nextPendingConnection()
            socket.disconnected.connect(socket.deleteLater)
            socket.readyRead.connect(lambda socket=socket: self._on_words_arrived(socket))
            if socket.bytesAvailable():
                self._on_words_arrived(socket)

    def _on_words_arrived(self, socket: QLocalSocket) -> None:
        if not socket.canReadLine():
            if socket.bytesAvailable() > _LONGEST:
                socket.abort()
            return
        request = request_in(bytes(socket.readLine(_LONGEST).data()))
        if request is not None:
            socket.write(_OK)
            socket.flush()
            self.raise_requested.emit()
            if request.talk is not None:
                self.talk_handed_over.emit(request.talk)
        socket.disconnectFromServer()


def ask_running_instance(data_root: Path, request: Request = Request(), timeout_s: float = 2.0) -> bool:
    """Ask this of the app that runs with this data folder; return whether it answered in time. Blocks."""
    name = socket_name(data_root)
    if name is None:
        return False
    wait_ms = int(timeout_s * 1000)
    socket = QLocalSocket()
    socket.connectToServer(name)
    if not socket.waitForConnected(wait_ms):
        return False
    socket.write(request.line())
    socket.flush()
    answer = b""
    while b"\n" not in answer and len(answer) < _LONGEST and socket.waitForReadyRead(wait_ms):
        answer += bytes(socket.readAll().data())
    socket.abort()
    return answer == _OK
