"""Watches whether a room shows a picture of the coach, so that a user is not left alone with an empty one.

A call page may refuse an embedded browser, or connect and show nothing. The app cannot ask it: the page is somebody
else's. So it looks at what stands in its frames, from a script world of its own that the page cannot see or change.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from enum import Enum, auto
from typing import Final, NamedTuple

import shiboken6
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWebEngineCore import QWebEngineFrame, QWebEnginePage, QWebEngineScript

PATIENCE_S: Final = 20.0
"""How long a room that has loaded may show no remote picture before the user is offered another way."""

_LOOK_MS: Final = 500
_FRAMES: Final = 40
_TEXT_LENGTH: Final = 4000
_WORLD: Final = QWebEngineScript.ScriptWorldId.ApplicationWorld.value
# A remote track is told from a local one by what it lacks (seen with Chromium 140): what getUserMedia gives has a
# group of devices, what a canvas gives has a class of its own and a range of widths. A remote one has none of them.
_LOOK: Final = f"""(() => {{
  const isRemote = track => track.readyState === 'live' && !track.muted
    && track.constructor.name === 'MediaStreamTrack' && !track.getSettings().groupId
    && track.getCapabilities().width === undefined;
  const isPlaying = video => video.videoWidth > 0 && video.readyState >= 2 && !video.paused
    && video.getVideoPlaybackQuality().totalVideoFrames > 0;
  const isPicture = video => isPlaying(video) && (video.srcObject instanceof MediaStream
    ? video.srcObject.getVideoTracks().some(isRemote) : video.currentSrc !== '');
  return JSON.stringify([
    [...document.querySelectorAll('video')].some(isPicture),
    (document.body?.innerText ?? '').slice(0, {_TEXT_LENGTH}),
  ]);
}})()"""
_NOT: Final = r"(?:\bnot|n['\u2019]t|\bun|\bno longer) ?(?:currently |yet |fully )?"
_UNSUPPORTED: Final = re.compile(
    r"\bunsupported (?:web ?)?browser"
    rf"|\b(?:browser|webrtc)\b[^.!?\n]{{0,60}}{_NOT}supported\b"
    rf"|{_NOT}support(?:ed)?\b[^.!?\n]{{0,60}}\b(?:browser|webrtc)\b"
    r"|\b(?:use|switch to|in|with|try) (?:a|another|one of the|our)? ?supported (?:web ?)?browsers?\b"
    r"|\bbrowser\b[^.!?\n]{0,40}\b(?:too old|outdated|out of date)\b",
    re.IGNORECASE,
)


class Glance(NamedTuple):
    """What one frame shows: a remote picture, and words that it does not work in this browser."""

    picture: bool
    unsupported: bool


class Verdict(Enum):
    """What a watch tells, each at most once."""

    PICTURE = auto()
    NO_PICTURE = auto()
    UNSUPPORTED = auto()


def says_unsupported(text: str) -> bool:
    """Return whether a page's words say that it does not work in this browser."""
    return _UNSUPPORTED.search(text) is not None


def glance_of(answer: object) -> Glance:
    """Return what a frame's answer, in JSON, means. It comes from outside: what is not in order shows nothing."""
    try:
        picture, text = json.loads(answer) if isinstance(answer, str) else (False, "")
    except (ValueError, TypeError, RecursionError):
        return Glance(picture=False, unsupported=False)
    return Glance(picture is True, isinstance(text, str) and says_unsupported(text[:_TEXT_LENGTH]))


class Patience:
    """Decides from glances and the time that goes by. `clock` is in seconds that only grow."""

    def __init__(self, clock: Callable[[], float], patience_s: float = PATIENCE_S) -> None:
        """Begin to wait now."""
        self._clock = clock
        self._patience_s = patience_s
        self._since = clock()
        self._told = False
        self.is_over = False

    def glance(self, seen: Glance) -> Verdict | None:
        """Take note of what a frame shows; return what is to be told."""
        if self.is_over:
            return None
        if seen.picture:
            self.is_over = True
            return Verdict.PICTURE
        return self._tell(Verdict.UNSUPPORTED) if seen.unsupported else None

    def time_went_by(self) -> Verdict | None:
        """Return what is to be told because nothing has come for so long."""
        if self.is_over or self._clock() - self._since < self._patience_s:
            return None
        return self._tell(Verdict.NO_PICTURE)

    def _tell(self, verdict: Verdict) -> Verdict | None:
        told, self._told = self._told, True
        return None if told else verdict


class RoomWatch(QObject):
    """Looks into every frame of a page until a picture has come."""

    picture_missed = Signal(bool)
    picture_seen = Signal()

    def __init__(self, clock: Callable[[], float], parent: QObject | None = None) -> None:
        """Watch nothing yet."""
        super().__init__(parent)
        self._clock = clock
        self._page: QWebEnginePage | None = None
        self._patience: Patience | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._on_look_due)

    @property
    def is_on(self) -> bool:
        """Whether a picture is waited for."""
        return self._patience is not None

    def start(self, page: QWebEnginePage) -> None:
        """Watch a page that loads or has just loaded."""
        self._page = page
        self._patience = Patience(self._clock)
        self._timer.start()

    def wait_anew(self) -> None:
        """Begin the wait anew, where one is under way."""
        if self._patience is not None:
            self._patience = Patience(self._clock)

    def stop(self) -> None:
        """Watch nothing."""
        self._timer.stop()
        self._page = self._patience = None

    def _on_look_due(self) -> None:
        if self._page is None or self._patience is None or not shiboken6.isValid(self._page):
            self.stop()
            return
        watched = self._page
        for frame in _frames(watched.mainFrame()):
            frame.runJavaScript(_LOOK, _WORLD, lambda answer: self._on_frame_seen(watched, answer))
        self._tell(self._patience.time_went_by())

    def _on_frame_seen(self, page: QWebEnginePage, answer: object) -> None:
        # An answer may come when the page has been left already.
        if page is self._page and self._patience is not None:
            self._tell(self._patience.glance(glance_of(answer)))

    def _tell(self, verdict: Verdict | None) -> None:
        if verdict is Verdict.PICTURE:
            self.stop()
            self.picture_seen.emit()
        elif verdict is not None:
            self.picture_missed.emit(verdict is Verdict.UNSUPPORTED)


def _frames(main: QWebEngineFrame) -> Iterator[QWebEngineFrame]:
    """Return a frame and all inside it; a page with very many of them is looked at in part."""
    found = [main]
    for frame in found:
        if not frame.isValid():
            continue
        yield frame
        if len(found) < _FRAMES:
            found += frame.children()[: _FRAMES - len(found)]
