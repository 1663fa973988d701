"""Logs are private, lose nothing from before there was a file, and hear of every uncaught exception."""

from __future__ import annotations

import logging
import stat
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from coach_desktop.core import logs
from coach_desktop.core.redact import REDACTOR

PLANTED = "marked-key-5d20e8b4"


@pytest.fixture(autouse=True)
def _own_handlers() -> Iterator[None]:
    root = logging.getLogger()
    before, level, hooks = list(root.handlers), root.level, (sys.excepthook, threading.excepthook)
    yield
    for handler in set(root.handlers) - set(before):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    sys.excepthook, threading.excepthook = hooks


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def python(code: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `code` in a process of its own, so that its hooks and handlers are the only ones."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(folder), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_log_file_is_private_from_its_first_byte_and_after_each_roll_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_MAX_BYTES", 500)
    logs.start_early()
    path = logs.open_file(tmp_path, "app")
    assert mode(path) == 0o600
    for number in range(60):
        logging.getLogger("t").info("line %d of some length", number)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["app.log", "app.log.1", "app.log.2", "app.log.3"]
    assert {mode(file) for file in files} == {0o600}
    assert "line 59" in path.read_text(encoding="utf-8")


def test_what_was_logged_before_there_was_a_file_comes_first(tmp_path: Path) -> None:
    logs.start_early()
    logging.getLogger("t").info("early %s", "bird")
    path = logs.open_file(tmp_path, "app")
    logging.getLogger("t").info("later")
    text = path.read_text(encoding="utf-8")
    assert text.count("early bird") == 1
    assert text.index("early bird") < text.index("later")


def test_only_the_oldest_early_records_are_dropped(tmp_path: Path) -> None:
    logs.start_early()
    for number in range(1200):
        logging.getLogger("t").info("number %d.", number)
    text = logs.open_file(tmp_path, "app").read_text(encoding="utf-8")
    assert "number 1199." in text
    assert "number 0." not in text


def test_log_survives_what_cannot_be_encoded(tmp_path: Path) -> None:
    logs.start_early()
    path = logs.open_file(tmp_path, "app")
    logging.getLogger("t").info("half a pair: \ud800, and after")
    assert "and after" in path.read_text(encoding="utf-8")


def test_record_that_cannot_be_formatted_prints_no_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs.start_early()
    path = logs.open_file(tmp_path, "app")
    record = logging.LogRecord("a.name", logging.INFO, __file__, 7, "%d", (PLANTED,), None)
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.FileHandler):
            handler.handle(record)
    said = capsys.readouterr().err
    assert "a.name" in said
    assert PLANTED not in said + path.read_text(encoding="utf-8")


def test_folder_that_is_no_folder_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="Not a directory"):
        logs.open_file(tmp_path / "file", "app")


UNCAUGHT = """
    import sys, threading
    from pathlib import Path
    from coach_desktop.core import logs
    from coach_desktop.core.redact import REDACTOR
    folder, where = Path(sys.argv[1]), sys.argv[2]
    logs.start_early()
    REDACTOR.add("marked-key-5d20e8b4")
    if where != "early":
        logs.open_file(folder, "app")
    def fail():
        raise ValueError("we hold marked-key-5d20e8b4 here")
    if where == "thread":
        thread = threading.Thread(target=fail, name="the-worker")
        thread.start(); thread.join()
    elif where == "exit-in-thread":
        thread = threading.Thread(target=sys.exit)
        thread.start(); thread.join()
    else:
        fail()
"""


@pytest.mark.parametrize(("where", "code"), [("main", 1), ("thread", 0)])
def test_uncaught_exception_reaches_the_log_without_the_secret(tmp_path: Path, where: str, code: int) -> None:
    done = python(UNCAUGHT, tmp_path, where)
    text = (tmp_path / "app.log").read_text(encoding="utf-8")
    assert done.returncode == code
    assert "ValueError: we hold" in text
    assert "Traceback" in text
    assert PLANTED not in text + done.stderr
    assert ("the-worker" in text) == (where == "thread")


def test_uncaught_exception_before_there_is_a_file_is_told_on_standard_error(tmp_path: Path) -> None:
    done = python(UNCAUGHT, tmp_path, "early")
    assert done.returncode == 1
    assert "ValueError: we hold" in done.stderr
    assert PLANTED not in done.stderr


def test_thread_that_simply_exits_is_no_exception(tmp_path: Path) -> None:
    python(UNCAUGHT, tmp_path, "exit-in-thread")
    assert "uncaught" not in (tmp_path / "app.log").read_text(encoding="utf-8")


def test_ctrl_c_is_no_fault_of_the_app(tmp_path: Path) -> None:
    code = """
        import sys
        from pathlib import Path
        from coach_desktop.core import logs
        logs.start_early()
        logs.open_file(Path(sys.argv[1]), "app")
        raise KeyboardInterrupt
    """
    python(code, tmp_path)
    assert "uncaught" not in (tmp_path / "app.log").read_text(encoding="utf-8")


def test_crash_of_the_interpreter_leaves_its_tracebacks_in_a_private_file(tmp_path: Path) -> None:
    code = """
        import os, signal, sys
        from pathlib import Path
        from coach_desktop.core import logs
        logs.open_crash_file(Path(sys.argv[1]))
        os.kill(os.getpid(), signal.SIGSEGV)
    """
    assert python(code, tmp_path).returncode < 0
    crash = tmp_path / "crash.log"
    assert "Segmentation fault" in crash.read_text(encoding="utf-8")
    assert mode(crash) == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_crash_leaves_no_memory_in_a_file(tmp_path: Path) -> None:
    code = """
        import resource, sys
        from pathlib import Path
        from coach_desktop.core import logs
        hardest = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hardest, hardest))
        logs.open_crash_file(Path(sys.argv[1]))
        assert resource.getrlimit(resource.RLIMIT_CORE) == (0, hardest)
    """
    assert python(code, tmp_path).returncode == 0


def test_planted_key_is_scrubbed_in_the_file(tmp_path: Path) -> None:
    REDACTOR.add(PLANTED)
    logs.start_early()
    path = logs.open_file(tmp_path, "app")
    logging.getLogger("t").info("key %s and http://h/rooms/c?t=roomtoken", PLANTED)
    text = path.read_text(encoding="utf-8")
    assert PLANTED not in text
    assert "roomtoken" not in text
