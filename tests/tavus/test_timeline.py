"""The compact form holds what was put in, is small, and whatever comes instead of it is an error in words."""

from __future__ import annotations

import base64
import json
import math
import random
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.tavus.delivery import Delivery
from coach_desktop.tavus.timeline import (
    COLUMNS,
    MOST_ROWS,
    STEP_S,
    ColumnName,
    Timeline,
    TimelineError,
    from_text,
    packed,
    to_text,
    unpacked,
)
from coach_desktop.tavus.timeline_csv import CSV_COLUMNS, csv_of, csv_text

YES_NO: set[ColumnName] = {"face_present", "eye_contact", "hands_visible", "hand_at_face", "speaking"}
ANGLES: set[ColumnName] = {"head_yaw_deg", "head_pitch_deg", "shoulder_tilt_deg"}


def values(name: ColumnName) -> st.SearchStrategy[float | None]:
    if name in YES_NO:
        return st.none() | st.sampled_from([0.0, 1.0])
    most = 1800 if name in ANGLES else 1000
    least = -most if name in ANGLES else 0
    return st.none() | st.integers(least, most).map(lambda step: step / 10 if name in ANGLES else step / 1000)


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    rows = draw(st.integers(0, 12))
    return Timeline(
        STEP_S, {name: tuple(draw(st.lists(values(name), min_size=rows, max_size=rows))) for name in COLUMNS}
    )


def of(rows: int, **columns: list[float | None]) -> Timeline:
    empty: list[float | None] = [None] * rows
    return Timeline(STEP_S, {name: columns.get(name, empty) for name in COLUMNS})


@given(timelines())
def test_what_was_packed_comes_out_again(timeline: Timeline) -> None:
    assert from_text(to_text(json.loads(json.dumps(packed(timeline))))) == timeline


def test_what_is_finer_or_beyond_the_range_or_no_number_comes_out_as_near_as_there_is() -> None:
    wild = of(4, smile=[0.12345, 1.7, -math.inf, math.nan], head_yaw_deg=[-12.34, 400.0, -400.0, None])
    found = unpacked(packed(wild))
    assert found.column("smile") == (0.123, 1.0, None, None)
    assert found.column("head_yaw_deg") == (-12.3, 180.0, -180.0, None)


def test_an_hour_of_the_wildest_values_is_under_a_megabyte() -> None:
    chance = random.Random(4)  # noqa: S311 - nothing secret
    rows = round(3600 / STEP_S)
    wild = {
        name: tuple(
            chance.choice((0.0, 1.0, None))
            if name in YES_NO
            else chance.uniform(-180, 180)
            if name in ANGLES
            else chance.random()
            for _ in range(rows)
        )
        for name in COLUMNS
    }
    assert len(to_text(packed(Timeline(STEP_S, wild)))) < 1_000_000


def test_a_second_can_be_looked_up() -> None:
    timeline = of(3, smile=[0.1, 0.2, None])
    assert timeline.end_s == pytest.approx(0.6)
    assert [timeline.value_at("smile", at_s) for at_s in (0.0, 0.19, 0.2, 0.4, 99.0, -1.0)] == [
        0.1, 0.1, 0.2, None, None, 0.1,
    ]  # fmt: skip
    assert of(0).value_at("smile", 1.0) is None


def test_columns_of_another_version_are_left_out_and_missing_ones_are_empty() -> None:
    block = bytes([1, 0xFF]) + bytes([0, 0xFF])
    form = {
        "version": 1, "step_s": 0.2, "rows": 2, "columns": ["aura", "eye_contact"],
        "data": base64.b64encode(zlib.compress(b"\0\0\0\0" + block)).decode(),
    }  # fmt: skip
    found = unpacked(form)
    assert found.column("eye_contact") == (0.0, None)
    assert found.column("smile") == (None, None)
    assert set(found.columns) == set(COLUMNS)


GOOD = packed(of(3, smile=[0.1, 0.2, None]))


def with_data(content: bytes, **more: object) -> dict[str, object]:
    return GOOD | {"data": base64.b64encode(content).decode()} | more


BOMB = zlib.compress(b"\0" * 60_000_000, 9)


@pytest.mark.parametrize(
    "form",
    [
        None, [], "{}", {}, GOOD | {"version": 2}, GOOD | {"rows": -1}, GOOD | {"rows": MOST_ROWS + 1},
        GOOD | {"rows": True}, GOOD | {"rows": 3.0}, GOOD | {"rows": 4}, GOOD | {"step_s": 0}, GOOD | {"step_s": "0.2"},
        GOOD | {"step_s": math.nan}, GOOD | {"step_s": math.inf}, GOOD | {"step_s": 10**400},
        GOOD | {"columns": ["smile", "smile"]}, GOOD | {"columns": [1]}, GOOD | {"columns": ["x"] * 1000},
        GOOD | {"columns": {}}, GOOD | {"data": None}, GOOD | {"data": "é"}, GOOD | {"data": "no base64!"},
        with_data(b"no zlib"), with_data(zlib.compress(b"short")), with_data(BOMB), with_data(BOMB, rows=MOST_ROWS),
        with_data(zlib.compress(b"\0" * 66) + b"rest"), with_data(zlib.compress(b"\0" * 66)[:-4]),
        with_data(zlib.compress(b"\xff" * 66)),
    ],
)  # fmt: skip
def test_what_is_no_timeline_is_an_error_in_words(form: object) -> None:
    with pytest.raises(TimelineError) as caught:
        unpacked(form)
    assert caught.value.what
    assert caught.value.safe == "The report itself is not affected."


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional={name: JSON | st.just(value) for name, value in GOOD.items()}) | JSON)
def test_any_json_is_a_timeline_or_an_error(form: object) -> None:
    try:
        found = unpacked(form)
    except TimelineError:
        return
    assert found.rows <= MOST_ROWS


@given(st.binary(max_size=200), st.integers(0, 40))
def test_any_bytes_are_values_or_an_error(content: bytes, rows: int) -> None:
    for data in (content, zlib.compress(content)):
        try:
            found = unpacked(with_data(data, rows=rows))
        except TimelineError:
            continue
        assert found.rows == rows


@given(st.text(max_size=200) | st.sampled_from(["[" * 100_000, '{"rows": ' + "9" * 5000 + "}", "NaN"]))
def test_any_text_is_a_timeline_or_an_error(text: str) -> None:
    with pytest.raises(TimelineError):
        from_text(text)


@pytest.mark.parametrize("timeline", ["no object", 7, ["a"], None])
def test_what_is_no_object_costs_a_delivery_nothing_else(timeline: object) -> None:
    delivery = Delivery.model_validate({"at_s": 1.0, "final": True, "measures": {}, "timeline": timeline})
    assert (delivery.at_s, delivery.timeline) == (1.0, None)


def test_the_form_comes_through_a_delivery_as_it_was() -> None:
    sent = Delivery(at_s=1.0, final=True, measures={}, timeline=GOOD)
    assert Delivery.model_validate_json(sent.model_dump_json()).timeline == GOOD


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="different lengths"):
        Timeline(STEP_S, {"smile": (0.1,), "speaking": ()})


def test_csv_has_plain_numbers_and_nothing_where_nothing_was_measured() -> None:
    assert ",".join(("time_s", *CSV_COLUMNS)) == (
        "time_s,face_present,eye_contact,eye_contact_score,smile,head_yaw_deg,head_pitch_deg,hands_visible,"
        "hand_at_face,shoulder_tilt_deg,speaking"
    )
    timeline = of(2, face_present=[1.0, 0.0], smile=[0.25, None], head_yaw_deg=[-0.0, None], speaking=[None, 1.0])
    assert csv_of(timeline).splitlines()[1:] == ["0,1,,,0.25,0,,,,,", "0.2,0,,,,,,,,,1"]
    assert csv_text([(1e-7, [1e-7] + [None] * 9)]).splitlines()[1] == "0,0,,,,,,,,,"
