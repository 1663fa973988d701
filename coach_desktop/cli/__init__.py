"""The command line. What needs no window runs without importing Qt; JSON alone goes to stdout, progress to stderr."""

from __future__ import annotations

import sys
from typing import NoReturn

# Nothing more: whatever is loaded here is loaded before Ctrl-C is ours.


def run() -> NoReturn:
    """Run the command line of this process and exit."""
    from coach_desktop.cli import interrupts

    with interrupts.told(sys.argv[1:]):
        code = main(sys.argv[1:])
    # From here on all is done but the waiting for threads, which ends by itself.
    interrupts.ignore()
    from coach_desktop.core import leaving

    leaving.end_process(code)


def main(arguments: list[str]) -> int:
    """Carry out one command and return its exit code."""
    from coach_desktop.cli import program

    return program.main(arguments)
