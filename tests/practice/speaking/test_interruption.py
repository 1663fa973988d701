"""Who speaks while Chuck does: he himself, come back from the loudspeaker, or the user."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from coach_desktop.practice.hearing.gaps import LeftOut
from coach_desktop.practice.hearing.voice import VoiceActivity
from coach_desktop.practice.speaking.interruption import Interruption
from coach_desktop.practice.speaking.programs import Espeak
from coach_desktop.practice.speaking.speech import Speech
from coach_desktop.practice.speaking.spoken_time import TAIL_S, Playing, SpokenTime
from coach_desktop.store import model_files
from tests.practice.client import RATE, Samples, blocks, speech
from tests.practice.speaking.conftest import at_microphone

TEXT = "You looked at me for most of the time, and that holds a room. Take a longer pause after each point."
OTHER = "Sorry, may I ask you something about the second part of my talk? I am not sure how to begin it."


@pytest.fixture
def interruption(tmp_path: Path) -> Interruption:
    return Interruption(VoiceActivity(model_files.find(model_files.VOICE_ACTIVITY, tmp_path).path))


def _first_hit(interruption: Interruption, heard: Samples, playing: Playing) -> float | None:
    for number, block in enumerate(blocks(heard)):
        if interruption.push(playing.start_s + number / 10, block, playing):
            return number / 10
    return None


def _echo(said: Speech, *, loud: float, late_s: float) -> Samples:
    noise = np.random.default_rng(3)
    tail = noise.standard_normal(RATE // 4) * np.exp(-np.arange(RATE // 4) / (0.06 * RATE)) * 0.06
    tail[0] = 1.0
    late = np.concatenate((np.zeros(round(late_s * RATE)), np.convolve(at_microphone(said, loud=loud), tail)))
    return (late + noise.standard_normal(len(late)) * 20).clip(-32768, 32767).astype(np.int16)


@pytest.mark.parametrize(("loud", "late_s"), [(0.5, 0.02), (0.1, 0.15), (0.03, 0.4)])
def test_his_own_voice_from_the_loudspeaker_does_not_interrupt_him(
    interruption: Interruption, espeak: Espeak, loud: float, late_s: float
) -> None:
    said = espeak.say(TEXT)
    assert _first_hit(interruption, _echo(said, loud=loud, late_s=late_s), Playing(3.0, said)) is None


def test_the_echo_of_what_he_said_before_does_not_stop_him_when_he_goes_on(
    interruption: Interruption, espeak: Espeak
) -> None:
    late_s, gap_s, begins_s = 0.5, 0.1, 20.0
    first, second = espeak.say(TEXT), espeak.say(OTHER)
    # Without the silence at its end, in which an echo would die away.
    first = Speech(first.rate, first.pcm[: -2 * (first.rate // 4)], ())
    heard = np.zeros(round((late_s + second.duration_s) * RATE) + RATE)
    coming = _echo(first, loud=0.5, late_s=late_s)[round((first.duration_s + gap_s) * RATE) :]
    heard[: len(coming)] += coming
    again = at_microphone(second, loud=0.5)
    heard[round(late_s * RATE) :][: len(again)] += again
    sound = heard.clip(-32768, 32767).astype(np.int16)
    assert _first_hit(interruption, sound, Playing(begins_s, second, before=(begins_s - gap_s, first))) is None
    assert _first_hit(interruption, sound, Playing(begins_s, second)) is not None, "there is something to know"


@pytest.mark.parametrize("echo", [0.0, 0.05])
def test_another_voice_does_within_a_moment(interruption: Interruption, espeak: Espeak, echo: float) -> None:
    said, begins_s = espeak.say(TEXT), 1.0
    heard = np.zeros(round(said.duration_s * RATE))
    user = speech(OTHER)[: len(heard) - round(begins_s * RATE)]
    heard[round(begins_s * RATE) :][: len(user)] += user
    heard += at_microphone(said, loud=echo)[: len(heard)]
    hit = _first_hit(interruption, heard.clip(-32768, 32767).astype(np.int16), Playing(3.0, said))
    assert hit is not None
    assert begins_s <= hit < begins_s + 1.5


def test_noise_and_silence_are_no_interruption(interruption: Interruption, espeak: Espeak) -> None:
    said = espeak.say(TEXT)
    noise = np.random.default_rng(1).standard_normal(4 * RATE) * 900
    assert _first_hit(interruption, noise.astype(np.int16), Playing(0.0, said)) is None
    assert _first_hit(interruption, np.zeros(4 * RATE, np.int16), Playing(0.0, said)) is None


def test_his_time_ends_with_him_or_by_itself() -> None:
    said = Speech(16_000, bytes(2 * 16_000 * 4), ())
    spoken = SpokenTime()
    assert not spoken.covers(0.0, 100.0)
    spoken.begin(10.0, said)
    assert spoken.playing(12.0) is not None
    assert spoken.covers(9.95, 10.0)
    assert not spoken.covers(9.0, 9.8)
    spoken.end(12.0, interrupted=True)
    assert spoken.playing(11.0) is None
    assert spoken.covers(12.0 + TAIL_S - 0.05, 12.5)
    assert not spoken.covers(12.0 + TAIL_S, 13.0)
    assert [(one.start_s, one.end_s, one.interrupted) for one in spoken.utterances] == [(10.0, 12.0, True)]
    spoken.begin(20.0, said)
    assert spoken.playing(30.0) is None
    assert not spoken.covers(30.0, 31.0)


def test_what_he_says_in_parts_is_one_utterance() -> None:
    said = Speech(16_000, bytes(2 * 16_000 * 2), ())
    spoken = SpokenTime()
    spoken.begin(1.0, said)
    spoken.end(3.0, interrupted=False)
    spoken.begin(5.0, said)
    spoken.end(7.0, interrupted=False)
    spoken.begin(7.2, said, goes_on=True)
    playing = spoken.playing(8.0)
    assert playing is not None
    assert playing.before == (7.0, said)
    spoken.end(8.5, interrupted=True)
    assert [(one.start_s, one.end_s, one.interrupted) for one in spoken.utterances] == [
        (1.0, 3.0, False),
        (5.0, 8.5, True),
    ]
    assert [one.start_s for one, _ in spoken.sounds()] == [1.0, 5.0, 7.2]


def test_what_was_left_out_on_purpose_is_no_interruption_of_the_sound() -> None:
    left_out = LeftOut()
    for tenth in range(30):
        left_out.add(5.0 + tenth / 10, 5.1 + tenth / 10)
    assert left_out.warning([(5.0, 8.05)]) is None
    assert "once, from 0:12 to 0:13: 1.0 s" in (left_out.warning([(5.0, 8.0), (12.0, 13.0)]) or "")
    assert "once, from 0:03 to 0:08: 2.0 s" in (left_out.warning([(3.0, 8.0)]) or "")
