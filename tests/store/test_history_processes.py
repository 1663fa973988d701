"""Several processes share one history: none of them loses or breaks what another one committed."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
from contextlib import closing
from pathlib import Path

import pytest

from coach_desktop.store.history import History

WRITER = """
    import sys, time
    from pathlib import Path
    from coach_desktop.store.history import History, SessionRow
    path, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    gate = path.with_name("gate")
    print("here", flush=True)
    while not gate.exists():
        time.sleep(0.001)
    history = History(path)
    for number in range(count):
        key = f"{name}-{number}"
        history.begin(SessionRow(key, "p", "P", "local", "running", "2026-01-01", None), "token")
        history.checkpoint(key, 10.0, "y" * 20_000)
        history.finish(key, "done", 20.0, '{"of": "%s"}' % key + " " * 20_000)
        print(key, flush=True)
    history.close()
"""


def writer(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITER), str(path), name, str(count)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("fresh", [True, False], ids=["all of them make it", "it is there"])
def test_processes_that_open_and_write_at_the_same_time_all_succeed(tmp_path: Path, fresh: bool) -> None:
    path = tmp_path / "history.sqlite3"
    if not fresh:
        History(path).close()
    writers = [writer(path, name, 8) for name in "abcd"]
    for process in writers:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
    (tmp_path / "gate").touch()
    for process in writers:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    with closing(History(path)) as history:
        assert {row.id for row in history.sessions()} == {f"{name}-{number}" for name in "abcd" for number in range(8)}
        assert {row.status for row in history.sessions()} == {"done"}


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("after_lines", [1, 7, 23])
def test_kill_of_a_writer_loses_nothing_that_was_committed(tmp_path: Path, after_lines: int) -> None:
    path = tmp_path / "history.sqlite3"
    (tmp_path / "gate").touch()
    process = writer(path, "w", 100_000)
    assert process.stdout is not None
    committed = [process.stdout.readline().strip() for _ in range(after_lines + 1)][1:]
    time.sleep(0.003)
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate(timeout=60)
    # The last line may be cut short by the kill.
    committed += rest.split("\n")[:-1]
    with closing(History(path)) as history:
        assert history.sessions()
        for key in committed:
            report = history.report(key)
            assert report is not None
            assert report.startswith(f'{{"of": "{key}"}}')
        left = history.unfinished()
        assert len(left) <= 1
        assert all(session.row.id not in committed for session in left)


def test_reader_sees_the_old_or_the_new_and_never_waits_for_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite3"
    (tmp_path / "gate").touch()
    process = writer(path, "w", 40)
    seen = 0
    try:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.readline()
        with closing(History(path)) as history:
            ended = False
            while not ended:
                # Asked first: where the writer is the faster of the two, its history is read once all the same.
                ended = process.poll() is not None
                count = len(history.sessions())
                assert count >= seen
                seen = count
                history.report("w-0")
    finally:
        process.communicate(timeout=120)
    assert process.returncode == 0
    assert seen
