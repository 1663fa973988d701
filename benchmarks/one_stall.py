"""One run for bench_stall.py: prints the longest time in which the window's thread answered nothing, as JSON.

    python benchmarks/one_stall.py bare|app DATA

`own` is the longest stretch of it that was spent in Python, the app's own code and what that calls: the rest is the
event loop's, which paints, and without a graphics card the processor does the painting.

bare: a window that makes a bare web view and loads an empty page, twice. app: the app, in which Start is pressed and
the session is ended when it is live, twice. The first time pays for the web engine's own start, the second does not.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

TICK_MS = 2
SAMPLE_S = 0.001
SETTLE_MS = 2_000
SIZE = (1120, 760)


class Sampler(threading.Thread):
    """Looks a thousand times a second whether the window's thread is in Python, and keeps the longest stretch."""

    def __init__(self) -> None:
        """Look at the thread that makes it."""
        super().__init__(name="sampler", daemon=True)
        self._watched = threading.get_ident()
        self._loop = ""
        self.longest = 0.0

    def begin(self, loop: str) -> None:
        """Begin. The thread is out of Python where its innermost function is called `loop`."""
        self._loop = loop
        self.start()

    def run(self) -> None:
        """Look until the process ends."""
        since = None
        while True:
            where, now = self._innermost(), time.perf_counter()
            if where in {"", self._loop, "_on_ticked", "wait_for"}:
                since = None
            else:
                since = since or now
                self.longest = max(self.longest, now - since)
            time.sleep(SAMPLE_S)

    def _innermost(self) -> str:
        # No frame may be kept while we sleep: what it holds would then be taken down in our thread, and Qt's must not.
        frame = sys._current_frames().get(self._watched)  # noqa: SLF001 - the one way to see another thread's stack
        return frame.f_code.co_name if frame is not None else ""


class Stall(QObject):
    """Ticks as fast as it may, and keeps the longest time between two ticks."""

    def __init__(self, loop: str) -> None:
        """Begin to tick; nothing is kept before `reset`. `loop` is the function that runs the event loop."""
        super().__init__()
        self.longest = 0.0
        self._sampler = Sampler()
        self._sampler.begin(loop)
        self._last = time.perf_counter()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._on_ticked)
        self._timer.start()

    def reset(self) -> None:
        """Forget the longest."""
        self.longest, self._last = 0.0, time.perf_counter()
        self._sampler.longest = 0.0

    def found(self) -> dict[str, float]:
        """Return the longest stall since `reset`, and the longest stretch in Python, in seconds."""
        return {"all": self.longest, "own": self._sampler.longest}

    def _on_ticked(self) -> None:
        now = time.perf_counter()
        self.longest = max(self.longest, now - self._last)
        self._last = now


def wait_for(what: Callable[[], bool], then: Callable[[], None]) -> None:
    """Call `then` when `what` holds."""
    if what():
        then()
    else:
        QTimer.singleShot(TICK_MS, lambda: wait_for(what, then))


def button(words: str) -> QPushButton | None:
    """Return the button with these words that can be pressed, if there is one."""
    for widget in QApplication.allWidgets():
        if isinstance(widget, QPushButton) and widget.text() == words and widget.isVisible() and widget.isEnabled():
            return widget
    return None


def bare_window() -> QWidget:
    """Return a window of the app's size, shown, with nothing in it."""
    window = QWidget()
    window.setLayout(QVBoxLayout())
    window.resize(*SIZE)
    window.show()
    return window


def watched(make: Callable[[], object]) -> None:
    """Make something as soon as the app's event loop begins; the app runs as it is, its loop is `watched_loop`."""
    run_loop = QApplication.exec
    keep: list[object] = []

    def watched_loop(_application: QApplication) -> int:
        keep.append(make())
        return run_loop()

    QApplication.exec = watched_loop  # type: ignore[method-assign,assignment]


class AppRun:
    """Presses Start and End in the app's own window, so many times."""

    def __init__(self, stall: Stall, found: list[dict[str, float]], times: int = 2) -> None:
        """Begin when the window is there and has come to rest."""
        self._stall, self._found, self._left = stall, found, times
        wait_for(lambda: button("Start practice") is not None, lambda: QTimer.singleShot(SETTLE_MS, self._start))

    def _start(self) -> None:
        start = button("Start practice") or button("Practise again")
        if start is None:
            raise SystemExit("there is nothing to start with")
        self._stall.reset()
        start.click()
        wait_for(lambda: button("Allow") is not None or button("End session") is not None, self._allow)

    def _allow(self) -> None:
        allow = button("Allow")
        if allow is not None:
            allow.click()
        wait_for(lambda: button("End session") is not None, self._live)

    def _live(self) -> None:
        self._found.append(self._stall.found())
        self._left -= 1
        end = button("End session")
        if end is not None:
            end.click()
        wait_for(lambda: button("Practise again") is not None, self._again)

    def _again(self) -> None:
        if self._left:
            QTimer.singleShot(SETTLE_MS, self._start)
        else:
            QApplication.exit(0)


class BareRun:
    """Makes a web view in a window that is shown, so many times."""

    def __init__(self, stall: Stall, found: list[dict[str, float]], times: int = 2) -> None:
        """Show the window, then begin."""
        self._stall, self._found, self._left = stall, found, times
        self._window = bare_window()
        QTimer.singleShot(SETTLE_MS, self._start)

    def _start(self) -> None:
        self._stall.reset()
        from PySide6.QtWebEngineWidgets import QWebEngineView

        view = QWebEngineView()
        layout = self._window.layout()
        if layout is not None:
            layout.addWidget(view)
        view.loadFinished.connect(lambda _ok: self._loaded(view))
        view.setHtml("<title>bare</title>")

    def _loaded(self, view: QWidget) -> None:
        self._found.append(self._stall.found())
        view.deleteLater()
        self._left -= 1
        if self._left:
            QTimer.singleShot(SETTLE_MS, self._start)
        else:
            QApplication.exit(0)


def main() -> int:
    """Hold one run."""
    kind, data = sys.argv[1], sys.argv[2]
    found: list[dict[str, float]] = []
    if kind == "bare":
        QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
        application = QApplication([])
        run = BareRun(Stall("main"), found)
        code = application.exec()
        del run
    else:
        watched(lambda: AppRun(Stall("watched_loop"), found))
        from coach_desktop import cli

        code = cli.main(["--data-dir", data])
    print(json.dumps({"first": found[0], "second": found[1]}))
    return code


if __name__ == "__main__":
    sys.exit(main())
