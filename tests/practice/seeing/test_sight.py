from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.practice.seeing.readings import FaceReading
from coach_desktop.practice.seeing.sight import (
    HARDLY_A_FACE_REASON,
    NO_FACE_REASON,
    NO_NEUTRAL_REASON,
    TOO_DARK_REASON,
    Sight,
)
from coach_desktop.tavus.delivery import SIGHT_MEASURES
from tests.practice.seeing.faces import FACE

FPS = 12
AWAY = replace(FACE, eye_contact=False, eye_contact_score=0.1, yaw_deg=25.0, gaze_x_deg=25.0)
BLINK = replace(FACE, eye_contact=False, eye_contact_score=0.0, eyes_closed=True)
SMILING = replace(FACE, smile=0.6)

Scene = Sequence[tuple[FaceReading | None, float]]


def watched(scene: Scene, start_s: float = 0.0, fps: float = FPS) -> tuple[Sight, float]:
    """Play (reading, seconds) one after the other; return the sight and the time of the end."""
    sight, frame, begun = Sight(), 0, 0.0
    for reading, seconds in scene:
        begun += seconds
        while frame / fps < begun - 1e-9:
            sight.add(start_s + frame / fps, reading)
            frame += 1
    return sight, start_s + begun


def value(sight: Sight, name: str) -> float:
    found = {str(key): measure for key, measure in sight.measures("-").items()}[name].value
    assert found is not None
    return found


def test_without_frames_nothing_is_measured_and_the_reason_is_given() -> None:
    measures = Sight().measures("The camera was denied.")
    assert set(measures) == set(SIGHT_MEASURES)
    assert {one.status for one in measures.values()} == {"not_measured"}
    assert {one.reason for one in measures.values()} == {"The camera was denied."}
    assert Sight().spans(10) == []
    state = Sight().state(10)
    assert (state.face, state.eye_contact, state.looking_away_for_s, state.no_face_for_s) == (False, None, 0, 0)


def test_frames_without_a_face_measure_its_absence_and_nothing_else() -> None:
    sight, end = watched([(None, 8)])
    measures = sight.measures("unused")
    assert measures["face_present"].value == 0
    for name in ("eye_contact", "smile", "head_yaw_spread"):
        assert measures[name].reason == NO_FACE_REASON
    assert [(span.kind, span.start_s) for span in sight.spans(end)] == [("no_face", 0)]
    assert sight.state(end).no_face_for_s == pytest.approx(8, abs=0.1)
    assert sight.state(end).eye_contact is None


def test_a_face_for_a_moment_is_too_little_to_judge() -> None:
    sight, _ = watched([(None, 4), (FACE, 0.6), (None, 4)])
    measures = sight.measures("unused")
    assert 0 < (measures["face_present"].value or 0) < 0.1
    assert measures["eye_contact"].reason == HARDLY_A_FACE_REASON


def test_shares_are_over_the_time_a_face_is_seen() -> None:
    sight, _ = watched([(SMILING, 6), (AWAY, 3), (None, 6), (FACE, 3)])
    assert value(sight, "face_present") == pytest.approx(12 / 18, abs=0.01)
    assert value(sight, "eye_contact") == pytest.approx(9 / 12, abs=0.04)
    assert value(sight, "smile") == pytest.approx(6 / 12, abs=0.02)


def test_doubtful_contact_counts_in_part() -> None:
    doubtful = replace(FACE, eye_contact_score=0.56)
    sight, end = watched([(doubtful, 6)])
    assert value(sight, "eye_contact") == pytest.approx(0.7)
    # The verdict of a moment is a yes or a no.
    assert sight.state(end).eye_contact is True
    assert sight.spans(end) == []


def test_slow_blinks_do_not_break_contact() -> None:
    sight, end = watched([(FACE, 2.0), (BLINK, 0.5)] * 8 + [(FACE, 1)])
    assert value(sight, "eye_contact") == 1
    assert sight.spans(end) == []


def test_eyes_that_stay_closed_are_no_contact() -> None:
    sight, end = watched([(FACE, 4), (BLINK, 4)])
    assert value(sight, "eye_contact") == pytest.approx(0.5, abs=0.12)
    assert [span.kind for span in sight.spans(end)] == ["look_away"]


def test_closed_eyes_from_the_start_are_no_contact() -> None:
    sight, _ = watched([(BLINK, 4)])
    assert value(sight, "eye_contact") == 0


def test_single_misread_frames_do_not_count() -> None:
    sight, end = watched([(FACE, 0.75), (AWAY, 1 / FPS)] * 10)
    assert value(sight, "eye_contact") == 1
    glances, _ = watched([(AWAY, 0.75), (FACE, 1 / FPS)] * 10)
    assert value(glances, "eye_contact") == 0
    assert [span.kind for span in glances.spans(end)] == ["look_away"]


def test_looking_away_is_a_span_from_two_seconds() -> None:
    sight, end = watched([(FACE, 5), (AWAY, 1.5), (FACE, 5), (AWAY, 4), (FACE, 3), (AWAY, 7)])
    spans = sight.spans(end)
    assert [span.kind for span in spans] == ["look_away", "look_away"]
    assert spans[0].start_s == pytest.approx(11.5, abs=0.5)
    assert spans[0].duration_s == pytest.approx(4, abs=0.3)
    assert spans[1].end_s == pytest.approx(end, abs=0.1)
    longest = sight.longest_look_away(end)
    assert longest is not None
    assert longest.duration_s == pytest.approx(7, abs=0.5)
    assert sight.state(end).looking_away_for_s == pytest.approx(longest.duration_s, abs=0.1)
    assert sight.state(end).eye_contact is False


def test_a_face_missed_for_a_moment_has_not_left() -> None:
    sight, end = watched([(AWAY, 2), (None, 0.3), (AWAY, 2), (None, 3), (FACE, 2)])
    assert [(span.kind, round(span.start_s, 1)) for span in sight.spans(end)] == [("look_away", 0.0), ("no_face", 4.3)]
    assert sight.spans(end)[1].duration_s == pytest.approx(3, abs=0.1)
    assert sight.state(end).eye_contact is True


def test_frames_that_stop_claim_nothing() -> None:
    sight, end = watched([(AWAY, 3)])
    assert sight.state(end + 1).looking_away_for_s < 3.6
    late = sight.state(end + 10)
    assert (late.face, late.eye_contact, late.looking_away_for_s) == (False, None, 0)
    sight.add(end + 30, AWAY)
    assert sight.state(end + 30).looking_away_for_s == 0
    spans = sight.spans(end + 30)
    assert len(spans) == 1
    assert spans[0].duration_s == pytest.approx(3.5, abs=0.1)
    assert value(sight, "eye_contact") == 0
    assert sight._face_s == pytest.approx(3.4, abs=0.1)  # noqa: SLF001 - the gap must not count as time with a face


@pytest.mark.parametrize("fps", [4, 8, 12, 30])
def test_the_frame_rate_does_not_change_the_measures(fps: float) -> None:
    sight, end = watched([(SMILING, 10), (AWAY, 5), (FACE, 5)], fps=fps)
    assert value(sight, "eye_contact") == pytest.approx(0.75, abs=0.05)
    assert value(sight, "smile") == pytest.approx(0.5, abs=0.03)
    assert [span.kind for span in sight.spans(end)] == ["look_away"]


def test_an_uneven_frame_rate_is_weighed_by_time() -> None:
    sight = Sight()
    for index in range(300):
        sight.add(index / 30, FACE)
    for index in range(41):
        sight.add(10 + index / 4, AWAY)
    assert value(sight, "eye_contact") == pytest.approx(0.5, abs=0.05)
    assert value(sight, "face_present") == 1


def test_yaw_spread_is_a_tenth_to_nine_tenths_of_the_time() -> None:
    still, _ = watched([(FACE, 20)])
    assert value(still, "head_yaw_spread") < 0.5
    sweep: Scene = [(replace(FACE, yaw_deg=float(yaw)), 0.25) for yaw in range(-40, 41)]
    swept, _ = watched(sweep)
    assert value(swept, "head_yaw_spread") == pytest.approx(64, abs=3)
    glance, _ = watched([(FACE, 30), (replace(FACE, yaw_deg=89.0), 1)])
    assert value(glance, "head_yaw_spread") < 1


def test_looks_away_are_counted_from_half_a_second_and_the_longest_is_known() -> None:
    sight, end = watched([(FACE, 5), (AWAY, 0.3), (FACE, 5), (AWAY, 1.2), (FACE, 5), (AWAY, 4), (FACE, 3)])
    assert value(sight, "look_aways") == 2
    assert value(sight, "look_away_longest") == pytest.approx(4, abs=0.3)
    assert len(sight.spans(end)) == 1


def test_a_look_away_that_goes_on_is_counted_too_and_not_twice() -> None:
    sight, end = watched([(FACE, 5), (AWAY, 3)])
    going_on = sight.measures("-", end)
    assert going_on["look_aways"].value == 1
    assert going_on["look_away_longest"].value == pytest.approx(2.6, abs=0.3)
    for frame in range(24):
        sight.add(end + frame / FPS, FACE)
    assert sight.measures("-", end + 2)["look_aways"].value == 1


def test_who_never_looks_away_has_none() -> None:
    sight, _ = watched([(FACE, 5)])
    assert value(sight, "look_aways") == value(sight, "look_away_longest") == 0


def test_a_face_that_leaves_has_not_looked_away() -> None:
    sight, _ = watched([(FACE, 5), (None, 5), (FACE, 5)])
    assert value(sight, "look_aways") == 0


@pytest.mark.parametrize(
    ("x", "y", "direction"), [(25.0, 0.0, "left"), (-25.0, 0.0, "right"), (0.0, 40.0, "down"), (0.0, -40.0, "up")]
)
def test_a_look_away_has_the_users_own_direction(x: float, y: float, direction: str) -> None:
    aside = replace(AWAY, gaze_x_deg=x, gaze_y_deg=y)
    sight, end = watched([(FACE, 3), (aside, 3), (FACE, 3)])
    assert [span.direction for span in sight.spans(end)] == [direction]


def test_a_look_all_around_has_no_direction() -> None:
    around = [(replace(AWAY, gaze_x_deg=x, gaze_y_deg=y), 1.0) for x, y in ((30, 0), (-30, 0), (0, 40), (0, -40))]
    sight, end = watched([(FACE, 3), *around, (FACE, 3)])
    assert [(span.kind, span.direction) for span in sight.spans(end)] == [("look_away", None)]
    asleep, end = watched([(BLINK, 4)])
    assert [(span.kind, span.direction) for span in asleep.spans(end)] == [("look_away", None)]


def test_brow_raises_need_a_known_neutral() -> None:
    raised = replace(FACE, brow_raise=0.6)
    short, _ = watched([(FACE, 3), (raised, 1), (FACE, 3)])
    assert short.measures("-")["brow_raises"].reason == NO_NEUTRAL_REASON
    long, _ = watched([(FACE, 3), (raised, 1), (FACE, 3), (raised, 0.2), (FACE, 4), (raised, 1), (FACE, 1)])
    assert value(long, "brow_raises") == 2


def test_nods_are_counted_from_the_readings() -> None:
    points = np.zeros((478, 3))
    points[33], points[263] = (100, 100, 0), (190, 100, 0)
    low = points.copy()
    low[168] = (145, 12, 0)
    up, down = replace(FACE, points=points), replace(FACE, points=low, pitch_deg=14.0)
    sight, _ = watched([(up, 2), (down, 0.3), (up, 2), (down, 0.3), (up, 2)])
    assert value(sight, "nods") == 2


def dark_for(sight: Sight, start_s: float, end_s: float) -> None:
    for frame in range(round((end_s - start_s) * FPS)):
        sight.add(start_s + frame / FPS, None, too_dark=True)


def test_darkness_is_a_reason_of_its_own_and_has_its_time() -> None:
    sight = Sight()
    dark_for(sight, 0, 8)
    assert sight.measures("-")["eye_contact"].reason == TOO_DARK_REASON
    assert sight.state(8).too_dark_for_s == pytest.approx(8, abs=0.1)
    assert [end - start for start, end in sight.dark_stretches()] == [pytest.approx(8, abs=0.1)]
    for frame in range(36):
        sight.add(8 + frame / FPS, FACE)
    assert sight.state(11).too_dark_for_s == 0
    assert sight.dark_stretches() == [(0, 8)]
    assert value(sight, "eye_contact") == 1


def test_a_moment_of_darkness_is_not_told() -> None:
    sight, end = watched([(None, 6)])
    dark_for(sight, end, end + 1)
    sight.add(end + 1, None)
    assert sight.dark_stretches() == []
    assert sight.measures("-")["eye_contact"].reason == NO_FACE_REASON


def test_what_was_made_of_frames_that_showed_nothing_new_is_taken_back() -> None:
    scene: Scene = [(AWAY, 4), (SMILING, 6)]
    expected, _ = watched(scene)
    sight, end = watched([*scene, (SMILING, 5)])
    sight.forget_since(end - 5 - 1 / FPS)
    for name in ("face_present", "eye_contact", "smile", "head_yaw_spread", "look_aways"):
        assert value(sight, name) == pytest.approx(value(expected, name), abs=1e-6)
    assert sight.state(end).face is False
    sight.add(end + 20, FACE)
    assert [span.kind for span in sight.spans(end + 20)] == ["look_away"]


@pytest.mark.parametrize(("width_px", "small"), [(30.0, True), (50.0, False)])
def test_a_small_face_is_known_as_one(width_px: float, small: bool) -> None:
    points = np.zeros((478, 3))
    points[1, 0] = width_px
    sight, _ = watched([(replace(FACE, points=points), 3)])
    assert sight.is_small() is small
    assert not Sight().is_small()


@pytest.mark.parametrize(
    ("times", "of", "expected"), [(0, 0, False), (1, 1, False), (2, 2, True), (3, 60, True), (3, 61, False)]
)
def test_company_is_told_of_when_it_stays(times: int, of: int, expected: bool) -> None:
    looks = [True] * times + [False] * (of - times)
    sight, _ = watched([(replace(FACE, has_company=one), 1 / FPS) for one in looks] + [(FACE, 10)])
    assert sight.was_in_company() is expected


def test_company_in_a_picture_that_stood_still_is_taken_back() -> None:
    sight, end = watched([(FACE, 3), (replace(FACE, has_company=True), 4)])
    assert sight.was_in_company()
    sight.forget_since(end - 4 - 1 / FPS)
    assert not sight.was_in_company()


def test_a_look_away_ends_where_the_picture_stands_still() -> None:
    sight, end = watched([(FACE, 3), (AWAY, 10)])
    sight.forget_since(7.0)
    (span,) = sight.spans(end)
    assert span.end_s == 7.0


def test_an_hour_stays_small() -> None:
    sight, end = watched([(FACE, 30), (AWAY, 3), (None, 3)] * 100)
    kept = sight._votes, sight._spans  # noqa: SLF001 - what is kept is what the test is about
    assert len(kept[0]) < 64
    assert len(kept[1]) == len(sight.spans(end)) - 1 == 199
    assert value(sight, "eye_contact") == pytest.approx(30 / 33, abs=0.02)


@pytest.mark.parametrize("at_s", [math.nan, math.inf, -0.1])
def test_a_time_that_is_none_is_refused(at_s: float) -> None:
    with pytest.raises(ValueError, match="a frame at"):
        Sight().add(at_s, None)


readings = st.one_of(
    st.none(),
    st.builds(
        replace,
        st.sampled_from([FACE, AWAY, BLINK, SMILING]),
        yaw_deg=st.floats(-200, 200),
        smile=st.floats(0, 1),
    ),
)
steps = st.one_of(st.floats(0, 0.2), st.floats(-1, 30))


@given(st.lists(st.tuples(steps, readings), max_size=80), st.floats(0, 5))
def test_whatever_arrives_the_measures_hold_together(
    frames: list[tuple[float, FaceReading | None]], later: float
) -> None:
    sight, now, latest = Sight(), 0.0, 0.0
    for step, reading in frames:
        now = max(0.0, now + step)
        latest = max(latest, now)
        sight.add(now, reading)
        state = sight.state(latest)
        assert state.face or state.eye_contact is None
        assert 0 <= state.looking_away_for_s <= latest
        assert 0 <= state.no_face_for_s <= latest
        assert not (state.looking_away_for_s and state.no_face_for_s)
    measures = sight.measures("none came")
    for name in ("face_present", "eye_contact", "smile"):
        share = measures[name].value
        assert share is None or 0 <= share <= 1
    spread = measures["head_yaw_spread"].value
    assert spread is None or 0 <= spread <= 180
    assert (measures["face_present"].value is None) == (not frames)
    spans = sight.spans(latest + later)
    assert all(span.duration_s >= 2 for span in spans)
    assert all(before.end_s <= after.start_s for before, after in itertools.pairwise(spans))
    assert all(span.end_s <= latest + later for span in spans)
