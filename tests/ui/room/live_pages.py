"""The live page in a conversation that costs money, and the clock by which it goes."""

from __future__ import annotations

import time

from coach_desktop.sessions.updates import SessionState, SessionUpdate
from coach_desktop.ui.ask_bar import AskBar
from coach_desktop.ui.live_page import LivePage
from coach_desktop.ui.room.terms import Terms
from coach_desktop.ui.session_bar import DeviceState, Price

PRICE = Price(0.37, "USD")


class Turned:
    """A clock that a test turns, on top of the one that runs."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


def live(room_url: str = "", ago_s: float = 0.0, notice: str | None = None) -> SessionUpdate:
    since = time.time() - ago_s
    return SessionUpdate(
        SessionState.LIVE, "s1", "You are live.", room_url=room_url or None, live_since=since, provider="tavus",
        billed_since=since, notice=notice,
    )  # fmt: skip


def begin(page: LivePage, update: SessionUpdate, *, allow: bool = True, price: Price | None = PRICE) -> None:
    page.begin(Terms(media_allowed=allow, price=price))
    page.show_update(update)


def asked(page: LivePage) -> AskBar:
    bar = page.findChild(AskBar)
    assert bar is not None
    return bar


def devices(page: LivePage) -> list[str]:
    return [state.accessibleName() for state in page.findChildren(DeviceState)]
