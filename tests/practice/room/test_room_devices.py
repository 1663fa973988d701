"""The room's devices and its connection: refused, missing, switched off, dropped, and let go of at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.practice.room.arrived import LIVE, ON_AIR, assert_unbroken_sound, assert_whole_frames
from tests.practice.room.room_service import AUDIO, VIDEO, RoomService, came

if TYPE_CHECKING:
    from tests.practice.room.conftest import Browser


def _came(microphone: str) -> str:
    return came(f"text.microphone === '{microphone}'")


def test_denied_devices_are_told_and_explained_once(browser: Browser) -> None:
    with RoomService([LIVE]) as service:
        outcome = browser.open(
            service, "room.devices.camera === 'denied' && room.live", _came("denied"), options="--permission deny"
        )
        recording = service.recording
    assert recording.devices[-1] == ("denied", "denied")
    assert set(recording.devices[:-1]) <= {("pending", "pending")}
    assert outcome["permissions"] == ["MediaAudioVideoCapture"]
    assert "Your camera and microphone were not allowed" in outcome["text"]
    assert "Try again" in outcome["text"]
    assert "Not measured" in outcome["text"]
    assert recording.packets == []
    assert outcome["console"] == []


def test_unanswered_question_stays_pending_and_says_why_it_is_asked(browser: Browser) -> None:
    with RoomService() as service:
        outcome = browser.open(
            service,
            "room.connection === 'open' && performance.now() > 1500",
            _came("pending"),
            options="--permission ask",
        )
        recording = service.recording
    assert recording.devices == [("pending", "pending")]
    assert outcome["phase"] == "waiting"
    assert "Nothing leaves it" in outcome["text"]


def test_missing_camera_still_gives_sound(browser: Browser) -> None:
    with RoomService([LIVE]) as service:
        outcome = browser.open(service, "room.audioBlocksSent > 10 && room.live", devices=("microphone",))
        recording = service.recording
    assert recording.devices[-1] == ("missing", "on")
    assert "No camera was found" in outcome["text"]
    assert recording.of_kind(VIDEO) == []
    assert_unbroken_sound(recording.of_kind(AUDIO))
    assert recording.of_kind(AUDIO)


def test_machine_without_devices_says_so(browser: Browser) -> None:
    with RoomService([LIVE]) as service:
        outcome = browser.open(
            service, "room.devices.microphone === 'missing' && room.live", _came("missing"), devices=()
        )
        recording = service.recording
    assert recording.devices[-1] == ("missing", "missing")
    assert outcome["permissions"] == []
    assert "No camera and no microphone were found" in outcome["text"]


def test_camera_switched_off_is_released_and_comes_back(browser: Browser) -> None:
    with RoomService([LIVE]) as service:
        off, again = (
            "room.devices.camera === 'off' && window.offAt === undefined",
            "performance.now() > window.offAt + 900",
        )
        outcome = browser.open(
            service,
            f"{ON_AIR} => click #toggle-camera",
            f"{off} && (window.offAt = performance.now()) && (window.sent = room.framesSent)",
            f"{again} => click #toggle-camera",
            "room.framesSent > window.sent + 12",
        )
        recording = service.recording
    states = [camera for camera, _ in recording.devices]
    assert states[-3:] == ["off", "pending", "on"]
    assert [track["state"] for track in outcome["tracks"] if track["kind"] == "video"] == ["ended", "live"]
    assert_whole_frames(recording.of_kind(VIDEO))
    gaps = np.diff([frame.media_s for frame in recording.of_kind(VIDEO)])
    assert gaps.max() > 0.5
    assert outcome["console"] == []


def test_the_same_camera_has_the_same_hash_in_every_room(browser: Browser) -> None:
    ids = []
    for _ in range(2):
        with RoomService([LIVE]) as service:
            browser.open(service, ON_AIR, _came("on"))
            ids.append([text["camera_id"] for text in service.recording.texts if text["type"] == "devices"][-1])
    assert ids[0] == ids[1]
    assert len(ids[0]) == 32
    assert int(ids[0], 16) >= 0


@pytest.mark.parametrize(
    ("message", "words"),
    [({"type": "ended", "reason": "ended by the app"}, "Well done"), ({"type": "replaced"}, "open somewhere else")],
)
def test_end_releases_both_devices_at_once(browser: Browser, message: dict[str, Any], words: str) -> None:
    with RoomService([LIVE, (0.5, message)], starts_with="media") as service:
        outcome = browser.open(service, "room.over")
        recording = service.recording
    assert recording.of_kind(VIDEO)
    assert {track["state"] for track in outcome["tracks"]} == {"ended"}
    assert outcome["state"]["connection"] == "closed"
    assert outcome["phase"] == "closed"
    assert words in outcome["text"]
    assert recording.connections == 1
    assert outcome["console"] == []


def test_end_button_says_leave_and_lets_go_even_of_a_silent_service(browser: Browser) -> None:
    with RoomService([LIVE]) as service:
        outcome = browser.open(
            service, f"{ON_AIR} => click #end", "room.devices.camera === 'off'", came("text.type === 'leave'")
        )
        recording = service.recording
    assert recording.texts[-1] == {"type": "leave"}
    assert {track["state"] for track in outcome["tracks"]} == {"ended"}


def test_dropped_connection_comes_back_and_no_sound_is_lost(browser: Browser) -> None:
    with RoomService([LIVE, (0.7, 1012)], starts_with="media") as service:
        outcome = browser.open(
            service, "room.connection === 'retrying'", "room.connection === 'open' && room.audioBlocksSent > 60"
        )
        recording = service.recording
    assert recording.connections == 2
    assert [text["type"] for text in recording.texts].count("hello") == 2
    assert recording.texts[-1].keys() == {"type", "camera", "microphone", "detail", "camera_id", "microphone_id"}
    assert recording.devices[-1] == ("on", "on")
    assert_unbroken_sound(recording.of_kind(AUDIO))
    seqs = [frame.seq for frame in recording.of_kind(VIDEO)]
    assert seqs == sorted(set(seqs))
    assert outcome["state"]["connection"] == "open"


def test_refused_page_does_not_knock_again(browser: Browser) -> None:
    with RoomService([(0.5, 1008)], starts_with="media") as service:
        outcome = browser.open(service, "room.over")
        recording = service.recording
    assert recording.connections == 1
    assert outcome["state"]["connection"] == "lost"
    assert {track["state"] for track in outcome["tracks"]} == {"ended"}
    assert "The coach does not answer" in outcome["text"]
