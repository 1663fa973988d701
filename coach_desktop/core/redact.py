"""Secrets stay out of logs: known ones are replaced wherever they appear, likely ones by their shape."""

from __future__ import annotations

import json
import logging
import re
import threading
from urllib.parse import quote

MASK = "[hidden]"
_MIN_SECRET = 6

# A name, then `:`, `=` or (as in a list of header pairs) `,`; quotes may be escaped and bytes carry their `b`.
_QUOTE = r"\\*[\"']"
_SHAPES = (
    re.compile(
        r"(?i)((?:x-api-key|api[_-]?key|meeting[_-]?token|authorization)"
        rf"(?:(?:{_QUOTE})?\s*[:=]|{_QUOTE}\s*,)\s*(?:b?{_QUOTE})?(?:(?:bearer|basic|token)\s+)?)[^\s\"',;&}}\\]+"
    ),
    re.compile(r"([?&]t=)[^&\s\"'#]+"),
    re.compile(r"()\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?"),
    re.compile(r"()\btvsk_\w+"),
)


def _spellings(secret: str) -> set[str]:
    """Return the secret as it stands in plain text, in a URL, in JSON and in a Python repr."""
    return {secret, quote(secret, safe=""), quote(secret), json.dumps(secret)[1:-1], repr(secret)[1:-1]}


class Redactor:
    """Knows the secrets of this process and takes them out of text. Safe to use from any thread."""

    def __init__(self) -> None:
        """Start without any known secret: what looks like one is hidden all the same."""
        self._lock = threading.Lock()
        self._secrets: tuple[str, ...] = ()

    def add(self, secret: str) -> None:
        """Hide `secret` from now on. Very short strings are left alone: hiding them would hide everything."""
        secret = secret.strip()
        if len(secret) < _MIN_SECRET:
            return
        with self._lock:
            # Longest first, so that a secret that contains another one is hidden whole.
            self._secrets = tuple(sorted({*self._secrets, *_spellings(secret)}, key=len, reverse=True))

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
