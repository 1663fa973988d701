"""A recorded talk in the window: opened or dropped, analysed by a child process, shown, and kept on request."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QStandardPaths, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QWidget

from coach_desktop.core.errors import Cancelled, CoachError
from coach_desktop.ui.background import TaskRunner, unless_gone
from coach_desktop.ui.drop_target import DropTarget
from coach_desktop.ui.waiting_page import WaitingPage

if TYPE_CHECKING:
    from coach_desktop.coaching.track import Track
    from coach_desktop.sessions.recorded_talk import AnalysedTalk, RecordedTalk, TalkProgress

log = logging.getLogger(__name__)

_ENDINGS: Final = (
    "mp4 mov m4v mkv webm avi wmv mpg mpeg ogv mts 3gp mp3 wav m4a aac flac ogg opus oga wma aif aiff amr"
).split()
_FILTER: Final = f"Films and sound ({' '.join(f'*.{ending}' for ending in _ENDINGS)});;All files (*)"
ONE_AT_A_TIME: Final = "Drop one recording at a time: nothing was opened."
NO_FILE: Final = "That is not a file of this computer, so nothing was opened."
IN_SESSION: Final = "A session is under way. End it, then open the recording."
WORDS: Final = "Nothing leaves this computer. Esc cancels."


class OpenedTalk(QObject):
    """Opens one recording at a time. Which page is in view is the window's to say."""

    page_wanted = Signal(QWidget)
    analysed = Signal(object, object)
    """An `AnalysedTalk`, and its `Track`, or None."""
    failed = Signal(CoachError)
    cancelled = Signal()
    refused = Signal(str)
    kept = Signal(object)
    """A recorded talk was put into the history."""
    not_kept = Signal(object, CoachError)

    _advanced = Signal(object, object)

    def __init__(self, window: QWidget, history_path: Path, is_busy: Callable[[], bool]) -> None:
        """Take what is dropped on the `window`. While it `is_busy` with a session nothing is opened.

        The history is in the data folder, which the analysis uses, too.
        """
        super().__init__(window)
        self._window = window
        self._history_path = history_path
        self._is_busy = is_busy
        self._tasks = TaskRunner(self)
        self._keeping = TaskRunner(self)
        self._talk: RecordedTalk | None = None
        self._folder = ""
        self.page = WaitingPage()
        self.page.pressed.connect(self.cancel)
        self._esc = QShortcut(QKeySequence(Qt.Key.Key_Escape), self.page, self.cancel)
        self._esc.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._drop = DropTarget(window)
        self._drop.dropped.connect(self.take)
        self._advanced.connect(self._on_advanced, Qt.ConnectionType.QueuedConnection)

    @property
    def is_active(self) -> bool:
        """Whether a recording is being analysed."""
        return self._talk is not None

    def choose(self) -> None:
        """Ask for a file and open it."""
        if self._is_busy():
            self.refused.emit(IN_SESSION)
            return
        kind = QStandardPaths.StandardLocation.MoviesLocation
        dialog = QFileDialog(
            self._window, "Open a recorded talk", self._folder or QStandardPaths.writableLocation(kind)
        )
        dialog.setNameFilter(_FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.open(Path(name)))
        dialog.open()

    def open(self, path: Path) -> None:
        """Analyse a file and show its report; `analysed` or `failed` tells the outcome."""
        if self._is_busy():
            self.refused.emit(IN_SESSION)
            return
        # Only now: its models take longer to load than the window takes to be drawn.
        from coach_desktop.sessions.recorded_talk import RecordedTalk

        self.stop()
        self._folder = str(path.parent)
        talk = self._talk = RecordedTalk(path, self._history_path.parent)
        self.page.show_words(f"Analysing {path.name}", WORDS, button="Cancel")
        self.page.show_share(None)
        self.page_wanted.emit(self.page)
        self.page.focus_button()

        def tell(now: TalkProgress) -> None:
            with unless_gone(self):
                self._advanced.emit(talk, now)

        def work() -> tuple[AnalysedTalk, Track | None] | None:
            try:
                found = talk.run(tell)
            except Cancelled:
                return None
            return found, found.track()

        self._tasks.run(work, lambda found: self._on_done(talk, found), lambda error: self._on_failed(talk, error))

    def take(self, files: Sequence[Path], foreign: bool = False) -> None:
        """Open what was dropped, or say why not. `foreign`: there was something that is no file of this computer."""
        if self._is_busy():
            self.refused.emit(IN_SESSION)
        elif len(files) + foreign > 1:
            self.refused.emit(ONE_AT_A_TIME)
        elif not files or not files[0].is_file():
            self.refused.emit(NO_FILE)
        else:
            self.open(files[0])

    def keep(self, talk: AnalysedTalk) -> None:
        """Put a recorded talk into the history; `kept` or `not_kept` tells the outcome."""

        from coach_desktop.sessions.recorded_talk import keep

        self._keeping.run(
            lambda: keep(talk, self._history_path),
            lambda _: self.kept.emit(talk),
            lambda error: self.not_kept.emit(talk, error),
        )

    def cancel(self) -> None:
        """Give up what is being analysed; nothing is kept of it."""
        if self._talk is not None:
            self.stop()
            self.cancelled.emit()

    def stop(self) -> None:
        """Give up what is being analysed, without a word."""
        talk, self._talk = self._talk, None
        if talk is not None:
            talk.cancel()

    def close(self) -> None:
        """Stop for good, in a bounded time."""
        self.stop()
        self._tasks.close(8.0)
        self._keeping.close()

    def _on_advanced(self, talk: RecordedTalk, now: TalkProgress) -> None:
        if talk is not self._talk:
            return
        from coach_desktop.coaching import labels

        whole = "" if now.of_s is None else f" of {labels.clock(now.of_s)}"
        done = f"{labels.clock(now.at_s)}{whole} analysed. {WORDS}"
        self.page.show_words(f"Analysing {talk.path.name}", done, button="Cancel")
        self.page.show_share(now.at_s / now.of_s if now.of_s else None)

    def _on_done(self, talk: RecordedTalk, found: tuple[AnalysedTalk, Track | None] | None) -> None:
        if talk is not self._talk:
            return
        self._talk = None
        if found is not None:
            self.analysed.emit(*found)

    def _on_failed(self, talk: RecordedTalk, error: CoachError) -> None:
        if talk is self._talk:
            self._talk = None
            self.failed.emit(error)
