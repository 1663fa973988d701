"""What the log may know of a request: enough to see what was sent, and nothing that opens a door."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from coach_desktop.core.redact import MASK, REDACTOR

_TEXT_LIMIT = 200
_LINE_LIMIT = 4000
_LIST_LIMIT = 50
# Doors of others: who reads them could enter a room, write into a bucket or use a language model at its owner's cost.
_SECRETS = frozenset({"livekit_room_token", "recording_storage", "aws_assume_role_arn", "api_key", "headers"})
# Addresses may carry a token of the user's own in path or query.
_ADDRESSES = frozenset({"callback_url", "meeting_url", "livekit_ws_url", "document_url"})


def loggable(payload: dict[str, object]) -> str:
    """Return a request's body as one line of JSON: secrets hidden, long texts cut and said so."""
    return REDACTOR.scrub(json.dumps(_shown(payload), ensure_ascii=False))[:_LINE_LIMIT]


def _shown(value: object, name: str = "") -> object:
    if name in _SECRETS:
        return MASK
    if isinstance(value, dict):
        return {key: _shown(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_shown(inner, name) for inner in value[:_LIST_LIMIT]]
    if not isinstance(value, str):
        return value
    if name in _ADDRESSES and value:
        return _host_of(value)
    # First scrubbed, then cut: half a secret at the cut would not be known as one.
    text = REDACTOR.scrub(value)
    return text if len(text) <= _TEXT_LIMIT else f"{text[:_TEXT_LIMIT]}… ({len(value)} characters)"


def _host_of(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return MASK
    return f"{parts.scheme}://{parts.hostname}/…"
