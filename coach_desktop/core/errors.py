"""Errors that can be shown to the user: what happened, what is safe, what to do."""

from __future__ import annotations


class CoachError(Exception):
    """An error of the user's world (a missing file, a refused connection), told in plain words.

    Anything else that is raised is a bug of ours and goes to the log with its traceback.
    """

    def __init__(self, what: str, *, safe: str = "", do: str = "", details: str = "") -> None:
        """Keep the three sentences a person needs, and details that are only for the log."""
        super().__init__(what)
        self.what = what
        self.safe = safe
        self.do = do
        self.details = details

    def sentences(self) -> str:
        """Return the plain words as one paragraph."""
        return " ".join(part for part in (self.what, self.safe, self.do) if part)


class Cancelled(CoachError):  # noqa: N818 - no error: the user got what they asked for
    """The user asked to stop while something was still under way."""

    def __init__(self) -> None:
        """Build the one sentence."""
        super().__init__("Cancelled.")
