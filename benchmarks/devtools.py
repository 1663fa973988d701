"""Looks into a page of a running QWebEngineView through Chromium's remote debugging, and into its workers."""

from __future__ import annotations

import json
import socket
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect


def free_port() -> int:
    """Return a port for QTWEBENGINE_REMOTE_DEBUGGING."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Page:
    """One page. Everything waits; nothing runs in the page but what `run` is given."""

    def __init__(self, connection: ClientConnection) -> None:
        """Attach to the page's workers, too, those that are there and those to come."""
        self._connection = connection
        self._number = 0
        self._workers: dict[str, str] = {}
        self._call("Target.setAutoAttach", {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": True})

    def run(self, script: str, worker: str | None = None) -> Any:  # noqa: ANN401 - whatever JSON the script gives
        """Run a script in the page, or in the worker whose address ends like this, and return its value."""
        session = None
        if worker is not None:
            session = next((key for key, url in self._workers.items() if url.endswith(worker)), None)
            if session is None:
                raise LookupError(f"the page has no worker {worker}")
        answer = self._call("Runtime.evaluate", {"expression": script, "returnByValue": True}, session)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"].get("exception", {}).get("description", script))
        return answer["result"].get("value")

    def wait_for(self, script: str, seconds: float = 40.0) -> None:
        """Wait until a script's value is true. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while not self.run(script):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the page never came to: {script}")
            time.sleep(0.1)

    def _call(self, method: str, parameters: dict[str, Any], session: str | None = None) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        self._connection.send(json.dumps(message if session is None else message | {"sessionId": session}))
        while True:
            answer = json.loads(self._connection.recv(timeout=20))
            if answer.get("method") == "Target.attachedToTarget":
                self._workers[answer["params"]["sessionId"]] = answer["params"]["targetInfo"]["url"]
            elif answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error'].get('message')}")
                result: dict[str, Any] = answer["result"]
                return result


@contextmanager
def open_page(port: int, seconds: float = 40.0) -> Iterator[Page]:
    """Attach to the first page that shows up behind a port. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=5) as answer:
                pages = [entry for entry in json.load(answer) if entry["type"] == "page"]
        except OSError:
            pages = []
        if pages:
            break
        if time.monotonic() > deadline:
            raise TimeoutError("no page was shown")
        time.sleep(0.1)
    with connect(pages[0]["webSocketDebuggerUrl"], max_size=None, compression=None) as connection:
        yield Page(connection)
