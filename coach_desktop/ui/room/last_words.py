"""The coach's last words: the report waits until he has said them, for a while, or until a key is pressed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from coach_desktop.sessions.updates import SessionState, SessionUpdate
from coach_desktop.ui.ask_bar import AskBar
from coach_desktop.ui.bridge import FINAL_STATES

if TYPE_CHECKING:
    from PySide6.QtWebEngineCore import QWebEnginePage
    from PySide6.QtWebEngineWidgets import QWebEngineView

TELLING: Final = "Chuck says a few last words. Your report is ready: any key shows it."
AT_MOST_MS: Final = 20_000
"""How long the report waits: two sentences of some 30 words take about 12 s."""

_LOOK_MS: Final = 200
# The local coach's room tells whether it has a voice, whether its session is over, and whether something is being said.
_STATE: Final = (
    "(() => { const s = window.coachRoom?.state; return s ? [s.voice === 'on', s.over, s.busy].join(' ') : ''; })()"
)
_NO_KEYS: Final = frozenset({Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_AltGr, Qt.Key.Key_Meta})


def is_silent(answer: object) -> bool:
    """Return whether nothing more is to be heard in a room.

    `answer` is what its page says: whether its voice is on, its session over, its voice busy. It comes from outside:
    what is not in order says nothing, and then nothing is waited for.
    """
    words = answer.split(" ") if isinstance(answer, str) else []
    if len(words) != 3 or not {"true", "false"}.issuperset(words):
        return True
    voice, over, busy = (word == "true" for word in words)
    return not voice or (over and not busy)


class LastWords(QObject):
    """Listens to the room of the local coach from the end of its session on."""

    def __init__(self, page: QWidget, ask: AskBar, leave_room: Callable[[], object]) -> None:
        """Wait for nothing yet. `page` shows the room, `ask` tells what is waited for, `leave_room` takes it away."""
        super().__init__(page)
        self._page = page
        self._ask = ask
        self._leave_room = leave_room
        self._room: QWebEnginePage | None = None
        self._on_mute: Callable[[], object] | None = None
        self._then: Callable[[], object] | None = None
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_MS)
        self._look.timeout.connect(self._on_look_due)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(AT_MOST_MS)
        self._patience.timeout.connect(self.skip)

    def hold(self, update: SessionUpdate, view: QWebEngineView | None, on_mute: Callable[[], object]) -> bool:
        """Return whether the room shall stay in view, now that this has come of its session.

        `view` is the room, where it can be seen. `on_mute` is called where it turns out to have nothing to say.
        """
        if update.state is SessionState.ENDING and update.provider == "local" and view is not None:
            self.stop()
            self._room, self._on_mute = view.page(), on_mute
            self._on_look_due()
            self._look.start()
        elif update.state in FINAL_STATES and update.report is None:
            self.stop()
        return self._room is not None

    def wait(self, then: Callable[[], object]) -> None:
        """Leave the room and call `then` when nothing more is said: at once, where nothing is waited for.

        Whoever goes elsewhere meanwhile, or starts anew, is not called back.
        """
        self._then = then
        if self._room is None:
            self.skip()
            return
        self._ask.tell(TELLING, ("Show the report", self.skip))
        self._patience.start()
        # Out of the room, where its page would take the keys.
        self._ask.focus_action()
        self._page.installEventFilter(self)

    def skip(self) -> None:
        """Wait no longer."""
        then = self._then
        self._leave_room()
        if then is not None:
            then()

    def stop(self) -> None:
        """Forget what was waited for; nobody is called."""
        self._page.removeEventFilter(self)
        self._look.stop()
        self._patience.stop()
        self._room = self._then = self._on_mute = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Wait no longer once a key is pressed, or another page is shown."""
        if watched is self._page and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() not in _NO_KEYS:
                self.skip()
                return True
        elif watched is self._page and event.type() == QEvent.Type.Hide and not event.spontaneous():
            self._leave_room()
        return False

    def _on_look_due(self) -> None:
        room = self._room
        if room is None or not shiboken6.isValid(room):
            self._fall_silent()
            return
        room.runJavaScript(_STATE, 0, lambda answer: self._on_told(room, answer))

    def _on_told(self, room: QWebEnginePage, answer: object) -> None:
        # An answer may come when the room has been left already.
        if room is self._room and is_silent(answer):
            # Later, as the page must not be taken away while the web engine is at its answer.
            QTimer.singleShot(0, self, lambda: self._on_silence_due(room))

    def _on_silence_due(self, room: QWebEnginePage) -> None:
        if room is self._room:
            self._fall_silent()

    def _fall_silent(self) -> None:
        if self._then is not None:
            self.skip()
            return
        # The report is not there yet: until then the page says what goes on.
        on_mute = self._on_mute
        self.stop()
        if on_mute is not None:
            on_mute()
