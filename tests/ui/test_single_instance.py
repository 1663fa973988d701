"""A second start reaches the first window, and nobody else does."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QProcess
from PySide6.QtNetwork import QLocalSocket
from pytestqt.qtbot import QtBot

from coach_desktop.ui import single_instance
from coach_desktop.ui.single_instance import InstanceServer, Request, request_in

ASK = (
    "import sys; from pathlib import Path; from coach_desktop.ui.single_instance import Request, ask_running_instance;"
    "folder, *talk = map(Path, sys.argv[1:]); sys.exit(not ask_running_instance(folder, Request(*talk)))"
)
PATHS = st.binary(min_size=1, max_size=300).filter(lambda path: b"\0" not in path)


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
        process.start(sys.executable, ["-c", ASK, str(tmp_path)])
    qtbot.waitUntil(lambda: process.state() == QProcess.ProcessState.NotRunning)
    assert process.exitCode() == 0


def test_a_second_process_hands_a_talk_over(
    qtbot: QtBot, server: InstanceServer, tmp_path: Path, project_root: Path
) -> None:
    talk = tmp_path / "my\ntalk é 50 %.mp4"
    process = QProcess()
    process.setWorkingDirectory(str(project_root))
    told: list[str] = []
    server.raise_requested.connect(lambda: told.append("raise"))
    server.talk_handed_over.connect(lambda path: told.append(str(path)))
    with qtbot.waitSignal(server.talk_handed_over):
        process.start(sys.executable, ["-c", ASK, str(tmp_path), str(talk)])
    qtbot.waitUntil(lambda: process.state() == QProcess.ProcessState.NotRunning)
    assert process.exitCode() == 0
    assert told == ["raise", str(talk)]


@pytest.mark.skipif(sys.platform == "win32", reason="paths are no bytes there")
@given(PATHS)
def test_every_path_arrives_as_it_was_sent(path: bytes) -> None:
    request = Request(Path(os.fsdecode(b"/" + path)))
    line = request.line()
    assert line.index(b"\n") == len(line) - 1
    assert request_in(line) == request


@given(st.binary(max_size=300), st.sampled_from([b"", b"coach_desktop 1 ", b"coach_desktop 1 open ", b"coach_desktop"]))
def test_whatever_arrives_is_a_request_or_nothing(rubbish: bytes, greeting: bytes) -> None:
    for line in (greeting + rubbish, greeting + rubbish + b"\n"):
        request = request_in(line)
        if request is not None and request.talk is not None:
            assert request.talk.is_absolute()
            assert "\0" not in str(request.talk)
            assert request_in(request.line()) == request


@pytest.mark.parametrize(
    "line",
    [
        b"coach_desktop 1 raise",
        b"coach_desktop 1 open \n",
        b"coach_desktop 1 open /a",
        b"coach_desktop 1 open a.mp4\n",
        b"coach_desktop 1 open /a%00\n",
        b"coach_desktop 2 open /a\n",
    ],
)
def test_what_is_cut_off_or_of_another_kind_is_nothing(line: bytes) -> None:
    assert request_in(line) is None


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


@pytest.mark.parametrize(
    "words",
    [
        b"coach_desktop 1 delete\n",
        b"coach_desktop 2 raise\n",
        b"\xff\xfe\n",
        b"x" * 17_000,
        b"coach_desktop 1 open /" + b"x" * 17_000 + b"\n",
    ],
)
def test_other_words_do_nothing(qtbot: QtBot, server: InstanceServer, tmp_path: Path, words: bytes) -> None:
    raised: list[bool] = []
    server.raise_requested.connect(lambda: raised.append(True))
    server.talk_handed_over.connect(lambda _path: raised.append(True))
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
