"""Chuck speaks in a session of the real service; what comes back into the microphone meanwhile is nobody's talk."""

from __future__ import annotations

import base64
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coach_desktop.practice.speaking.programs import Espeak, Piper, VoiceFault
from coach_desktop.practice.speaking.speaking import GONE_NOTICE
from coach_desktop.practice.speaking.speech import Speech
from tests.practice.client import RATE, Api, Page, Samples, blocks, events, speech, wait_until
from tests.practice.conftest import running_service
from tests.practice.speaking.conftest import at_microphone

GREETING = "Good morning. I am glad that you are here. Take a breath, look at me, and begin whenever you are ready."
OTHER = "Excuse me, may I ask you something about the second part of my talk before we begin with it?"
SILENCE = np.zeros(1600, np.int16)


@pytest.fixture
def voiced(espeak: Espeak, tmp_path: Path) -> Iterator[Api]:
    """A service that speaks with the system's voice."""
    with running_service(tmp_path / "models", voices=[espeak]) as api:
        yield api


class Microphone:
    """Sends sound without a gap, as fast as it is taken."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.sent = 0
        self.began = time.monotonic()

    def hear(self, samples: Samples) -> None:
        for block in blocks(samples):
            self.page.sound(self.sent / 10, block)
            self.sent += 1

    def catch_up(self) -> None:
        """Send silence up to now and a bit on, so that what follows is the newest that happens."""
        self.hear_silence(max(0.0, time.monotonic() - self.began - self.sent / 10) + 0.2)

    def wait_until_heard(self) -> None:
        """Wait until the service has all of it: an end that comes over another connection would overtake it."""
        while self.page.until("meter")["at_s"] < self.sent / 10 - 0.2:
            pass

    def hear_silence(self, seconds: float) -> None:
        self.hear(np.zeros(round(seconds * RATE), np.int16))


def _begin(page: Page) -> tuple[Microphone, dict[str, Any]]:
    """Let the session begin; return the microphone and the greeting as the page gets it, when the ears are awake."""
    assert page.until("welcome")["voice"] == "on"
    page.devices("missing", "on")
    microphone = Microphone(page)
    microphone.hear_silence(0.5)
    said = page.until("voice")
    while page.until("meter")["speaking"] is None:
        microphone.hear_silence(0.1)
    microphone.catch_up()
    return microphone, said


def _tell(page: Page, state: str, number: int = 0) -> None:
    page.send({"type": "voice", "state": state, "id": number})


def _play(page: Page, microphone: Microphone, said: dict[str, Any]) -> None:
    """Play a part to its end, as loud as a loudspeaker that the echo canceller leaves a fifth of."""
    # The page says so just before it begins.
    _tell(page, "started", said["id"])
    microphone.hear_silence(0.1)
    microphone.hear(at_microphone(_speech(said), loud=0.2))
    _tell(page, "ended", said["id"])


def _speech(message: dict[str, Any]) -> Speech:
    return Speech(message["rate"], base64.b64decode(message["pcm"]), ())


def _aloud(api: Api, conversation: dict[str, Any]) -> list[dict[str, Any]]:
    told = api.verbose(conversation["conversation_id"])
    begun, over = (events(told, f"conversation.{kind}_speaking") for kind in ("started", "stopped"))
    assert len(begun) == len(over)
    assert all(one["properties"]["role"] == "replica" for one in begun + over)
    return [one["properties"] for one in over]


def test_his_own_voice_is_nobodys_talk_and_the_users_is(voiced: Api) -> None:
    conversation = voiced.create(custom_greeting=GREETING)
    talk = speech("Thank you. Now I begin with my talk about the garden behind our house.")
    with voiced.enter(conversation) as page:
        microphone, said = _begin(page)
        assert page.of("caption")[0]["text"] == GREETING
        assert {shape for _, shape in said["mouth"]} >= {"wide", "rest"}
        _play(page, microphone, said)
        # A long text comes in parts, and is one utterance.
        following = page.until("voice")
        assert following["id"] > said["id"]
        _play(page, microphone, following)
        microphone.hear_silence(1.0)
        microphone.hear(talk)
        microphone.hear_silence(1.0)
        microphone.wait_until_heard()
        delivery = voiced.final_delivery(conversation["conversation_id"])
        assert page.read_to_close()[0] == 1000
    assert page.of("hush") == []
    [spoken] = _aloud(voiced, conversation)
    assert not spoken["interrupted"]
    assert spoken["duration"] > 0.5 * (_speech(said).duration_s + _speech(following).duration_s)
    speaking_s = delivery["measures"]["speaking_time"]["value"]
    assert 0.5 * len(talk) / RATE < speaking_s < len(talk) / RATE + 0.5
    assert all(span["start_s"] > spoken["at_s"] for span in delivery["spans"] if span["kind"] == "speech")
    assert all(word["start_s"] > spoken["at_s"] for word in delivery["words"])
    assert not any("interrupted" in warning for warning in delivery["warnings"])
    mine = [one["properties"]["speech"] for one in events(voiced.verbose(conversation["conversation_id"]),
            "conversation.utterance") if one["properties"]["role"] == "user"]  # fmt: skip
    assert "breath" not in " ".join(mine)
    # The last words are said after the session: sent before the page is told that it has ended.
    kinds = [message["type"] for message in page.messages]
    assert kinds.index("ending") < len(kinds) - kinds[::-1].index("voice") - 1 < kinds.index("ended")


def test_the_user_interrupts_him(voiced: Api) -> None:
    conversation = voiced.create(custom_greeting=GREETING)
    with voiced.enter(conversation) as page:
        microphone, said = _begin(page)
        _tell(page, "started", said["id"])
        microphone.hear_silence(0.5)
        microphone.hear(speech(OTHER)[: 2 * RATE])
        assert page.until("hush") == {"type": "hush", "id": said["id"]}
        # What the page says of it comes late, and changes nothing any more.
        _tell(page, "stopped", said["id"])
        wait_until(lambda: bool(_aloud(voiced, conversation)))
        [spoken] = _aloud(voiced, conversation)
        assert spoken["interrupted"]
        assert spoken["duration"] < _speech(said).duration_s


class Halting:
    """The system's voice, to which something happens before it says what comes after the first part."""

    name = "Halting"

    def __init__(self, voice: Espeak, happens: Callable[[], object]) -> None:
        self.start, self.close = voice.start, voice.close
        self._voice, self._happens = voice, happens

    def say(self, text: str) -> Speech:
        if not text.startswith("Good morning."):
            self._happens()
        return self._voice.say(text)


def _hear_first_part(page: Page) -> None:
    page.devices("missing", "missing")
    said = page.until("voice")
    _tell(page, "started", said["id"])
    _tell(page, "ended", said["id"])


def test_who_is_gone_between_two_parts_has_not_heard_him_to_the_end(espeak: Espeak, tmp_path: Path) -> None:
    goes_on = threading.Event()
    with running_service(tmp_path / "models", voices=[Halting(espeak, lambda: goes_on.wait(60))]) as api:
        conversation = api.create(custom_greeting=GREETING)
        with api.enter(conversation) as page:
            _hear_first_part(page)
            wait_until(lambda: [one["interrupted"] for one in _aloud(api, conversation)] == [False])
            _tell(page, "off")
            wait_until(lambda: [one["interrupted"] for one in _aloud(api, conversation)] == [True])
            goes_on.set()
            page.until("meter")
            assert len(page.of("voice")) == 1


@pytest.mark.expects_warnings("the voice Halting failed")
def test_a_voice_that_fails_in_the_middle_is_told(espeak: Espeak, tmp_path: Path) -> None:
    def fails() -> None:
        raise VoiceFault("it has no voice any more")

    with running_service(tmp_path / "models", voices=[Halting(espeak, fails)]) as api:
        conversation = api.create(custom_greeting=GREETING)
        with api.enter(conversation) as page:
            _hear_first_part(page)
            while GONE_NOTICE not in [notice["text"] for notice in page.of("notice")]:
                page.until("notice")
            wait_until(lambda: [one["interrupted"] for one in _aloud(api, conversation)] == [True])


def test_who_silences_him_reads_only(voiced: Api) -> None:
    conversation = voiced.create(custom_greeting=GREETING)
    with voiced.enter(conversation) as page:
        page.until("welcome")
        _tell(page, "off")
        page.devices("missing", "missing")
        assert page.until("caption")["text"] == GREETING
        page.until("meter")
        voiced.end(conversation["conversation_id"])
        page.read_to_close()
        assert page.of("voice") == []
        assert page.of("caption")[-1]["text"] != GREETING
    assert _aloud(voiced, conversation) == []


def test_who_leaves_hears_no_last_words_and_a_page_that_comes_back_finds_its_choice(voiced: Api) -> None:
    conversation = voiced.create(custom_greeting=GREETING)
    with voiced.enter(conversation) as page:
        page.until("welcome")
        _tell(page, "off")
        page.devices("missing", "missing")
        page.until("live")
    with voiced.enter(conversation) as page:
        assert page.until("welcome")["voice"] == "off"
        _tell(page, "on")
        page.send({"type": "leave"})
        page.read_to_close()
        assert page.of("voice") == []


def test_reports_about_nothing_are_let_go(voiced: Api) -> None:
    conversation = voiced.create(custom_greeting=GREETING)
    with voiced.enter(conversation) as page:
        _, said = _begin(page)
        for state in ("started", "ended", "stopped"):
            _tell(page, state, said["id"] + 1)
        _tell(page, "started", said["id"])
        _tell(page, "started", said["id"])
        _tell(page, "ended", said["id"])
        _tell(page, "ended", said["id"])
        wait_until(lambda: len(_aloud(voiced, conversation)) == 1)


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system cannot stop a process for a while")
@pytest.mark.expects_warnings("the voice Piper failed")
def test_a_killed_voice_gives_way_and_the_session_goes_on(piper: Piper, espeak: Espeak, tmp_path: Path) -> None:
    class Doomed:
        """Piper, killed by somebody each time when it is ready to speak."""

        name = piper.name
        close = staticmethod(piper.close)
        start = staticmethod(piper.start)

        def say(self, text: str) -> Speech:
            piper.start()
            assert piper.pid is not None
            os.kill(piper.pid, signal.SIGSTOP)
            threading.Timer(0.1, os.kill, (piper.pid, signal.SIGKILL)).start()
            return piper.say(text)

    with running_service(tmp_path / "models", voices=[Doomed(), espeak]) as api:
        conversation = api.create(custom_greeting=OTHER)
        with api.enter(conversation) as page:
            page.devices("missing", "missing")
            said = page.until("voice")
            assert _speech(said).duration_s > 3
            _tell(page, "started", said["id"])
            page.until("meter")
            assert api.verbose(conversation["conversation_id"])["status"] == "active"
            assert page.of("ended") == []


@pytest.mark.expects_warnings("the voice Dying failed")
def test_a_voice_that_is_gone_before_its_first_words_is_told(tmp_path: Path) -> None:
    entered, failed = threading.Event(), 0

    class Dying:
        """A program that is killed each time while it loads, as soon as the room knows of it."""

        name = "Dying"

        def start(self) -> None:
            nonlocal failed
            assert entered.wait(60)
            failed += 1
            raise VoiceFault("it has ended")

        def say(self, text: str) -> Speech:
            raise VoiceFault(f"it cannot say {text}")

        def close(self) -> None:
            pass

    with running_service(tmp_path / "models", voices=[Dying()]) as api:
        conversation = api.create(custom_greeting=GREETING)
        with api.enter(conversation) as page:
            assert page.until("welcome")["voice"] == "on"
            entered.set()
            wait_until(lambda: failed == 2)
            page.devices("missing", "missing")
            assert page.until("caption")["text"] == GREETING
            while GONE_NOTICE not in [notice["text"] for notice in page.of("notice")]:
                page.until("notice")
            for _ in range(25):
                page.until("meter")
            assert [notice["text"] for notice in page.of("notice")].count(GONE_NOTICE) == 1
            assert page.of("voice") == []
