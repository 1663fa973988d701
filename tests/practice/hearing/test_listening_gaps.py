"""Sound that is missing, late or dated wrongly: neither speech nor pause."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from coach_desktop.practice.hearing.listening import Listening
from tests.practice.hearing.made import RATE, PlainVoice, Sound, hear, loud, quiet, value

if TYPE_CHECKING:
    from coach_desktop.practice.hearing.voice import VoiceActivity


def test_missing_sound_is_neither_speech_nor_pause_nor_listening_time() -> None:
    ears = Listening(PlainVoice(), None)
    hear(ears, np.concatenate([quiet(1), loud(4)]))
    end = hear(ears, np.concatenate([loud(3), quiet(1)]), at_s=25.0)
    assert value(ears, "speaking_time", end) == pytest.approx(7.0, abs=0.1)
    assert value(ears, "speaking_share", end) == pytest.approx(7 / 9, abs=0.015)
    assert value(ears, "pause_count", end) == 0
    assert value(ears, "pause_share", end) == 0
    assert ears.warnings(end) == [
        "The sound was interrupted once, from 0:05 to 0:25: 20.0 s are missing and count neither way."
    ]
    assert [(span.kind, round(span.start_s), round(span.end_s)) for span in ears.spans(end)] == [
        ("speech", 1, 5), ("speech", 25, 28),
    ]  # fmt: skip


def test_silence_heard_around_missing_sound_is_a_pause_on_either_side() -> None:
    ears = Listening(PlainVoice(), None)
    hear(ears, np.concatenate([loud(4), quiet(2)]))
    end = hear(ears, np.concatenate([quiet(1), loud(4)]), at_s=16.0)
    assert value(ears, "pause_count", end) == 2
    assert value(ears, "pause_longest", end) == pytest.approx(2.0, abs=0.1)
    assert value(ears, "pause_share", end) == pytest.approx(3 / 11, abs=0.02)


def test_a_new_stream_does_not_remember_the_old_one(voice: VoiceActivity, sentences: list[Sound]) -> None:
    talk, fresh = np.concatenate(sentences[1:]), Listening(voice, None)
    hear(fresh, talk, at_s=60.0)
    alone = fresh.spans(90.0)
    ears = Listening(voice, None)
    hear(ears, sentences[0][: RATE + 300])
    hear(ears, talk, at_s=60.0)
    assert [span for span in ears.spans(90.0) if span.start_s >= 60] == alone
    again = PlainVoice()
    ears = Listening(again, None)
    for at_s in (0.0, 5.0, 5.1, 9.0):
        ears.push(at_s, loud(0.1))
    assert again.streams == 3


def test_small_differences_of_the_clock_do_not_part_a_stream() -> None:
    ears = Listening(PlainVoice(), None)
    sound = loud(20)
    for index in range(200):
        late = 0.3 if index % 7 == 3 else 0.0
        ears.push(index * 0.1 * 1.0002 + late, sound[index * 1600 : (index + 1) * 1600])
    assert value(ears, "speaking_time", 30.0) == pytest.approx(20.0, abs=0.05)
    assert ears.warnings(30.0) == []


def test_blocks_dated_back_never_turn_time_back() -> None:
    ears = Listening(PlainVoice(), None)
    ears.push(10.0, loud(1))
    ears.push(0.0, loud(1))
    assert [(span.start_s, round(span.end_s, 1)) for span in ears.spans(60.0)] == [(10.0, 12.0)]
