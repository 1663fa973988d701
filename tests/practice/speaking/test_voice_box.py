"""The thread that speaks: the next best voice, a queue with an end, and an end that does not wait for ever."""

from __future__ import annotations

import threading

import pytest

from coach_desktop.practice.speaking.programs import VoiceFault
from coach_desktop.practice.speaking.speech import Speech
from coach_desktop.practice.speaking.voice_box import MOST_WAITING, VoiceBox
from tests.practice.client import wait_until

SAID = Speech(16_000, b"\0\0", ())


class Scripted:
    """A voice that fails as often as told, and may be made to wait."""

    def __init__(self, name: str, faults: int = 0) -> None:
        self.name = name
        self.faults = faults
        self.heard: list[str] = []
        self.closed = 0
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def start(self) -> None:
        pass

    def say(self, text: str) -> Speech:
        self.may_go_on.wait(60)
        if self.faults:
            self.faults -= 1
            raise VoiceFault("as told")
        self.heard.append(text)
        return SAID

    def close(self) -> None:
        self.closed += 1
        self.may_go_on.set()


def _say(box: VoiceBox, *texts: str) -> list[Speech | None]:
    said: list[Speech | None] = []
    for text in texts:
        assert box.say(text, said.append)
    wait_until(lambda: len(said) == len(texts))
    return said


@pytest.mark.expects_warnings("the voice first failed")
def test_a_voice_that_fails_twice_gives_way_to_the_next_and_nothing_is_lost() -> None:
    first, second = Scripted("first", faults=2), Scripted("second")
    box = VoiceBox([first, second])
    assert _say(box, "one", "two") == [SAID, SAID]
    box.close()
    assert (first.heard, second.heard) == ([], ["one", "two"])
    assert first.closed
    assert second.closed


@pytest.mark.expects_warnings("the voice only failed")
def test_with_no_voice_left_it_says_so() -> None:
    box = VoiceBox([Scripted("only", faults=2)])
    assert _say(box, "one") == [None]
    assert not box.can_speak
    assert not box.say("two", lambda _: None)
    box.close()


def test_without_a_voice_nothing_is_started() -> None:
    box = VoiceBox([])
    box.warm_up()
    assert not box.say("one", lambda _: None)
    box.close()


def test_the_queue_has_an_end_and_closing_does_not_wait_for_it() -> None:
    voice = Scripted("slow")
    voice.may_go_on.clear()
    box = VoiceBox([voice])
    said: list[Speech | None] = []
    taken = [box.say(str(number), said.append) for number in range(MOST_WAITING + 3)]
    assert taken[:MOST_WAITING] == [True] * MOST_WAITING
    assert not taken[-1]
    voice.may_go_on.set()
    box.close()
    assert not box.can_speak
    assert not box.say("late", said.append)
