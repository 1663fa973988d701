"""kill -9 while a paid conversation is created and while it runs: the next start ends it, and only it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from coach_desktop.store.history import History
from tests.e2e.harness import App, Media, wait_for
from tests.keyring_daemon import under_dbus_run_session
from tests.standin import Moment, Recorded, StandIn

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(400),
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL"),
]

KEY = "tvsk_marked-8d2a11c490"
PROFILE = """\
id = "mine"
name = "Mine"
purpose = "A test."
provider = "tavus"
replica_id = "r0123456789a"
"""


@pytest.fixture
def tavus() -> Iterator[StandIn]:
    with StandIn(key=KEY) as standin:
        yield standin


@pytest.fixture
def prefix(app: App, tavus: StandIn, tmp_path: Path) -> tuple[str, ...]:
    """Return what starts the app on a desktop whose keyring holds the key."""
    prefix, environment = under_dbus_run_session(tmp_path / "home")
    app.extra_environment = environment | {"TAVUS_PUBLIC_API_BASE_URL": tavus.base_url}
    code = (
        "import sys; from coach_desktop.store.secrets import KeyStore; print(KeyStore().save(sys.stdin.read()).state)"
    )
    done = subprocess.run(
        [*prefix, sys.executable, "-c", code],
        input=KEY,
        env=app.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.strip() == "found", done.stderr
    folder = app.data / "profiles"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text(PROFILE, encoding="utf-8")
    return prefix


def the_app(app: App) -> list[psutil.Process]:
    """Return the app's own process, without what it was started by and without its children."""
    return [process for process in app.processes("main.py") if process.cmdline()[0] == sys.executable]


@pytest.mark.parametrize("when", ["received", "carried out", "live"])
def test_the_next_start_ends_what_a_crash_left(app: App, tavus: StandIn, prefix: tuple[str, ...], when: str) -> None:
    foreign = tavus.add_foreign("somebody else's [abcdefghijkl]")

    def kill(moment: Moment, request: Recorded) -> None:
        if request.operation == "create" and moment == when:
            for process in the_app(app):
                os.kill(process.pid, signal.SIGKILL)

    tavus.hook = kill
    first = app.start("--start", "--profile", "mine", prefix=prefix, media=Media(None, None))
    if when == "live":
        wait_for(lambda: tavus.visits, 120, app.log)
        kill_now = the_app(app)
        assert kill_now, app.log()
        kill_now[0].send_signal(signal.SIGKILL)
    first.wait(timeout=120)
    app.wait_until_gone()
    tavus.hook = None
    assert len(tavus.creates) == 1

    # A request that was received while its sender died is carried out all the same.
    wait_for(lambda: len(tavus.active()) == 1, 120, app.log)
    second = app.start(prefix=prefix)
    wait_for(lambda: not tavus.active(), 120, app.log)
    wait_for(lambda: not open_rows(app), 120, app.log)
    for process in the_app(app):
        process.terminate()
    # Its desktop ends with it.
    second.wait(timeout=120)
    app.wait_until_gone()
    assert len(tavus.creates) == 1
    assert foreign.status == "active"


def open_rows(app: App) -> list[str]:
    with closing(History(app.data / "history.sqlite3")) as history:
        return [row.id for row in history.sessions() if row.remote_open or row.status == "running"]
