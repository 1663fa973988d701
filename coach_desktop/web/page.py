"""The page: built on the server for how things stand, so that it shows the same after every reload."""

from __future__ import annotations

import html
import re
from string import Template
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from coach_desktop.core import paths

if TYPE_CHECKING:
    from coach_desktop.store.profiles import Profile
    from coach_desktop.web.conversations import Standing

_PARTS = "camera; microphone; fullscreen; display-capture; autoplay"
_FEATURES = ("camera", "microphone", "fullscreen", "display-capture", "autoplay")
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")
_BILLED = "Tavus bills the minutes from the start until the end."
_FREE = "The local coach lives on this computer: no account, no network, no costs."
_HAS_ENDED = "The conversation has ended. Its report: python main.py report --last"


def page(profile: Profile, standing: Standing, *, falls_back: str | None) -> tuple[str, dict[str, str]]:
    """Return the page and its headers. `falls_back` says why the local coach would take part instead, if so."""
    is_paid = standing.provider == "tavus" if standing.provider else profile.provider == "tavus" and not falls_back
    told = [standing.notice or falls_back or (_BILLED if is_paid else _FREE)]
    if standing.was_one:
        told.insert(0, _HAS_ENDED)
    runs = standing.status in {"active", "ending"}
    address = standing.conversation_url or ""
    origin = _origin(address) if runs else None
    values = {
        "name": profile.name,
        "purpose": profile.purpose,
        "status": standing.status,
        "conversation_id": standing.conversation_id or "",
        "since": "" if standing.since is None else f"{standing.since:.3f}",
        "paid": "yes" if is_paid else "no",
        "start_hidden": "hidden" if runs else "",
        "end_hidden": "" if runs else "hidden",
    }
    safe = {name: html.escape(value) for name, value in values.items()}
    safe["notes"] = "".join(f"<p>{html.escape(words)}</p>" for words in told)
    safe["room"] = _room(address, origin) if runs else ""
    source = paths.resource("web", "page.html").read_text(encoding="utf-8")
    return Template(source).substitute(safe), _headers(origin)


def _room(address: str, origin: str | None) -> str:
    address = html.escape(address)
    if origin is None:
        return f'<div class="door"><h2>The address of the room cannot be used</h2><p>{address}</p></div>'
    link = f'href="{address}" target="_blank" rel="noopener noreferrer"'
    return (
        f'<iframe id="room" src="{address}" title="The room" allow="{_PARTS}" referrerpolicy="no-referrer"></iframe>'
        f'<p class="aside">No picture here? <a {link}>Open the room in a tab of its own</a></p>'
    )


def _origin(url: str) -> str | None:
    """Return the origin of a web address as it can stand in a policy, or None where it is none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.scheme not in {"https", "http"} or not _HOST.fullmatch(host):
        return None
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}"


def _headers(framed: str | None) -> dict[str, str]:
    framed_or_none = framed or "'none'"
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
        f"frame-src {framed_or_none}; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
    allowed = f'(self "{framed}")' if framed else "()"
    return {
        "Content-Security-Policy": policy,
        "Permissions-Policy": ", ".join(f"{feature}={allowed}" for feature in _FEATURES) + ", geolocation=()",
    }
