"""The page: what it says and allows, and how it is used with mouse and keyboard in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.store.profiles import Profile
from coach_desktop.web.conversations import NO_KEY, Standing
from coach_desktop.web.page import page
from tests.standin import StandIn, Status
from tests.web.conftest import Start

PROFILE = Profile(id="t", name="T", purpose="P", provider="tavus", persona_id="p1")


def _standing(url: str) -> Standing:
    return Standing("active", conversation_id="c1", conversation_url=url, provider="tavus", since=1.0)


@pytest.mark.parametrize(
    ("url", "framed"),
    [
        ("https://tavus.daily.co/c123?t=a.b", "https://tavus.daily.co"),
        ("https://tavus.daily.co:8443/c123", "https://tavus.daily.co:8443"),
        ("https://somebody:secret@tavus.daily.co/c123", "https://tavus.daily.co"),
        ("javascript:alert(1)", "'none'"),
        ("https://*/", "'none'"),
        ("https://a b/", "'none'"),
    ],
)
def test_only_the_room_itself_may_be_framed(url: str, framed: str) -> None:
    _, headers = page(PROFILE, _standing(url), falls_back=None)
    assert f"frame-src {framed};" in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


@given(st.sampled_from(["", "http://", "https://", "javascript:"]).flatmap(lambda head: st.text().map(head.__add__)))
def test_no_address_changes_the_policy_or_breaks_out_of_the_page(url: str) -> None:
    content, headers = page(PROFILE, _standing(url), falls_back=None)
    policy = headers["Content-Security-Policy"].split(";")
    assert [part.split()[0] for part in policy] == [
        "default-src", "script-src", "style-src", "connect-src", "img-src", "frame-src", "form-action", "base-uri",
        "frame-ancestors",
    ]  # fmt: skip
    assert len(policy[5].split()) == 2
    assert content.count("<script") == 1
    assert 'href="javascript:' not in content
    assert all(value.isascii() and value.isprintable() for value in headers.values())


def test_what_a_profile_says_is_text() -> None:
    odd = PROFILE.model_copy(update={"name": '<script>"$x', "purpose": "a & b ${since}"})
    content, headers = page(odd, Standing("none"), falls_back=NO_KEY)
    assert "<h1>&lt;script&gt;&quot;$x</h1>" in content
    assert "a &amp; b ${since}" in content
    assert NO_KEY in content
    assert "frame-src 'none'" in headers["Content-Security-Policy"]
    assert "camera=()" in headers["Permissions-Policy"]


def test_page_starts_shows_the_room_and_ends_by_keyboard_alone(
    serve_tavus: Start, tavus: StandIn, browse: Callable[..., dict[str, Any]]
) -> None:
    tavus.plan("create", Status(402, {"message": "The user is out of conversational credits."}))
    ready = "document.readyState === 'complete' && document.body.dataset.status"
    said = "document.body.innerText.includes"
    with serve_tavus() as served:
        outcome = browse(
            f"{served.base_url}/",
            f"{ready} === 'none' && document.activeElement.id === 'start' => key Return",
            f"document.activeElement.id === 'trouble' && {said}('no conversation credit left')",
            f"{said}('No new conversation was started.') => focus #start",
            "document.activeElement.id === 'start' => key Return",
            f"{ready} === 'active' && document.activeElement.id === 'end' && {said}('Tavus bills the minutes')",
            "document.querySelector('#clock').innerText !== '00:00' && !document.querySelector('#time').hidden",
            f"document.querySelector('iframe').src.startsWith('{tavus.origin}/rooms/') => key Return",
            f"{ready} === 'none' && document.activeElement.id === 'start' && {said}('The conversation has ended')",
        )
        assert tavus.active() == []
        assert tavus.visits
        assert len(tavus.creates) == 2
        assert outcome["unnamed"] == []
        assert outcome["overflow"] <= 0
        assert not [line for line in outcome["console"] if "Content Security Policy" in line]
