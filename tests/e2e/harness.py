"""Starts the real app in a process of its own, with files as camera and microphone, and reads its report."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]
MARK = "COACH_TEST_RUN"
SOURCE_APP = (sys.executable, str(ROOT / "main.py"))


def wait_for(what: Callable[[], object], seconds: float, why: Callable[[], str]) -> None:
    """Wait until `what` holds; fail with `why` after so many seconds."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, f"gave up after {seconds:.0f} s: {why()}"
        time.sleep(0.1)


@dataclass(frozen=True)
class Media:
    """Files for Chromium's camera and microphone; None means that there is no such device file."""

    camera: Path | None
    microphone: Path | None

    def flags(self) -> str:
        """Return the flags for Chromium."""
        parts = ["--use-fake-device-for-media-stream"]
        if self.camera:
            parts.append(f"--use-file-for-fake-video-capture={self.camera}")
        if self.microphone:
            parts.append(f"--use-file-for-fake-audio-capture={self.microphone}")
        return " ".join(parts)


@dataclass
class App:
    """One data folder and the app as it is started with it."""

    data: Path
    program: tuple[str, ...] = SOURCE_APP
    extra_environment: dict[str, str] = field(default_factory=dict)
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    _seen: set[psutil.Process] = field(default_factory=set)
    _started: list[subprocess.Popen[str]] = field(default_factory=list)

    def environment(self, media: Media | None = None) -> dict[str, str]:
        """Return the environment of the app; all of its processes carry our mark in it."""
        own = {MARK: self.mark, **self.extra_environment}
        if media is not None:
            own["QTWEBENGINE_CHROMIUM_FLAGS"] = media.flags()
        return dict(os.environ) | own

    def start(self, *arguments: str, media: Media | None = None, prefix: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        """Start the app and return at once. Its output goes to a file, so that a full pipe never stops it."""
        self.data.mkdir(parents=True, exist_ok=True)
        with (self.data.parent / f"{self.data.name}.out").open("a") as output:
            process = subprocess.Popen(
                [*prefix, *self.program, "--data-dir", str(self.data), *arguments],
                env=self.environment(media),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=self.data.parent,
            )
        self._started.append(process)
        return process

    def session(self, media: Media, seconds: float, *more: str, patience: float = 180.0) -> int:
        """Hold one session of so many seconds and return the exit code."""
        process = self.start(
            *("--profile", "chuck-local", "--start", "--end-after", str(seconds), "--quit-when-done", *more),
            media=media,
        )
        try:
            return process.wait(timeout=seconds + patience)
        finally:
            self.kill_all()

    def report(self) -> dict[str, Any]:
        """Return the newest report, as the command line gives it."""
        done = subprocess.run(
            [*self.program, "report", "--data-dir", str(self.data), "--last", "--json"],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            cwd=self.data.parent,
        )
        assert done.returncode == 0, done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    def log(self) -> str:
        """Return all that was logged or printed, for the message of a failing test."""
        files = [*sorted((self.data / "logs").glob("*.log")), self.data.parent / f"{self.data.name}.out"]
        return "\n".join(f"--- {path.name}\n{path.read_text('utf-8', 'replace')}" for path in files if path.exists())

    def processes(self, containing: str = "") -> list[psutil.Process]:
        """Return the living processes of this app that have `containing` in their command line."""
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == self.mark:
                    # Chromium's renderers write over their own environment, so they are known by their parents.
                    self._seen |= {process, *process.children(recursive=True)}
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        found = []
        for process in self._seen:
            try:
                if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                    found += [process] if containing in " ".join(process.cmdline()) else []
            except psutil.NoSuchProcess:
                continue
        return found

    def wait_until_gone(self, seconds: float = 60.0) -> None:
        """Wait until nothing that carries our mark is left."""
        wait_for(lambda: not self.processes(), seconds, lambda: f"still running: {self.processes()}")

    def kill_all(self) -> None:
        """Kill what is left, so that a failing test does not disturb the next one."""
        for process in self.processes():
            try:
                process.send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                continue
        for started in self._started:
            started.wait(timeout=60)

    def wait_until_live_for(self, length: float = 0.0, seconds: float = 150.0) -> None:
        """Wait until a checkpoint says that the session has been live for `length` seconds."""

        def reached() -> bool:
            ended = [process.poll() for process in self._started if process.poll() is not None]
            assert not ended, f"the app has ended with {ended}\n{self.log()}"
            live_for = self._live_for()
            return live_for is not None and live_for >= length

        wait_for(reached, seconds + length, lambda: f"no checkpoint at {length} s\n{self.log()}")

    def wait_until_measured_for(self, length: float) -> None:
        """Wait until eyes and ears have made ready, which takes a slow computer long, and for so many seconds more."""
        ready = ("the eyes are ready", "words are heard after")
        wait_for(lambda: all(words in self.log() for words in ready), 150, self.log)
        self.wait_until_live_for((self._live_for() or 0.0) + length)

    def _live_for(self) -> float | None:
        import sqlite3
        from contextlib import closing

        path = self.data / "history.sqlite3"
        if not path.exists():
            return None
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as db:
                row = db.execute("SELECT duration_s FROM sessions WHERE status = 'running'").fetchone()
        except sqlite3.OperationalError:
            # The file is there before its table is.
            return None
        return None if row is None else row[0]
