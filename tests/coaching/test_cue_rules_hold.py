"""No stream of observations, however mad, ever breaks a rule of cues."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.coaching.cues import Cue, Observation, next_cue
from coach_desktop.coaching.rules import CueRules, load_rules
from tests.coaching.strategies import anything, observations, unhurried

IN_ORDER = st.lists(st.floats(0, 5), min_size=1, max_size=120).map(
    lambda steps: [sum(steps[: count + 1]) for count in range(len(steps))]
)
ANY_ORDER = st.lists(st.floats(0, 300) | anything, min_size=1, max_size=60)


@st.composite
def streams(draw: st.DrawFn, at: st.SearchStrategy[list[float]]) -> list[Observation]:
    return [draw(observations(st.just(at_s))) for at_s in draw(at)]


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
@given(streams(IN_ORDER))
def test_rules_hold_in_any_session(stream: list[Observation]) -> None:
    assert_rules_hold(played(stream))


@unhurried
@given(streams(ANY_ORDER))
def test_rules_hold_when_time_runs_backwards(stream: list[Observation]) -> None:
    assert_rules_hold(played(stream))


@unhurried
@given(streams(IN_ORDER), st.floats(20, 100), st.floats(15, 100), st.floats(90, 300))
def test_sparser_rules_hold(stream: list[Observation], gap_s: float, quiet_s: float, same_kind_s: float) -> None:
    own = {"gap_s": gap_s, "quiet_start_s": quiet_s, "same_kind_s": same_kind_s}
    cues = played(stream, load_rules().cues.model_copy(update=own))
    assert_rules_hold(cues, gap_s, quiet_s, same_kind_s)


@unhurried
@given(streams(IN_ORDER))
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
