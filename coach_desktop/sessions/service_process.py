"""The launcher of the practice service: a child process that is stopped by closing its input."""

from __future__ import annotations

import logging
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import IO, Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from coach_desktop.core import paths
from coach_desktop.core.errors import Cancelled, CoachError
from coach_desktop.core.redact import REDACTOR

log = logging.getLogger(__name__)

READY_TIMEOUT_S = 60.0
# Longer than the 5 s after which the service ends itself, so that it is asked only where that fails.
_STOP_TIMEOUT_S = 10.0
_KILL_TIMEOUT_S = 2.0
_READER_TIMEOUT_S = 1.0
_TICK_S = 0.1
# A key in our own environment is for us and never for a child.
_NOT_FOR_CHILDREN = ("TAVUS_API_KEY", "API_KEY")


class Ready(BaseModel):
    """The line with which the service says that it is ready."""

    model_config = ConfigDict(hide_input_in_errors=True)

    base_url: Annotated[str, StringConstraints(pattern=r"^http://127\.0\.0\.1:\d{1,5}/v2$")]
    api_key: Annotated[str, StringConstraints(min_length=16)] = Field(repr=False)


def command_of_own() -> list[str]:
    """Return what starts this program once more; a command and its arguments follow."""
    return [sys.executable] if paths.is_frozen() else [sys.executable, "-m", "coach_desktop"]


def child_environment() -> dict[str, str]:
    """Return our environment without what is not for children."""
    return {name: value for name, value in os.environ.items() if name not in _NOT_FOR_CHILDREN}


def keep_keys_from_children() -> None:
    """Take out of our own environment what is not for children: the web engine starts some that we do not make."""
    for name in _NOT_FOR_CHILDREN:
        os.environ.pop(name, None)


class ServiceProcess:
    """One running practice service."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        """Watch over a child that was just started."""
        self._child = child
        self._ready = False
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._errors: deque[str] = deque(maxlen=20)
        self._readers = [
            threading.Thread(target=self._read_lines, name="service-stdout", daemon=True),
            threading.Thread(target=self._read_errors, name="service-stderr", daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @classmethod
    def start(cls, data_root: Path, record_to: Path | None = None) -> ServiceProcess:
        """Start the service as a child of this process. Raises `CoachError` where that cannot be done.

        The sound of its first conversation is recorded at `record_to`, where that is given.
        """
        recording = [] if record_to is None else ["--record-to", str(record_to)]
        try:
            child = subprocess.Popen(  # noqa: S603 - our own program and arguments
                [
                    *command_of_own(),
                    "practice-service",
                    "--until-stdin-closes",
                    "--data-dir",
                    str(data_root),
                    *recording,
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=child_environment(),
                # From here the package is found in a checkout as well as where it was installed.
                cwd=None if paths.is_frozen() else Path(__file__).resolve().parents[2],
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                # A Ctrl-C in the terminal is the app's to handle: it ends the service in its own order.
                start_new_session=sys.platform != "win32",
            )
        except OSError as error:
            raise CoachError(
                "The local coach could not be started.",
                safe="Nothing was recorded.",
                do="Start the app again; if that does not help, install it again.",
                details=str(error),
            ) from error
        return cls(child)

    def wait_until_ready(self, cancelled: threading.Event) -> Ready:
        """Wait for the ready line. Raises `CoachError` when none comes, `Cancelled` when the user gives up."""
        deadline = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < deadline:
            if cancelled.is_set():
                raise Cancelled
            try:
                line = self._lines.get(timeout=_TICK_S)
            except queue.Empty:
                if self.has_gone() and self._lines.empty():
                    break
                continue
            try:
                ready = Ready.model_validate_json(line)
            except ValidationError:
                log.info("unexpected output of the practice service, %d bytes", len(line))
                continue
            REDACTOR.add(ready.api_key)
            self._ready = True
            return ready
        raise CoachError(
            "The local coach did not become ready.",
            safe="Nothing was recorded.",
            do="Try again; the log of the practice service says why.",
            details=self.last_words(),
        )

    def has_gone(self) -> bool:
        """Return whether the process has ended; a process that is just dying is given a moment to do so."""
        try:
            self._child.wait(timeout=0.3)
        except subprocess.TimeoutExpired:
            return False
        return True

    def last_words(self) -> str:
        """Return the exit code and the end of what the service wrote to its standard error."""
        if self._child.poll() is not None:
            # What it said at the very last may still be in the pipe.
            self._join_readers()
        return REDACTOR.scrub(f"exit code {self._child.poll()}\n" + "\n".join(self._errors))

    def stop(self) -> None:
        """End the process: close its input, then ask, then kill, each with a bounded wait.

        One that never became ready has nothing to lose and may not listen to its input yet: it is asked at once.
        """
        if self._child.stdin is not None:
            try:
                self._child.stdin.close()
            except OSError:
                log.debug("the service's input was closed already")
        for escalate, patience in (
            (None, _STOP_TIMEOUT_S if self._ready else 0.0),
            (self._child.terminate, _KILL_TIMEOUT_S),
            (self._child.kill, _KILL_TIMEOUT_S),
        ):
            if escalate is not None:
                level = logging.WARNING if self._ready else logging.INFO
                log.log(level, "the practice service did not stop by itself")
                escalate()
            try:
                self._child.wait(timeout=patience)
                break
            except subprocess.TimeoutExpired:
                continue
        self._join_readers()
        for reader, stream in zip(self._readers, (self._child.stdout, self._child.stderr), strict=True):
            # A pipe that a grandchild still holds open keeps its reader, and closing it would wait for that one.
            if stream is not None and not reader.is_alive():
                stream.close()

    def _join_readers(self) -> None:
        for reader in self._readers:
            reader.join(timeout=_READER_TIMEOUT_S)

    def _read_lines(self) -> None:
        for line in _lines_of(self._child.stdout):
            self._lines.put(line)

    def _read_errors(self) -> None:
        for line in _lines_of(self._child.stderr):
            self._errors.append(line.decode("utf-8", "replace").rstrip())


def _lines_of(stream: IO[bytes] | None) -> IO[bytes] | tuple[bytes, ...]:
    return stream if stream is not None else ()
