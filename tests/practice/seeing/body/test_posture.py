"""What a session's readings of the body come to: shares, degrees, stretches, and reasons where there was too little."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.coaching.report_model import is_possible
from coach_desktop.practice.seeing.body.posture import (
    HARDLY_SEEN,
    NO_ARMS,
    NO_HANDS,
    NO_HIPS,
    NO_SHOULDERS,
    Posture,
)
from coach_desktop.practice.seeing.readings import BodyReading
from coach_desktop.tavus.delivery import BODY_MEASURES, Span

TURNS = 6
WIDTH = 120.0
At = Callable[[float], BodyReading | None]


def body(
    at_s: float = 0.0,
    *,
    tilt: float | None = 0.0,
    neck: float | None = 0.6,
    lean: float | None = 0.0,
    x: float = 320.0,
    hands: tuple[tuple[float, float], ...] = (),
    at_face: bool | None = False,
    crossed: bool | None = False,
    shoulders: bool = True,
) -> BodyReading:
    return BodyReading(
        points=np.zeros((33, 3)),
        visibility=np.zeros(33),
        hands=tuple(np.full((21, 3), (place[0], place[1], 0.0)) for place in hands),
        shoulder_tilt_deg=tilt,
        hands_visible=bool(hands),
        hand_at_face=at_face,
        arms_crossed=crossed,
        shoulders=(x, 220.0, WIDTH) if shoulders else None,
        neck=neck,
        lean_deg=lean,
        hands_at_s=at_s,
    )


def watched(at: At, seconds: float, posture: Posture | None = None) -> Posture:
    posture = posture or Posture()
    for turn in range(round(seconds * TURNS)):
        posture.add(turn / TURNS, at(turn / TURNS))
    return posture


def value(posture: Posture, name: str) -> float | None:
    return {str(key): one.value for key, one in posture.measures("-").items()}[name]


def reason(posture: Posture, name: str) -> str | None:
    return {str(key): one.reason for key, one in posture.measures("-").items()}[name]


def kinds(posture: Posture, until_s: float) -> list[tuple[str, float, float]]:
    return [(span.kind, round(span.start_s, 1), round(span.end_s, 1)) for span in posture.spans(until_s)]


def test_all_measures_are_told_of_whatever_was_seen() -> None:
    for posture in (Posture(), watched(lambda _: None, 20), watched(body, 2), watched(body, 30)):
        assert set(posture.measures("-")) == set(BODY_MEASURES)
    assert {one.reason for one in Posture().measures("No camera.").values()} == {"No camera."}


def test_who_was_never_seen_is_not_measured() -> None:
    posture = watched(lambda _: None, 20)
    assert {one.status for one in posture.measures("-").values()} == {"not_measured"}
    assert reason(posture, "shoulder_tilt") == reason(posture, "sway") == NO_SHOULDERS
    assert reason(posture, "gesture_activity") == NO_HANDS
    assert reason(posture, "crossed_arms") == NO_ARMS


def test_what_was_hardly_seen_is_not_measured() -> None:
    posture = watched(body, 4)
    assert reason(posture, "hands_visible") == HARDLY_SEEN.format(seconds=5)
    assert reason(posture, "slouch") is not None
    assert {one.status for one in posture.measures("-").values()} == {"not_measured"}


def test_without_hips_there_is_no_lean() -> None:
    posture = watched(lambda at_s: body(at_s, lean=None), 30)
    assert reason(posture, "lean") == NO_HIPS
    assert value(posture, "shoulder_tilt") is not None


def test_tilt_lean_and_slouch_are_told_against_the_first_seconds() -> None:
    def at(at_s: float) -> BodyReading:
        early = at_s < 6
        return body(at_s, tilt=4.0 if early else -2.0, lean=1.0 if early else 11.0, neck=0.6 if at_s < 18 else 0.45)

    posture = watched(at, 30)
    assert value(posture, "shoulder_tilt") == pytest.approx(6, abs=0.3)
    assert value(posture, "lean") == pytest.approx(10, abs=0.3)
    assert value(posture, "slouch") == pytest.approx(0.5, abs=0.03)


def test_who_sits_as_in_the_first_seconds_does_not_slouch() -> None:
    posture = watched(lambda at_s: body(at_s, tilt=9.0, neck=0.4), 30)
    assert value(posture, "shoulder_tilt") == pytest.approx(0, abs=0.3)
    assert value(posture, "slouch") == 0


def test_sway_is_movement_within_ten_seconds_and_no_change_of_place() -> None:
    swaying = watched(lambda at_s: body(at_s, x=320 + 0.2 * WIDTH * math.sin(at_s * 3)), 40)
    assert value(swaying, "sway") == pytest.approx(0.2 / math.sqrt(2), abs=0.02)
    moved = watched(lambda at_s: body(at_s, x=200 if at_s < 20 else 440), 60)
    assert value(moved, "sway") == pytest.approx(0, abs=0.45)
    still = watched(body, 40)
    assert value(still, "sway") == 0


def test_shares_of_time_with_hands() -> None:
    posture = watched(lambda at_s: body(at_s, hands=((300, 350),) if at_s < 5 else ()), 20)
    assert value(posture, "hands_visible") == pytest.approx(0.25, abs=0.02)


def test_hands_move_where_they_are_fast_against_the_shoulders() -> None:
    def at(at_s: float) -> BodyReading:
        x = 300 + 60 * math.sin(at_s * 6) if at_s < 10 else 300
        return body(at_s, hands=((x, 350),))

    assert value(watched(at, 20), "gesture_activity") == pytest.approx(0.45, abs=0.07)
    # A body that walks takes its hands along.
    walking = watched(lambda at_s: body(at_s, x=200 + 90 * at_s, hands=((180 + 90 * at_s, 350),)), 10)
    assert value(walking, "gesture_activity") == 0


def test_two_hands_that_stay_are_not_taken_for_one_that_jumps() -> None:
    def at(at_s: float) -> BodyReading:
        hands = ((250.0, 350.0), (400.0, 350.0))
        return body(at_s, hands=hands if round(at_s * TURNS) % 2 else hands[::-1])

    assert value(watched(at, 20), "gesture_activity") == 0


def test_a_hand_at_the_face_counts_from_half_a_second_and_is_named_from_three() -> None:
    def at(at_s: float) -> BodyReading:
        return body(at_s, at_face=4 <= at_s < 8 or 12 <= at_s < 12.3 or 15 <= at_s < 16)

    posture = watched(at, 20)
    assert value(posture, "hand_at_face") == pytest.approx(5 / 20, abs=0.02)
    assert kinds(posture, 20) == [("hand_at_face", 4.0, 8.0)]


def test_crossed_arms_count_from_five_seconds_and_through_a_moment_missed() -> None:
    def at(at_s: float) -> BodyReading:
        crossed = 2 <= at_s < 10 or 12 <= at_s < 16
        return body(at_s, crossed=crossed and not 5 <= at_s < 5.3)

    posture = watched(at, 20)
    assert value(posture, "crossed_arms") == pytest.approx(8, abs=0.2)
    assert kinds(posture, 20) == [("crossed_arms", 2.0, 10.0)]


def test_hands_that_rest_for_twenty_seconds_are_named() -> None:
    posture = watched(lambda at_s: body(at_s, hands=((300, 350 + (60 * at_s if at_s < 2 else 0)),)), 30)
    assert [kind for kind, _, _ in kinds(posture, 30)] == ["still_hands"]
    assert posture.state(30).still_for_s == pytest.approx(28, abs=0.5)
    assert posture.state(30).hands is True


def test_the_moment_is_not_known_without_a_body_or_after_a_gap() -> None:
    posture = watched(body, 10)
    assert posture.state(10).still_for_s == pytest.approx(10, abs=0.3)
    assert posture.state(13) == Posture().state(0)
    posture.add(10.0, None)
    assert posture.state(10.1).hands is posture.state(10.1).still_for_s is None


def test_what_went_on_does_not_go_on_over_a_gap() -> None:
    posture = watched(lambda at_s: body(at_s, crossed=True), 8)
    posture.add(100.0, body(100.0, crossed=True))
    assert value(posture, "crossed_arms") == pytest.approx(8.8, abs=0.3)
    assert [span.duration_s < 10 for span in posture.spans(200)] == [True]


def test_memory_does_not_grow_with_the_session() -> None:
    def size(one: object) -> int:
        if isinstance(one, list | tuple):
            return len(one) + sum(size(each) for each in one)
        return sum(size(each) for each in vars(one).values()) if hasattr(one, "__dict__") else 0

    short, long = watched(body, 60), watched(body, 1200)
    assert size(long) <= size(short) + 70, "no more than one window of sway"


@pytest.mark.parametrize("at_s", [-0.1, math.nan, math.inf])
def test_a_time_that_is_none_is_refused(at_s: float) -> None:
    with pytest.raises(ValueError, match="a body at"):
        Posture().add(at_s, None)


maybe = st.none() | st.booleans()
readings = st.builds(
    body,
    tilt=st.none() | st.floats(-90, 90),
    neck=st.none() | st.floats(-2, 2),
    lean=st.none() | st.floats(-90, 90),
    x=st.floats(-2000, 2000),
    hands=st.lists(st.tuples(st.floats(-900, 900), st.floats(-900, 900)), max_size=2).map(tuple),
    at_face=maybe,
    crossed=maybe,
    shoulders=st.booleans(),
)


@given(st.lists(st.tuples(st.floats(0, 9), st.none() | readings), max_size=60))
def test_whatever_is_seen_the_report_can_hold_it(turns: list[tuple[float, BodyReading | None]]) -> None:
    posture, at_s = Posture(), 0.0
    for step_s, reading in turns:
        at_s += step_s
        posture.add(at_s, reading)
    for name, measure in posture.measures("-").items():
        assert is_possible(name, measure.value), (name, measure)
    spans: Iterator[Span] = iter(posture.spans(at_s))
    assert all(0 <= span.start_s <= span.end_s <= at_s for span in spans)


def test_a_calibration_is_the_pose_to_compare_with_from_then_on() -> None:
    def at(at_s: float) -> BodyReading:
        sunk = at_s < 8 or at_s >= 20
        return body(at_s, tilt=5.0 if sunk else 0.0, neck=0.4 if sunk else 0.6)

    posture = watched(at, 11)
    posture.calibrated(8.0)
    for turn in range(11 * TURNS, 30 * TURNS):
        posture.add(turn / TURNS, at(turn / TURNS))
    # From second 5 on there was a pose to compare with; the last ten seconds were sunk against the calibration's.
    assert value(posture, "slouch") == pytest.approx(10 / 25, abs=0.03)


def test_a_calibration_in_which_hardly_anything_was_seen_changes_nothing() -> None:
    def at(at_s: float) -> BodyReading:
        return body(at_s, neck=0.6 if at_s < 10 else 0.4)

    posture = watched(at, 11)
    posture.calibrated(10.0)
    for turn in range(11 * TURNS, 30 * TURNS):
        posture.add(turn / TURNS, at(turn / TURNS))
    assert value(posture, "slouch") == pytest.approx(20 / 25, abs=0.03)
