"""The command line as a shell sees it: exit codes, what stands on which stream, and what is never imported."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from coach_desktop import __version__, cli
from coach_desktop.core.paths import DataFolder
from coach_desktop.sessions.archive import Archive, Snapshot
from coach_desktop.sessions.recovery import recover
from coach_desktop.store.history import SessionRow
from coach_desktop.store.lock import FolderLock
from coach_desktop.tavus.client import TavusClient
from coach_desktop.tavus.delivery import Delivery
from tests.sessions.scripted import delivery

ROOT = Path(__file__).parents[1]
WINDOW = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "QTWEBENGINE_DISABLE_SANDBOX")


def environment(**extra: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in WINDOW} | extra


def coach(
    *arguments: str | Path, program: tuple[str, ...] = ("-m", "coach_desktop"), **extra: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *program, *map(str, arguments)],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        env=environment(**extra),
        cwd=ROOT,
        timeout=120,
        check=False,
    )


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "data")
    folder.create()
    return folder


def begin(archive: Archive, session_id: str, started_at: str = "2026-11-01T10:00:00.000000Z") -> None:
    row = SessionRow(session_id, "chuck-local", "Chück 🎤", "local", "running", started_at, None)
    archive.history.begin(row, "token")
    snapshot = Snapshot(delivery=Delivery.model_validate(delivery(12.0, final=False) | {"warnings": ["Grüezi 🎤"]}))
    archive.checkpoint(session_id, 12.0, snapshot)


@pytest.fixture
def reported(data: DataFolder) -> DataFolder:
    """Return a data folder with two reports, `older` and `newer`."""
    with Archive(data.database) as archive:
        begin(archive, "older")
        begin(archive, "newer", "2026-11-02T10:00:00.000000Z")
        recover(archive)
    return data


def parsed(text: str) -> dict[str, Any]:
    report = json.loads(text)
    assert isinstance(report, dict)
    return report


# --- report --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["report", "--data-dir", "D", "--json"], "newer"),
        (["--data-dir", "D", "report", "--last", "--json"], "newer"),
        (["report", "--json", "older", "--data-dir=D"], "older"),
        (["--data-dir", "/nowhere", "report", "--json", "--data-dir", "D"], "newer"),
    ],
)
def test_report_as_json_is_json_alone_wherever_the_folder_is_named(
    reported: DataFolder, arguments: list[str], expected: str
) -> None:
    done = coach(
        *(argument.replace("D", str(reported.root)) if "D" in argument else argument for argument in arguments)
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert parsed(done.stdout)["session"]["id"] == expected


def test_conversation_that_may_run_on_is_told_beside_the_report(reported: DataFolder) -> None:
    with Archive(reported.database) as archive:
        archive.history.begin(SessionRow("paid", "p", "P", "tavus", "running", "2026-11-03T10:00:00Z", None), "token")
    done = coach("report", "--json", "--data-dir", reported.root)
    assert parsed(done.stdout)["session"]["id"] == "paid"
    assert "may still be running" in done.stderr
    with Archive(reported.database) as archive:
        archive.history.mark_ended("paid")
    assert coach("report", "--json", "--data-dir", reported.root).stderr == ""


def test_report_as_json_keeps_to_its_public_schema(reported: DataFolder) -> None:
    schema = json.loads((ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(parsed(coach("report", "--json", "--data-dir", reported.root).stdout), schema)


def test_report_in_words_is_the_default_and_main_py_does_the_same(reported: DataFolder) -> None:
    words = coach("report", "--data-dir", reported.root)
    assert words.returncode == 0
    assert "{" not in words.stdout
    assert len(words.stdout) > 200
    assert coach("report", "--data-dir", reported.root, program=("main.py",)).stdout == words.stdout


def test_terminal_that_lacks_letters_gets_json_whole_and_words_with_marks(reported: DataFolder) -> None:
    as_json = coach("report", "--json", "--data-dir", reported.root, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert "Grüezi 🎤" in json.dumps(parsed(as_json.stdout), ensure_ascii=False)
    words = coach("report", "--data-dir", reported.root, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (words.returncode, words.stderr) == (0, "")
    assert words.stdout.isascii()


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break in another way there")
def test_reader_that_has_had_enough_is_no_error(reported: DataFolder) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        command = [sys.executable, "-m", "coach_desktop", "report", "--json", "--data-dir", str(reported.root)]
        done = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, cwd=ROOT, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("arguments", "says"), [([], "no report yet"), (["--json"], "no report yet"), (["some-id"], "'some-id'")]
)
def test_no_report_is_exit_1_and_said_on_standard_error(data: DataFolder, arguments: list[str], says: str) -> None:
    done = coach("report", *arguments, "--data-dir", data.root)
    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr


@pytest.mark.parametrize("spoil", ["damaged", "report"])
def test_what_cannot_be_read_is_told_in_plain_words(reported: DataFolder, spoil: str) -> None:
    if spoil == "damaged":
        reported.database.write_bytes(b"no database" * 1000)
    else:
        with Archive(reported.database) as archive:
            archive.history.finish("newer", "done", 1.0, "{}")
    done = coach("report", "--json", "--data-dir", reported.root)
    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot be read" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_a_crash_left_is_reported_but_not_while_an_app_runs(data: DataFolder) -> None:
    with Archive(data.database) as archive:
        begin(archive, "crashed")
    lock = FolderLock(data.lock)
    assert lock.take()
    assert coach("report", "--json", "--data-dir", data.root).returncode == 1
    lock.release()
    report = parsed(coach("report", "--json", "--data-dir", data.root).stdout)
    assert report["session"]["status"] == "interrupted"
    assert report["session"]["duration_s"] == 12.0
    assert report["measures"]["eye_contact"]["status"] == "measured"


# --- what it never imports -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "foreign"),
    [
        (
            ["report", "--json"],
            ["PySide6", "fastapi", "numpy", "keyring", "coach_desktop.practice", "coach_desktop.app"],
        ),
        (["practice-service", "--until-stdin-closes"], ["PySide6", "keyring", "coach_desktop.ui", "coach_desktop.app"]),
        (["--version"], ["PySide6", "fastapi", "numpy", "requests", "coach_desktop.sessions"]),
    ],
)
def test_what_needs_no_window_imports_none_of_it(data: DataFolder, arguments: list[str], foreign: list[str]) -> None:
    done = coach("--data-dir", data.root, *arguments, program=("-X", "importtime", "-m", "coach_desktop"))
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "coach_desktop.cli" in imported
    assert not [name for name in imported for other in foreign if name == other or name.startswith(f"{other}.")]


# --- bad values ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--end-after", "soon"], "--end-after: must be a number of seconds"),
        (["--end-after", "0"], "--end-after: must be a number of seconds"),
        (["--end-after", "-5"], "--end-after: "),
        (["--end-after", "nan"], "--end-after: must be a number of seconds"),
        (["--end-after", "inf"], "--end-after: must be a number of seconds"),
        (["--end-after", "3601"], "--end-after: must be a number of seconds"),
        (["--data-dir", ""], "--data-dir: must name a folder"),
        (["report", "--data-dir", " "], "--data-dir: must name a folder"),
        (["report", "--last", "an-id"], "not allowed with"),
        (["report", "one", "two"], "unrecognized"),
        (["practice-service", "--port", "web"], "--port: must be a number"),
        (["practice-service", "--port", "65536"], "--port: must be a number"),
        (["practice-service", "--port", "-1"], "--port: "),
        (["nonsense"], "no such command"),
        (["--nonsense"], "unrecognized"),
    ],
)
def test_bad_value_is_exit_2_with_the_option_named(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    said = capsys.readouterr()
    assert (stopped.value.code, said.out) == (2, "")
    assert says in said.err


def test_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--version"])
    assert stopped.value.code == 0
    assert __version__ in capsys.readouterr().out


@pytest.mark.parametrize("command", [["report"], ["practice-service"]])
@pytest.mark.parametrize("place", ["file", "below a file", "~no-such-user-here/data"])
def test_data_folder_that_cannot_be_used_is_exit_2(tmp_path: Path, command: list[str], place: str) -> None:
    (tmp_path / "file").touch()
    folder = {"file": str(tmp_path / "file"), "below a file": str(tmp_path / "file" / "data")}.get(place, place)
    done = coach(*command, "--data-dir", folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert "data folder" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the web engine's sandbox works for root elsewhere")
@pytest.mark.parametrize("program", [("-m", "coach_desktop"), ("main.py",)])
def test_window_that_cannot_open_says_why_and_changes_nothing(tmp_path: Path, program: tuple[str, ...]) -> None:
    root = os.geteuid() == 0
    done = coach("--data-dir", tmp_path / "data", program=program)
    assert (done.returncode, done.stdout) == (2, "")
    assert ("running as root" if root else "no display") in done.stderr
    assert "make run" in done.stderr
    done = coach("--data-dir", tmp_path / "data", program=program, QTWEBENGINE_DISABLE_SANDBOX="1")
    assert done.returncode == 2
    assert "no display" in done.stderr
    assert not (tmp_path / "data").exists()


# --- practice-service ----------------------------------------------------------------------------------------------


def test_double_click_with_any_python_finds_the_environment_of_the_checkout() -> None:
    if not (ROOT / ".venv").is_dir():
        pytest.skip("this checkout has no environment of its own")
    done = subprocess.run(
        # -S: without site-packages, as a Python that knows nothing of the app.
        [sys._base_executable, "-S", str(ROOT / "main.py"), "--version"],  # type: ignore[attr-defined]  # noqa: SLF001
        capture_output=True,
        text=True,
        env=environment(),
        cwd=ROOT.parent,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, f"coach-desktop {__version__}"), done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only there are parts of Qt the system's")
def test_missing_system_library_is_exit_2_with_its_name(tmp_path: Path) -> None:
    # What the dynamic linker says on a fresh Debian; a library that is there cannot be taken away for one test.
    stand_in = tmp_path / "PySide6" / "__init__.py"
    stand_in.parent.mkdir()
    stand_in.write_text("raise ImportError('libGL.so.1: cannot open shared object file: No such file or directory')")
    done = coach(
        *("--data-dir", tmp_path / "data"),
        QT_QPA_PLATFORM="offscreen",
        QTWEBENGINE_DISABLE_SANDBOX="1",
        PYTHONPATH=str(tmp_path),
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "libGL.so.1 is missing" in done.stderr
    assert "Traceback" not in done.stderr


@contextmanager
def service(*arguments: str | Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """Start the headless service; give its process and its ready line."""
    process = subprocess.Popen(
        [sys.executable, "-m", "coach_desktop", "practice-service", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        umask=0,
    )
    assert process.stdout is not None
    try:
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("end", ["stdin", "SIGTERM", "SIGINT"])
def test_service_tells_one_line_and_a_private_file_and_stops_when_told(
    data: DataFolder, tmp_path: Path, end: str
) -> None:
    ready_file = tmp_path / "ready.json"
    with service("--data-dir", data.root, "--ready-file", ready_file, "--until-stdin-closes") as (process, ready):
        assert set(ready) == {"base_url", "api_key"}
        assert json.loads(ready_file.read_text(encoding="utf-8")) == ready
        assert stat.S_IMODE(ready_file.stat().st_mode) == 0o600
        with TavusClient(ready["base_url"], ready["api_key"]) as client:
            assert client.list_conversations().data == []
        if end != "stdin":
            process.send_signal(getattr(signal, end))
            process.wait(timeout=60)
        rest, errors = process.communicate(timeout=60)
        assert (process.returncode, rest, errors) == (0, "", "")
    for file in (data.root, data.logs / "practice.log"):
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0
    assert ready["api_key"] not in (data.logs / "practice.log").read_text(encoding="utf-8")


def test_port_that_is_taken_is_exit_1_in_plain_words(data: DataFolder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = coach("practice-service", "--port", str(port), "--data-dir", data.root)
    assert (done.returncode, done.stdout) == (1, "")
    assert str(port) in done.stderr
    assert "Traceback" not in done.stderr


class TestDiagnose:
    def test_the_web_engine_is_asked_in_a_process_of_its_own(self, data: DataFolder) -> None:
        done = coach(
            *("diagnose", "--json", "--data-dir", data.root),
            QT_QPA_PLATFORM="offscreen",
            QTWEBENGINE_DISABLE_SANDBOX="1",
            QTWEBENGINE_CHROMIUM_FLAGS="--use-fake-device-for-media-stream",
        )
        assert done.returncode == 0, done.stderr
        facts = json.loads(done.stdout)
        assert facts["web_engine"]["state"] == "ok", facts["web_engine"]
        assert (facts["web_engine"]["cameras"], facts["web_engine"]["microphones"]) == (1, 1)
        assert facts["network"] == {"asked": False}
        assert facts["folders"]["data"] == str(data.root)

    def test_in_words_for_a_person(self, data: DataFolder) -> None:
        done = coach("diagnose", "--data-dir", data.root, QT_QPA_PLATFORM="no-such-platform")
        assert done.returncode == 0, done.stderr
        assert "Web engine\n  state: failed" in done.stdout
        assert "chuck-local" in done.stdout
        assert "asked: no" in done.stdout
