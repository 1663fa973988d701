"""Opens a room in a real QWebEngineView and prints what became of it, as one JSON object on stdout.

Usage: room_browser.py URL [--size 1280x800] [--permission grant|deny|ask] [--zoom 2] [--hidden]
    [--without MediaStreamTrackProcessor] [--patience 40] STEP [STEP ...]
For steps see tests/browser_page.py; in them `room` is the state that the page shows to tests.
"""

from __future__ import annotations

import sys

from PySide6.QtWebEngineCore import QWebEnginePage, QWebEnginePermission, QWebEngineScript

from tests.browser_page import Visit, parser, tell

_IN_A_ROOM = "(() => { const room = window.coachRoom?.state; return room !== undefined && Boolean({}); })()"

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


def _add_script(page: QWebEnginePage, name: str, source: str) -> None:
    script = QWebEngineScript()
    script.setName(name)
    script.setSourceCode(source)
    script.setInjectionPoint(QWebEngineScript.InjectionPoint.DocumentCreation)
    script.setWorldId(QWebEngineScript.ScriptWorldId.MainWorld)
    page.scripts().insert(script)


def main() -> int:
    """Run once and print."""
    arguments = parser(patience_s=40.0)
    arguments.add_argument("--permission", choices=["grant", "deny", "ask"], default="grant")
    arguments.add_argument("--zoom", type=float, default=1.0)
    arguments.add_argument("--hidden", action="store_true")
    arguments.add_argument("--without", default="")
    wanted = arguments.parse_args()
    visit = Visit(wanted.size)
    _add_script(visit.page, "witness", _WITNESS)
    if wanted.without:
        _add_script(visit.page, "without", f"delete window.{wanted.without};")
    permissions: list[str] = []

    def _on_permission_requested(permission: QWebEnginePermission) -> None:
        permissions.append(permission.permissionType().name)
        if wanted.permission == "grant":
            permission.grant()
        elif wanted.permission == "deny":
            permission.deny()

    visit.page.permissionRequested.connect(_on_permission_requested)
    visit.view.setZoomFactor(wanted.zoom)
    if not wanted.hidden:
        visit.view.show()
    tell(visit.go(wanted, _REPORT, condition=_IN_A_ROOM) | {"permissions": permissions})
    return 0


if __name__ == "__main__":
    sys.exit(main())
