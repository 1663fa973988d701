"""What a session may bring, drawn by hypothesis: observations, deliveries, transcripts and events."""

from __future__ import annotations

import math
from typing import Any, get_args

from hypothesis import settings
from hypothesis import strategies as st

from coach_desktop.coaching.cues import Observation
from coach_desktop.coaching.report import ReportEvent, SessionFacts, Turn, Word
from coach_desktop.coaching.report_model import MEASURES
from coach_desktop.tavus.delivery import (
    UNITS,
    Delivery,
    Measure,
    MeasureName,
    Span,
    SpanKind,
    measured,
    not_measured,
)

# How long an example takes is no property of the code, least of all on a busy machine.
unhurried = settings(deadline=None)

SPAN_KINDS: tuple[SpanKind, ...] = get_args(SpanKind)
seconds = st.floats(0, 4000, allow_nan=False)
texts = st.text(max_size=60)
filled_texts = st.text(min_size=1, max_size=60)
anything = st.floats(allow_nan=True, allow_infinity=True)


def durations() -> st.SearchStrategy[float | None]:
    """How long something has lasted: nothing, a moment, for ever, or nonsense."""
    return st.none() | st.just(0.0) | st.floats(0, 60) | anything


def observations(at_s: st.SearchStrategy[float]) -> st.SearchStrategy[Observation]:
    levels = st.none() | st.floats(-100, 0) | anything
    return st.builds(
        Observation,
        at_s=at_s,
        looking_away_for_s=durations(),
        no_face_for_s=durations(),
        speaking_without_pause_s=durations(),
        silent_for_s=durations(),
        spoke=st.booleans(),
        level_db=levels,
        clipping=st.booleans(),
        loudest_db=levels,
        hands_still_for_s=durations(),
    )


def possible_values(name: MeasureName) -> st.SearchStrategy[float]:
    if name == "loudness_level":
        return st.floats(-99, 99)
    if UNITS[name] == "share":
        return st.floats(0, 1)
    if UNITS[name] == "count":
        return st.integers(0, 2000).map(float)
    if UNITS[name] == "st":
        return st.floats(0, 120)
    if UNITS[name] == "widths":
        return st.floats(0, 10)
    if UNITS[name] in {"wpm", "per min", "syll/s"}:
        return st.floats(0, 900)
    return st.floats(0, 4000)


def measures_of(name: MeasureName) -> st.SearchStrategy[Measure]:
    unknown = filled_texts.map(lambda reason: not_measured(name, reason))
    return possible_values(name).map(lambda value: measured(name, value)) | unknown


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start_s = draw(st.floats(0, 600))
    return Span(kind=draw(st.sampled_from(SPAN_KINDS)), start_s=start_s, end_s=start_s + draw(st.floats(0, 60)))


@st.composite
def deliveries(draw: st.DrawFn) -> Delivery:
    """A delivery as our own service makes it, possibly with measures left out."""
    names = draw(st.lists(st.sampled_from(MEASURES), unique=True)) if draw(st.booleans()) else list(MEASURES)
    return Delivery(
        at_s=draw(seconds),
        final=draw(st.booleans()),
        measures={name: draw(measures_of(name)) for name in names},
        spans=draw(st.lists(spans(), max_size=8)),
        warnings=draw(st.lists(texts, max_size=3)),
    )


@st.composite
def strange_deliveries(draw: st.DrawFn) -> Delivery:
    """A delivery that parses and still makes no sense: shares of 7, counts of NaN, wrong units."""
    values = {name: draw(anything | st.floats(-2, 2)) for name in MEASURES}
    measures = {name: Measure(value=value, unit="?", status="measured") for name, value in values.items()}
    return Delivery(at_s=draw(seconds), final=True, measures=measures, spans=draw(st.lists(spans(), max_size=4)))


@st.composite
def turns(draw: st.DrawFn) -> Turn:
    start_s, length_s = draw(seconds), draw(seconds)
    word = st.builds(
        Word,
        text=texts,
        start_s=st.just(start_s),
        end_s=st.just(start_s + length_s),
        filler=st.sampled_from(["sound", "word", None]),
        repeat=st.sampled_from(["start", "rest", None]),
    )
    return Turn(
        role=draw(st.sampled_from(["user", "replica"])),
        text=draw(texts),
        start_s=start_s,
        end_s=start_s + length_s,
        words=draw(st.lists(word, max_size=3)),
    )


def properties() -> st.SearchStrategy[dict[str, Any]]:
    leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | texts
    values = st.recursive(
        leaves, lambda deeper: st.lists(deeper, max_size=3) | st.dictionaries(texts, deeper, max_size=3), max_leaves=6
    )
    return st.dictionaries(texts, values, max_size=3)


def events() -> st.SearchStrategy[ReportEvent]:
    seen = st.fixed_dictionaries({"analysis": texts, "left_out": st.integers(-1, 9) | texts})
    kinds = st.sampled_from(
        ["application.perception_analysis", "application.perception_unavailable", "system.shutdown"]
    )
    return st.builds(ReportEvent, at_s=seconds, type=filled_texts | kinds, properties=properties() | seen)


def sessions() -> st.SearchStrategy[SessionFacts]:
    return st.builds(
        SessionFacts,
        id=filled_texts,
        profile_id=filled_texts,
        provider=st.sampled_from(["local", "tavus", "recording"]),
        started_at=st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
        duration_s=seconds,
        billed_s=seconds,
        status=st.sampled_from(["done", "interrupted", "failed"]),
    )


def numbers_in(value: object) -> list[float]:
    """Return every number in a piece of JSON."""
    if isinstance(value, dict):
        return [number for entry in value.values() for number in numbers_in(entry)]
    if isinstance(value, list):
        return [number for entry in value for number in numbers_in(entry)]
    return [float(value)] if isinstance(value, int | float) and not isinstance(value, bool) else []


def all_finite(value: object) -> bool:
    return all(math.isfinite(number) for number in numbers_in(value))
