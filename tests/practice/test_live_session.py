"""Real pictures and real speech go in over the WebSocket; measures, meters, cues and events come out."""

from __future__ import annotations

import dataclasses
import re
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from coach_desktop.practice.hearing.listening import Listening
from coach_desktop.practice.hearing.voice import VoiceActivity
from coach_desktop.practice.transcriber import Transcriber
from coach_desktop.store import model_fetch, model_files
from coach_desktop.tavus.delivery import DELIVERY_EVENT, WORD_MEASURES, Delivery
from coach_desktop.tavus.timeline import STEP_S, unpacked
from tests.practice.client import Api, Page, Rgb, Samples, astronaut, blocks, events, i420, speech, wait_until

FPS = 8
IN_FLIGHT = 12
TALK = "Good morning. Today I will show you three simple ways to begin a talk. First, take a breath. Then look up."


@pytest.fixture(scope="module")
def spoken() -> Samples:
    return speech(TALK)


@pytest.fixture(scope="module")
def face() -> Rgb:
    return astronaut()


def play(
    page: Page,
    *,
    seconds: float,
    picture: Rgb | None = None,
    samples: Samples | None = None,
    from_s: float = 0.0,
    stands: bool = False,
) -> None:
    """Send this much of a talk as fast as the service takes it, as the page's own flow control would.

    As from any real sensor no two frames in succession are quite the same, unless the picture `stands`.
    """
    frame = None if picture is None else i420(picture)
    waiting = [] if samples is None else blocks(samples)
    acked, sent = len(page.of("ack")), len(page.of("ack"))
    for tick in range(round(seconds * 40)):
        at_s = from_s + tick / 40
        if frame is not None and tick % (40 // FPS) == 0:
            payload, width, height = frame
            page.frame(at_s, payload if stands else bytes([tick & 1]) + payload[1:], width, height)
            sent += 1
            while sent - acked >= IN_FLIGHT:
                page.until("ack")
                acked += 1
        if tick % 4 == 0 and waiting:
            page.sound(at_s, waiting.pop(0))
    while acked < sent:
        page.until("ack")
        acked += 1


def values(delivery: dict[str, Any]) -> dict[str, float | None]:
    return {name: measure["value"] for name, measure in delivery["measures"].items()}


def reasons(delivery: dict[str, Any]) -> dict[str, str | None]:
    return {name: measure["reason"] for name, measure in delivery["measures"].items()}


def _own_words(page: Page) -> str:
    """Read on, and return the user's words that are final so far."""
    page.until("meter")
    return " ".join(one["text"] for one in page.of("caption") if one["role"] == "user" and one["final"])


def heard_only(api: Api, conversation: dict[str, Any], spoken: Samples) -> dict[str, Any]:
    """Hold a talk without a camera, and return its final delivery."""
    with api.enter(conversation) as page:
        page.devices("missing", "on")
        play(page, seconds=len(spoken) / 16000, samples=spoken)
        page.until("meter")
        return api.final_delivery(conversation["conversation_id"])


def test_a_talk_to_the_camera_is_seen_and_heard(api: Api, face: Rgb, spoken: Samples) -> None:
    seconds = len(spoken) / 16000 + 1
    conversation = api.create(custom_greeting="Hello.")
    conversation_id = conversation["conversation_id"]
    with api.enter(conversation) as page:
        page.devices("on", "on")
        # Silence ends the last sentence while the talk goes on.
        play(page, seconds=seconds, picture=face, samples=np.concatenate((spoken, np.zeros(16000, np.int16))))
        assert [message["type"] for message in page.messages[:3]] == ["welcome", "live", "caption"]
        acks = [ack["seq"] for ack in page.of("ack")]
        assert acks == list(range(len(acks)))
        wait_until(lambda: page.until("meter")["face"] is True)
        meter = page.of("meter")[-1]
        assert meter["eye_contact"] is True
        assert 0 < meter["face_x"] < 1
        assert 0 < meter["face_y"] < 1
        assert meter["smile"] > 0.5
        wait_until(lambda: "look up" in _own_words(page).lower())
        running = api.verbose(conversation_id)
        [delivered] = events(running, DELIVERY_EVENT)
        assert (running["status"], delivered["properties"]["final"]) == ("active", False)
        delivery = api.final_delivery(conversation_id)
        assert page.read_to_close()[0] == 1000
    found = values(delivery)
    assert found["face_present"] == pytest.approx(1.0)
    assert found["eye_contact"] is not None
    assert found["eye_contact"] > 0.9
    assert found["smile"] is not None
    assert found["head_yaw_spread"] is not None
    assert found["speaking_time"] is not None
    assert 0.5 * seconds < found["speaking_time"] < seconds
    assert found["pause_count"] is not None
    assert found["pause_count"] >= 2
    assert delivery["at_s"] >= seconds - 0.2
    assert {"speech", "pause"} <= {span["kind"] for span in delivery["spans"]}
    assert page.of("cue") == []
    ended = api.verbose(conversation_id)
    said = events(ended, "conversation.utterance")
    mine = [one for one in said if one["properties"]["role"] == "user"]
    assert [event["event_type"] for event in ended["events"] if event not in mine] == [
        "system.replica_joined",
        "system.pal_joined",
        "conversation.utterance",
        "conversation.utterance",
        "system.shutdown",
        "application.delivery",
        "application.transcription_ready",
    ]
    greeting, closing = (one for one in said if one not in mine)
    assert greeting["properties"] == {"role": "replica", "speech": "Hello.", "at_s": 0.0}
    assert closing["properties"]["at_s"] == pytest.approx(delivery["at_s"], abs=0.001)
    assert page.of("caption")[-1]["text"] == closing["properties"]["speech"]
    Delivery.model_validate(events(ended, DELIVERY_EVENT)[0]["properties"])
    texts = [one["properties"]["speech"] for one in mine]
    # The words of a machine's voice are hard to make out: not all of them are right.
    assert {"morning", "today", "talk", "breath"} <= set(re.findall(r"[a-z]+", " ".join(texts).lower()))
    starts = [one["properties"]["at_s"] for one in mine]
    assert starts == sorted(starts)
    assert 0 <= starts[0] <= starts[-1] < seconds
    [told] = events(ended, "application.transcription_ready")
    turns = told["properties"]["transcript"]
    assert [turn["content"] for turn in turns if turn["role"] == "user"] == texts
    assert all(turn["duration"] > 0 for turn in turns)
    assert [word["text"] for word in delivery["words"]] == " ".join(texts).split()
    assert delivered["properties"]["words"] == []
    assert delivered["properties"]["timeline"] is None
    timeline = unpacked(delivery["timeline"])
    assert timeline.end_s == pytest.approx(delivery["at_s"], abs=STEP_S)
    assert timeline.is_measured("eye_contact")
    assert set(timeline.column("speaking")) >= {0.0, 1.0}
    assert found["words"] == pytest.approx(len(TALK.split()), abs=4)
    assert found["filler_sounds"] == 0
    own = [caption for caption in page.of("caption") if caption["role"] == "user" and caption["final"]]
    assert [caption["text"] for caption in own] == texts


def test_words_are_made_out_in_english_only(api: Api, spoken: Samples) -> None:
    delivery = heard_only(api, api.create(properties={"language": "german"}), spoken)
    assert values(delivery)["speaking_time"] is not None
    for name in WORD_MEASURES:
        assert "English only" in str(reasons(delivery)[name])


@pytest.mark.expects_warnings("no words are heard")
def test_without_its_model_no_word_is_made_out_and_the_rest_goes_on(
    api: Api, spoken: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}/"
    missing = [dataclasses.replace(one, carried=(), url=nobody) for one in model_files.WHISPER_TINY_EN]
    defaults = Transcriber.__init__.__kwdefaults__ or {}
    monkeypatch.setattr(Transcriber.__init__, "__kwdefaults__", defaults | {"models": missing})
    monkeypatch.setattr(model_fetch, "PAUSE_S", 0.0)
    delivery = heard_only(api, api.create(), spoken)
    assert values(delivery)["speaking_time"] is not None
    assert "could not be fetched" in str(reasons(delivery)["pace"])
    assert delivery["words"] == []


def test_nothing_is_dropped_while_the_models_load(api: Api, spoken: Samples, tmp_path: Path) -> None:
    voice = VoiceActivity(model_files.find(model_files.VOICE_ACTIVITY, tmp_path).path)
    listening = Listening(voice, None)
    sent = blocks(spoken)
    for n, block in enumerate(sent):
        listening.push(n / 10, block)
    expected = listening.measures(1e9, "-")
    conversation = api.create()
    with api.enter(conversation) as page:
        for n, block in enumerate(sent):
            page.sound(n / 10, block)
        page.until("live")
        # Whatever is on the wire when somebody presses End has been said; the last word of the page follows it.
        page.devices("missing", "on")
        page.send({"type": "leave"})
        page.read_to_close()
        delivery = api.final_delivery(conversation["conversation_id"])
    for name in ("speaking_time", "pause_count", "pause_longest", "loudness_range"):
        assert values(delivery)[name] == pytest.approx(expected[name].value)
    assert reasons(delivery)["face_present"] == "No camera was found."


def test_a_picture_without_a_face(api: Api) -> None:
    wall = np.full((240, 320, 3), 128, np.uint8)
    conversation = api.create()
    with api.enter(conversation) as page:
        page.devices("on", "denied")
        play(page, seconds=2, picture=wall)
        wait_until(lambda: page.until("meter")["face"] is False)
        assert page.of("meter")[-1]["eye_contact"] is None
        delivery = api.final_delivery(conversation["conversation_id"])
    assert values(delivery)["face_present"] == 0.0
    for name in ("eye_contact", "smile"):
        assert delivery["measures"][name]["status"] == "not_measured"
        assert "face" in str(reasons(delivery)[name]).lower()
    assert reasons(delivery)["speaking_time"] == "The microphone was not allowed."


def test_a_dark_room_is_noticed_and_is_the_reason(api: Api) -> None:
    conversation = api.create()
    with api.enter(conversation) as page:
        page.devices("on", "denied")
        play(page, seconds=5, picture=np.full((240, 320, 3), 6, np.uint8))
        wait_until(lambda: bool(page.until("meter")) and bool(page.of("notice")))
        assert [notice["text"] for notice in page.of("notice")] == [
            "It is too dark to see you. Can you turn a light on?"
        ]
        assert any(meter["too_dark"] for meter in page.of("meter"))
        delivery = api.final_delivery(conversation["conversation_id"])
    assert reasons(delivery)["eye_contact"] == "The picture was too dark to see a face."
    assert "It was too dark to see a face from 0:00 to 0:04." in delivery["warnings"]


def test_a_camera_whose_picture_stands_still_is_noticed_and_not_judged(api: Api, face: Rgb) -> None:
    conversation = api.create()
    with api.enter(conversation) as page:
        page.devices("on", "denied")
        play(page, seconds=3, picture=face)
        play(page, seconds=9, picture=face, from_s=3, stands=True)
        wait_until(lambda: bool(page.until("meter")) and bool(page.of("notice")))
        assert page.of("notice")[0]["text"] == "The camera shows the same picture all the time. Is it stuck?"
        play(page, seconds=2, picture=np.full((240, 320, 3), 128, np.uint8), from_s=12)
        delivery = api.final_delivery(conversation["conversation_id"])
    # 24 new frames with a face, the first of those that are the same and 16 new ones without: the rest is not judged.
    assert values(delivery)["face_present"] == pytest.approx(25 / 41, abs=0.02)
    assert "The camera showed nothing new from 0:03 to 0:12; that time was not judged." in delivery["warnings"]


def test_digital_silence_is_measured_and_noticed(api: Api) -> None:
    conversation = api.create()
    with api.enter(conversation) as page:
        page.devices("ended", "on")
        play(page, seconds=6, samples=np.zeros(6 * 16000, np.int16))
        assert page.until("notice")["text"] == "No sound reaches us. Is the microphone muted?"
        assert page.of("meter")[-1]["speaking"] is False
        page.until("meter")
        page.until("meter")
        assert len(page.of("notice")) == 1
        delivery = api.final_delivery(conversation["conversation_id"])
    assert values(delivery)["speaking_time"] == 0.0
    assert any("No sound" in warning for warning in delivery["warnings"])
    assert reasons(delivery)["face_present"] == "The camera stopped before anything arrived from it."


def test_who_speaks_into_a_muted_microphone_is_not_told_to_start(api: Api) -> None:
    with api.enter(api.create()) as page:
        page.devices("off", "on")
        play(page, seconds=28, samples=np.zeros(28 * 16000, np.int16))
        page.until("notice")
        wait_until(lambda: page.until("meter")["at_s"] >= 27)
        for _ in range(8):
            page.until("meter")
        assert page.of("cue") == []


def test_a_device_that_stops_leaves_what_it_gave(api: Api, face: Rgb) -> None:
    conversation = api.create()
    with api.enter(conversation) as page:
        page.devices("on", "on")
        play(page, seconds=1, picture=face)
        page.devices("ended", "on", "track ended")
        page.until("meter")
        delivery = api.final_delivery(conversation["conversation_id"])
    assert values(delivery)["face_present"] == pytest.approx(1.0)
    assert delivery["warnings"] == ["The camera stopped at 0:00; what came after was not measured."]
    assert reasons(delivery)["speaking_time"] == "Nothing arrived from the microphone."


@pytest.mark.parametrize(
    ("state", "warning"), [("off", "The microphone was switched off at 0:00"), ("pending", ""), ("on", "")]
)
def test_a_device_that_is_switched_off_says_so(api: Api, spoken: Samples, state: str, warning: str) -> None:
    conversation = api.create()
    with api.enter(conversation) as page:
        page.devices("off", "off")
        play(page, seconds=1, samples=spoken)
        page.devices("off", state)
        page.until("live")
        page.until("meter")
        delivery = api.final_delivery(conversation["conversation_id"])
    assert reasons(delivery)["face_present"] == "The camera was switched off."
    assert any(told.startswith("The microphone was switched off") for told in delivery["warnings"]) == bool(warning)


def test_a_flood_of_sound_is_taken_in_order_and_to_the_last_block(api: Api) -> None:
    conversation = api.create()
    minutes = np.zeros(16000 * 120, np.int16)
    minutes[-16000:] = np.tile(np.array([20_000, -20_000], np.int16), 8000)
    with api.enter(conversation) as page:
        page.devices("missing", "on")
        for n, block in enumerate(blocks(minutes)):
            page.sound(n / 10, block)
        assert api.get("/conversations").status_code == 200
        page.send({"type": "leave"})
        page.read_to_close(60)
        delivery = api.final_delivery(conversation["conversation_id"])
    assert delivery["at_s"] >= 119.8
    assert delivery["measures"]["speaking_share"]["status"] == "measured"
    # The last second alone carries a signal: had it been lost, this would be the warning of a muted microphone.
    assert not any("No sound reached us" in told for told in delivery["warnings"])


@pytest.mark.expects_warnings("the eyes have no model")
def test_without_a_model_the_rest_goes_on(
    api: Api, face: Rgb, spoken: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = dataclasses.replace(model_files.FACE_LANDMARKER, sha256="0" * 64)
    monkeypatch.setattr(model_files, "FACE_LANDMARKER", other)
    conversation = api.create()
    with api.enter(conversation) as page:
        page.devices("on", "on")
        play(page, seconds=2, picture=face, samples=spoken)
        wait_until(lambda: page.until("meter")["speaking"] is not None)
        assert page.of("meter")[-1]["face"] is None
        delivery = api.final_delivery(conversation["conversation_id"])
    assert "face_landmarker.task was not found" in str(reasons(delivery)["face_present"])
    assert values(delivery)["speaking_time"] is not None


def test_a_page_that_comes_back_goes_on(api: Api, face: Rgb, spoken: Samples) -> None:
    conversation = api.create()
    with api.enter(conversation) as page:
        page.devices("on", "on")
        play(page, seconds=3, picture=face, samples=spoken)
    with api.enter(conversation) as page:
        assert page.until("welcome")["live_s"] >= 2.5
        page.devices("on", "on")
        play(page, seconds=3, picture=face, samples=spoken)
        assert page.of("live") == [one for one in page.of("caption") if one["role"] != "user"] == []
        delivery = api.final_delivery(conversation["conversation_id"])
    assert delivery["at_s"] >= 5.5
    assert sum(span["kind"] == "speech" for span in delivery["spans"]) >= 2
    assert len(events(api.verbose(conversation["conversation_id"]), "system.pal_joined")) == 1


def _cue_after(
    api: Api, *, first: Rgb, then: Rgb, samples: Samples | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    conversation = api.create()
    with api.enter(conversation) as page:
        page.devices("on", "on")
        play(page, seconds=4, picture=first, samples=samples)
        play(page, seconds=18, picture=then, from_s=4)
        # The rules look at the newest picture, and at the clock: without new pictures nothing is measured any more.
        cue = page.of("cue")[0] if page.of("cue") else page.until("cue", 3)
        api.end(conversation["conversation_id"])
    told = [
        event
        for event in events(api.verbose(conversation["conversation_id"]), "conversation.utterance")
        if event["properties"].get("cue")
    ]
    assert len(told) == 1
    return cue, told[0]["properties"]


def test_who_leaves_the_picture_hears_of_it(api: Api, face: Rgb) -> None:
    cue, told = _cue_after(api, first=face, then=np.full((240, 320, 3), 90, np.uint8))
    assert told | {"speech": cue["text"], "kind": cue["kind"]} == told
    assert told["role"] == "replica"
    assert 1 <= len(cue["text"].split()) <= 3
    assert told["at_s"] >= 15


def test_who_looks_away_for_long_hears_of_it(api: Api, shared_data: Path) -> None:
    folder = shared_data / "data" / "eye_contact" / "synthetic"
    there, away = (
        np.asarray(Image.open(folder / name).convert("RGB")) for name in ("prompt_00005.jpg", "prompt_00006.jpg")
    )
    cue, told = _cue_after(api, first=there, then=away)
    assert cue["kind"] == told["kind"] == "look_at_camera"
    assert 15 <= told["at_s"] <= 30
