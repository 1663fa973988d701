"""Programs that turn text into speech: Piper, kept warm over a pipe, and the system's eSpeak NG.

Neither is imported: both are GPL-3 and run as processes of their own, with nothing of ours in their environment.
"""

from __future__ import annotations

import io
import json
import logging
import os
import shutil
import subprocess
import sys
import threading
import wave
from typing import IO, TYPE_CHECKING, Any, Final, Protocol

from pydantic import BaseModel, Field, ValidationError

from coach_desktop.core import paths
from coach_desktop.core.errors import CoachError
from coach_desktop.practice.speaking.speech import Speech, joined, mouth_of_phonemes, mouth_of_sound
from coach_desktop.store import model_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

log = logging.getLogger(__name__)

LONGEST_TEXT: Final = 600
_READY_WITHIN_S: Final = 40.0
_SAID_WITHIN_S: Final = 20.0
_GONE_WITHIN_S: Final = 1.0
_MOST_BYTES: Final = 60 * 48_000 * 2
_MOST_LINE: Final = 1_000_000
# What a program needs to run at all; keys and tokens of ours are not among them.
_ENVIRONMENT: Final = (
    "PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "TEMP", "TMP", "USERPROFILE", "APPDATA", "LOCALAPPDATA",
)  # fmt: skip


class VoiceFault(Exception):  # noqa: N818 - it is no error of the user's: the next best voice takes over
    """A voice could not say it."""


class Voice(Protocol):
    """A program that speaks. All of it belongs to one thread, and blocks."""

    name: str

    def start(self) -> None:
        """Make ready; without effect where it is. Raises `VoiceFault`."""

    def say(self, text: str) -> Speech:
        """Return the sound of a text. Raises `VoiceFault`."""

    def close(self) -> None:
        """End the program."""


def installed(models_cache: Path) -> list[Voice]:
    """Return the voices of this computer, the best first; without loading any."""
    found: list[Voice] = []
    folder = paths.resources().parent / ".venv-voice"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if python.is_file() and (folder / ".installed").is_file():
        found.append(Piper(python, models_cache))
    program = shutil.which("espeak-ng") or shutil.which("espeak")
    if program is not None:
        found.append(Espeak(program))
    return found


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}


class _Answer(BaseModel):
    ready: bool = False
    id: int | None = None
    end: bool = False
    rate: int = Field(default=22_050, ge=8_000, le=48_000)
    bytes: int = Field(default=0, ge=0, le=_MOST_BYTES)
    phonemes: list[tuple[str, int]] = []


class Piper:
    """Piper, in the environment of its own. One process says one utterance after the other."""

    name = "Piper"

    def __init__(self, python: Path, models_cache: Path) -> None:
        """Run with `python`, with the voice of the manifest. Nothing is started yet."""
        self._python = python
        self._models_cache = models_cache
        self._child: subprocess.Popen[bytes] | None = None
        self._number = 0

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._child.pid if self._child is not None else None

    def start(self) -> None:
        """Start the process and wait until it has loaded its voice: some 3 s."""
        if self._child is not None and self._child.poll() is None:
            return
        self.close()
        try:
            voice = [str(model_files.find(model, self._models_cache).path) for model in model_files.PIPER_JOE]
        except CoachError as error:
            raise VoiceFault(error.what) from error
        command = [str(self._python), "-I", str(paths.resource("voice", "piper_program.py")), *voice]
        try:
            self._child = _spawn(command)
        except OSError as error:
            raise VoiceFault(f"it cannot be started: {error.strerror}") from error
        try:
            with _killed_after(self._child, _READY_WITHIN_S):
                if not self._hear().ready:
                    raise VoiceFault("it began with something else than being ready")
        except VoiceFault:
            self.close()
            raise

    def say(self, text: str) -> Speech:
        """Return the sound of a text, with the mouth by its phonemes."""
        self.start()
        child = self._child
        if child is None or child.stdin is None:
            raise VoiceFault("it is not running")
        self._number += 1
        order = json.dumps({"id": self._number, "text": " ".join(text.split())[:LONGEST_TEXT]})
        with _killed_after(child, _SAID_WITHIN_S):
            try:
                child.stdin.write(order.encode() + b"\n")
                child.stdin.flush()
            except OSError as error:
                raise VoiceFault("it is gone") from error
            sentences: list[Speech] = []
            while not (answer := self._hear()).end:
                pcm = _read(child, answer.bytes)
                mouth = mouth_of_phonemes(answer.phonemes, answer.rate) or mouth_of_sound(pcm, answer.rate)
                sentences.append(Speech(answer.rate, pcm, mouth))
                if answer.id != self._number or sum(len(one.pcm) for one in sentences) > _MOST_BYTES:
                    raise VoiceFault("it says something else")
        if not any(sentence.pcm for sentence in sentences):
            raise VoiceFault("it said nothing")
        return joined(sentences)

    def _hear(self) -> _Answer:
        child = self._child
        line = child.stdout.readline(_MOST_LINE) if child is not None and child.stdout is not None else b""
        if not line.endswith(b"\n"):
            raise VoiceFault("it has ended")
        try:
            return _Answer.model_validate_json(line)
        except ValidationError as error:
            raise VoiceFault("its answer cannot be read") from error

    def close(self) -> None:
        """End the process, which the end of its input tells to; one that does not is killed."""
        child, self._child = self._child, None
        if child is None:
            return
        try:
            if child.stdin is not None:
                child.stdin.close()
            child.wait(_GONE_WITHIN_S)
        except (OSError, subprocess.TimeoutExpired):
            child.kill()
            child.wait()
        finally:
            if child.stdout is not None:
                child.stdout.close()


class Espeak:
    """The system's eSpeak NG: robotic, small and quick, so each utterance has a process of its own."""

    name = "eSpeak NG"

    def __init__(self, program: str) -> None:
        """Run `program`."""
        self._program = program

    def start(self) -> None:
        """Nothing has to be made ready."""

    def say(self, text: str) -> Speech:
        """Return the sound of a text, with the mouth by its loudness."""
        command = [self._program, "--stdout", "-v", "en-us", "-s", "160", "--stdin"]
        try:
            done = subprocess.run(  # noqa: S603 - the program is the system's, and the text goes over the pipe
                command,
                input=" ".join(text.split())[:LONGEST_TEXT].encode(),
                capture_output=True,
                timeout=_SAID_WITHIN_S,
                check=True,
                env=_environment(),
                **_windows(),
            )
            with wave.open(io.BytesIO(done.stdout)) as sound:
                if (sound.getnchannels(), sound.getsampwidth()) != (1, 2):
                    raise VoiceFault("its sound is of another kind")
                rate, pcm = sound.getframerate(), sound.readframes(_MOST_BYTES // 2)
        except (OSError, subprocess.SubprocessError, wave.Error, EOFError) as error:
            raise VoiceFault(f"it failed: {type(error).__name__}") from error
        if not pcm:
            raise VoiceFault("it said nothing")
        return Speech(rate, pcm, mouth_of_sound(pcm, rate))

    def close(self) -> None:
        """Nothing goes on."""


def _windows() -> dict[str, Any]:
    if sys.platform == "win32":
        # No console window of its own may flash up.
        return {"creationflags": subprocess.CREATE_NO_WINDOW}
    return {}


def _spawn(command: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own program, in the environment that belongs to it
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        **_windows(),
    )


def _read(child: subprocess.Popen[bytes], count: int) -> bytes:
    stream: IO[bytes] | None = child.stdout
    found = stream.read(count) if stream is not None else b""
    if len(found) != count:
        raise VoiceFault("it ended within a word")
    return found


class _killed_after:  # noqa: N801 - reads as words behind `with`
    """Kill a program that does not answer in time: a read that waits for it then ends."""

    def __init__(self, child: subprocess.Popen[bytes], seconds: float) -> None:
        self._timer = threading.Timer(seconds, child.kill)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
