"""The short-lived token of a private room: a JSON Web Token (RFC 7519), signed with HS256 by a secret of this run."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


_HEADER = _encoded(json.dumps({"alg": "HS256", "typ": "JWT"}, separators=(",", ":")).encode())


def _signed(payload: str, secret: bytes) -> str:
    content = f"{_HEADER}.{payload}"
    return f"{content}.{_encoded(hmac.new(secret, content.encode(), hashlib.sha256).digest())}"


def issue(secret: bytes, conversation_id: str, expires_at: float) -> str:
    """Return a token for one conversation's room that holds until `expires_at` (epoch seconds)."""
    claims = {"r": conversation_id, "exp": int(expires_at)}
    return _signed(_encoded(json.dumps(claims, separators=(",", ":")).encode()), secret)


def is_for(token: str, secret: bytes, conversation_id: str) -> bool:
    """Return whether `token` was issued for this conversation, expired or not."""
    return _claims(token, secret).get("r") == conversation_id


def is_expired(token: str, secret: bytes, now: float) -> bool:
    """Return whether the time of `token` is over; a token that is none counts as expired."""
    expires_at = _claims(token, secret).get("exp")
    return not isinstance(expires_at, int) or now >= expires_at


def _claims(token: str, secret: bytes) -> dict[str, object]:
    parts = token.split(".")
    if len(parts) != 3 or not hmac.compare_digest(_signed(parts[1], secret).encode(), token.encode()):
        return {}
    # Ours beyond doubt from here on, so it reads without fail.
    padded = parts[1] + "=" * (-len(parts[1]) % 4)
    claims = json.loads(base64.urlsafe_b64decode(padded))
    return claims if isinstance(claims, dict) else {}
