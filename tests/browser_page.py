"""What programs that open a page in a real QWebEngineView share: a page whose console is kept, and steps through it.

They are processes of their own (see tests/browsing.py), because Chromium reads its flags once, before there is a
QApplication. A step is a JavaScript expression that is waited for, and may go on with ` => click SELECTOR`,
` => focus SELECTOR`, ` => key NAME` (a key of the keyboard, by its name in Qt), or ` => shot FILE.png`. After the last
step, or when patience runs out, the report is made.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

import shiboken6
from PySide6.QtCore import QElapsedTimer, QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWebEngineCore import QWebEnginePage, QWebEngineProfile
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QApplication

_BEAT_MS = 100


class Page(QWebEnginePage):
    """A page whose console is kept."""

    def __init__(self, profile: QWebEngineProfile, parent: QWebEngineView) -> None:
        super().__init__(profile, parent)
        self.console: list[str] = []

    def javaScriptConsoleMessage(
        self, _level: QWebEnginePage.JavaScriptConsoleMessageLevel, message: str, line: int, source: str
    ) -> None:
        self.console.append(f"{source.rsplit('/', 1)[-1]}:{line}: {message}")


class Visit:
    """One page in one window, from its address to its report."""

    def __init__(self, size: str) -> None:
        """Make the QApplication, and open nothing yet; `size` is as in 1280x800."""
        self._app = QApplication(sys.argv[:1])
        self._profile = QWebEngineProfile()
        self.view = QWebEngineView()
        self.page = Page(self._profile, self.view)
        self.view.setPage(self.page)
        self.view.resize(QSize(*(int(side) for side in size.split("x"))))
        self._steps: list[str] = []
        self._report = ""
        self._condition = "Boolean({})"
        self._patience_ms = 0.0
        self._outcome: dict[str, Any] = {}
        self._clock = QElapsedTimer()
        self._beat = QTimer(interval=_BEAT_MS)
        self._beat.timeout.connect(self._on_beat)

    def go(self, wanted: argparse.Namespace, report: str, *, condition: str = "Boolean({})") -> dict[str, Any]:
        """Load the address, go through the steps, and return what the script `report` finds, as an object.

        `condition` is the script that asks whether a step's expression, put in for {}, holds.
        """
        self._steps, self._report, self._condition = list(wanted.steps), report, condition
        self._patience_ms = wanted.patience * 1000
        self._clock.start()
        self._beat.start()
        self.page.load(wanted.url)
        self._app.exec()
        outcome = self._outcome | {"console": self.page.console, "steps_left": self._steps}
        for made in (self.page, self.view, self._profile):
            shiboken6.delete(made)
        return outcome

    def _on_beat(self) -> None:
        expression = self._steps[0].partition(" => ")[0]
        self.page.runJavaScript(self._condition.replace("{}", expression), 0, self._on_condition_read)

    def _on_condition_read(self, holds: object) -> None:
        if holds is True and self._steps:
            action, _, what = self._steps.pop(0).partition(" => ")[2].partition(" ")
            self._act(action, what)
        if self._beat.isActive() and (not self._steps or self._clock.elapsed() > self._patience_ms):
            self._beat.stop()
            self.page.runJavaScript(self._report, 0, self._on_report_made)

    def _act(self, action: str, what: str) -> None:
        if action in {"click", "focus"}:
            self.page.runJavaScript(f"document.querySelector({json.dumps(what)}).{action}()", 0)
        elif action == "key":
            _press(self.view, what)
        elif action == "shot":
            self.view.grab().save(what)

    def _on_report_made(self, report: str) -> None:
        self._app.quit()
        self._outcome.update(json.loads(report))


def parser(*, patience_s: float) -> argparse.ArgumentParser:
    """Return a parser of the arguments that all of these programs have."""
    made = argparse.ArgumentParser()
    made.add_argument("url")
    made.add_argument("steps", nargs="+")
    made.add_argument("--patience", type=float, default=patience_s)
    made.add_argument("--size", default="1280x800")
    return made


def tell(outcome: dict[str, Any]) -> None:
    """Print what became of a page, for the test that waits for it."""
    sys.stdout.write(json.dumps(outcome) + "\n")


def _press(view: QWebEngineView, name: str) -> None:
    key = getattr(Qt.Key, f"Key_{name}")
    text = "\r" if key == Qt.Key.Key_Return else " " if key == Qt.Key.Key_Space else ""
    target = view.focusProxy() or view
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        QApplication.sendEvent(target, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, text))
