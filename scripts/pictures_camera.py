"""Drives the real window for pictures: presses what a user presses, waits as they wait, saves what they see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path

from PIL import Image, ImageChops, ImageStat
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QLabel, QScrollArea, QWidget

from coach_desktop import app as composition
from coach_desktop.core.paths import DataFolder
from coach_desktop.store.profile_files import load_shelf
from coach_desktop.ui import theme
from coach_desktop.ui.main_window import MainWindow
from coach_desktop.ui.room.web_pane import WebPane

SIZE = (1024, 680)
PAGE_SETTLES_MS = 1200
"""How long a page in the web pane takes to be light or dark where there is no graphics card."""

_ANSWER_MS = 3000
_SETTLE_MS = 400
_PATIENCE_MS = 70_000
_TICK_MS = 50
_COLOURS = 256
_NOT_SEEN = 2.5
"""Levels of 255, as a root mean square, by which a picture may differ after its colours were made fewer."""


class Camera:
    """Takes pictures of one window and what it opens."""

    def __init__(self, window: MainWindow, folder: Path, kind: str = "") -> None:
        """Save into `folder`; `kind` is added to every name."""
        self.window = window
        self._folder = folder
        self._kind = kind

    def take(self, name: str, widget: QWidget | None = None, *, settle_ms: int = _SETTLE_MS) -> None:
        """Take the window, or a part of it, light and dark. A page in the web pane takes longer to settle."""
        for scheme in (Qt.ColorScheme.Light, Qt.ColorScheme.Dark):
            theme.current().use(scheme)
            pause(settle_ms)
            path = self._folder / f"{name}{self._kind}-{theme.current().name}.png"
            (widget or self.window).grab().save(str(path))
            make_small(path)
        theme.current().use(None)

    def ask(self, words: str) -> None:
        """Choose the entry of the menu with these words."""
        (action,) = [action for action in self.window.actions() if action.text() == words]
        wait_for(action.isEnabled, f"the menu's {words!r}")
        # Some of them open a dialog of their own loop, which must not hold up the caller.
        QTimer.singleShot(0, action.trigger)
        pause(_TICK_MS)

    def dialog(self, kind: str = "") -> QDialog:
        """Wait for the dialog that is open, by the name of its class."""

        def found() -> list[QDialog]:
            every = QApplication.topLevelWidgets()
            return [d for d in every if isinstance(d, QDialog) and d.isVisible() and kind in type(d).__name__]

        wait_for(lambda: bool(found()), f"a dialog {kind}")
        pause(_SETTLE_MS)
        return found()[-1]

    def press(self, words: str, where: QWidget | None = None) -> None:
        """Press the button with these words, or of this name, when it can be pressed."""
        wait_for(lambda: bool(self._buttons(words, where)), f"the button {words!r}")
        QTest.mouseClick(self._buttons(words, where)[0], Qt.MouseButton.LeftButton)

    def has(self, words: str, where: QWidget | None = None) -> bool:
        """Return whether a button with these words can be pressed."""
        return bool(self._buttons(words, where))

    def says(self, words: str, where: QWidget | None = None) -> bool:
        """Return whether these words can be read."""
        labels = (where or self.window).findChildren(QLabel)
        return any(words in label.text() and label.isVisible() for label in labels)

    def of_room(self, script: str) -> object:
        """Return what an expression is in the room's page, or None where there is none."""
        pane = self.window.findChild(WebPane)
        view = None if pane is None else pane.view
        if view is None:
            return None
        answers: list[object] = []
        loop = QEventLoop()

        def take(answer: object) -> None:
            answers.append(answer)
            loop.quit()

        view.page().runJavaScript(f"(() => {{ try {{ return {script}; }} catch {{ return null; }} }})()", 0, take)
        QTimer.singleShot(_ANSWER_MS, loop.quit)
        loop.exec()
        return answers[0] if answers else None

    def wait_for_words(self) -> None:
        """Wait until the words were made out once more: the report changes with them, and moves."""
        wait_for(lambda: not self.says("made out once more"), "the second pass", patience_ms=3 * _PATIENCE_MS)
        pause(_SETTLE_MS)

    def scroll_to(self, page: QWidget, widget: QWidget) -> None:
        """Scroll a report until a part of it stands at the top."""
        (area,) = [area for area in page.findChildren(QScrollArea) if area.accessibleName() == "Report"]
        bar = area.verticalScrollBar()
        bar.setValue(bar.value() + widget.mapTo(page, widget.rect().topLeft()).y() - 24)
        pause(300)

    def _buttons(self, words: str, where: QWidget | None) -> list[QAbstractButton]:
        every = (where or self.window).findChildren(QAbstractButton)
        return [b for b in every if words in {b.text(), b.accessibleName()} and b.isVisible() and b.isEnabled()]


def pause(ms: int) -> None:
    """Let the window work. QTest's own wait keeps Python's lock, and the threads behind the window stand still."""
    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()


def wait_for(what: Callable[[], bool], name: str, *, patience_ms: int = _PATIENCE_MS) -> None:
    """Let the window work until `what` holds."""
    for _ in range(patience_ms // _TICK_MS):
        if what():
            return
        pause(_TICK_MS)
    raise SystemExit(f"gave up waiting for {name}")


def make_small(path: Path) -> None:
    """Make a picture's file smaller, with fewer colours where that does no harm to it."""
    with Image.open(path) as opened:
        full = opened.convert("RGB")
    # One is better for what is drawn, the other for photographs.
    methods = (Image.Quantize.MAXCOVERAGE, Image.Quantize.MEDIANCUT)
    tried = [full.quantize(_COLOURS, method, dither=Image.Dither.NONE) for method in methods]
    harm, best = min(((_harm(full, fewer), fewer) for fewer in tried), key=itemgetter(0))
    (best if harm <= _NOT_SEEN else full).save(path, optimize=True)


def _harm(full: Image.Image, fewer: Image.Image) -> float:
    return max(ImageStat.Stat(ImageChops.difference(full, fewer.convert("RGB"))).rms)


@contextmanager
def launched(
    folder: Path, data: DataFolder, env_file: Path | None = None, *, size: tuple[int, int] = SIZE, kind: str = ""
) -> Iterator[Camera]:
    """Run the app with this data folder."""
    window, backstage = composition.build(composition.Options(data=data), load_shelf(data.profiles), env_file)
    window.resize(*size)
    window.show()
    pause(1500)
    try:
        yield Camera(window, folder, kind)
    finally:
        # A room that is still open when the interpreter goes takes the whole process down with it.
        close_dialogs()
        window.shut_down()
        backstage.close()
        window.hide()
        window.deleteLater()
        pause(50)


def close_dialogs() -> None:
    """Close what is open, the topmost first."""
    while (top := QApplication.activeModalWidget()) is not None:
        top.close()
        pause(_TICK_MS)
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, QDialog) and widget.isVisible():
            widget.close()
    pause(_TICK_MS)
