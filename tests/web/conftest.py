"""The server as its user starts it: a process of its own, spoken to over HTTP."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest
import requests

from coach_desktop.core.paths import DataFolder
from coach_desktop.sessions.archive import Archive
from coach_desktop.store.history import SessionRow
from tests.browsing import browsed
from tests.keyring_daemon import Desktop, bus, no_keyring, ring  # noqa: F401 - fixtures
from tests.standin import StandIn

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120.0
KEY = "tvsk_marked-41c7d0a95e"
PROFILE = """\
id = "mine"
name = "Mine & <yours>"
purpose = "A test."
provider = "tavus"
replica_id = "r0123456789a"
custom_greeting = "Good evening."
"""

Start = Callable[..., AbstractContextManager["Served"]]


def wait_for(what: Callable[[], object], why: Callable[[], str]) -> None:
    """Wait until `what` holds; fail with `why` when that takes far too long."""
    deadline = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < deadline, why()
        time.sleep(0.05)


@dataclass
class Served:
    """One running server."""

    process: subprocess.Popen[str]
    base_url: str
    data: DataFolder
    errors: Path

    def get(self, path: str, **headers: str) -> requests.Response:
        return requests.get(self.base_url + path, headers=headers, timeout=PATIENCE_S)

    def post(self, path: str, **headers: str) -> requests.Response:
        return requests.post(self.base_url + path, headers=headers, timeout=PATIENCE_S)

    def start(self) -> dict[str, Any]:
        """Start a conversation that must come to be."""
        answer = self.post("/start")
        assert answer.status_code == 200, answer.text + self.log()
        told: dict[str, Any] = answer.json()
        return told

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def rows(self) -> list[SessionRow]:
        with Archive(self.data.database) as archive:
            return archive.sessions()

    def log(self) -> str:
        """Return all that was logged and printed."""
        files = [*sorted(self.data.logs.glob("*.log")), self.errors]
        return "\n".join(path.read_text("utf-8", "replace") for path in files)


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "data")
    folder.create()
    return folder


@pytest.fixture
def serve(data: DataFolder, tmp_path: Path) -> Start:
    """Start servers with the test's data folder; each is stopped when its `with` is left.

    Nobody hears what a `deaf` one prints to standard error, as after its terminal was closed.
    """

    @contextmanager
    def start(*arguments: str, deaf: bool = False, **environment: str) -> Iterator[Served]:
        errors = tmp_path / "errors.txt"
        with ExitStack() as ends:
            stream: IO[str] = ends.enter_context(errors.open("a", encoding="utf-8"))
            if deaf:
                nobody, mouth = os.pipe()
                os.close(nobody)
                stream = ends.enter_context(os.fdopen(mouth, "w"))
            process = subprocess.Popen(
                [sys.executable, str(ROOT / "main.py"), "serve", "--data-dir", str(data.root), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stream,
                text=True,
                env=os.environ | environment,
                cwd=tmp_path,
            )
        with ExitStack() as stack:
            assert process.stdout is not None
            stack.callback(process.stdout.close)
            stack.callback(process.wait, PATIENCE_S)
            stack.callback(process.terminate)
            line = process.stdout.readline()
            assert line, errors.read_text("utf-8")
            told = json.loads(line)
            assert list(told) == ["base_url"]
            yield Served(process, told["base_url"], data, errors)

    return start


@pytest.fixture
def tavus() -> Iterator[StandIn]:
    with StandIn(key=KEY) as standin:
        yield standin


@pytest.fixture
def serve_tavus(serve: Start, data: DataFolder, tavus: StandIn, ring: Desktop) -> Start:  # noqa: F811 - the fixture
    """Start servers for a Tavus profile, with the key in the keyring."""
    from coach_desktop.store.secrets import KeyStore

    KeyStore().save(KEY)
    (data.profiles / "mine.toml").write_text(PROFILE, encoding="utf-8")

    def start(*, deaf: bool = False) -> AbstractContextManager[Served]:
        return serve("--profile", "mine", deaf=deaf, TAVUS_PUBLIC_API_BASE_URL=tavus.base_url)

    return start


@pytest.fixture
def browse() -> Callable[..., dict[str, Any]]:
    """Open an address in a real browser, go through steps (see page_browser), and return what became of the page."""
    return functools.partial(browsed, Path(__file__).with_name("page_browser.py"))
