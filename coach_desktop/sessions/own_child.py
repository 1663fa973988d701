"""This program once more, as a child process that tells by lines how far it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coach_desktop.core import paths
from coach_desktop.sessions.service_process import child_environment, command_of_own

if TYPE_CHECKING:
    from collections.abc import Sequence

_GONE_WITHIN_S: Final = 5.0


def start(arguments: Sequence[str]) -> subprocess.Popen[str]:
    """Start this program with these arguments, with pipes to its input and output. Raises `OSError`.

    It does not hear the terminal's Ctrl-C: whoever started it ends it.
    """
    return subprocess.Popen(  # noqa: S603 - our own program and arguments
        [*command_of_own(), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=child_environment(),
        cwd=None if paths.is_frozen() else Path(__file__).resolve().parents[2],
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        start_new_session=sys.platform != "win32",
    )


def end(child: subprocess.Popen[str]) -> None:
    """Let go of a child: it is told by the end of its input, and killed where it does not go by itself."""
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            stream.close()
    try:
        child.wait(_GONE_WITHIN_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait(_GONE_WITHIN_S)
