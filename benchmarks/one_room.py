"""One run for bench_room.py: prints how long it took until a room was loaded, in seconds, as JSON.

    python benchmarks/one_room.py bare|app DATA ADDRESS KEY TIMES

ADDRESS is that of a server that answers as Tavus does (tests/standin). bare: a bare `requests.post` to it, and a bare
web view in a window that loads the room's address. app: the app, in which Start is pressed with a profile for Tavus.
Both end the conversation and leave the room in between, so many times. The first time pays for the web engine's own
start, the others do not.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt, QTimer, QUrl
from PySide6.QtWidgets import QApplication, QWidget

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.one_stall import SETTLE_MS, bare_window, button, wait_for, watched

if TYPE_CHECKING:
    from coach_desktop.store.secrets import KeyStore

BODY = {"persona_id": "p0123456789a", "replica_id": "r0123456789a"}
PROFILE = """\
id = "bench"
name = "Bench"
purpose = "A measurement."
provider = "tavus"
persona_id = "p0123456789a"
replica_id = "r0123456789a"
"""


class BareRun:
    """Asks for a conversation and loads its room in a web view, so many times."""

    def __init__(self, address: str, key: str, times: int, found: list[float]) -> None:
        """Show the window, then begin."""
        self._address, self._headers, self._left, self._found = address, {"x-api-key": key}, times, found
        self._began = 0.0
        self._window = bare_window()
        QTimer.singleShot(SETTLE_MS, self._start)

    def _start(self) -> None:
        # The app has loaded it long before, too.
        import requests

        self._began = time.perf_counter()
        told = requests.post(f"{self._address}/conversations", json=BODY, headers=self._headers, timeout=30).json()
        from PySide6.QtWebEngineWidgets import QWebEngineView

        view = QWebEngineView()
        layout = self._window.layout()
        if layout is not None:
            layout.addWidget(view)
        view.loadFinished.connect(lambda _ok: self._on_loaded(view, told["conversation_id"]))
        view.load(QUrl(told["conversation_url"]))

    def _on_loaded(self, view: QWidget, conversation_id: str) -> None:
        import requests

        self._found.append(time.perf_counter() - self._began)
        view.deleteLater()
        url = f"{self._address}/conversations/{conversation_id}/end"
        requests.post(url, headers=self._headers, timeout=30).raise_for_status()
        self._left -= 1
        if self._left:
            QTimer.singleShot(SETTLE_MS, self._start)
        else:
            QApplication.exit(0)


class AppRun:
    """Presses Start and End in the app's own window, so many times."""

    def __init__(self, times: int, found: list[float]) -> None:
        """Begin when the window is there and has come to rest."""
        self._left, self._found, self._began, self._loaded = times, found, 0.0, False
        self._pane: QWidget | None = None
        wait_for(lambda: button("Start practice") is not None, lambda: QTimer.singleShot(SETTLE_MS, self._start))

    def _start(self) -> None:
        start = button("Start practice") or button("Practise again")
        if start is None:
            raise SystemExit("there is nothing to start with")
        self._loaded = False
        self._began = time.perf_counter()
        start.click()
        wait_for(self._has_pane, lambda: wait_for(lambda: self._loaded, self._end))

    def _has_pane(self) -> bool:
        """Watch the pane from the moment in which it is there: loading takes longer than the next look."""
        if self._pane is None and "coach_desktop.ui.room.web_pane" in sys.modules:
            from coach_desktop.ui.room.web_pane import WebPane

            for widget in QApplication.allWidgets():
                if isinstance(widget, WebPane):
                    self._pane = widget
                    widget.room_loaded.connect(self._on_loaded)
        return self._pane is not None

    def _on_loaded(self) -> None:
        self._found.append(time.perf_counter() - self._began)
        self._loaded = True

    def _end(self) -> None:
        wait_for(lambda: button("End session") is not None, self._press_end)

    def _press_end(self) -> None:
        end = button("End session")
        if end is not None:
            end.click()
        self._left -= 1
        wait_for(lambda: button("Practise again") is not None, self._again)

    def _again(self) -> None:
        if self._left:
            QTimer.singleShot(SETTLE_MS, self._start)
        else:
            QApplication.exit(0)


def in_memory(key: str) -> KeyStore:
    """Return what the app gets its key from, with a key that no keyring of anybody's hears of."""
    from coach_desktop.store.secrets import KeyStore

    keys = KeyStore()
    keys.keep_for_session(key)
    return keys


def main() -> int:
    """Hold one run."""
    kind, data, address, key, times = sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5])
    found: list[float] = []
    if kind == "bare":
        QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
        application = QApplication([])
        run = BareRun(address, key, times, found)
        code = application.exec()
        del run
    else:
        os.environ["TAVUS_PUBLIC_API_BASE_URL"] = address
        (data / "profiles").mkdir(parents=True, exist_ok=True)
        (data / "profiles" / "bench.toml").write_text(PROFILE, encoding="utf-8")
        watched(lambda: AppRun(times, found))
        from coach_desktop import app, cli

        app.KeyStore = lambda: in_memory(key)  # type: ignore[attr-defined,assignment,misc]
        code = cli.main(["--data-dir", str(data), "--profile", "bench"])
    print(json.dumps(found))
    return code


if __name__ == "__main__":
    sys.exit(main())
