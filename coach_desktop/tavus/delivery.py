"""How a talk was delivered, as it travels on the wire.

The local coach reports what it saw and heard in one event of its own kind, `application.delivery`, beside the
events that Tavus defines. A conversation held elsewhere lacks that event, and its measures are *not measured*.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

DELIVERY_EVENT = "application.delivery"

MeasureName = Literal[
    "face_present", "eye_contact", "smile", "head_yaw_spread", "look_aways", "look_away_longest", "brow_raises",
    "nods", "hands_visible", "hand_at_face", "gesture_activity", "shoulder_tilt", "lean", "slouch", "sway",
    "crossed_arms",
    "speaking_share", "speaking_time", "pause_share", "pause_longest", "pause_count", "loudness_range",
    "loudness_drop", "loudness_level", "pitch_spread",
    "words", "pace", "pace_spread", "articulation_rate",
    "filler_sounds", "filler_words", "filler_rate", "repeats",
    "pause_inside",
]  # fmt: skip

SIGHT_MEASURES: tuple[MeasureName, ...] = (
    "face_present", "eye_contact", "smile", "head_yaw_spread", "look_aways", "look_away_longest", "brow_raises", "nods",
)  # fmt: skip
"""What takes a face."""

BODY_MEASURES: tuple[MeasureName, ...] = (
    "hands_visible", "hand_at_face", "gesture_activity", "shoulder_tilt", "lean", "slouch", "sway", "crossed_arms",
)  # fmt: skip
"""What takes shoulders or hands."""

SOUND_MEASURES: tuple[MeasureName, ...] = (
    "speaking_share", "speaking_time", "pause_share", "pause_longest", "pause_count", "loudness_range",
    "loudness_drop", "pitch_spread",
)  # fmt: skip

LEVEL_MEASURES: tuple[MeasureName, ...] = ("loudness_level",)
"""What takes earlier talks on the same microphone."""

WORD_MEASURES: tuple[MeasureName, ...] = (
    "words", "pace", "pace_spread", "articulation_rate", "filler_sounds", "filler_words", "filler_rate", "repeats",
)  # fmt: skip

CLAUSE_MEASURES: tuple[MeasureName, ...] = ("pause_inside",)
"""What takes both the words and the silences."""

UNITS: dict[MeasureName, str] = {
    "face_present": "share", "eye_contact": "share", "smile": "share", "head_yaw_spread": "deg",
    "look_aways": "count", "look_away_longest": "s", "brow_raises": "count", "nods": "count",
    "hands_visible": "share", "hand_at_face": "share", "gesture_activity": "share", "shoulder_tilt": "deg",
    "lean": "deg", "slouch": "share", "sway": "widths", "crossed_arms": "s",
    "speaking_share": "share", "speaking_time": "s", "pause_share": "share", "pause_longest": "s",
    "pause_count": "count", "loudness_range": "dB", "loudness_drop": "dB", "loudness_level": "dB",
    "pitch_spread": "st",
    "words": "count", "pace": "wpm", "pace_spread": "wpm", "articulation_rate": "syll/s",
    "filler_sounds": "count", "filler_words": "count", "filler_rate": "per min", "repeats": "count",
    "pause_inside": "share",
}  # fmt: skip

Band = Literal["good", "watch", "act"]


class Measure(BaseModel):
    """One measured quantity, or the reason why it was not measured. Shares run from 0 to 1."""

    # A value that is no number survives being stored, so that it costs the report one measure and not all of them.
    model_config = ConfigDict(frozen=True, ser_json_inf_nan="constants")

    value: float | None
    unit: str
    status: Literal["measured", "not_measured"]
    reason: str | None = None
    band: Band | None = None

    @model_validator(mode="after")
    def _value_fits_status(self) -> Measure:
        if (self.value is None) == (self.status == "measured"):
            raise ValueError("a measured quantity has a value, one that was not measured has none")
        if self.status == "not_measured" and not self.reason:
            raise ValueError("a quantity that was not measured says why")
        return self


def measured(name: MeasureName, value: float) -> Measure:
    """Return a measure with the unit that belongs to its name."""
    return Measure(value=value, unit=UNITS[name], status="measured")


def not_measured(name: MeasureName, reason: str) -> Measure:
    """Return a measure without a value, with the reason in plain words."""
    return Measure(value=None, unit=UNITS[name], status="not_measured", reason=reason)


SpanKind = Literal[
    "look_away", "no_face", "smile", "hand_at_face", "crossed_arms", "still_hands",
    "pause", "speech", "level_pitch", "fastest", "slowest", "most_fillers",
]  # fmt: skip


Direction = Literal["left", "right", "up", "down"]
"""Where somebody looks, from their own point of view."""


class Span(BaseModel):
    """A stretch of the session worth naming. Seconds from live; `end_s` is never before `start_s`.

    `place` says of a pause whether it lies inside a clause or at the end of one, `direction` of a look away where most
    of it went; None where that is not known.
    """

    model_config = ConfigDict(frozen=True)

    kind: SpanKind
    start_s: float = Field(ge=0)
    end_s: float = Field(ge=0)
    place: Literal["inside", "end"] | None = None
    direction: Direction | None = None

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s


class SpokenWord(BaseModel):
    """One word of the user's, in seconds from live.

    `filler`: whether it is a filled pause (um) or a filler word (like). `repeat`: whether it is the `start` of what was
    said for nothing, as it was said again at once or cut off, or belongs to the `rest` of that.
    """

    model_config = ConfigDict(frozen=True)

    text: str
    start_s: float = Field(ge=0)
    end_s: float = Field(ge=0)
    filler: Literal["sound", "word"] | None = None
    repeat: Literal["start", "rest"] | None = None


def _object_or_none(value: object) -> object:
    """What is no object is no timeline either; that must not cost the measures."""
    return value if isinstance(value, dict) else None


class Delivery(BaseModel):
    """Everything the eyes and ears measured up to `at_s` seconds from live; properties of `DELIVERY_EVENT`.

    `words` come with the final one only: a long talk has thousands. So does the `timeline`, in the compact form of
    `tavus.timeline`; whoever keeps or shows it unpacks it first.
    """

    model_config = ConfigDict(frozen=True)

    at_s: float = Field(ge=0)
    final: bool
    measures: dict[MeasureName, Measure]
    spans: list[Span] = []
    warnings: list[str] = []
    words: list[SpokenWord] = []
    timeline: Annotated[dict[str, Any] | None, BeforeValidator(_object_or_none)] = None
