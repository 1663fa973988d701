"""Asks the web engine who it is and what devices it sees: in a short-lived child, so that it cannot hang the app."""

from __future__ import annotations

import json
import sys
from typing import Final

import shiboken6
from PySide6.QtCore import QCoreApplication, Qt, QTimer, QUrl, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWebEngineCore import QWebEnginePage, QWebEngineProfile, qWebEngineChromiumVersion
from PySide6.QtWidgets import QApplication

# The number of devices is told to any page of a secure origin; their names only after a yes, which is not asked here.
_ADDRESS: Final = QUrl("https://localhost/")
_ASK: Final = """
window.found = '';
navigator.mediaDevices.enumerateDevices().then(
    all => { window.found = JSON.stringify(all.map(device => device.kind)); },
    error => { window.found = JSON.stringify(String(error)); });
"""
_TICK_MS: Final = 100


class _Probe:
    """One question to one page; ends the event loop with the answer."""

    def __init__(self, profile: QWebEngineProfile) -> None:
        self.kinds: list[str] | None = None
        self.page = QWebEnginePage(profile)
        self._timer = QTimer()
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(lambda: self.page.runJavaScript("window.found", 0, self._on_answered))
        self.page.loadFinished.connect(self._on_loaded)
        self.page.setHtml("<title>probe</title>", _ADDRESS)

    def _on_loaded(self, _ok: bool) -> None:
        self.page.runJavaScript(_ASK)
        self._timer.start()

    def _on_answered(self, answer: object) -> None:
        if isinstance(answer, str) and answer:
            self._timer.stop()
            found = json.loads(answer)
            self.kinds = found if isinstance(found, list) else None
            QApplication.exit(0)


def run() -> int:
    """Print versions and numbers of devices as one line of JSON; return the exit code. The caller sets the limit."""
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    application = QApplication(sys.argv[:1])
    profile = QWebEngineProfile()
    probe = _Probe(profile)
    code = application.exec()
    shiboken6.delete(probe.page)
    shiboken6.delete(profile)
    kinds = probe.kinds
    print(  # noqa: T201 - this line is the answer
        json.dumps(
            {
                "qt": qVersion(),
                "chromium": qWebEngineChromiumVersion(),
                "platform": QGuiApplication.platformName(),
                "cameras": None if kinds is None else kinds.count("videoinput"),
                "microphones": None if kinds is None else kinds.count("audioinput"),
            }
        ),
        flush=True,
    )
    return code
