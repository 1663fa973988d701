"""Starts the programs that open a page in a real browser (see tests/browser_page.py), and reads what they tell.

Serves pages of somebody else's, too, for a browser to open.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[1]
_GIVE_UP_S = 240.0


def browsed(program: Path, url: str, *arguments: str, flags: str = "") -> dict[str, Any]:
    """Return what became of the page at `url`, every step of which must have been taken.

    `flags` are Chromium's; `arguments` are options and steps, which have no folder of their own to save pictures in.
    """
    environment = dict(os.environ, QTWEBENGINE_CHROMIUM_FLAGS=flags, PYTHONPATH=str(_ROOT))
    if sys.platform == "linux":
        if not environment.get("DISPLAY"):
            environment["QT_QPA_PLATFORM"] = "offscreen"
        if os.geteuid() == 0:
            environment["QTWEBENGINE_DISABLE_SANDBOX"] = "1"
    done = subprocess.run(
        [sys.executable, str(program), url, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=_GIVE_UP_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    outcome: dict[str, Any] = json.loads(done.stdout)
    # All that is not a whole page says why.
    assert outcome["steps_left"] == [], {name: told for name, told in outcome.items() if name != "html"}
    return outcome


@contextmanager
def strangers_pages(told: Callable[[str], str]) -> Iterator[int]:
    """Serve at 127.0.0.1, at the port given, whatever `told` says for a path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = told(self.path).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, name="stranger")
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
