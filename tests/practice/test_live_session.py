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
from coach_desktop.practice.hearing.trouble import SESSION
from coach_desktop.practice.hearing.voice import VoiceActivity
from coach_desktop.practice.transcriber import Transcriber
from coach_desktop.store import model_fetch, model_files
from coach_desktop.tavus.delivery import DELIVERY_EVENT, WORD_MEASURES, Delivery
from coach_desktop.tavus.timeline import STEP_S, unpacked
from tests.practice.client import Api, Rgb, Samples, astronaut, blocks, events, speech, wait_until
from tests.practice.talking import heard_only, own_words, play, reasons, values

TALK = (
    "Good morning. Today I will show you three simple ways to begin a talk. I think I think this works."
    " First, take a breath. Then look up."
)


@pytest.fixture(scope="module")
def spoken() -> Samples:
    return speech(TALK)


@pytest.fixture(scope="module")
def face() -> Rgb:
    return astronaut()


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
        wait_until(lambda: "look up" in own_words(page).lower())
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
    assert found["repeats"] == sum(word["repeat"] == "start" for word in delivery["words"]) == 1
    assert [word["text"].lower() for word in delivery["words"] if word["repeat"]] == ["i", "think"]
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
    assert SESSION.no_sound not in delivery["warnings"]


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
