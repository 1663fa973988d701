"""What Chuck says and when; and that he is silent while all is well."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from coach_desktop.coaching.cues import Cue, Observation, next_cue

STEP_S = 0.125
WELL = Observation(
    at_s=60.0,
    looking_away_for_s=0.0,
    no_face_for_s=0.0,
    speaking_without_pause_s=4.0,
    silent_for_s=0.0,
    spoke=True,
    level_db=-30.0,
    clipping=False,
    loudest_db=-20.0,
)
NOTHING_MEASURED = Observation(60.0, None, None, None, None, spoke=False, level_db=None, clipping=False)


def kind(cue: Cue | None) -> str | None:
    return None if cue is None else cue.kind


@pytest.mark.parametrize(
    ("change", "expected", "text"),
    [
        ({"looking_away_for_s": 7.0}, "look_at_camera", "Look at me"),
        ({"no_face_for_s": 8.0}, "come_into_view", "Come into view"),
        ({"speaking_without_pause_s": 30.0}, "take_a_pause", "Take a pause"),
        ({"silent_for_s": 12.0, "speaking_without_pause_s": 0.0}, "keep_going", "Carry on"),
        (
            {"spoke": False, "silent_for_s": 25.0},
            "start_when_ready",
            "Start when ready",
        ),
        ({"speaking_without_pause_s": 5.0, "loudest_db": -51.0, "level_db": -60.0}, "too_quiet", "A bit louder"),
        ({"speaking_without_pause_s": 3.0, "clipping": True}, "clipping", "A bit softer"),
        ({"speaking_without_pause_s": 3.0, "recent_wpm": 190.1}, "slow_down", "A bit slower"),
        ({"hands_still_for_s": 20.0}, "use_your_hands", "Use your hands"),
    ],
)
def test_each_fault_brings_its_cue(change: dict[str, Any], expected: str, text: str) -> None:
    assert next_cue(replace(WELL, **change), []) == Cue(60.0, expected, text)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"looking_away_for_s": 6.9},
        {"no_face_for_s": 7.9},
        {"looking_away_for_s": 20.0, "no_face_for_s": 3.0},
        {"speaking_without_pause_s": 29.9},
        {"recent_wpm": 190.0},
        {"hands_still_for_s": 19.9},
        {"hands_still_for_s": 60.0, "silent_for_s": 0.5},
        {"hands_still_for_s": 60.0, "silent_for_s": None},
        {"hands_still_for_s": 60.0, "spoke": False},
        {"recent_wpm": 60.0},
        {"recent_wpm": 240.0, "speaking_without_pause_s": 2.9},
        {"recent_wpm": 240.0, "silent_for_s": 0.5},
        {"silent_for_s": 11.9, "speaking_without_pause_s": 0.0},
        {"spoke": False, "silent_for_s": 24.9, "speaking_without_pause_s": 0.0},
        {"clipping": True, "speaking_without_pause_s": 2.9},
        # The gap between two words is no quiet voice.
        {"level_db": -100.0, "speaking_without_pause_s": 10.0},
        {"level_db": -100.0, "loudest_db": None, "speaking_without_pause_s": 10.0},
        # Who has just become louder is left alone.
        {"level_db": -20.0, "loudest_db": -60.0, "speaking_without_pause_s": 10.0},
        {"looking_away_for_s": float("nan"), "no_face_for_s": float("inf")},
        {"at_s": float("nan"), "looking_away_for_s": 20.0},
    ],
)
def test_what_is_not_long_or_not_a_fault_brings_none(change: dict[str, Any]) -> None:
    assert next_cue(replace(WELL, **change), []) is None


def test_nothing_measured_nothing_said() -> None:
    assert next_cue(NOTHING_MEASURED, []) is None


def test_a_missing_face_comes_before_everything() -> None:
    everything = replace(WELL, no_face_for_s=9.0, looking_away_for_s=9.0, clipping=True, speaking_without_pause_s=40.0)
    assert kind(next_cue(everything, [])) == "come_into_view"


def test_looking_away_comes_before_what_is_heard() -> None:
    everything = replace(WELL, looking_away_for_s=9.0, clipping=True, speaking_without_pause_s=40.0)
    assert kind(next_cue(everything, [])) == "look_at_camera"


def test_while_a_kind_rests_another_may_speak() -> None:
    away = replace(WELL, looking_away_for_s=30.0, speaking_without_pause_s=40.0)
    assert kind(next_cue(away, [Cue(39.0, "look_at_camera", "Look at me")])) == "take_a_pause"


def test_the_first_quarter_of_a_minute_is_quiet() -> None:
    away = replace(WELL, looking_away_for_s=14.9)
    assert next_cue(replace(away, at_s=14.99), []) is None
    assert kind(next_cue(replace(away, at_s=15.0), [])) == "look_at_camera"


def test_cues_keep_twenty_seconds_apart() -> None:
    away, past = replace(WELL, looking_away_for_s=20.0), [Cue(45.0, "keep_going", "Carry on")]
    assert next_cue(replace(away, at_s=64.9), past) is None
    assert kind(next_cue(replace(away, at_s=65.0), past)) == "look_at_camera"


def test_the_same_kind_rests_for_ninety_seconds() -> None:
    away, past = replace(WELL, looking_away_for_s=20.0), [Cue(20.0, "look_at_camera", "Look at me")]
    assert next_cue(replace(away, at_s=109.9), past) is None
    assert kind(next_cue(replace(away, at_s=110.0), past)) == "look_at_camera"


def test_an_observation_that_comes_late_finds_no_gap_before_a_cue() -> None:
    away = replace(WELL, looking_away_for_s=20.0, at_s=50.0)
    assert next_cue(away, [Cue(60.0, "keep_going", "Carry on"), Cue(20.0, "clipping", "A bit softer")]) is None


def play(observe: list[Observation]) -> list[Cue]:
    cues: list[Cue] = []
    for now in observe:
        cue = next_cue(now, cues)
        if cue is not None:
            cues.append(cue)
    return cues


def times(until_s: float) -> list[float]:
    return [step * STEP_S for step in range(int(until_s / STEP_S))]


@pytest.mark.parametrize("away_since_s", [0.0, 5.0, 12.0, 20.0])
def test_a_face_that_looks_away_for_long_hears_of_it_by_second_thirty(away_since_s: float) -> None:
    cues = play([replace(WELL, at_s=at_s, looking_away_for_s=max(0.0, at_s - away_since_s)) for at_s in times(31)])
    assert [cue.kind for cue in cues] == ["look_at_camera"]
    assert cues[0].at_s <= 30


def test_a_silent_face_that_looks_away_hears_of_it_first() -> None:
    silent = replace(WELL, spoke=False, speaking_without_pause_s=0.0, level_db=-100.0, loudest_db=-100.0)
    cues = play([replace(silent, at_s=at_s, looking_away_for_s=at_s, silent_for_s=at_s) for at_s in times(31)])
    assert cues[0].kind == "look_at_camera"
    assert cues[0].at_s <= 30


def test_a_good_speaker_hears_none() -> None:
    """Glances of 2 s at the notes every 8 s, a pause of 0.8 s every 9 s, quiet moments between words, five minutes."""
    talk = []
    for at_s in times(300):
        glance, phrase = at_s % 8, at_s % 9
        speaks = phrase < 8.2
        talk.append(
            replace(
                WELL,
                at_s=at_s,
                looking_away_for_s=glance - 6 if glance > 6 else 0.0,
                speaking_without_pause_s=phrase if speaks else 0.0,
                silent_for_s=0.0 if speaks else phrase - 8.2,
                level_db=-100.0 if int(at_s * 8) % 5 == 0 else -25.0,
            )
        )
    assert play(talk) == []
