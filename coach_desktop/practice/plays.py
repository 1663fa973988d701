"""Trouble that the service plays on request: the refusals and faults that a client of the API must cope with.

Nothing of it happens by itself here: the local coach costs nothing, and as many conversations as somebody asks for run
at once.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, JSONResponse, Response

from coach_desktop.practice.reading import Refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_TIMES = re.compile(r"[1-9][0-9]{0,5}")
_FAULT_PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


class Play(StrEnum):
    """What can be played."""

    KEY = "key"
    FAULT = "fault"
    CREDITS = "credits"
    CONCURRENCY = "concurrency"
    FORBIDDEN = "forbidden"
    RATE = "rate"
    PERSONA = "persona"
    REPLICA = "replica"
    CREATE = "create"
    MISSING = "missing"
    FIELD = "field"
    LOST = "lost"
    SILENCE = "silence"
    CRAWL = "crawl"
    DOCUMENT = "document"


# Word for word what the API says, as far as that is known.
_ANSWERS = {
    Play.KEY: (401, {"message": "Invalid access token"}),
    Play.CREDITS: (402, {"message": "The user is out of conversational credits."}),
    Play.CONCURRENCY: (400, {"message": "User has reached maximum concurrent conversations"}),
    Play.FORBIDDEN: (403, {"message": "Forbidden"}),
    Play.RATE: (429, {"message": "Too Many Requests"}),
    Play.PERSONA: (400, {"error": "Invalid persona_id"}),
    Play.REPLICA: (400, {"error": "Invalid replica_uuid"}),
    Play.CREATE: (
        400,
        {"error": "There was an error creating the conversation, please reach out to support at support@tavus.io!"},
    ),
    Play.MISSING: (404, {"message": "Not Found"}),
    Play.FIELD: (422, {"message": "Unprocessable Entity"}),
    Play.CRAWL: (
        429,
        {"error": "Crawl document limit reached (100). Contact support@tavus.io to increase your limit."},
    ),
}
# In test mode a conversation costs nothing and holds no place.
_OF_REAL_CREATES = (Play.CREDITS, Play.CONCURRENCY)
_OF_ALL_CREATES = (
    Play.FORBIDDEN,
    Play.RATE,
    Play.PERSONA,
    Play.REPLICA,
    Play.CREATE,
    Play.MISSING,
    Play.FIELD,
)


def refusal(play: Play) -> Refusal:
    """Return the answer that belongs to `play`."""
    status, body = _ANSWERS[play]
    return Refusal(status, error=body.get("error"), message=body.get("message"))


def parsed(text: str) -> tuple[Play, float]:
    """Read `NAME` or `NAME:TIMES`; return what to play and how often. Raises `ValueError` in words."""
    name, colon, times = text.partition(":")
    if name not in set(Play):
        raise ValueError(f"must be one of {', '.join(Play)}")
    if colon and not _TIMES.fullmatch(times):
        raise ValueError("after the colon stands a number: how often it is played")
    return Play(name), float(times) if colon else math.inf


@dataclass
class Plays:
    """What is to be played, how often still (infinity: always), and how many conversations may run at once."""

    left: dict[Play, float] = field(default_factory=dict)
    max_concurrent: int | None = None

    def is_due(self, play: Play) -> bool:
        """Return whether `play` is to be played now; that counts as once."""
        left = self.left.get(play, 0)
        if left < 1:
            return False
        self.left[play] = left - 1
        return True

    def check_create(self, *, active: int, test_mode: bool) -> None:
        """Raise the `Refusal` that a create meets where `active` conversations run, if it meets any."""
        for play in _OF_ALL_CREATES + (() if test_mode else _OF_REAL_CREATES):
            if self.is_due(play):
                raise refusal(play)
        if not test_mode and self.max_concurrent is not None and active >= self.max_concurrent:
            raise refusal(Play.CONCURRENCY)


def fault(status: int, words: str) -> Response:
    """Return what a server in trouble sends: a page, not JSON."""
    return HTMLResponse(_FAULT_PAGE.format(f"{status} {words}"), status)


async def until_hung_up(receive: Receive) -> None:
    """Wait until the client has had enough and hangs up."""
    while (await receive())["type"] != "http.disconnect":
        pass


class Stage:
    """Pure ASGI middleware: plays what concerns every request of the API, whatever it asks for."""

    def __init__(self, app: ASGIApp, plays: Plays) -> None:
        """Play before `app`."""
        self._app = app
        self._plays = plays

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer where something is due; hand the rest on."""
        answer: ASGIApp = self._app
        if scope["type"] == "http" and scope["path"].startswith("/v2/"):
            if self._plays.is_due(Play.KEY):
                refused = refusal(Play.KEY)
                answer = JSONResponse(refused.body, refused.status)
            elif self._plays.is_due(Play.FAULT):
                answer = fault(503, "Service Temporarily Unavailable")
        await answer(scope, receive, send)
