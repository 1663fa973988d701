"""The token of a private room opens that room, for its time, and nothing else."""

from __future__ import annotations

import base64
import json

from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.practice import meeting_token

SECRET = b"a secret of this test"


def test_a_token_is_for_one_room_and_for_a_time() -> None:
    token = meeting_token.issue(SECRET, "c1", 1000.0)
    assert meeting_token.is_for(token, SECRET, "c1")
    assert not meeting_token.is_for(token, SECRET, "c2")
    assert not meeting_token.is_for(token, b"another secret", "c1")
    assert not meeting_token.is_expired(token, SECRET, 999.0)
    assert meeting_token.is_expired(token, SECRET, 1000.0)


def test_it_looks_like_the_tokens_of_the_api() -> None:
    header, payload, signature = meeting_token.issue(SECRET, "c1", 1000.0).split(".")
    assert json.loads(base64.urlsafe_b64decode(header + "==")) == {"alg": "HS256", "typ": "JWT"}
    assert payload
    assert len(signature) == 43


def test_a_token_with_another_payload_is_none() -> None:
    header, _, signature = meeting_token.issue(SECRET, "c1", 1000.0).split(".")
    payload = base64.urlsafe_b64encode(b'{"r":"c2","exp":9999999999}').rstrip(b"=").decode()
    forged = f"{header}.{payload}.{signature}"
    assert not meeting_token.is_for(forged, SECRET, "c2")
    assert meeting_token.is_expired(forged, SECRET, 0.0)
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    assert not meeting_token.is_for(f"{unsigned}.{payload}.", SECRET, "c2")


@given(st.text())
def test_any_text_is_no_token(text: str) -> None:
    assert not meeting_token.is_for(text, SECRET, "c1")
    assert meeting_token.is_expired(text, SECRET, 0.0)
