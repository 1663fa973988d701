"""Opens a page in a real QWebEngineView and prints what became of it, as one JSON object on stdout.

Usage: page_browser.py URL [--size 1280x800] [--dark] [--patience 90] STEP [STEP ...]
For steps see tests/browser_page.py.
"""

from __future__ import annotations

import sys

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWebEngineCore import QWebEnginePermission

from tests.browser_page import Visit, parser, tell

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


def main() -> int:
    """Run once and print."""
    arguments = parser(patience_s=90.0)
    arguments.add_argument("--dark", action="store_true")
    wanted = arguments.parse_args()
    visit = Visit(wanted.size)
    if wanted.dark:
        QGuiApplication.styleHints().setColorScheme(Qt.ColorScheme.Dark)
    visit.page.permissionRequested.connect(QWebEnginePermission.grant)
    visit.view.show()
    tell(visit.go(wanted, _REPORT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
