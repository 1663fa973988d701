"""How a command ends."""

from __future__ import annotations

from coach_desktop.core.errors import CoachError

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_CANNOT_START = 2
EXIT_CANCELLED = 130
"""As shells report what Ctrl-C ended."""


class CannotStartError(CoachError):
    """The place for the data, or for the logs in it, or a library of the system cannot be used."""
