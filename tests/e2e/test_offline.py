"""Nothing leaves the computer: a session in a network of its own that has loopback and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.harness import App, Media

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

# Loaded by every Python of the app: writes down each address that our own code connects to.
WATCH = """
import json, os, sys

def _watch(event, args):
    if event == "socket.connect" and isinstance(args[1], tuple):
        with open(os.environ["COACH_TEST_CONNECTIONS"], "a") as stream:
            stream.write(json.dumps(str(args[1][0])) + "\\n")
    elif event == "socket.getaddrinfo":
        with open(os.environ["COACH_TEST_CONNECTIONS"], "a") as stream:
            stream.write(json.dumps(str(args[0])) + "\\n")

sys.addaudithook(_watch)
"""
LOOPBACK_UP = (
    "import fcntl, os, socket, struct, sys\n"
    "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
    "fcntl.ioctl(s, 0x8914, struct.pack('16sh', b'lo', 0x1 | 0x40))\n"  # SIOCSIFFLAGS, IFF_UP | IFF_RUNNING
    "os.execvp(sys.argv[1], sys.argv[1:])\n"
)


def isolated() -> tuple[str, ...]:
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("the program unshare is not installed")
    prefix = (unshare, "--net") if os.geteuid() == 0 else (unshare, "--net", "--map-root-user")
    if os.geteuid() != 0:
        pytest.skip("a network namespace for an ordinary user would make the app run as root inside it")
    if subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this kernel does not let us make a network namespace")
    return (*prefix, sys.executable, "-c", LOOPBACK_UP)


def test_a_session_runs_to_its_report_without_any_network(app: App, talk: Media, tmp_path: Path) -> None:
    prefix = isolated()
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch" / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
    connections = tmp_path / "connections.txt"
    app.extra_environment = {
        "PYTHONPATH": str(tmp_path / "watch"),
        "COACH_TEST_CONNECTIONS": str(connections),
    }
    process = app.start(
        *("--start", "--profile", "chuck-local", "--end-after", "8", "--quit-when-done"),
        media=talk,
        prefix=prefix,
    )
    assert process.wait(timeout=120) == 0, app.log()
    assert app.report()["measures"]["face_present"]["value"] > 0.9
    tried = {json.loads(line) for line in connections.read_text().splitlines()}
    assert tried, "the watch saw nothing at all"
    assert tried <= {"127.0.0.1"}
