"""The service as a process of its own: how it begins, and every way in which it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from coach_desktop.core.errors import CoachError
from coach_desktop.practice import service
from tests.practice.client import LOCAL, Api, Page

PROGRAM = """
import logging, sys
from pathlib import Path
from coach_desktop.core.leaving import end_process
from coach_desktop.practice import service
logging.basicConfig(level=logging.INFO)
ready, until_stdin_closes, models = Path(sys.argv[1]), sys.argv[2] == "watch", Path(sys.argv[3])
end_process(service.run(ready_file=ready, until_stdin_closes=until_stdin_closes, models_cache=models,
                        announce=lambda line: print(line, flush=True)))
"""


class Running:
    """One service process, its address, and everything it wrote when it is gone."""

    def __init__(self, process: subprocess.Popen[str], said: dict[str, Any], ready_file: Path) -> None:
        self.process = process
        self.ready_file = ready_file
        self.api = Api(**said)
        self.log = ""

    def wait(self) -> int:
        # Not communicate(): that would close the service's input, and so end it in another way.
        code = self.process.wait(60)
        assert self.process.stderr is not None
        self.log = self.process.stderr.read()
        return code


@contextmanager
def started(tmp_path: Path, *, watch: bool = False) -> Iterator[Running]:
    ready_file = tmp_path / "ready.json"
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(ready_file), "watch" if watch else "-", str(tmp_path / "models")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    try:
        running = Running(process, json.loads(process.stdout.readline()), ready_file)
        yield running
        running.api.close()
    finally:
        process.kill()
        process.wait(60)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()


def _clean(log: str) -> bool:
    return "Traceback" not in log and "ERROR" not in log


def test_it_says_where_it_is_and_to_nobody_else(tmp_path: Path) -> None:
    (tmp_path / "ready.json").write_text("from an earlier run")
    with started(tmp_path) as running:
        assert running.api.base_url.startswith("http://127.0.0.1:")
        assert running.api.base_url.endswith("/v2")
        assert len(running.api.api_key) >= 32
        said = json.loads(running.ready_file.read_text("utf-8"))
        assert said == {"base_url": running.api.base_url, "api_key": running.api.api_key}
        if os.name == "posix":
            assert stat.S_IMODE(running.ready_file.stat().st_mode) == 0o600
        assert [path.name for path in tmp_path.iterdir()] == ["ready.json"]
        listening = [c.laddr for c in psutil.Process(running.process.pid).net_connections() if c.status == "LISTEN"]
        assert [address.ip for address in listening] == ["127.0.0.1"]


@pytest.mark.skipif(os.name != "posix", reason="signals end a process here only on POSIX")
@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(tmp_path: Path, kind: signal.Signals) -> None:
    with started(tmp_path) as running:
        conversation = running.api.create(require_auth=True)
        with running.api.enter(conversation) as page:
            page.devices("denied", "denied")
            page.until("live")
            running.process.send_signal(kind)
            page.read_to_close()
            assert page.of("ended") == [{"type": "ended", "reason": "local_service_stopped"}]
        assert running.wait() == 0
        assert not running.ready_file.exists()
    assert _clean(running.log)
    assert running.api.api_key not in running.log
    assert conversation["meeting_token"] not in running.log


@pytest.mark.parametrize("in_session", [False, True])
def test_the_end_of_its_input_ends_it_cleanly(tmp_path: Path, *, in_session: bool) -> None:
    with started(tmp_path, watch=True) as running:
        assert running.process.stdin is not None
        running.process.stdin.write("whatever comes before does not matter\n")
        running.process.stdin.flush()
        conversation = running.api.create()
        if in_session:
            with running.api.enter(conversation) as page:
                page.until("welcome")
                running.process.stdin.close()
                page.read_to_close()
        else:
            running.process.stdin.close()
        assert running.wait() == 0
        assert not running.ready_file.exists()
    assert _clean(running.log)


def test_without_the_watch_its_input_does_not_matter(tmp_path: Path) -> None:
    with started(tmp_path) as running:
        assert running.process.stdin is not None
        running.process.stdin.close()
        time.sleep(0.5)
        assert running.api.get("/conversations").status_code == 200


@pytest.mark.skipif(os.name != "posix", reason="the parent of this test is killed by a POSIX signal")
def test_it_does_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', *sys.argv[1:]], stdin=subprocess.PIPE)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    arguments = [sys.executable, "-c", parent, PROGRAM, str(tmp_path / "ready.json"), "watch", str(tmp_path)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        child = psutil.Process(int(process.stdout.readline()))
        json.loads(process.stdout.readline())
        process.kill()
        gone, _ = psutil.wait_procs([child], timeout=60)
        assert gone


def test_two_runs_have_two_keys(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with started(tmp_path / "a") as first, started(tmp_path / "b") as second:
        assert first.api.api_key != second.api.api_key
        stranger = Api(second.api.base_url, first.api.api_key)
        assert stranger.post("/conversations", json=LOCAL).status_code == 401
        stranger.close()


def test_a_taken_port_is_an_error_in_words(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(CoachError, match="cannot use the port"):
        service.run(port=taken.getsockname()[1], models_cache=tmp_path, announce=print)


def test_a_ready_file_that_cannot_be_written_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(CoachError, match="cannot be written"):
        service.run(ready_file=tmp_path / "none" / "ready.json", models_cache=tmp_path, announce=print)


def test_a_page_in_mid_frame_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with started(tmp_path, watch=True) as running, Page(running.api.create()["conversation_url"]) as page:
        page.until("welcome")
        page.socket.socket.sendall(b"\x82\xff" + (10_000_000).to_bytes(8, "big") + b"\0\0\0\0" + b"\0" * 5000)
        assert running.process.stdin is not None
        running.process.stdin.close()
        assert running.wait() == 0
    assert _clean(running.log)
