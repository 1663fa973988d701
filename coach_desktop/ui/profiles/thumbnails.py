"""Small pictures of replicas: fetched when somebody looks at them, never with the key, and kept in memory only."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from PySide6.QtCore import QBuffer, QByteArray, QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QImage, QImageReader

from coach_desktop.ui.background import unless_gone

if TYPE_CHECKING:
    import requests

log = logging.getLogger(__name__)

SIDE: Final = 96
"""Pixels of a picture's side: enough for what is shown, on screens twice as fine too."""

_IMAGE_LIMIT: Final = 4 * 1024 * 1024
_VIDEO_LIMIT: Final = 12 * 1024 * 1024
_TOTAL_LIMIT: Final = 150 * 1024 * 1024
_KEPT: Final = 600
_THREADS: Final = 2
_CONNECT_S: Final = 5.0
_READ_S: Final = 12.0
_VIDEO_S: Final = 4.0
_REDIRECTS: Final = 3
_CHUNK: Final = 64 * 1024
_LONGEST_SIDE: Final = 8192
_FORMATS: Final = {b"png", b"jpeg", b"jpg", b"webp", b"gif"}
_LOOPBACK: Final = {"127.0.0.1", "::1", "localhost"}

Fetch = tuple[str, str]
"""The addresses of a picture and of a video whose first frame will do; either may be empty."""


class _NoPictureError(Exception):
    """There is nothing at an address that can be shown."""


class Thumbnails(QObject):
    """Fetches pictures in threads of its own, what was asked for last first. `thumbnail_came` tells of each."""

    thumbnail_came = Signal(object)
    _settled = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        """Begin without threads and without pictures."""
        super().__init__(parent)
        self._lock = threading.Lock()
        self._pictures: OrderedDict[Fetch, QImage | None] = OrderedDict()
        self._wanted: OrderedDict[Fetch, None] = OrderedDict()
        self._under_way: set[Fetch] = set()
        self._threads: list[threading.Thread] = []
        self._left = _TOTAL_LIMIT
        self._closed = False
        self._settled.connect(self._on_picture_settled, Qt.ConnectionType.QueuedConnection)

    def picture(self, image_url: str, video_url: str) -> QImage | None:
        """Return a square picture where it has come; else ask for it, where there is anything to ask for."""
        wanted = (image_url, video_url)
        if not _is_allowed(image_url) and not _is_allowed(video_url):
            return None
        if wanted in self._pictures:
            return self._pictures[wanted]
        with self._lock:
            if not self._closed and wanted not in self._under_way:
                self._wanted[wanted] = None
                self._wanted.move_to_end(wanted)
                self._threads = [thread for thread in self._threads if thread.is_alive()]
                if len(self._threads) < _THREADS:
                    thread = threading.Thread(target=self._work, name="thumbnails", daemon=True)
                    self._threads.append(thread)
                    thread.start()
        return None

    def only(self, wanted: set[Fetch]) -> None:
        """Drop what has not begun and is not among these: nobody looks at it any more."""
        with self._lock:
            for fetch in [fetch for fetch in self._wanted if fetch not in wanted]:
                del self._wanted[fetch]

    def retry(self) -> None:
        """Try what could not be fetched once more when it is asked for next."""
        for fetch in [fetch for fetch, picture in self._pictures.items() if picture is None]:
            del self._pictures[fetch]

    def close(self, timeout_s: float = 0.0) -> bool:
        """Fetch nothing more; wait at most `timeout_s` for what is under way and return whether all has ended."""
        with self._lock:
            self._closed = True
            self._wanted.clear()
            threads = list(self._threads)
        deadline = time.monotonic() + timeout_s
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def _work(self) -> None:
        with _web() as web:
            while (fetch := self._next()) is not None:
                picture = None
                try:
                    picture = self._fetched(web, fetch)
                except Exception:  # a picture is a nicety: whatever is wrong with one, initials do
                    log.exception("a thumbnail could not be made")
                with unless_gone(self):
                    self._settled.emit(fetch, picture)

    def _next(self) -> Fetch | None:
        with self._lock:
            if self._closed or not self._wanted:
                # Whoever asks from now on must see that this thread is no longer one to count on.
                self._threads = [thread for thread in self._threads if thread is not threading.current_thread()]
                return None
            fetch = self._wanted.popitem()[0]
            self._under_way.add(fetch)
            return fetch

    def _fetched(self, web: requests.Session, fetch: Fetch) -> QImage | None:
        makers: tuple[tuple[str, int, Callable[[bytes], QImage | None]], ...] = (
            (fetch[0], _IMAGE_LIMIT, _decoded),
            (fetch[1], _VIDEO_LIMIT, _frame),
        )
        for url, limit, make in makers:
            if not _is_allowed(url):
                continue
            try:
                picture = make(self._content(web, url, limit))
            except _NoPictureError as reason:
                log.info("no thumbnail from %s: %s", _host(url), reason)
                continue
            if picture is not None:
                return _square(picture)
        return None

    def _content(self, web: requests.Session, url: str, limit: int) -> bytes:
        import requests
        import urllib3

        on_this_computer = _host(url) in _LOOPBACK
        for _hop in range(_REDIRECTS + 1):
            # Nobody out there sends this app to the services of this computer.
            if not _is_allowed(url) or (_host(url) in _LOOPBACK and not on_this_computer):
                raise _NoPictureError("it leads to an address that is not safe")
            # A proxy of the user's is for the network, not for a service on the same computer.
            web.trust_env = not on_this_computer
            try:
                with web.get(url, timeout=(_CONNECT_S, _READ_S), stream=True, allow_redirects=False) as answer:
                    if answer.is_redirect:
                        url = urljoin(url, answer.headers["Location"])
                        continue
                    if answer.status_code != 200:
                        raise _NoPictureError(f"status {answer.status_code}")
                    return self._read(answer, limit)
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
                raise _NoPictureError(type(error).__name__) from error
        raise _NoPictureError("it leads from one address to the next")

    def _read(self, answer: requests.Response, limit: int) -> bytes:
        content = bytearray()
        while chunk := answer.raw.read1(_CHUNK, decode_content=True):
            content += chunk
            with self._lock:
                self._left -= len(chunk)
                spent = self._left < 0 or self._closed
            if len(content) > limit or spent:
                raise _NoPictureError("it is too large")
        return bytes(content)

    def _on_picture_settled(self, fetch: Fetch, picture: QImage | None) -> None:
        with self._lock:
            self._under_way.discard(fetch)
        self._pictures[fetch] = picture
        while len(self._pictures) > _KEPT:
            self._pictures.popitem(last=False)
        self.thumbnail_came.emit(fetch)


def _web() -> requests.Session:
    import requests

    from coach_desktop.tavus.deadline import DeadlineAdapter

    web = requests.Session()
    for scheme in ("http://", "https://"):
        # Its read time-out holds for a whole answer: nobody keeps a thread by one byte at a time.
        web.mount(scheme, DeadlineAdapter())
    # Any `auth` of our own, even one that adds nothing, keeps requests from sending a login from ~/.netrc.
    web.auth = lambda request: request
    return web


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_allowed(url: str) -> bool:
    host = _host(url)
    return bool(host) and (url.startswith("https://") or (url.startswith("http://") and host in _LOOPBACK))


def _decoded(content: bytes) -> QImage | None:
    """Return a picture that may come from anywhere, or None: only of the usual kinds, and none that is a bomb."""
    buffer = QBuffer()
    buffer.setData(QByteArray(content))
    buffer.open(QBuffer.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    size = reader.size()
    if bytes(reader.format().data()) not in _FORMATS or max(size.width(), size.height()) > _LONGEST_SIDE:
        return None
    reader.setAutoTransform(True)
    # Smaller already while it is read.
    if size.isValid():
        reader.setScaledSize(size.scaled(QSize(SIDE, SIDE), Qt.AspectRatioMode.KeepAspectRatioByExpanding))
    picture = reader.read()
    return None if picture.isNull() else picture


def _frame(content: bytes) -> QImage | None:
    from coach_desktop.ui.profiles.video_frame import first_frame

    return first_frame(content, timeout_s=_VIDEO_S)


def _square(picture: QImage) -> QImage:
    """Return the middle of a picture; of a portrait the upper middle, where the face is."""
    side = min(picture.width(), picture.height())
    left = (picture.width() - side) // 2
    top = (picture.height() - side) // 4
    cut = picture.copy(QRect(left, top, side, side))
    return cut.scaled(SIDE, SIDE, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
