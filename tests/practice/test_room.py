"""The room: its page and the WebSocket's manners. What is seen and heard is tested in `test_live_session`."""

from __future__ import annotations

import re
import struct
import threading
import time
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus

from coach_desktop.practice import conversations
from coach_desktop.practice.live import LiveAnalysis
from coach_desktop.tavus.delivery import Delivery
from tests.practice.client import Api, Page, events, header, wait_until

SILENCE = np.zeros(1600, np.int16)


def _page(api: Api, path: str) -> requests.Response:
    return requests.get(api.origin + path, timeout=60)


def _is_ended(api: Api, conversation: dict[str, Any]) -> bool:
    return bool(api.get(f"/conversations/{conversation['conversation_id']}").json()["status"] == "ended")


def test_the_page_is_served_without_a_key_and_lets_nothing_else_in(api: Api) -> None:
    answer = requests.get(api.create()["conversation_url"], timeout=60)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert f"connect-src 'self' ws://{api.origin.removeprefix('http://')};" in policy
    assert policy.endswith("frame-ancestors 'self' http://127.0.0.1:* http://localhost:*")
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "camera=(self), microphone=(self)" in answer.headers["Permissions-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_everything_the_page_names_is_served(api: Api) -> None:
    page = requests.get(api.create()["conversation_url"], timeout=60).text
    names = re.findall(r"""(?:src|href)=["'](?:\.\./)?/?(?:room-assets/)([^"']+)["']""", page)
    assert names
    for name in names:
        asset = _page(api, f"/room-assets/{name}")
        assert asset.status_code == 200
        assert not asset.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    "name",
    [
        "..%2Froom.html",
        "..%2f..%2fpyproject.toml",
        "%2e%2e/x",
        "room.html",
        "none.js",
        ".",
        "%00",
        "..\\x.js",
        "a/b.js",
    ],
)
def test_no_name_leads_out_of_the_assets(api: Api, name: str) -> None:
    assert _page(api, f"/room-assets/{name}").status_code in {404, 401}


def test_an_unknown_and_an_ended_room_say_so_in_words(api: Api) -> None:
    unknown = _page(api, "/rooms/c0")
    assert (unknown.status_code, "There is no such room" in unknown.text) == (404, True)
    conversation = api.create()
    api.end(conversation["conversation_id"])
    ended = requests.get(conversation["conversation_url"], timeout=60)
    assert (ended.status_code, "has ended" in ended.text) == (410, True)
    assert ended.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_a_private_room_wants_its_token(api: Api) -> None:
    conversation, other = api.create(require_auth=True), api.create(require_auth=True)
    room, token = conversation["conversation_url"], conversation["meeting_token"]
    for wrong in (None, "", "x", token[:-1], other["meeting_token"]):
        answer = requests.get(room, params={"t": wrong}, timeout=60)
        assert (answer.status_code, "not allowed to join" in answer.text) == (403, True)
        with pytest.raises(InvalidStatus, match="403"), Page(room, token=wrong):
            pass
    assert requests.get(room, params={"t": token}, timeout=60).status_code == 200
    with api.enter(conversation) as page:
        assert page.until("welcome")["conversation_name"] == conversation["conversation_name"]


def test_a_token_that_has_expired_opens_no_door_but_for_who_was_there(api: Api) -> None:
    late = api.create(require_auth=True, properties={"participant_absent_timeout": 0})
    assert requests.get(late["conversation_url"], params={"t": late["meeting_token"]}, timeout=60).status_code == 403
    there = api.create(require_auth=True, properties={"participant_absent_timeout": 1})
    with api.enter(there) as page:
        page.until("welcome")
    time.sleep(1.1)
    assert requests.get(there["conversation_url"], params={"t": there["meeting_token"]}, timeout=60).status_code == 200


def test_an_unknown_room_has_no_stream(api: Api) -> None:
    with pytest.raises(InvalidStatus, match="403"), Page(f"{api.origin}/rooms/c0"):
        pass


def test_the_welcome_names_the_talk_and_the_coach(api: Api) -> None:
    with api.enter(api.create(conversation_name="My talk", properties={"max_call_duration": 600})) as page:
        assert page.read() == {
            "type": "welcome",
            "conversation_name": "My talk",
            "persona_name": "Chuck",
            "live_s": None,
            "max_call_duration": 600,
            "voice": None,
            "recording": None,
        }


def test_joining_stops_the_wait_for_somebody_to_come(api: Api) -> None:
    conversation = api.create(properties={"participant_absent_timeout": 1})
    with api.enter(conversation) as page:
        page.until("welcome")
        time.sleep(1.5)
        assert not _is_ended(api, conversation)


def test_both_devices_given_up_is_live_and_says_why(api: Api) -> None:
    conversation = api.create(custom_greeting="Hello there.")
    with api.enter(conversation) as page:
        page.until("welcome")
        page.devices("pending", "pending")
        page.devices("denied", "missing", "NotAllowedError: \n denied")
        assert page.until("live") == {"type": "live"}
        assert page.until("caption") == {"type": "caption", "role": "replica", "text": "Hello there."}
        meter = page.until("meter")
        assert {meter[name] for name in ("frame_seq", "face", "eye_contact", "smile", "speaking", "level_db")} == {None}
        delivery = api.final_delivery(conversation["conversation_id"])
    reasons = {name: measure["reason"] for name, measure in delivery["measures"].items()}
    assert reasons["face_present"] == reasons["smile"] == "The camera was not allowed."
    assert reasons["speaking_time"] == reasons["pause_count"] == "No microphone was found."
    joined = [event["event_type"] for event in api.verbose(conversation["conversation_id"])["events"]][:2]
    assert joined == ["system.replica_joined", "system.pal_joined"]


def test_one_device_given_up_is_not_yet_live(api: Api) -> None:
    conversation = api.create()
    with api.enter(conversation) as page:
        page.until("welcome")
        page.devices("denied", "on")
        page.devices("denied", "pending")
        time.sleep(0.5)
        assert events(api.verbose(conversation["conversation_id"]), "system.replica_joined") == []
        page.sound(0.0, SILENCE)
        page.until("live")


def test_the_persona_greets_where_the_conversation_does_not(api: Api) -> None:
    for fields, greeting in (({}, "I am Chuck"), ({"persona_id": "pcb7a34da5fe"}, "I am Chuck")):
        with api.enter(api.create(**fields)) as page:
            page.devices("missing", "missing")
            assert greeting in page.until("caption")["text"]


def test_an_end_reaches_the_page(api: Api) -> None:
    conversation = api.create()
    with api.enter(conversation) as page:
        page.devices("missing", "missing")
        page.until("live")
        api.end(conversation["conversation_id"])
        assert page.read_to_close()[0] == 1000
        assert page.of("ended") == [{"type": "ended", "reason": "end_conversation_endpoint_hit"}]
        last_words = page.of("caption")[-1]["text"]
    [transcript] = events(api.verbose(conversation["conversation_id"]), "application.transcription_ready")
    turns = transcript["properties"]["transcript"]
    assert turns[-1]["content"] == last_words
    assert {turn["role"] for turn in turns} == {"assistant"}
    assert turns[0]["seconds_from_start"] == 0.0
    assert all(turn["duration"] > 0 for turn in turns)


def test_who_ends_does_not_wait_for_a_slow_analysis(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    analysed = threading.Event()
    finish = LiveAnalysis.finish

    def finish_late(live: LiveAnalysis, within_s: float) -> Delivery:
        assert analysed.wait(60)
        return finish(live, within_s)

    monkeypatch.setattr(LiveAnalysis, "finish", finish_late)
    conversation = api.create(custom_greeting="Hello there.")
    with pytest.MonkeyPatch.context() as haste, api.enter(conversation) as page:
        haste.setattr(conversations, "_LAST_WORD_WITHIN_S", 0.1)
        page.devices("missing", "missing")
        page.until("live")
        api.end(conversation["conversation_id"])
        assert page.read_to_close() == (1000, "ended")
        # He says nothing that he does not know yet; the report has it.
        assert [caption["text"] for caption in page.of("caption")] == ["Hello there."]
        analysed.set()
    assert api.final_delivery(conversation["conversation_id"])["measures"]


def test_leaving_ends_it_at_once(api: Api) -> None:
    conversation = api.create()
    with api.enter(conversation) as page:
        page.until("welcome")
        page.send({"type": "leave"})
        assert page.until("ended")["reason"] == "participant_left_timeout reached"
    assert _is_ended(api, conversation)


def test_who_comes_to_an_ended_one_is_told(api: Api) -> None:
    conversation = api.create()
    api.end(conversation["conversation_id"])
    with api.enter(conversation, hello=False) as page:
        assert page.read() == {"type": "ended", "reason": "end_conversation_endpoint_hit"}
        assert page.read_to_close()[0] == 1000


def test_a_second_page_replaces_the_first(api: Api) -> None:
    conversation = api.create()
    with api.enter(conversation) as first:
        first.devices("missing", "missing")
        first.until("live")
        with api.enter(conversation) as second:
            assert second.until("welcome")["live_s"] >= 0
            assert first.read_to_close()[0] == 1000
            assert first.messages[-1] == {"type": "replaced"}
            assert not _is_ended(api, conversation)
            second.until("meter")
    assert len(events(api.verbose(conversation["conversation_id"]), "system.replica_joined")) == 1


def test_a_page_may_come_back_in_time(api: Api) -> None:
    conversation = api.create(properties={"participant_left_timeout": 2})
    for _ in range(2):
        with api.enter(conversation) as page:
            page.until("welcome")
        time.sleep(0.3)
        assert not _is_ended(api, conversation)
    wait_until(lambda: _is_ended(api, conversation))
    assert api.verbose(conversation["conversation_id"])["shutdown_reason"] == "participant_left_timeout reached"


def test_no_time_to_come_back_means_none(api: Api) -> None:
    conversation = api.create(properties={"participant_left_timeout": 0})
    with api.enter(conversation) as page:
        page.until("welcome")
    wait_until(lambda: _is_ended(api, conversation))


HOSTILE: dict[str, str | bytes] = {
    "not json": "{",
    "not an object": "[]",
    "an unknown type": '{"type": "eval", "code": "1"}',
    "a second hello": '{"type": "hello", "version": 1}',
    "a huge text": "x" * 100_000,
    "no header": b"",
    "half a header": b"\1\1",
    "a wrong kind": header(9, 1, 0, 0, 0, 0),
    "a frame without pixels": header(1, 1, 0, 0, 640, 480),
    "a gigantic frame": header(1, 3, 0, 0, 65535, 65535) + b"\0" * 1000,
    "time that is no number": header(2, 1, 0, float("nan"), 0, 0) + b"\0\0",
    "endless time": header(2, 1, 0, float("inf"), 0, 0) + b"\0\0",
    "an odd byte": header(2, 1, 0, 0, 0, 0) + b"\0\0\0",
    "noise": struct.pack("<16I", *range(7, 23)),
}


@pytest.mark.expects_warnings("a page was sent away")
@pytest.mark.parametrize("message", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_message_closes_the_door_and_nothing_else(api: Api, message: str | bytes) -> None:
    conversation = api.create()
    with api.enter(conversation) as page:
        page.until("welcome")
        page.socket.send(message)
        assert page.read_to_close()[0] in {1003, 1008}
    with api.enter(conversation) as page:
        page.sound(0.0, SILENCE)
        page.until("live")
    assert not _is_ended(api, conversation)


@pytest.mark.expects_warnings("a page was sent away")
@pytest.mark.parametrize(
    "message",
    ['{"type": "leave"}', '{"type": "hello", "version": 2}', b"\2\1" + b"\0" * 30, "", "nonsense"],
)
def test_without_a_proper_hello_nobody_is_let_in(api: Api, message: str | bytes) -> None:
    conversation = api.create()
    with api.enter(conversation, hello=False) as page:
        page.socket.send(message)
        assert page.read_to_close()[0] in {1003, 1008}
        assert page.messages == []
    assert not _is_ended(api, conversation)


@pytest.mark.expects_warnings("unexpected internal error")  # of the client, when it is cut off while it writes
def test_a_message_beyond_all_sizes_is_cut_off(api: Api) -> None:
    conversation = api.create()
    with api.enter(conversation) as page:
        page.until("welcome")
        with suppress(ConnectionClosed):
            page.socket.send(bytes(14 * 1024 * 1024))
        assert page.read_to_close()[0] in {1009, 1006}
    assert not _is_ended(api, conversation)


def test_the_service_tells_the_room_when_it_stops(api: Api) -> None:
    conversation = api.create()
    with api.enter(conversation) as page:
        page.devices("missing", "missing")
        page.until("live")
        api.stop_service()
        code, _ = page.read_to_close()
    assert page.of("ended") == [{"type": "ended", "reason": "local_service_stopped"}]
    assert code in {1000, 1001, 1012}
