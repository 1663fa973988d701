from __future__ import annotations

import sys
import wave
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach_desktop.practice.hearing import listening
from coach_desktop.practice.hearing.listening import Listening
from coach_desktop.practice.hearing.trouble import RECORDING, SESSION
from coach_desktop.tavus.delivery import SOUND_MEASURES
from tests.practice.hearing.made import NONE, RATE, Marked, PlainVoice, Sound, hear, loud, quiet, value, values

if TYPE_CHECKING:
    from pathlib import Path

    from coach_desktop.practice.hearing.voice import VoiceActivity


# What no speech is


def test_silence_of_every_kind_is_measured_as_no_speech(voice: VoiceActivity, noises: dict[str, Sound]) -> None:
    for name, noise in noises.items():
        ears = Listening(voice, None)
        end = hear(ears, noise)
        found = ears.measures(end, NONE)
        assert set(found) == set(SOUND_MEASURES)
        assert found["speaking_time"].value == 0.0, name
        assert found["speaking_share"].value == 0.0, name
        for other in ("pause_count", "pause_longest", "pause_share", "loudness_range"):
            assert found[other].status == "not_measured"
            assert found[other].reason == listening.NO_SPEECH
        muted = name in {"digital zero", "dither"}
        for wording in (SESSION, RECORDING):
            assert ears.warnings(end, wording) == [wording.no_sound if muted else wording.no_speech], name
        state = ears.state(end)
        assert (state.speaking, state.spoke, state.heard_anything) == (False, False, not muted)
        assert state.silent_for_s == pytest.approx(20.0)
        assert ears.spans(end) == []


def test_without_a_sample_nothing_is_measured_for_the_reason_given(voice: VoiceActivity) -> None:
    ears = Listening(voice, None)
    ears.push(0.0, np.zeros(0, np.int16))
    found = ears.measures(30.0, NONE)
    assert {(measure.status, measure.reason) for measure in found.values()} == {("not_measured", NONE)}
    assert set(found) == set(SOUND_MEASURES)
    assert ears.warnings(30.0) == []
    assert ears.spans(30.0) == []
    assert ears.state(30.0).level_db is None
    assert Listening(voice, None).measures(30.0, NONE) == found


# Speech


def with_pauses(sentences: list[Sound], pauses: list[float]) -> tuple[Sound, float, list[tuple[float, float]]]:
    """1 s of silence, the sentences with the pauses between them, 2 s of silence; and where things are."""
    parts, at_s, gaps, spoken = [quiet(1.0)], 1.0, [], 0.0
    for sentence, pause in zip(sentences, [*pauses, 2.0], strict=True):
        spoken += len(sentence) / RATE
        at_s += len(sentence) / RATE
        gaps.append((at_s, at_s + pause))
        at_s += pause
        parts += [sentence, quiet(pause)]
    return np.concatenate(parts), spoken, gaps[:-1]


def test_made_speech_is_measured_with_its_pauses(voice: VoiceActivity, sentences: list[Sound]) -> None:
    sound, spoken, gaps = with_pauses(sentences, [0.4, 0.6, 1.5, 3.0])
    room = np.random.default_rng(1).normal(0, 30, len(sound))
    for noise in (np.zeros(len(sound)), room):
        ears = Listening(voice, None)
        end = hear(ears, np.clip(sound + noise, -32768, 32767).astype(np.int16))
        assert value(ears, "speaking_time", end) == pytest.approx(spoken, rel=0.06)
        assert value(ears, "speaking_share", end) == pytest.approx(spoken / end, rel=0.06)
        assert value(ears, "pause_count", end) == 4
        assert value(ears, "pause_longest", end) == pytest.approx(3.0, abs=0.2)
        assert value(ears, "pause_share", end) == pytest.approx(5.5 / (spoken + 5.5), abs=0.04)
        assert 1 < value(ears, "loudness_range", end) < 25
        assert ears.warnings(end) == []
        found = [(span.start_s, span.end_s) for span in ears.spans(end) if span.kind == "pause"]
        assert np.allclose(found, gaps, atol=0.2)


def test_natural_speech_is_measured(voice: VoiceActivity, shared_data: Path) -> None:
    with wave.open(str(shared_data / "data" / "speech" / "acoustic_corpus.wav")) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    ears = Listening(voice, None)
    end = hear(ears, sound)
    # By the labels: 19.6 s of words; gaps shorter than a pause (1.2 s) count as speech, in part.
    assert value(ears, "speaking_time", end) == pytest.approx(20.2, abs=1.0)
    assert value(ears, "pause_count", end) in {5, 6, 7}
    assert value(ears, "pause_longest", end) == pytest.approx(1.16, abs=0.15)
    assert value(ears, "pause_share", end) == pytest.approx(0.15, abs=0.05)
    assert 5 < value(ears, "loudness_range", end) < 20
    assert ears.warnings(end) == []


@pytest.mark.parametrize("block", [1600, 317, 16000])
def test_every_quantity_is_exact_where_the_voice_is(block: int) -> None:
    ears = Listening(PlainVoice(), None)
    end = hear(
        ears,
        np.concatenate([quiet(2), loud(4), quiet(1), loud(3), quiet(0.6), loud(1), quiet(5)]),
        block=block,
    )
    assert value(ears, "speaking_time", end) == pytest.approx(8.0, abs=0.1)
    assert value(ears, "speaking_share", end) == pytest.approx(8 / 16.6, abs=0.01)
    assert value(ears, "pause_count", end) == 2
    assert value(ears, "pause_longest", end) == pytest.approx(1.0, abs=0.07)
    assert value(ears, "pause_share", end) == pytest.approx(1.6 / 9.6, abs=0.015)
    kinds = [(span.kind, round(span.start_s), round(span.end_s)) for span in ears.spans(end)]
    assert kinds == [
        ("speech", 2, 6),
        ("pause", 6, 7),
        ("speech", 7, 10),
        ("pause", 10, 11),
        ("speech", 11, 12),
    ]


def test_speech_without_a_pause_has_pauses_of_nothing() -> None:
    ears = Listening(PlainVoice(), None)
    end = hear(ears, loud(5))
    assert values(ears, end) == {
        "speaking_time": pytest.approx(5, abs=0.05), "speaking_share": pytest.approx(1, abs=0.01),
        "pause_count": 0, "pause_longest": 0, "pause_share": 0, "loudness_range": pytest.approx(0, abs=0.2),
        "loudness_drop": None, "pitch_spread": None,
    }  # fmt: skip


def test_a_word_alone_gives_no_loudness_range() -> None:
    ears = Listening(PlainVoice(), None)
    end = hear(ears, np.concatenate([quiet(1), loud(1.5), quiet(1)]))
    found = ears.measures(end, NONE)["loudness_range"]
    assert found.status == "not_measured"
    assert found.reason
    assert "3 seconds" in found.reason


def test_loud_and_soft_phrases_make_the_range() -> None:
    ears = Listening(PlainVoice(), None)
    end = hear(ears, np.concatenate([loud(4, 20000), quiet(1), loud(4, 5000)]))
    assert value(ears, "loudness_range", end) == pytest.approx(20 * np.log10(4), abs=0.3)


@pytest.mark.parametrize(("first", "last", "drop"), [(20000, 5000, 20 * np.log10(4)), (5000, 20000, 0.0)])
def test_who_gets_quieter_hears_by_how_much_and_who_gets_louder_hears_nothing(
    first: int, last: int, drop: float
) -> None:
    ears = Listening(PlainVoice(), None)
    end = hear(ears, np.concatenate([loud(14, first), quiet(1), loud(7, first), quiet(1), loud(14, last)]))
    assert value(ears, "loudness_drop", end) == pytest.approx(drop, abs=0.3)


def test_a_short_talk_has_no_last_third_to_compare() -> None:
    ears = Listening(PlainVoice(), None)
    end = hear(ears, np.concatenate([loud(12, 20000), quiet(1), loud(12, 5000)]))
    found = ears.measures(end, NONE)["loudness_drop"]
    assert (found.status, found.value) == ("not_measured", None)
    assert found.reason == "Less than 30 seconds of speech were heard."


def test_what_comes_after_the_end_asked_for_does_not_count() -> None:
    ears, short = Listening(PlainVoice(), None), Listening(PlainVoice(), None)
    sound = np.concatenate([quiet(1), loud(4), quiet(1), loud(4)])
    hear(ears, np.concatenate([sound, quiet(3), loud(8)]))
    hear(short, sound)
    assert values(ears, 10.0) == pytest.approx(values(short, 10.0), abs=0.05)
    assert value(ears, "speaking_time", 3.0) == pytest.approx(2.0, abs=0.05)
    assert [span.kind for span in ears.spans(10.0)] == ["speech", "pause", "speech"]
    assert max(span.end_s for span in ears.spans(7.5)) <= 7.5


def test_a_noisy_room_is_told_of_and_a_rumble_is_not() -> None:
    talk = np.concatenate([loud(3, 2000), quiet(2), loud(3, 2000), quiet(2)])
    chance = np.random.default_rng(2)
    rumble = 900 * np.sin(2 * np.pi * 40 * np.arange(len(talk)) / RATE)
    # White noise of 20 and of 6 dB under the tone.
    for noise, told in ((chance.normal(0, 141, len(talk)), []), (rumble, []),
                        (chance.normal(0, 707, len(talk)).clip(-990, 990), ["noise"])):  # fmt: skip
        ears = Listening(Marked(talk), None)
        end = hear(ears, (talk + noise).astype(np.int16))
        assert ears.warnings(end) == [getattr(SESSION, name) for name in told]
        assert ears.warnings(end, RECORDING) == [getattr(RECORDING, name) for name in told]


# The moment


def test_the_state_follows_speech_and_silence() -> None:
    ears = Listening(PlainVoice(), None)
    at_s = hear(ears, quiet(3))
    assert ears.state(at_s).level_db == -100.0
    at_s = hear(ears, loud(4), at_s)
    now = ears.state(at_s)
    assert (now.speaking, now.spoke, now.heard_anything, now.clipping) == (True, True, True, False)
    assert now.speaking_without_pause_s == pytest.approx(4.0, abs=0.1)
    assert now.level_db == pytest.approx(20 * np.log10(8000 / 32768) - 3.01, abs=0.1)
    at_s = hear(ears, quiet(0.4), at_s)
    assert not ears.state(at_s).speaking
    assert ears.state(at_s).speaking_without_pause_s == pytest.approx(4.0, abs=0.1)
    at_s = hear(ears, loud(2), at_s)
    assert ears.state(at_s).speaking_without_pause_s == pytest.approx(6.4, abs=0.1)
    at_s = hear(ears, quiet(0.7), at_s)
    assert ears.state(at_s).speaking_without_pause_s == 0.0
    assert ears.state(at_s).silent_for_s == pytest.approx(0.75, abs=0.1)
    at_s = hear(ears, loud(1), at_s)
    assert ears.state(at_s).speaking_without_pause_s == pytest.approx(1.0, abs=0.1)
    assert ears.state(at_s).silent_for_s == pytest.approx(0.0, abs=0.05)


def test_a_stalled_stream_says_nothing_about_now() -> None:
    ears = Listening(PlainVoice(), None)
    at_s = hear(ears, loud(3))
    now = ears.state(at_s + 2.0)
    assert (now.speaking, now.level_db, now.speaking_without_pause_s, now.spoke) == (False, None, 0.0, True)


@pytest.mark.parametrize("block", [1600, 317, 8000])
def test_a_microphone_that_goes_dead_is_missing_sound_and_no_pause(block: int) -> None:
    ears = Listening(PlainVoice(), None)
    hear(ears, np.concatenate([loud(4), quiet(15)]), block=block)
    deaf = ears.is_deaf
    end = hear(ears, np.concatenate([loud(4), quiet(3), loud(4)]), at_s=19.0, block=block)
    assert (deaf, ears.is_deaf) == (True, False)
    assert value(ears, "speaking_time", end) == pytest.approx(12, abs=0.3)
    assert value(ears, "speaking_share", end) == pytest.approx(12 / 15, abs=0.03)
    assert value(ears, "pause_longest", end) == pytest.approx(3, abs=0.1)
    assert value(ears, "pause_count", end) == 1
    [warning] = ears.warnings(end)
    assert warning.startswith("The sound was interrupted once, from 0:04 to 0:19: 15")


def test_a_long_pause_in_a_quiet_room_is_one_and_so_is_nine_seconds_of_nothing() -> None:
    room = np.random.default_rng(1).integers(-40, 40, 20 * RATE).astype(np.int16)
    for silence, longest in ((room, 20), (quiet(9), 9)):
        ears = Listening(PlainVoice(), None)
        end = hear(ears, np.concatenate([loud(4), silence, loud(4)]))
        assert value(ears, "pause_longest", end) == pytest.approx(longest, abs=0.2)
        assert ears.warnings(end) == []


def test_a_microphone_that_stays_dead_is_told_from_its_last_sound() -> None:
    ears = Listening(PlainVoice(), None)
    end = hear(ears, np.concatenate([loud(5), quiet(25)]))
    assert value(ears, "speaking_share", end) > 0.9
    assert ears.warnings(end) == [
        "The sound was interrupted once, from 0:05 to 0:30: 25.0 s are missing and count neither way."
    ]


def test_silence_goes_on_over_missing_sound() -> None:
    ears = Listening(PlainVoice(), None)
    hear(ears, np.concatenate([loud(3), quiet(4)]))
    at_s = hear(ears, quiet(2), at_s=20.0)
    assert ears.state(at_s).silent_for_s == pytest.approx(6.0, abs=0.1)


def test_overdriving_shows_now_and_in_the_warnings() -> None:
    ears = Listening(PlainVoice(), None)
    overdriven = np.clip(loud(3).astype(int) * 8, -32768, 32767).astype(np.int16)
    at_s = hear(ears, overdriven)
    assert ears.state(at_s).clipping
    assert ears.warnings(at_s) == [SESSION.clipping]
    at_s = hear(ears, loud(3), at_s)
    assert not ears.state(at_s).clipping


def test_a_far_too_quiet_voice_is_warned_of(voice: VoiceActivity, sentences: list[Sound]) -> None:
    ears = Listening(voice, None)
    faint = (np.concatenate(sentences) / 80).astype(np.int16)
    end = hear(ears, faint)
    assert value(ears, "speaking_time", end) > 5
    assert ears.warnings(end) == [SESSION.quiet]
    assert ears.warnings(end, RECORDING) == [RECORDING.quiet]


# Long sessions


def test_the_spans_of_a_long_talk_are_bounded_and_keep_the_long_pauses() -> None:
    ears = Listening(PlainVoice(), None)
    minute = np.concatenate([loud(0.5), quiet(0.5)] * 58 + [loud(0.5), quiet(1.5)])
    at_s = 0.0
    for _ in range(60):
        at_s = hear(ears, minute, at_s, block=16000)
    spans = ears.spans(at_s)
    assert len(spans) <= listening.MOST_SPANS
    pauses = [span for span in spans if span.kind == "pause"]
    assert len(pauses) == listening.MOST_PAUSES
    # The last silence is no pause: no speech follows it.
    assert sum(span.duration_s > 1 for span in pauses) == 59
    assert all(before.end_s == after.start_s for before, after in pairwise(spans))
    assert value(ears, "pause_count", at_s) == 60 * 59 - 1


script = st.lists(
    st.tuples(st.sampled_from(["loud", "quiet", "missing"]), st.floats(0.05, 3.0)), min_size=1, max_size=25
)


@settings(max_examples=60, deadline=None)
@given(script, st.sampled_from([400, 1600, 5000]), st.floats(0, 60))
def test_the_parts_always_add_up(steps: list[tuple[str, float]], block: int, until_s: float) -> None:
    ears, at_s = Listening(PlainVoice(), None), 0.0
    for kind, seconds in steps:
        if kind == "missing":
            at_s += seconds + listening.INTERRUPTED_S
        else:
            at_s = hear(ears, loud(seconds) if kind == "loud" else quiet(seconds), at_s, block)
        ears.state(at_s)
    found = values(ears, until_s)
    spans = ears.spans(until_s)
    assert all(before.end_s <= after.start_s + 1e-6 for before, after in pairwise(spans))
    assert all(span.end_s <= until_s + 1e-3 for span in spans)
    speech = sum(span.duration_s for span in spans if span.kind == "speech")
    pauses = [span.duration_s for span in spans if span.kind == "pause"]
    assert speech == pytest.approx(found["speaking_time"] or 0.0, abs=0.05)
    if found["pause_count"] is not None:
        assert len(pauses) == found["pause_count"]
        assert found["pause_longest"] == pytest.approx(max(pauses, default=0.0), abs=0.005)
        assert bool(found["pause_share"]) == bool(pauses)
        if "missing" not in dict(steps):
            assert found["pause_share"] == pytest.approx(sum(pauses) / max(1e-3, speech + sum(pauses)), abs=0.02)
        assert 0 <= (found["pause_share"] or 0) <= 1
    assert all(0 <= (found[name] or 0) <= 1 for name in ("speaking_share", "pause_share"))


def test_an_hour_needs_little_memory() -> None:
    ears = Listening(PlainVoice(), None)
    second = np.concatenate([loud(0.6), quiet(0.4)])
    for at_s in range(3600):
        ears.push(float(at_s), second)
    stream = ears._streams[0]  # noqa: SLF001 - what is kept is not public
    kept = len(stream.segments) * (sys.getsizeof(stream.segments[0]) + 2 * 24)
    assert len(ears._streams) == 1  # noqa: SLF001
    assert kept + 6 * 36000 < 2e6
