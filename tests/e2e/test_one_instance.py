"""One app per data folder: later starts come to the first, and hand it what they were to open."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.e2e.harness import App, Media, wait_for
from tests.e2e.test_opened_talk import silence

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]


def test_a_second_start_raises_the_first_window_and_a_second_session_is_refused(app: App, talk: Media) -> None:
    recordings = [silence(app.data.parent / name, 1800) for name in ("first.wav", "second.wav")]

    def analysed(recording: Path) -> bool:
        return bool(app.processes(f"analyse --lines --data-dir {app.data} -- {recording}"))

    first = app.start(str(recordings[0]), media=talk)
    try:
        wait_for(lambda: analysed(recordings[0]), 120, app.log)
        # By then it holds the lock; before, the second one might be the first.
        wait_for((app.data / "history.sqlite3").exists, 120, app.log)

        def second(*arguments: str) -> int:
            return app.start(*arguments, media=talk).wait(timeout=120)

        def raised() -> bool:
            return second() == 0

        wait_for(raised, 120, app.log)
        assert second("--start") == 3
        assert second(f"./{recordings[1].name}") == 0
        wait_for(lambda: analysed(recordings[1]) and not analysed(recordings[0]), 120, app.log)
        assert first.poll() is None
    finally:
        first.terminate()
        assert first.wait(timeout=120) == 0, app.log()
    app.wait_until_gone()


def test_another_data_folder_is_another_app(app: App, talk: Media) -> None:
    other = App(app.data.parent / "other")
    processes: list[subprocess.Popen[str]] = [app.start(media=talk), other.start(media=talk)]
    try:
        for one in (app, other):
            wait_for((one.data / "history.sqlite3").exists, 120, one.log)
        assert [process.poll() for process in processes] == [None, None]
    finally:
        for process in processes:
            process.terminate()
            process.wait(timeout=120)
        other.kill_all()
