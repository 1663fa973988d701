"""Identifiers that we draw ourselves."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime


def new_session_id() -> str:
    """Return an id that sorts by time and says when the session began (UTC)."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def new_name_token() -> str:
    """Return the unique token that goes into a conversation's name, so that we can find it again."""
    return secrets.token_hex(6)
