"""Secrets stay out of logs: known ones are replaced wherever they appear, likely ones by their shape."""

from __future__ import annotations

import logging
import re
import threading

MASK = "[hidden]"
_MIN_SECRET = 6

_SHAPES = (
    re.compile(
        r"(?i)((?:x-api-key|api[_-]?key|meeting[_-]?token|authorization)[\"']?\s*[:=]\s*(?:bearer\s+)?[\"']?)[^\s\"',;&}]+"
    ),
    re.compile(r"([?&]t=)[^&\s\"'#]+"),
    re.compile(r"()\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?"),
)


class Redactor:
    """Knows the secrets of this process and takes them out of text. Safe to use from any thread."""

    def __init__(self) -> None:
        """Start without any known secret: what looks like one is hidden all the same."""
        self._lock = threading.Lock()
        self._secrets: tuple[str, ...] = ()

    def add(self, secret: str) -> None:
        """Hide `secret` from now on. Very short strings are left alone: hiding them would hide everything."""
        if len(secret) < _MIN_SECRET:
            return
        with self._lock:
            # Longest first, so that a secret that contains another one is hidden whole.
            self._secrets = tuple(sorted({*self._secrets, secret}, key=len, reverse=True))

    def scrub(self, text: str) -> str:
        """Return `text` with every known secret, and all that has the shape of one, replaced."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        for shape in _SHAPES:
            text = shape.sub(lambda match: match.group(1) + MASK, text)
        return text


REDACTOR = Redactor()


class ScrubbingFormatter(logging.Formatter):
    """Formats a record, traceback included, and scrubs the whole of it."""

    def __init__(self, fmt: str, redactor: Redactor = REDACTOR) -> None:
        """Use `fmt` as `logging.Formatter` does."""
        super().__init__(fmt)
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """Return the scrubbed line, or lines."""
        return self._redactor.scrub(super().format(record))
