"""Opens a page in a real QWebEngineView and prints what became of it, as one JSON object on stdout.

A process of its own, because Chromium reads its flags once, before there is a QApplication. Usage:
    page_browser.py URL [--size 1280x800] [--dark] [--patience 90] STEP [STEP ...]
A step is a JavaScript expression that is waited for, and may go on with ` => click SELECTOR`, ` => focus SELECTOR`,
` => key NAME` (a key of the keyboard, by its name in Qt), or ` => shot FILE.png`.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

import shiboken6
from PySide6.QtCore import QElapsedTimer, QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWebEngineCore import QWebEnginePage, QWebEnginePermission, QWebEngineProfile
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QApplication

_REPORT = """
JSON.stringify({
  title: document.title,
  text: document.body.innerText,
  focus: document.activeElement.id,
  frame: document.querySelector('iframe')?.src ?? null,
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  unnamed: [...document.querySelectorAll('button, a, iframe, section')].filter(
    (element) => !(element.innerText || element.title || element.getAttribute('aria-label')) && !element.hidden
  ).map((element) => element.outerHTML.slice(0, 80)),
})
"""


class _Page(QWebEnginePage):
    """A page whose console is kept."""

    def __init__(self, profile: QWebEngineProfile, parent: QWebEngineView) -> None:
        super().__init__(profile, parent)
        self.console: list[str] = []

    def javaScriptConsoleMessage(
        self, _level: QWebEnginePage.JavaScriptConsoleMessageLevel, message: str, line: int, source: str
    ) -> None:
        self.console.append(f"{source.rsplit('/', 1)[-1]}:{line}: {message}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("steps", nargs="+")
    parser.add_argument("--patience", type=float, default=90.0)
    parser.add_argument("--size", default="1280x800")
    parser.add_argument("--dark", action="store_true")
    return parser.parse_args()


def _press(view: QWebEngineView, name: str) -> None:
    key = getattr(Qt.Key, f"Key_{name}")
    text = "\r" if key == Qt.Key.Key_Return else " " if key == Qt.Key.Key_Space else ""
    target = view.focusProxy() or view
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        QApplication.sendEvent(target, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, text))


def main() -> int:
    """Run once and print."""
    wanted = _arguments()
    app = QApplication(sys.argv[:1])
    if wanted.dark:
        QGuiApplication.styleHints().setColorScheme(Qt.ColorScheme.Dark)
    profile = QWebEngineProfile()
    view = QWebEngineView()
    page = _Page(profile, view)
    view.setPage(page)
    page.permissionRequested.connect(QWebEnginePermission.grant)
    width, height = (int(side) for side in wanted.size.split("x"))
    view.resize(QSize(width, height))
    view.show()
    outcome: dict[str, Any] = {}
    steps: list[str] = list(wanted.steps)
    clock = QElapsedTimer()
    clock.start()
    beat = QTimer(interval=100)

    def _on_report_made(report: str) -> None:
        app.quit()
        outcome.update(json.loads(report))

    def _on_condition_read(holds: object) -> None:
        if holds is True and steps:
            action, _, what = steps.pop(0).partition(" => ")[2].partition(" ")
            if action in {"click", "focus"}:
                page.runJavaScript(f"document.querySelector({json.dumps(what)}).{action}()", 0)
            elif action == "key":
                _press(view, what)
            elif action == "shot":
                view.grab().save(what)
        if beat.isActive() and (not steps or clock.elapsed() > wanted.patience * 1000):
            beat.stop()
            page.runJavaScript(_REPORT, 0, _on_report_made)

    def _on_beat() -> None:
        condition = steps[0].partition(" => ")[0]
        page.runJavaScript(f"Boolean({condition})", 0, _on_condition_read)

    beat.timeout.connect(_on_beat)
    beat.start()
    page.load(wanted.url)
    app.exec()
    outcome |= {"console": page.console, "steps_left": steps}
    shiboken6.delete(page)
    shiboken6.delete(view)
    shiboken6.delete(profile)
    sys.stdout.write(json.dumps(outcome) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
