"""A second start reaches the first window, and nobody else does."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QProcess
from PySide6.QtNetwork import QLocalSocket
from pytestqt.qtbot import QtBot

from coach_desktop.ui import single_instance
from coach_desktop.ui.single_instance import InstanceServer

ASK = "import sys; from pathlib import Path; from coach_desktop.ui.single_instance import ask_running_instance;"


@pytest.fixture(autouse=True)
def _own_runtime_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("r")))


@pytest.fixture
def server(qtbot: QtBot, tmp_path: Path) -> Iterator[InstanceServer]:
    server = InstanceServer(tmp_path)
    assert server.is_listening
    yield server
    server.close()


def test_a_second_process_raises_the_first(
    qtbot: QtBot, server: InstanceServer, tmp_path: Path, project_root: Path
) -> None:
    process = QProcess()
    process.setWorkingDirectory(str(project_root))
    with qtbot.waitSignal(server.raise_requested):
        process.start(
            sys.executable, ["-c", ASK + "sys.exit(not ask_running_instance(Path(sys.argv[1])))", str(tmp_path)]
        )
    qtbot.waitUntil(lambda: process.state() == QProcess.ProcessState.NotRunning)
    assert process.exitCode() == 0


def test_nobody_answers_for_another_folder(server: InstanceServer, tmp_path: Path) -> None:
    assert not single_instance.ask_running_instance(tmp_path / "other", timeout_s=0.2)


def test_a_socket_that_a_crash_left_is_replaced(qtbot: QtBot, tmp_path: Path, project_root: Path) -> None:
    crashed = (
        "import os, sys; from pathlib import Path; from PySide6.QtCore import QCoreApplication; QCoreApplication([]);"
        "from coach_desktop.ui.single_instance import InstanceServer; s = InstanceServer(Path(sys.argv[1]));"
        "assert s.is_listening; os._exit(9)"
    )
    left = subprocess.run([sys.executable, "-c", crashed, str(tmp_path)], cwd=project_root, check=False, timeout=60)
    assert left.returncode == 9
    server = InstanceServer(tmp_path)
    assert server.is_listening
    server.close()


@pytest.mark.parametrize("words", [b"coach_desktop 1 delete\n", b"coach_desktop 2 raise\n", b"\xff\xfe\n", b"x" * 500])
def test_other_words_do_nothing(qtbot: QtBot, server: InstanceServer, tmp_path: Path, words: bytes) -> None:
    raised: list[bool] = []
    server.raise_requested.connect(lambda: raised.append(True))
    name = single_instance.socket_name(tmp_path)
    assert name is not None
    socket = QLocalSocket()
    socket.connectToServer(name)
    assert socket.waitForConnected(1000)
    with qtbot.waitSignal(socket.disconnected):
        socket.write(words)
        socket.flush()
    assert raised == []


@pytest.mark.skipif(sys.platform == "win32", reason="pipes have no folder")
def test_the_socket_is_for_this_user_only(server: InstanceServer, tmp_path: Path) -> None:
    name = single_instance.socket_name(tmp_path)
    assert name is not None
    assert stat.S_IMODE(Path(name).stat().st_mode) & 0o077 == 0
    assert stat.S_IMODE(Path(name).parent.stat().st_mode) == 0o700
    assert len(name) < 100


@pytest.mark.skipif(sys.platform == "win32", reason="pipes have no folder")
def test_a_folder_that_others_can_enter_is_not_used(server: InstanceServer, tmp_path: Path) -> None:
    name = single_instance.socket_name(tmp_path)
    assert name is not None
    Path(name).parent.chmod(0o755)
    assert single_instance.socket_name(tmp_path) is None
    assert not single_instance.ask_running_instance(tmp_path, timeout_s=0.2)
