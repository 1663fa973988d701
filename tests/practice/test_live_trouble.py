"""What is wrong with camera, microphone, light or sound during a session is told, and judged neither way."""

from __future__ import annotations

import re

import numpy as np
import pytest

from coach_desktop.coaching.darkness import hid_the_face
from coach_desktop.coaching.rules import load_rules
from coach_desktop.practice.hearing.trouble import SESSION
from coach_desktop.practice.seeing.sight import TOO_DARK_REASON
from coach_desktop.tavus.delivery import Delivery
from tests.practice.client import Api, Rgb, Samples, astronaut, speech, wait_until
from tests.practice.talking import play, reasons, values


@pytest.fixture(scope="module")
def spoken() -> Samples:
    return speech("Good morning.")


@pytest.fixture(scope="module")
def face() -> Rgb:
    return astronaut()


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
    assert "It was too dark to see a face from 0:00 to 0:05." in delivery["warnings"]
    # What gives the advice knows these words by heart.
    signs = load_rules().darkness
    assert signs.reason == TOO_DARK_REASON
    assert any(text.startswith(signs.warning) for text in delivery["warnings"])
    assert hid_the_face(Delivery.model_validate(delivery), signs)


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


def test_a_camera_that_gives_no_more_pictures_is_noticed(api: Api, face: Rgb, spoken: Samples) -> None:
    conversation = api.create()
    with api.enter(conversation) as page:
        page.devices("on", "on")
        play(page, seconds=2, picture=face)
        assert page.of("notice") == []
        play(page, seconds=8, samples=np.resize(spoken, 8 * 16000), from_s=2)
        assert page.until("notice")["text"] == "No pictures come from the camera. Is it stuck, or in use elsewhere?"
        delivery = api.final_delivery(conversation["conversation_id"])
    assert any(told.startswith("The camera showed nothing new from 0:01") for told in delivery["warnings"])


def test_a_camera_that_never_changed_its_picture_measures_nothing(api: Api, face: Rgb) -> None:
    conversation = api.create()
    with api.enter(conversation) as page:
        page.devices("on", "denied")
        play(page, seconds=8, picture=face, stands=True)
        page.until("notice")
        delivery = api.final_delivery(conversation["conversation_id"])
    assert reasons(delivery)["face_present"] == reasons(delivery)["eye_contact"] == "The camera showed nothing new."


def test_a_camera_that_is_switched_off_and_on_again_is_told_as_that(api: Api, face: Rgb) -> None:
    conversation = api.create()
    with api.enter(conversation) as page:
        page.devices("on", "denied")
        play(page, seconds=2, picture=face)
        page.devices("off", "denied")
        page.until("meter")
        page.devices("on", "denied")
        play(page, seconds=2, picture=face, from_s=10)
        delivery = api.final_delivery(conversation["conversation_id"])
    told = [words for words in delivery["warnings"] if "camera" in words.lower()]
    assert len(told) == 1
    assert re.fullmatch(r"The camera was off from 0:0[12] to 0:\d\d\.", told[0])


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
    assert delivery["warnings"] == [SESSION.no_sound]
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
