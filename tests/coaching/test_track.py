"""A timeline as it is looked at: means, looks away and seconds in words say what was measured, and nothing else."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.coaching.report import ReportEvent
from coach_desktop.coaching.track import looks_away, track_of
from coach_desktop.tavus.timeline import COLUMNS, STEP_S, Timeline
from tests.ui.stage import report


def of(**columns: list[float | None]) -> Timeline:
    rows = len(next(iter(columns.values())))
    empty: list[float | None] = [None] * rows
    return Timeline(STEP_S, {name: columns.get(name, empty) for name in COLUMNS})


@given(st.lists(st.none() | st.floats(0, 1), min_size=1, max_size=40), st.data())
def test_means_are_those_of_what_was_measured(values: list[float | None], data: st.DataObject) -> None:
    band = track_of(of(smile=values)).bands[2]
    first = data.draw(st.integers(0, len(values) - 1))
    last = data.draw(st.integers(first + 1, len(values)))
    known = [value for value in values[first:last] if value is not None]
    mean = band.mean(first, last)
    assert mean == (pytest.approx(sum(known) / len(known), abs=1e-9) if known else None)
    assert band.is_measured == any(value is not None for value in values)


def test_a_session_comes_in_some_two_dozen_parts_that_cover_it() -> None:
    for seconds in (1, 24, 61, 600, 3600, 14400):
        track = track_of(of(smile=[0.5] * round(seconds / STEP_S)))
        parts = track.stretches()
        assert 1 <= len(parts) <= 24
        assert parts[0].start_s == 0
        assert parts[-1].end_s == pytest.approx(seconds)
        assert all(before.end_s == after.start_s for before, after in pairwise(parts))
        assert {part.means[2] for part in parts} == {0.5}


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"face_present": [None]}, "nothing was seen"),
        ({"face_present": [0.0], "speaking": [1.0]}, "no face in the picture · speaking"),
        (
            {
                "face_present": [1.0], "eye_contact": [0.0], "eye_contact_score": [0.25], "smile": [0.5],
                "head_yaw_deg": [-12.0], "head_pitch_deg": [4.0], "speaking": [0.0], "shoulder_tilt_deg": [-3.0],
                "hands_visible": [1.0], "hand_at_face": [0.0],
            },
            (
                "no eye contact (score 0.25) · smile 50 % · head 12° to the left of the picture, 4° down · "
                "hands in the picture · shoulders tilted 3° · not speaking"
            ),
        ),
        (
            {"face_present": [1.0], "eye_contact": [1.0], "hands_visible": [1.0], "hand_at_face": [1.0]},
            "eye contact · hand at the face",
        ),
        (
            {"face_present": [1.0], "head_yaw_deg": [0.4], "head_pitch_deg": [-0.3], "shoulder_tilt_deg": [0.2]},
            "head straight · shoulders level",
        ),
        ({"face_present": [1.0], "head_yaw_deg": [0.4], "head_pitch_deg": [-6.0]}, "head 6° up"),
    ],
)  # fmt: skip
def test_a_second_in_words(columns: dict[str, list[float | None]], words: str) -> None:
    assert track_of(of(**columns)).words_at(0.0) == words


@pytest.mark.parametrize(
    ("contact", "score", "away", "words"),
    [
        (1.0, 0.81, [], "eye contact (score 0.81)"),
        (1.0, 0.5, [], "eye contact (score 0.50)"),
        (1.0, 0.19, [], "counted as eye contact, score at this moment 0.19"),
        (0.0, 0.75, [], "counted as no eye contact, score at this moment 0.75"),
        (1.0, None, [], "eye contact"),
        (1.0, 0.19, [(0.3, 9.0)], "looking away begins (score 0.19)"),
        (0.0, 0.19, [(0.3, 9.0)], "looking away begins (score 0.19)"),
        (1.0, 0.75, [(0.3, 9.0)], "looking away begins, score at this moment 0.75"),
        (0.0, 0.19, [(4.0, 9.0)], "no eye contact (score 0.19)"),
    ],
)
def test_verdict_and_score_do_not_contradict_each_other(
    contact: float, score: float | None, away: list[tuple[float, float]], words: str
) -> None:
    track = track_of(of(face_present=[1.0] * 10, eye_contact=[contact] * 10, eye_contact_score=[score] * 10))
    assert track.words_at(0.3, away) == words


def test_of_sound_alone_nothing_was_seen() -> None:
    assert not track_of(of(speaking=[1.0, 0.0])).saw_anything
    assert track_of(of(speaking=[1.0, 0.0], face_present=[0.0, 0.0])).saw_anything
    assert track_of(of(hands_visible=[None, 0.0])).saw_anything


def test_the_whole_in_a_sentence_says_what_was_not_measured() -> None:
    said = track_of(of(eye_contact=[1.0, 0.0, None, None, None])).summary()
    assert said.startswith("1.0 s. Eye contact: 50 %, Face in the picture: not measured,")


def test_looks_away_are_those_of_the_report() -> None:
    assert looks_away(report()) == [(20.0, 33.0)]
    odd = [
        ReportEvent(at_s=1.0, type="look_away", properties={"duration_s": value})
        for value in (None, "9", float("inf"), -1.0)
    ]
    assert looks_away(report().model_copy(update={"events": odd})) == []
