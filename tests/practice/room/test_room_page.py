"""The room's page in a real browser, with files as camera and microphone, against a service that writes all down."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.practice.room.arrived import LIVE, assert_unbroken_sound, assert_whole_frames, rate
from tests.practice.room.room_media import camera_file
from tests.practice.room.room_service import AUDIO, VIDEO, Recording, RoomService

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.practice.room.conftest import Browser

CUE = {"type": "cue", "kind": "eyes", "text": "Look at me"}
LOOKS_AWAY = "document.body.innerText.includes('Looking away') && performance.now() > 1500"
Outcome = dict[str, Any]


def _meter(**known: object) -> dict[str, Any]:
    nothing = dict.fromkeys(
        ("frame_seq", "face", "eye_contact", "face_x", "face_y", "smile", "head_yaw_deg", "speaking", "level_db")
    )
    return {"at_s": 1.0, **nothing, **known}


@pytest.fixture(scope="module")
def session(browser: Browser) -> Iterator[tuple[Recording, Outcome]]:
    """Some seconds of an ordinary session, shared by the tests that only look at it."""
    # A caption goes by itself after some seconds; on a slow machine the first would be gone before we look.
    caption = {"type": "caption", "role": "replica", "text": "Hello <b>there</b>"}
    script = [LIVE, *((at_s, caption) for at_s in (0.5, 4.0, 8.0, 12.0, 16.0))]
    meter = _meter(face=True, eye_contact=True, face_x=0.5, face_y=0.4, smile=0.2, speaking=False)
    with RoomService(script, meter=lambda _: meter) as service:
        outcome = browser.open(service, "room.framesAcked > 60 && room.audioBlocksSent > 50")
        yield service.recording, outcome


def test_page_says_hello_first_and_then_what_its_devices_are(session: tuple[Recording, Outcome]) -> None:
    recording, outcome = session
    assert recording.texts[0] == {"type": "hello", "version": 1}
    assert recording.devices[-1] == ("on", "on")
    assert outcome["asked"] == ["audio+video"]
    assert outcome["permissions"] == ["MediaAudioVideoCapture"]
    assert recording.queries == ["t=letmein"]


def test_frames_are_the_cameras_own_twelve_a_second(session: tuple[Recording, Outcome]) -> None:
    frames = session[0].of_kind(VIDEO)
    assert_whole_frames(frames)
    assert {(frame.format, frame.width, frame.height) for frame in frames} == {(1, 640, 480)}
    assert 11 <= rate(frames) <= 13
    luma = np.frombuffer(frames[-1].payload, np.uint8, 640 * 480)
    assert luma.std() > 20


def test_sound_is_counted_by_samples_and_unbroken(session: tuple[Recording, Outcome]) -> None:
    blocks = session[0].of_kind(AUDIO)
    assert len(blocks) > 30
    assert_unbroken_sound(blocks)
    settled = [block for block in blocks if block.media_s > blocks[0].media_s + 1.2]
    samples = np.concatenate([np.frombuffer(block.payload, "<i2") for block in settled]) / 32768
    # A sample lost or doubled on the way would turn the tone's phase by 0.39 at once.
    tone = samples * np.exp(-2j * np.pi * 1000 * np.arange(len(samples)) / 16000)
    phase = np.angle(tone.reshape(-1, 160).mean(axis=1))
    assert np.abs(np.diff(np.unwrap(phase))).max() < 0.2
    assert np.abs(samples).max() == pytest.approx(0.5, abs=0.1)


def test_browser_leaves_the_sound_as_it_is(session: tuple[Recording, Outcome]) -> None:
    heard = next(settings for settings in session[1]["settings"] if settings["kind"] == "audio")
    assert not heard["autoGainControl"]
    assert not heard["noiseSuppression"]
    # Only what the page itself plays is taken out: the coach's voice.
    assert heard["echoCancellation"]


def test_state_for_tests_agrees_with_what_arrived(session: tuple[Recording, Outcome]) -> None:
    recording, outcome = session
    state = outcome["state"]
    assert state["connection"] == "open"
    assert state["live"]
    assert 0 < state["framesAcked"] <= state["framesSent"] <= len(recording.of_kind(VIDEO))
    assert 0 < state["audioBlocksSent"] <= len(recording.of_kind(AUDIO))


def test_nothing_is_said_on_the_console_so_no_rule_of_the_policy_is_broken(session: tuple[Recording, Outcome]) -> None:
    assert session[1]["console"] == []


def test_name_of_a_device_is_never_shown_or_sent(session: tuple[Recording, Outcome]) -> None:
    recording, outcome = session
    assert any("private-name-of-a-user" in label for label in outcome["labels"])
    assert "private-name-of-a-user" not in outcome["html"]
    assert "private-name-of-a-user" not in str(recording.texts)


def test_words_of_the_service_are_text_and_not_markup(session: tuple[Recording, Outcome]) -> None:
    assert "Hello <b>there</b>" in session[1]["text"]


def test_every_part_has_a_name_and_nothing_is_cut_off(session: tuple[Recording, Outcome]) -> None:
    outcome = session[1]
    assert outcome["unnamed"] == []
    assert (outcome["outside"], outcome["clipped"], outcome["overflow"]) == ([], [], {"x": 0, "y": 0})
    assert "With you" in outcome["text"]


def test_at_most_twelve_frames_wait_for_an_answer_and_the_sound_goes_on(browser: Browser) -> None:
    with RoomService([LIVE], acks=False) as service:
        outcome = browser.open(service, "room.framesSent === 12 && room.audioBlocksSent > 40")
        frames, blocks = service.recording.of_kind(VIDEO), service.recording.of_kind(AUDIO)
    assert len(frames) == 12
    assert outcome["state"]["framesSkipped"] > 0
    assert blocks[-1].came_at > frames[-1].came_at + 1
    assert_unbroken_sound(blocks)


def test_hidden_page_keeps_its_rate(browser: Browser) -> None:
    with RoomService([LIVE]) as service:
        outcome = browser.open(service, "room.framesAcked > 48 && room.audioBlocksSent > 30", options="--hidden")
        recording = service.recording
    assert outcome["visibility"] == "hidden"
    assert_whole_frames(recording.of_kind(VIDEO))
    # A page in the background that is slowed down has one frame a second.
    assert 9 <= rate(recording.of_kind(VIDEO)) <= 13
    assert_unbroken_sound(recording.of_kind(AUDIO))


def test_browser_without_track_processor_sends_rgba(browser: Browser) -> None:
    with RoomService([LIVE]) as service:
        outcome = browser.open(service, "room.framesAcked > 5", options="--without MediaStreamTrackProcessor")
        frames = service.recording.of_kind(VIDEO)
    assert outcome["console"] == []
    assert len(frames) > 5
    assert_whole_frames(frames)
    assert {(frame.format, frame.width, frame.height) for frame in frames} == {(3, 640, 480)}
    pixels = np.frombuffer(frames[-1].payload, np.uint8).reshape(-1, 4)
    assert pixels[:, 3].min() == 255
    assert pixels[:, :3].std() > 20


def test_frame_too_large_for_one_message_is_made_smaller(browser: Browser, tmp_path: Path) -> None:
    large = replace(browser, camera=camera_file(tmp_path / "large.mjpeg", size=(4096, 3072), frames=2))
    with RoomService([LIVE]) as service:
        large.open(service, "room.framesAcked > 2")
        frames = service.recording.of_kind(VIDEO)
    assert_whole_frames(frames)
    assert {(frame.format, frame.width, frame.height) for frame in frames} == {(3, 640, 480)}


@pytest.mark.parametrize(("face_x", "sign"), [(0.1, 1), (0.9, -1)])
def test_chuck_looks_to_where_you_are_as_in_a_mirror(browser: Browser, face_x: float, sign: int) -> None:
    meter = _meter(face=True, eye_contact=False, face_x=face_x, face_y=0.4, smile=0.1, speaking=False)
    with RoomService([LIVE], meter=lambda _: meter) as service:
        # The eyes are drawn after the words, on a slow computer much later.
        moved = "Math.abs(document.querySelector('.chuck-iris').transform.baseVal.consolidate()?.matrix.e ?? 0) > 5"
        outcome = browser.open(service, LOOKS_AWAY, moved, flags=("--force-prefers-reduced-motion",))
    assert outcome["still"]
    assert outcome["gaze"] * sign > 5
    assert "Looking away" in outcome["text"]


def test_own_words_are_shown_as_they_come_beside_what_the_coach_says(browser: Browser) -> None:
    long = "and so my fellow Americans " * 12
    script = [
        LIVE,
        (0.2, {"type": "caption", "role": "replica", "text": "Welcome."}),
        (0.3, {"type": "caption", "role": "user", "text": "First thing", "final": False}),
        *(
            (at_s, {"type": "caption", "role": "user", "text": f"{long}ask not.", "final": True})
            for at_s in (0.6, 5, 10)
        ),
    ]
    shown = "document.querySelector('#heard').innerText.includes('ask not') && room.framesAcked > 5"
    with RoomService(script) as service:
        outcome = browser.open(service, shown)
    assert "Welcome." in outcome["text"]
    assert "First thing" not in outcome["text"]
    assert "ask not." in outcome["text"]
    assert "…" in outcome["text"]
    assert outcome["outside"] == outcome["clipped"] == []


def test_page_survives_whatever_a_service_may_send(browser: Browser) -> None:
    odd: list[dict[str, Any] | str] = [
        "", "null", "[]", "{}", "not json", '{"type": null}', '{"type": "toString"}', '{"type": "from the future"}',
        {"type": "welcome", "conversation_name": 7, "persona_name": None, "live_s": "soon", "max_call_duration": []},
        {"type": "ack", "seq": "x"}, {"type": "meter"}, {"type": "meter", "face": "yes", "face_x": 1e9, "smile": []},
        {"type": "cue", "kind": 1, "text": {"a": 1}}, {"type": "caption", "text": None}, {"type": "notice"},
    ]  # fmt: skip
    script = [*((0.0, message) for message in odd), LIVE, (0.2, {"type": "cue", "kind": "eyes", "text": "Look up"})]
    with RoomService(script, starts_with="media") as service:
        outcome = browser.open(service, "document.body.innerText.includes('Look up')")
    assert outcome["console"] == []
    assert outcome["state"]["live"]
    assert "Look up" in outcome["text"]


def test_timer_of_a_page_that_joins_late_goes_on_from_the_services_time(browser: Browser) -> None:
    with RoomService(welcome={"live_s": 3725.0, "conversation_name": "Kick-off"}) as service:
        outcome = browser.open(service, "room.live && document.querySelector('#timer').textContent.length > 5")
    assert "1:02:" in outcome["text"]
    assert outcome["title"] == "Chuck, Kick-off"


@pytest.mark.parametrize(
    ("size", "zoom", "permission"),
    [("640x420", "1", "grant"), ("640x420", "1", "deny"), ("640x420", "1", "ask"), ("1280x840", "2", "grant")],
)
def test_smallest_room_shows_everything(browser: Browser, size: str, zoom: str, permission: str) -> None:
    with RoomService([] if permission == "ask" else [LIVE, (0.3, CUE)]) as service:
        settled = {
            "ask": "performance.now() > 1500",
            "deny": "room.devices.camera === 'denied' && document.body.innerText.includes('Look at me')",
            "grant": "document.body.innerText.includes('Look at me')",
        }[permission]
        outcome = browser.open(service, settled, options=f"--size {size} --zoom {zoom} --permission {permission}")
    assert (outcome["outside"], outcome["clipped"], outcome["overflow"]) == ([], [], {"x": 0, "y": 0})


def test_the_button_asks_for_a_calibration_and_its_end_is_said(browser: Browser) -> None:
    news = {"type": "calibration", "share": 0.0, "text": ""}
    script = [
        LIVE,
        (4.0, news | {"state": "looking", "share": 0.5}),
        (12.0, news | {"state": "failed", "text": "Your head <b>moved</b>."}),
    ]
    looking = "document.getElementById('calibrate').getAttribute('aria-disabled') === 'true'"
    with RoomService(script) as service:
        outcome = browser.open(
            service,
            "document.getElementById('calibration').checkVisibility() => focus #calibrate",
            "document.activeElement.id === 'calibrate' => key Space",
            f"{looking} && document.activeElement.id === 'calibrate'",
            f"!({looking}) && document.getElementById('calibration-said').textContent !== ''",
        )
        texts = service.recording.texts
    assert [text["type"] for text in texts].count("calibrate") == 1
    assert outcome["steps_left"] == []
    assert "Your head <b>moved</b>." in outcome["text"]
    assert outcome["unnamed"] == outcome["clipped"] == outcome["outside"] == []
    assert outcome["console"] == []


def test_darkness_is_said_beside_the_picture(browser: Browser) -> None:
    meter = _meter(face=False, too_dark=True)
    with RoomService([LIVE], meter=lambda _: meter) as service:
        outcome = browser.open(service, "document.body.innerText.includes('Too dark to see you')")
    assert outcome["steps_left"] == []
