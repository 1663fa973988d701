"""The first frame of a short video, taken in whichever thread asks: never the window's own."""

from __future__ import annotations

import logging
import threading
from functools import lru_cache
from typing import Final

import shiboken6
from PySide6.QtCore import QBuffer, QByteArray, QEventLoop, QLoggingCategory, QTimer
from PySide6.QtGui import QImage

log = logging.getLogger(__name__)

_LONGEST_SIDE: Final = 4096
# PySide makes its classes when they are first asked for, and two threads at once may see one half made. And one video
# at a time is enough to have in memory.
_ONE_AT_A_TIME: Final = threading.Lock()


def first_frame(content: bytes, *, timeout_s: float) -> QImage | None:
    """Return the first frame of an MP4 or WebM video, or None: not one, broken, too large, or not there in time.

    Runs an event loop of its own in the calling thread, which must not be the window's.
    """
    # Whatever else a decoder may know, nothing but what browsers play is handed to it.
    if content[4:8] != b"ftyp" and content[:4] != b"\x1a\x45\xdf\xa3":
        return None
    with _ONE_AT_A_TIME:
        return _decoded(content, timeout_s) if _can_play() else None


def _decoded(content: bytes, timeout_s: float) -> QImage | None:
    from PySide6.QtMultimedia import QMediaMetaData, QMediaPlayer, QVideoFrame, QVideoSink

    frames: list[QImage] = []
    over = threading.Event()
    loop = QEventLoop()
    buffer = QBuffer()
    buffer.setData(QByteArray(content))
    buffer.open(QBuffer.OpenModeFlag.ReadOnly)
    # Without an output for sound nothing is ever heard, and no device is opened.
    player, sink, timer = QMediaPlayer(), QVideoSink(), QTimer()

    def finish() -> None:
        over.set()
        loop.quit()

    def on_frame(frame: QVideoFrame) -> None:
        if not frames and frame.isValid():
            frames.append(frame.toImage())
            finish()

    def on_status(status: QMediaPlayer.MediaStatus) -> None:
        if status in {QMediaPlayer.MediaStatus.InvalidMedia, QMediaPlayer.MediaStatus.EndOfMedia}:
            finish()
        elif status is QMediaPlayer.MediaStatus.LoadedMedia:
            size = player.metaData().value(QMediaMetaData.Key.Resolution)
            if size is None or max(size.width(), size.height()) > _LONGEST_SIDE:
                finish()
            else:
                player.play()

    timer.setSingleShot(True)
    timer.timeout.connect(finish)
    sink.videoFrameChanged.connect(on_frame)
    player.mediaStatusChanged.connect(on_status)
    player.setVideoSink(sink)
    timer.start(round(timeout_s * 1000))
    player.setSourceDevice(buffer)
    # It may be over already, and a loop cannot be left before it is entered.
    if not over.is_set():
        loop.exec()
    # Now and here: the garbage would be collected in some other thread, to which they do not belong.
    for made in (player, sink, timer, buffer, loop):
        shiboken6.delete(made)
    return frames[0] if frames and not frames[0].isNull() else None


@lru_cache(maxsize=1)
def _can_play() -> bool:
    """Return whether this computer can, after keeping the player from telling the log about every file."""
    QLoggingCategory.setFilterRules("qt.multimedia*=false")
    try:
        from PySide6.QtMultimedia import QMediaFormat
    except ImportError as error:
        log.info("no thumbnails from videos: %s", error)
        return False
    return bool(QMediaFormat().supportedFileFormats(QMediaFormat.ConversionMode.Decode))
