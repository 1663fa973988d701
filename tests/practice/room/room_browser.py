"""Opens a room in a real QWebEngineView and prints what became of it, as one JSON object on stdout.

A process of its own, because Chromium reads its flags once, before there is a QApplication. Usage:
    room_browser.py URL [--size 1280x800] [--permission grant|deny|ask] [--zoom 2] [--hidden]
        [--without MediaStreamTrackProcessor] [--patience 40] STEP [STEP ...]
A step is a JavaScript expression that is waited for (`room` is the state the page shows to tests), and may go on with
` => click SELECTOR` or ` => shot FILE.png`. After the last step, or when patience runs out, the report is made.
Flags for Chromium come from QTWEBENGINE_CHROMIUM_FLAGS.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

import shiboken6
from PySide6.QtCore import QElapsedTimer, QSize, QTimer
from PySide6.QtWebEngineCore import QWebEnginePage, QWebEnginePermission, QWebEngineProfile, QWebEngineScript
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QApplication

# Keeps every track the page ever got and every reload, so that a test need not believe the page's own words.
_WITNESS = """
(() => {
  const media = navigator.mediaDevices;
  const ask = media.getUserMedia.bind(media);
  window.witness = { tracks: [], asked: [], settings: [] };
  media.getUserMedia = async (wanted) => {
    window.witness.asked.push(Object.keys(wanted).sort().join('+'));
    const stream = await ask(wanted);
    for (const track of stream.getTracks()) {
      window.witness.tracks.push(track);
      window.witness.settings.push({ kind: track.kind, ...track.getSettings() });
    }
    return stream;
  };
})();
"""

_REPORT = """
JSON.stringify({
  state: window.coachRoom ? window.coachRoom.state : null,
  tracks: window.witness.tracks.map((track) => ({ kind: track.kind, state: track.readyState })),
  labels: window.witness.tracks.map((track) => track.label),
  asked: window.witness.asked,
  settings: window.witness.settings,
  html: document.documentElement.outerHTML,
  text: document.body.innerText,
  title: document.title,
  visibility: document.visibilityState,
  dark: matchMedia('(prefers-color-scheme: dark)').matches,
  still: matchMedia('(prefers-reduced-motion: reduce)').matches,
  phase: document.body.dataset.phase,
  gaze: document.querySelector('.chuck-iris').transform.baseVal.consolidate()?.matrix.e ?? null,
  overflow: {
    x: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    y: document.documentElement.scrollHeight - document.documentElement.clientHeight,
  },
  outside: [...document.querySelectorAll('button, h1, h2, p, video')].filter((element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && (box.left < -1 || box.right > innerWidth + 1);
  }).map((element) => element.id || element.className || element.tagName),
  clipped: [...document.querySelectorAll(
    '.panel, .you, .trouble, .meter p, .caption, .heard, .cue, button, .status'
  )].filter(
    (element) => element.scrollHeight > element.clientHeight + 2 || element.scrollWidth > element.clientWidth + 2
  ).map((element) => element.id || element.className || element.tagName),
  unnamed: [...document.querySelectorAll(
    'button, video, [role=meter], [role=timer], [role=img], section, aside'
  )].filter(
    (element) => !(element.innerText || element.getAttribute('aria-label') || element.getAttribute('aria-labelledby'))
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
    parser.add_argument("--patience", type=float, default=40.0)
    parser.add_argument("--size", default="1280x800")
    parser.add_argument("--permission", choices=["grant", "deny", "ask"], default="grant")
    parser.add_argument("--zoom", type=float, default=1.0)
    parser.add_argument("--hidden", action="store_true")
    parser.add_argument("--without", default="")
    return parser.parse_args()


def _add_script(page: QWebEnginePage, name: str, source: str) -> None:
    script = QWebEngineScript()
    script.setName(name)
    script.setSourceCode(source)
    script.setInjectionPoint(QWebEngineScript.InjectionPoint.DocumentCreation)
    script.setWorldId(QWebEngineScript.ScriptWorldId.MainWorld)
    page.scripts().insert(script)


def main() -> int:  # noqa: C901 - small callbacks around one event loop; apart they would pass their state around
    """Run once and print."""
    wanted = _arguments()
    app = QApplication(sys.argv[:1])
    profile = QWebEngineProfile()
    view = QWebEngineView()
    page = _Page(profile, view)
    view.setPage(page)
    _add_script(page, "witness", _WITNESS)
    if wanted.without:
        _add_script(page, "without", f"delete window.{wanted.without};")
    permissions: list[str] = []

    def _on_permission_requested(permission: QWebEnginePermission) -> None:
        permissions.append(permission.permissionType().name)
        if wanted.permission == "grant":
            permission.grant()
        elif wanted.permission == "deny":
            permission.deny()

    page.permissionRequested.connect(_on_permission_requested)
    width, height = (int(side) for side in wanted.size.split("x"))
    view.resize(QSize(width, height))
    view.setZoomFactor(wanted.zoom)
    if not wanted.hidden:
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
            if action == "click":
                page.runJavaScript(f"document.querySelector({json.dumps(what)}).click()", 0)
            elif action == "shot":
                view.grab().save(what)
        if beat.isActive() and (not steps or clock.elapsed() > wanted.patience * 1000):
            beat.stop()
            page.runJavaScript(_REPORT, 0, _on_report_made)

    def _on_beat() -> None:
        condition = steps[0].partition(" => ")[0]
        source = (
            f"(() => {{ const room = window.coachRoom?.state; return room !== undefined && Boolean({condition}); }})()"
        )
        page.runJavaScript(source, 0, _on_condition_read)

    beat.timeout.connect(_on_beat)
    beat.start()
    page.load(wanted.url)
    app.exec()
    outcome |= {"console": page.console, "permissions": permissions, "steps_left": steps}
    shiboken6.delete(page)
    shiboken6.delete(view)
    shiboken6.delete(profile)
    sys.stdout.write(json.dumps(outcome) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
