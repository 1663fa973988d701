"""Who is recorded is told so, plainly and in the room; who is not is told that, too."""

from __future__ import annotations

import pytest

from tests.practice.room.conftest import Browser
from tests.practice.room.room_service import RoomService

TOLD = "This talk is being recorded on your computer"


@pytest.mark.parametrize(
    ("recording", "promise", "shown"),
    [
        (None, "Neither is recorded.", False),
        ("lent", "Neither is kept", False),
        ("kept", "The sound is recorded and kept on this computer", True),
    ],
)
def test_the_room_says_what_becomes_of_the_sound(
    browser: Browser, recording: str | None, promise: str, *, shown: bool
) -> None:
    with RoomService(welcome={"recording": recording}) as service:
        seen = browser.open(service, "room.framesSent > 3", options="--size 640x560")
    assert (TOLD in seen["text"]) == shown
    assert promise in seen["html"]
    assert seen["outside"] == []
    assert seen["clipped"] == []
