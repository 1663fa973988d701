"""The coach's voice in the room's page: played, told of, stopped by the service, silenced by the user."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.practice.room.room_service import RoomService, came

if TYPE_CHECKING:
    from tests.practice.room.conftest import Browser

LIVE: tuple[float, dict[str, Any]] = (0.0, {"type": "live"})
TEXT = "You looked at me most of the time."
CAPTION: tuple[float, dict[str, Any]] = (0.0, {"type": "caption", "role": "replica", "text": TEXT})
ON = {"voice": "on"}


def _voice(at_s: float, seconds: float, number: int = 1) -> tuple[float, dict[str, Any]]:
    tone = np.sin(2 * np.pi * 220 * np.arange(round(seconds * 22_050)) / 22_050) * 8000
    pcm = base64.b64encode(tone.astype("<i2").tobytes()).decode()
    mouth = [[0.0, "wide"], [seconds, "rest"]]
    return at_s, {"type": "voice", "id": number, "rate": 22_050, "pcm": pcm, "mouth": mouth}


def _came(state: str) -> str:
    return came(f"text.type === 'voice' && text.state === '{state}'")


def _told(service: RoomService) -> list[tuple[str, int]]:
    return [(text["state"], text["id"]) for text in service.recording.texts if text["type"] == "voice"]


def test_it_is_played_to_its_end_with_its_words_and_a_mouth_that_moves(browser: Browser) -> None:
    with RoomService([LIVE, CAPTION, _voice(0.5, 1.5)], welcome=ON, starts_with="media") as service:
        outcome = browser.open(
            service,
            "room.speaking && document.querySelector('#mouth-fill').getAttribute('d') !== ''",
            "!room.speaking && room.said === 1",
            _came("ended"),
        )
        assert _told(service) == [("started", 1), ("ended", 1)]
    assert TEXT in outcome["text"]
    assert "Voice on" in outcome["text"]
    assert (outcome["unnamed"], outcome["clipped"], outcome["outside"], outcome["console"]) == ([], [], [], [])


def test_the_service_stops_it_when_the_user_begins_to_speak(browser: Browser) -> None:
    hush = (2.0, {"type": "hush", "id": 1})
    with RoomService([LIVE, CAPTION, _voice(0.2, 60), hush], welcome=ON, starts_with="media") as service:
        browser.open(service, "room.said === 1 && !room.speaking", _came("stopped"))
        assert _told(service) == [("started", 1), ("stopped", 1)]


def test_the_button_silences_him_at_once_and_his_words_stay(browser: Browser) -> None:
    script = [LIVE, CAPTION, _voice(0.2, 60), _voice(3.0, 60, 2), CAPTION]
    with RoomService(script, welcome=ON, starts_with="media") as service:
        outcome = browser.open(
            service,
            "room.speaking => click #toggle-voice",
            "room.voice === 'off' && !room.speaking && room.said === 1",
            _came("off"),
        )
        assert _told(service) == [("started", 1), ("stopped", 1), ("off", 0)]
    assert "Voice off" in outcome["text"]
    assert TEXT in outcome["text"]


def test_the_key_does_what_the_button_does(browser: Browser) -> None:
    press = "dispatchEvent(new KeyboardEvent('keydown', { key: 'v' }))"
    with RoomService([LIVE], welcome=ON) as service:
        browser.open(service, f"room.voice === 'on' && {press}", "room.voice === 'off'", _came("off"))
        assert _told(service) == [("off", 0)]


def test_without_a_voice_there_is_no_button(browser: Browser) -> None:
    with RoomService([LIVE, _voice(0.2, 5)]) as service:
        outcome = browser.open(service, "room.audioBlocksSent > 20")
        assert _told(service) == []
    assert "Voice" not in outcome["text"]


def test_last_words_are_said_to_the_end_when_the_devices_are_off(browser: Browser) -> None:
    script = [
        LIVE,
        (0.3, {"type": "ending"}),
        (0.4, CAPTION[1]),
        _voice(0.5, 1.5),
        (0.5, {"type": "ended", "reason": "x"}),
    ]
    with RoomService(script, welcome=ON, starts_with="media") as service:
        outcome = browser.open(
            service,
            f"room.over && room.speaking && document.body.innerText.includes('{TEXT}')",
            "!room.speaking && room.said === 1",
        )
    assert {track["state"] for track in outcome["tracks"]} == {"ended"}
    assert outcome["phase"] == "closed"
    assert outcome["console"] == []


def test_what_is_no_sound_is_not_played(browser: Browser) -> None:
    number, broken = _voice(0.2, 1)
    with RoomService(
        [LIVE, (number, broken | {"pcm": "%%%"}), (0.3, broken | {"rate": 1})], welcome=ON, starts_with="media"
    ) as service:
        outcome = browser.open(service, "room.audioBlocksSent > 20", _came("stopped"))
        assert _told(service) == [("stopped", 1)]
    assert outcome["state"]["said"] == 0
    assert outcome["console"] == []
