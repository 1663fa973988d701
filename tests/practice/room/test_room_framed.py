"""The room in a frame of somebody else's page, as integrators hold that of Tavus: a page of this computer's only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from coach_desktop.tavus.delivery import DELIVERY_EVENT
from tests.browsing import browsed, strangers_pages
from tests.practice.client import events
from tests.practice.room.room_media import device_flags

if TYPE_CHECKING:
    from tests.practice.client import Api
    from tests.practice.room.conftest import Browser

PAGES = Path(__file__).parents[2] / "web" / "page_browser.py"
OWN = """<!doctype html><title>An integrator</title>
<iframe src="{room}" title="The room" allow="camera; microphone; fullscreen; display-capture; autoplay"
 onload="window.framed = true"></iframe>"""
STRANGE = "--host-resolver-rules=MAP stranger.example 127.0.0.1"


def _face(conversation: dict[str, Any]) -> dict[str, Any]:
    face: dict[str, Any] = events(conversation, DELIVERY_EVENT)[-1]["properties"]["measures"]["face_present"]
    return face


def test_a_page_of_this_computer_holds_a_room_that_measures(api: Api, browser: Browser) -> None:
    conversation = api.create()

    def told(path: str) -> str:
        if path != "/seen":
            return OWN.format(room=conversation["conversation_url"])
        detail = api.get(f"/conversations/{conversation['conversation_id']}", params={"verbose": "true"}).json()
        return str(_face(detail)["status"])

    seen = "(fetch('/seen').then((answer)=>answer.text()).then((text)=>{ window.seen = text; }), window.seen)"
    with strangers_pages(told) as port:
        # By another name than the room's, so that to the browser it is another site.
        browsed(
            PAGES,
            f"http://localhost:{port}/",
            f"{seen} === 'measured'",
            flags=device_flags(browser.camera, browser.microphone),
        )


def test_a_page_of_the_web_gets_no_room(api: Api, browser: Browser) -> None:
    conversation = api.create()
    with strangers_pages(lambda _: OWN.format(room=conversation["conversation_url"])) as port:
        outcome = browsed(
            PAGES,
            f"http://stranger.example:{port}/",
            "window.framed === true",
            flags=f'{device_flags(browser.camera, browser.microphone)} "{STRANGE}"',
        )
    assert [line for line in outcome["console"] if "frame-ancestors" in line]
    detail = api.get(f"/conversations/{conversation['conversation_id']}", params={"verbose": "true"}).json()
    assert detail["status"] == "active"
    assert _face(detail)["reason"] == "Nobody joined the room."
