"""No stream of observations, however mad, ever breaks a rule of cues."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate, combinations

from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.coaching.cues import Cue, Observation, next_cue
from coach_desktop.coaching.rules import CueRules, load_rules
from tests.coaching.strategies import anything, observations, unhurried

QUIET = Observation(0.0, None, None, None, None, spoke=True, level_db=-20.0, clipping=False, loudest_db=-20.0)
# Moments at which one or more kinds of cue are due, or none.
MOMENTS = (
    QUIET,
    replace(QUIET, no_face_for_s=30.0),
    replace(QUIET, looking_away_for_s=30.0),
    replace(QUIET, speaking_without_pause_s=4.0, clipping=True),
    replace(QUIET, speaking_without_pause_s=40.0, silent_for_s=0.0),
    replace(QUIET, silent_for_s=30.0),
    replace(QUIET, looking_away_for_s=30.0, speaking_without_pause_s=40.0, silent_for_s=0.0, clipping=True),
)
# Steps that fall on the edges of the rules, and any other.
STEPS = st.sampled_from([0.125, 4.9, 5.0, 14.9, 19.9, 20.0, 69.9]) | st.floats(0, 25)
SCRIPTS = st.lists(st.tuples(STEPS, st.sampled_from(MOMENTS)), min_size=1, max_size=60)
ANY_TIMES = st.sampled_from([14.9, 15.0, 34.9, 35.0, 104.9, 105.0]) | st.floats(0, 300)


def in_order(script: list[tuple[float, Observation]]) -> list[Observation]:
    times = accumulate(step for step, _ in script)
    return [replace(moment, at_s=at_s) for at_s, (_, moment) in zip(times, script, strict=True)]


STREAMS = SCRIPTS.map(in_order)
DISORDERLY = st.lists(
    st.builds(lambda at_s, moment: replace(moment, at_s=at_s), ANY_TIMES, st.sampled_from(MOMENTS)), max_size=40
)
NONSENSE = st.lists(observations(ANY_TIMES | anything), max_size=12)


def played(stream: list[Observation], rules: CueRules | None = None) -> list[Cue]:
    cues: list[Cue] = []
    for now in stream:
        cue = next_cue(now, cues, rules)
        if cue is not None:
            assert cue.at_s == now.at_s
            cues.append(cue)
    return cues


def assert_rules_hold(cues: list[Cue], gap_s: float = 20, quiet_s: float = 15, same_kind_s: float = 90) -> None:
    assert all(cue.at_s >= quiet_s for cue in cues)
    assert all(1 <= len(cue.text.split()) <= 3 for cue in cues)
    for one, other in combinations(cues, 2):
        assert abs(one.at_s - other.at_s) >= gap_s
        assert one.kind != other.kind or abs(one.at_s - other.at_s) >= same_kind_s


@unhurried
@given(STREAMS)
def test_rules_hold_in_any_session(stream: list[Observation]) -> None:
    assert_rules_hold(played(stream))


@unhurried
@given(DISORDERLY)
def test_rules_hold_when_time_runs_backwards(stream: list[Observation]) -> None:
    assert_rules_hold(played(stream))


@unhurried
@given(NONSENSE)
def test_rules_hold_when_the_senses_talk_nonsense(stream: list[Observation]) -> None:
    assert_rules_hold(played(stream))


@unhurried
@given(STREAMS, st.floats(20, 100), st.floats(15, 100), st.floats(90, 300))
def test_sparser_rules_hold(stream: list[Observation], gap_s: float, quiet_s: float, same_kind_s: float) -> None:
    own = {"gap_s": gap_s, "quiet_start_s": quiet_s, "same_kind_s": same_kind_s}
    cues = played(stream, load_rules().cues.model_copy(update=own))
    assert_rules_hold(cues, gap_s, quiet_s, same_kind_s)


@unhurried
@given(STREAMS)
def test_the_order_of_the_past_does_not_matter(stream: list[Observation]) -> None:
    cues = played(stream)
    for now in stream:
        assert next_cue(now, cues) == next_cue(now, list(reversed(cues)))


ALL_IS_WELL = st.builds(
    Observation,
    at_s=st.floats(0, 4000),
    looking_away_for_s=st.none() | st.floats(0, 6.99),
    no_face_for_s=st.none() | st.floats(0, 7.99),
    speaking_without_pause_s=st.none() | st.floats(0, 29.9),
    silent_for_s=st.none() | st.floats(0, 11.9),
    spoke=st.booleans(),
    level_db=st.none() | st.floats(-100, 0),
    clipping=st.just(value=False),
    loudest_db=st.none() | st.floats(-50, 0),
)


@unhurried
@given(ALL_IS_WELL)
def test_silence_while_all_is_well(now: Observation) -> None:
    assert next_cue(now, []) is None


@unhurried
@given(observations(st.floats(15, 4000)), st.floats(7, 4000))
def test_whoever_looks_away_with_no_cue_before_hears_of_it(now: Observation, away_s: float) -> None:
    cue = next_cue(replace(now, looking_away_for_s=away_s, no_face_for_s=0.0), [])
    assert cue is not None
    assert cue.kind == "look_at_camera"
