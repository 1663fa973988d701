"""The launcher of the practice service: it waits no longer than it must, trusts no output and leaves no process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from coach_desktop.core.errors import Cancelled, CoachError
from coach_desktop.sessions import service_process
from coach_desktop.sessions.service_process import ServiceProcess, keep_keys_from_children
from coach_desktop.tavus.client import TavusClient
from coach_desktop.tavus.errors import KeyRefusedError, UnreachableError

KEY = "marked-key-3c55a07d"
READY = json.dumps({"base_url": "http://127.0.0.1:5/v2", "api_key": KEY})
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the misbehaving children use POSIX signals")


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_STOP_TIMEOUT_S", "_KILL_TIMEOUT_S", "_READER_TIMEOUT_S"):
        monkeypatch.setattr(service_process, name, 0.3)


@contextmanager
def child(code: str) -> Iterator[tuple[ServiceProcess, subprocess.Popen[bytes]]]:
    """Watch over a child that runs `code` in the service's place; by default it stops when its input closes."""
    popen = subprocess.Popen(
        [sys.executable, "-c", "import os, signal, sys, time, subprocess\n" + textwrap.dedent(code)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process = ServiceProcess(popen)
    try:
        yield process, popen
    finally:
        process.stop()
        assert popen.poll() is not None


def test_real_service_becomes_ready_answers_to_its_key_only_and_stops(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    process = ServiceProcess.start(tmp_path)
    try:
        ready = process.wait_until_ready(threading.Event())
        assert ready.api_key not in repr(ready)
        with TavusClient(ready.base_url, ready.api_key) as client:
            assert client.list_conversations().data == []
        with TavusClient(ready.base_url, "another-key-of-no-use") as client, pytest.raises(KeyRefusedError):
            client.list_conversations()
        assert not process.has_gone()
    finally:
        process.stop()
    assert process.has_gone()
    with TavusClient(ready.base_url, ready.api_key) as client, pytest.raises(UnreachableError):
        client.list_conversations()
    process.stop()  # once more does no harm
    assert "exit code 0" in process.last_words()
    for log in (tmp_path / "logs").iterdir():
        assert ready.api_key not in log.read_text(encoding="utf-8")


def test_user_who_gives_up_is_not_kept_waiting(tmp_path: Path) -> None:
    cancelled = threading.Event()
    with child("sys.stdin.read()") as (process, popen):
        threading.Timer(0.1, cancelled.set).start()
        with pytest.raises(Cancelled):
            process.wait_until_ready(cancelled)
        assert popen.poll() is None


def test_nonsense_before_the_ready_line_is_passed_over() -> None:
    code = f"""
        sys.stdout.buffer.write(b"\\xff\\xfe warning: something\\n\\n[]\\n5\\nnull\\n" + b"x" * 500_000 + b"\\n")
        print('{READY}', flush=True)
        sys.stdin.read()
    """
    with child(code) as (process, _):
        ready = process.wait_until_ready(threading.Event())
    assert (ready.base_url, ready.api_key) == ("http://127.0.0.1:5/v2", KEY)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "ready",
        "{}",
        '{"base_url": "http://127.0.0.1:5/v2"}',
        '{"base_url": 5, "api_key": "0123456789abcdef"}',
        '{"base_url": "http://127.0.0.1:5/v2", "api_key": ""}',
        '{"base_url": "http://127.0.0.1:5@elsewhere.invalid/v2", "api_key": "0123456789abcdef"}',
        '{"base_url": "https://elsewhere.invalid/v2", "api_key": "0123456789abcdef"}',
        '{"base_url": "http://127.0.0.1:5/v2\\nx", "api_key": "0123456789abcdef"}',
    ],
)
def test_line_that_is_no_ready_line_is_not_believed(line: str) -> None:
    with child(f"print({line!r}, flush=True)") as (process, _), pytest.raises(CoachError, match="did not become ready"):
        process.wait_until_ready(threading.Event())


@pytest.mark.parametrize(
    ("code", "details"),
    [
        ("sys.exit('no module named so and so')", "exit code 1\nno module named so and so"),
        ("1 / 0", "ZeroDivisionError"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "exit code -9"),
        ("sys.exit(0)", "exit code 0"),
    ],
)
def test_child_that_dies_at_once_is_told_with_its_last_words(code: str, details: str) -> None:
    with child(code) as (process, _), pytest.raises(CoachError) as caught:
        process.wait_until_ready(threading.Event())
    assert details in caught.value.details
    assert caught.value.safe
    assert caught.value.do


def test_last_words_are_the_last_ones_and_hold_no_key() -> None:
    code = f"""
        print('{READY}', flush=True)
        for number in range(1000):
            print("line", number, file=sys.stderr)
        print("the key is {KEY}", file=sys.stderr)
    """
    with child(code) as (process, popen):
        process.wait_until_ready(threading.Event())
        popen.wait(timeout=60)
        words = process.last_words()
    assert "line 999" in words
    assert "line 9\n" not in words
    assert KEY not in words


def test_child_that_never_becomes_ready_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_process, "READY_TIMEOUT_S", 0.3)
    with child("sys.stdin.read()") as (process, _), pytest.raises(CoachError, match="did not become ready"):
        process.wait_until_ready(threading.Event())


@pytest.mark.usefixtures("_impatient")
@pytest.mark.expects_warnings("did not stop by itself")
@pytest.mark.parametrize("ready", [True, False], ids=["ready", "not ready yet"])
@pytest.mark.parametrize(
    "code",
    [
        "time.sleep(60)",
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('set up', flush=True)\ntime.sleep(60)",
        "os.kill(os.getpid(), signal.SIGSTOP)\ntime.sleep(60)",
    ],
    ids=["deaf to its input", "deaf to signals, too", "frozen"],
)
def test_child_that_does_not_want_to_stop_is_stopped(code: str, ready: bool) -> None:
    with child(f"print('{READY if ready else 'started'}', flush=True)\n{code}") as (process, popen):
        if ready:
            process.wait_until_ready(threading.Event())
        else:
            process._lines.get(timeout=60)  # noqa: SLF001 - it runs, and says nothing that we believe
        process.stop()
        assert popen.poll() is not None


def test_child_that_is_not_ready_yet_is_not_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    with child("print('started', flush=True)\ntime.sleep(60)") as (process, popen):
        process._lines.get(timeout=60)  # noqa: SLF001
        process.stop()
        assert popen.returncode == -signal.SIGTERM
    assert not caplog.records


def test_grandchild_that_holds_the_pipes_does_not_hold_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_process, "_READER_TIMEOUT_S", 0.3)
    code = """
        other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        print(other.pid, flush=True)
        sys.stdin.read()
    """
    with child(code) as (process, popen):
        grandchild = psutil.Process(int(process._lines.get(timeout=60)))  # noqa: SLF001
        process.stop()
        assert popen.poll() is not None
        grandchild.kill()
        grandchild.wait(timeout=60)


def test_program_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_process, "command_of_own", lambda: [str(tmp_path / "no-such-program")])
    with pytest.raises(CoachError, match="could not be started") as caught:
        ServiceProcess.start(tmp_path)
    assert "no-such-program" in caught.value.details


def test_keys_of_ours_stay_out_of_the_childs_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAVUS_API_KEY", KEY)
    monkeypatch.setenv("API_KEY", KEY)
    monkeypatch.setenv("COACH_OTHER", "kept")
    code = "import os, sys; print(dict(os.environ), flush=True); sys.stdin.read()"
    monkeypatch.setattr(service_process, "command_of_own", lambda: [sys.executable, "-c", code])
    process = ServiceProcess.start(tmp_path)
    told = process._lines.get(timeout=60).decode()  # noqa: SLF001
    process.stop()
    assert "'COACH_OTHER': 'kept'" in told
    assert KEY not in told
    assert os.environ["TAVUS_API_KEY"] == KEY


def test_keys_of_ours_stay_out_of_children_that_others_start(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TAVUS_API_KEY", "API_KEY"):
        monkeypatch.setenv(name, KEY)
    keep_keys_from_children()
    keep_keys_from_children()
    # As the web engine does it: with whatever the process has by then.
    told = subprocess.run(
        [sys.executable, "-c", "import os; print(dict(os.environ))"], capture_output=True, text=True, check=True
    )
    assert KEY not in told.stdout


def test_service_does_not_outlive_an_app_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    code = """
        import sys, threading, time
        from pathlib import Path
        from coach_desktop.sessions.service_process import ServiceProcess
        process = ServiceProcess.start(Path(sys.argv[1]))
        process.wait_until_ready(threading.Event())
        print(process._child.pid, flush=True)
        time.sleep(60)
    """
    app = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert app.stdout is not None
    service = psutil.Process(int(app.stdout.readline()))
    app.send_signal(signal.SIGKILL)
    app.communicate(timeout=60)
    _, alive = psutil.wait_procs([service], timeout=60)
    assert alive == []
