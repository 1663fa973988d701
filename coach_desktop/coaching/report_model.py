"""The report as a typed model: exactly the JSON that `docs/report.schema.json` describes and `docs/report.md` explains.

A public interface. Numbers are finite, unknown members are refused, and what is written reads back unchanged.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    field_validator,
    model_validator,
)

from coach_desktop.tavus.delivery import (
    BODY_MEASURES,
    CLAUSE_MEASURES,
    LEVEL_MEASURES,
    UNITS,
    WORD_MEASURES,
    Band,
    Measure,
    MeasureName,
    not_measured,
)

MEASURES: tuple[MeasureName, ...] = get_args(MeasureName)
SCHEMA: Literal[1] = 1
MOST_ACTIONS = 3
# A million seconds are eleven days.
_MOST = {
    "share": 1.0,
    "deg": 360.0,
    "dB": 200.0,
    "s": 1e6,
    "count": 1e6,
    "st": 120.0,
    "widths": 10.0,
    "wpm": 1e4,
    "per min": 1e4,
    "syll/s": 1e3,
}
_ADDED_LATER: tuple[MeasureName, ...] = (
    "look_aways", "look_away_longest", "brow_raises", "nods", "loudness_drop", "pitch_spread", *LEVEL_MEASURES,
    *BODY_MEASURES, *WORD_MEASURES, *CLAUSE_MEASURES,
)  # fmt: skip
"""Measures that the first reports did not have: an older report is read as one that did not measure them."""
NOT_YET_MEASURED = "This report is from before this was measured."


def _whole_characters(value: object) -> object:
    # JSON from outside may hold half of a surrogate pair, which no UTF-8 file can keep.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _plain_json(value: object) -> object:
    """Return JSON that any reader takes: what is not a number in JSON becomes null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {_whole_characters(key): _plain_json(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_plain_json(entry) for entry in value]
    return _whole_characters(value)


def _in_utc(text: str) -> str:
    moment = datetime.fromisoformat(text)
    if moment.utcoffset() != timedelta(0):
        raise ValueError("a time in UTC is expected, as in 2026-11-22T15:09:26Z")
    return text


Text = Annotated[str, BeforeValidator(_whole_characters)]
FilledText = Annotated[str, BeforeValidator(_whole_characters), StringConstraints(min_length=1)]
Number = Annotated[float, Field(strict=True)]
Seconds = Annotated[float, Field(ge=0, strict=True)]
UtcTime = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|\+00:00)$"),
    AfterValidator(_in_utc),
]


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True, serialize_by_alias=True
    )


class SessionFacts(_Part):
    """Which session it was. `started_at` is ISO 8601 in UTC, `duration_s` runs from live to the end asked for."""

    id: FilledText
    profile_id: FilledText
    provider: Literal["local", "tavus", "recording"]
    started_at: UtcTime
    duration_s: Seconds
    billed_s: Seconds
    status: Literal["done", "interrupted", "failed"]

    def moment(self) -> datetime:
        """Return when the session started, aware of its time zone (UTC)."""
        return datetime.fromisoformat(self.started_at).astimezone(UTC)


class ReportMeasure(Measure):
    """A measure in a report: it has a reason only where it was not measured, and a band only where it was."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    @model_validator(mode="after")
    def _nothing_left_over(self) -> Self:
        if (self.reason is not None) == (self.status == "measured"):
            raise ValueError("a reason is given where a quantity was not measured, and only there")
        if self.band is not None and self.status != "measured":
            raise ValueError("what was not measured has no band")
        return self


class Passage(_Part):
    """What an action rests on: a section of Keys to Public Speaking by key and title, its words, and their source."""

    section: FilledText
    title: FilledText
    text: FilledText
    source: FilledText


class Finding(_Part):
    """One thing worth saying, with its figure (unit of the measure), its band and the second to look at.

    `knowledge` is what an action rests on; a strength has none, and reports of earlier versions have none at all.
    """

    kind: Literal["strength", "action"]
    measure: MeasureName
    value: Number
    band: Band
    at_s: Seconds
    text: FilledText
    why: FilledText
    knowledge: Passage | None = None

    @model_validator(mode="after")
    def _kind_fits_band(self) -> Self:
        if (self.kind == "strength") != (self.band == "good"):
            raise ValueError("a strength is in the band 'good', an action is not")
        return self


class Word(_Part):
    """One spoken word. `filler` says whether it is a filled pause (um) or a filler word (like), or neither.

    `repeat`: the `start` of what was said for nothing, as it was said again at once or cut off, the `rest` of that, or
    neither; reports of earlier versions mark none.
    """

    text: Text
    start_s: Seconds
    end_s: Seconds
    filler: Literal["sound", "word"] | None
    repeat: Literal["start", "rest"] | None = None

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        _check_order(self.start_s, self.end_s)
        return self


class Turn(_Part):
    """What one side said at a stretch. Seconds from live; `words` is empty where words were not told apart."""

    role: Literal["user", "replica"]
    text: Text
    start_s: Seconds
    end_s: Seconds
    words: list[Word]

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        _check_order(self.start_s, self.end_s)
        return self


class ReportEvent(_Part):
    """Something that happened `at_s` seconds from live. `properties` is free; what is no JSON number there is null."""

    at_s: Seconds
    type: FilledText
    properties: Annotated[dict[str, JsonValue], BeforeValidator(_plain_json)]


class Report(_Part):
    """The report of one session. All measures are always there, in the order of `MEASURES`."""

    schema_version: Literal[1] = Field(alias="schema")
    session: SessionFacts
    measures: dict[MeasureName, ReportMeasure]
    findings: list[Finding]
    transcript: list[Turn]
    events: list[ReportEvent]

    @field_validator("measures", mode="before")
    @classmethod
    def _older_reports_have_fewer(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        later = {name: not_measured(name, NOT_YET_MEASURED).model_dump() for name in _ADDED_LATER if name not in value}
        every = value | later
        # In the order of the measures, which is the order in which a report shows them.
        return {name: every.pop(name) for name in MEASURES if name in every} | every

    @model_validator(mode="after")
    def _measures_are_all_there(self) -> Self:
        if set(self.measures) != set(MEASURES):
            raise ValueError("a report holds every measure")
        for name, measure in self.measures.items():
            if measure.unit != UNITS[name]:
                raise ValueError(f"the unit of {name} is {UNITS[name]}")
            if not is_possible(name, measure.value):
                raise ValueError(f"{name} cannot be {measure.value}")
        return self

    @model_validator(mode="after")
    def _findings_are_few_and_true(self) -> Self:
        strengths = sum(finding.kind == "strength" for finding in self.findings)
        if strengths > 1 or len(self.findings) - strengths > MOST_ACTIONS:
            raise ValueError(f"a report has one strength and {MOST_ACTIONS} actions at most")
        for finding in self.findings:
            measure = self.measures.get(finding.measure)
            if measure is None or (measure.value, measure.band) != (finding.value, finding.band):
                raise ValueError(f"the finding on {finding.measure} differs from the measure")
        return self


def is_possible(name: MeasureName, value: float | None) -> bool:
    """Return whether a measure can have this value: finite, within the limits of its unit, a count whole.

    None but a level, which is relative, is ever under zero.
    """
    if value is None:
        return True
    unit = UNITS[name]
    least = -_MOST[unit] if name in LEVEL_MEASURES else 0
    return math.isfinite(value) and least <= value <= _MOST[unit] and (unit != "count" or value % 1 == 0)


def _check_order(start_s: float, end_s: float) -> None:
    if end_s < start_s:
        raise ValueError("the end lies before the start")
