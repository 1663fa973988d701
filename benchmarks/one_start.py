"""One start of a window for bench_start.py: prints when what happened as JSON, then closes the window.

    python benchmarks/one_start.py bare|graphics|imports|app BEGAN DATA

BEGAN is time.time() from just before this process was made, DATA the app's data folder.
What is imported here is paid by every kind alike, so it is no more than a bare window needs.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

WATCH_S = 1.0
TICK_MS = 5
# As large as the app's window.
SIZE = (1120, 760)


class Watch(QObject):
    """Notes the first paint, presses Start, and looks for a second how long nothing is answered."""

    def __init__(self, application: QCoreApplication, began: float) -> None:
        """Begin to watch; `began` is the epoch in seconds that all is counted from."""
        super().__init__()
        self.found: dict[str, float] = {}
        self._application = application
        self._began = began
        self._last = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._on_ticked)
        self.note("loop")
        application.installEventFilter(self)

    def note(self, what: str) -> None:
        """Note that something happened now."""
        self.found[what] = time.time() - self._began

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Wait for the first paint of a widget, and let everything through."""
        if event.type() == QEvent.Type.Paint and watched.isWidgetType():
            self._application.removeEventFilter(self)
            # Painting and handing over to the screen are one call of Qt's; this runs right after it.
            QTimer.singleShot(0, self, self._on_painted)
        return False

    def _on_painted(self) -> None:
        self.note("painted")
        self.found["web_engine"] = any(name.startswith("PySide6.QtWebEngine") for name in sys.modules)
        for widget in QApplication.allWidgets():
            if isinstance(widget, QPushButton) and widget.text() == "Start practice" and widget.isVisible():
                self._press(widget)
                break
        self._last = time.time()
        self._timer.start()

    def _press(self, button: QPushButton) -> None:
        # The click is real, what it would begin is not.
        button.clicked.disconnect()
        button.clicked.connect(lambda: self.note("start_works"))
        at = QPointF(button.rect().center())
        on_screen = button.mapToGlobal(at)
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        for what, held in ((QEvent.Type.MouseButtonPress, left), (QEvent.Type.MouseButtonRelease, none)):
            event = QMouseEvent(what, at, on_screen, left, held, Qt.KeyboardModifier.NoModifier)
            QCoreApplication.postEvent(button, event)

    def _on_ticked(self) -> None:
        now = time.time()
        self.found["longest_wait"] = max(self.found.get("longest_wait", 0.0), now - self._last)
        self._last = now
        if now - self._began > self.found["painted"] + WATCH_S:
            self._timer.stop()
            QApplication.closeAllWindows()
            QApplication.exit(0)


def bare_window(graphics: bool) -> int:
    """Show a window with nothing in it, with or without the graphics card, and return its exit code."""
    application = QApplication([])
    window = QWidget()
    window.resize(*SIZE)
    if graphics:
        from coach_desktop.ui.surface import prepare_for_web

        prepare_for_web(window)
    window.show()
    return application.exec()


def main() -> int:
    """Open one window."""
    kind, began, data = sys.argv[1], float(sys.argv[2]), sys.argv[3]
    run_loop = QApplication.exec
    watches = []

    def watched_loop(application: QApplication) -> int:
        watches.append(Watch(application, began))
        return run_loop()

    # The app runs as it is. The start of its event loop is the last moment before the first paint.
    QApplication.exec = watched_loop  # type: ignore[method-assign,assignment]
    if kind == "app":
        from coach_desktop import cli

        code = cli.main(["--data-dir", data])
    else:
        if kind == "imports":
            import coach_desktop.app
            import coach_desktop.cli  # noqa: F401 - it is the import that costs
        code = bare_window(graphics=kind == "graphics")
    print(json.dumps(watches[0].found))
    return code


if __name__ == "__main__":
    sys.exit(main())
