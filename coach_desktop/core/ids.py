"""Identifiers that we draw ourselves."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

OWN_CHUCK = "chuck-in-my-account"
"""The id of the profile of the Chuck who lives in the user's own account."""


def new_session_id() -> str:
    """Return an id that sorts by time and says when the session began (UTC)."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def new_name_token() -> str:
    """Return the unique token that goes into a conversation's name, so that we can find it again."""
    return secrets.token_hex(6)
