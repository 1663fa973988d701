"""What every picture showed comes out as it was, as rows, and five times a second as a timeline."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.practice.seeing.readings import BodyReading, FaceReading
from coach_desktop.practice.seeing.sight import SightState
from coach_desktop.practice.seeing.timeline import Seen
from coach_desktop.practice.senses import Look
from coach_desktop.tavus.timeline import COLUMNS, STEP_S, packed, unpacked
from coach_desktop.tavus.timeline_csv import CSV_COLUMNS
from tests.practice.seeing.faces import FACE

ALL = [(0.0, 1e9)]


def face(smile: float = 0.2, yaw_deg: float = 0.0, score: float = 0.9) -> FaceReading:
    contact = score >= 0.5
    return replace(FACE, yaw_deg=yaw_deg, pitch_deg=-3.0, eye_contact=contact, eye_contact_score=score, smile=smile)


def body(hands: bool | None, at_face: bool | None = None, tilt: float | None = None) -> BodyReading:
    return BodyReading(np.zeros((33, 3)), np.ones(33), (), tilt, hands, at_face, None)


def look(
    at_s: float, reading: FaceReading | None, contact: bool | None = True, shown: BodyReading | None = None
) -> Look:
    state = SightState(reading is not None, contact if reading else None, 0.0, 0.0)
    return Look(at_s, 0, reading, state, shown)


def seen(*looks: Look) -> Seen:
    made = Seen()
    for one in looks:
        made.add(one)
    return made


def rows(made: Seen, until_s: float, **stretches: list[tuple[float, float]]) -> list[dict[str, float | None]]:
    found = made.rows(until_s, stretches.get("speech", []), stretches.get("listened", []))
    return [dict(zip(("time_s", *CSV_COLUMNS), [at_s, *values], strict=True)) for at_s, values in found]


def test_a_row_a_picture_holds_what_it_showed() -> None:
    made = seen(
        look(0.0, face(0.25, -12.5, 0.75), contact=True, shown=body(True, at_face=False, tilt=2.5)),
        look(0.1, None, shown=body(None)),
    )
    first, second = rows(made, 0.1, listened=ALL, speech=[(0.05, 0.2)])
    assert first == {
        "time_s": 0.0, "face_present": 1, "eye_contact": 1, "eye_contact_score": 0.75, "smile": 0.25,
        "head_yaw_deg": -12.5, "head_pitch_deg": -3.0, "hands_visible": 1, "hand_at_face": 0,
        "shoulder_tilt_deg": 2.5, "speaking": 0,
    }  # fmt: skip
    assert second == dict.fromkeys(CSV_COLUMNS) | {"time_s": 0.1, "face_present": 0, "speaking": 1}


def test_of_a_single_picture_there_is_one_row_and_of_nothing_one_without_a_value() -> None:
    [only] = rows(seen(look(0.0, face(score=0.3), contact=False)), 0.0)
    assert (only["time_s"], only["eye_contact"], only["speaking"]) == (0.0, 0, None)
    assert rows(Seen(), 0.0) == [dict.fromkeys(CSV_COLUMNS) | {"time_s": 0.0}]


def test_sound_alone_has_rows_at_an_even_pace() -> None:
    found = rows(Seen(), 1.0, listened=[(0.0, 0.75)], speech=[(0.25, 0.5)])
    assert [row["time_s"] for row in found] == pytest.approx([step / 10 for step in range(10)])
    assert [row["speaking"] for row in found] == [0, 0, 0, 1, 1, 0, 0, 0, None, None]
    assert {row["face_present"] for row in found} == {None}


def test_a_picture_holds_for_half_a_second_and_no_longer() -> None:
    found = rows(seen(look(0.0, face()), look(2.0, face())), 2.0)
    assert [row["time_s"] for row in found] == pytest.approx([step / 10 for step in range(21)])
    assert [row["face_present"] for row in found] == [1] * 6 + [None] * 14 + [1]


@given(st.lists(st.floats(0, 100), max_size=60).map(sorted), st.floats(0, 100))
def test_rows_are_never_far_apart_and_every_picture_has_one(times: list[float], until_s: float) -> None:
    until_s = max([until_s, *times])
    made = seen(*(look(at_s, face()) for at_s in times))
    found = [row["time_s"] or 0.0 for row in rows(made, until_s)]
    assert found == sorted(found)
    assert set(times) <= set(found)
    assert all(after - before <= 0.2 + 1e-6 for before, after in pairwise(found))
    assert found[0] == pytest.approx(0.0, abs=0.2)
    assert until_s - found[-1] <= 0.2 + 1e-6


def test_steps_of_the_timeline_are_the_means_of_their_pictures() -> None:
    made = seen(
        look(0.0, face(0.2), contact=True), look(0.1, face(0.4), contact=True),
        look(0.2, face(0.6), contact=False), look(0.3, None),
        look(0.4, None), look(0.5, None),
    )  # fmt: skip
    timeline = made.timeline(0.6, [(0.0, 0.15)], [(0.0, 0.35)])
    assert timeline.rows == 3
    assert timeline.column("face_present") == [1, 1, 0]
    assert timeline.column("confidence") == [1, 0.5, 0]
    assert timeline.column("eye_contact") == [1, 0, None]
    assert timeline.column("smile") == pytest.approx([0.3, 0.6, None])
    assert timeline.column("speaking") == [1, 0, None]
    assert timeline.column("hands_visible") == [None] * 3
    assert set(timeline.columns) == set(COLUMNS)
    assert unpacked(packed(timeline)).column("smile") == pytest.approx((0.3, 0.6, None))


def test_a_step_without_a_picture_holds_the_one_before_for_half_a_second() -> None:
    timeline = seen(look(0.05, face()), look(1.65, face())).timeline(2.0, [], [])
    assert timeline.column("face_present") == [1, 1, 1, None, None, None, None, None, 1, 1]


def test_pictures_at_the_pace_of_a_room_leave_no_step_empty() -> None:
    made = seen(*(look(step / 12, face()) for step in range(12 * 60)))
    timeline = made.timeline(60.0, [], ALL)
    assert timeline.column("eye_contact") == [1] * 300
    assert timeline.column("speaking") == [0] * 300


def test_a_picture_dated_before_the_last_counts_as_simultaneous() -> None:
    found = rows(seen(look(1.0, face()), look(0.5, None)), 1.0)
    assert [row["face_present"] for row in found if row["time_s"] == 1.0] == [1, 0]


def test_what_comes_after_the_end_is_left_out() -> None:
    timeline = seen(look(0.0, face()), look(5.0, face())).timeline(STEP_S, [], [])
    assert timeline.rows == 1
    assert seen(look(0.0, face()), look(STEP_S, None)).timeline(STEP_S, [], []).column("face_present") == [1, 0]
    assert seen(look(0.0, face())).timeline(0.0, [], []).column("face_present") == [1]
    assert Seen().timeline(0.0, [], []).rows == 0


def test_what_a_camera_that_stood_still_showed_is_taken_back() -> None:
    made = seen(*(look(step / 10, face()) for step in range(30)))
    made.forget_since(1.0)
    assert made.timeline(3.0, [], []).column("face_present") == [1] * 7 + [None] * 8
    made.add(look(2.8, face()))
    assert made.timeline(3.0, [], []).column("face_present") == [1] * 7 + [None] * 7 + [1]
    made.forget_since(0.0)
    assert made.timeline(0.4, [], []).column("face_present") == [None, None]
