"""Bands, cue rules and wording as data: `resources/coaching/rules.toml`, checked when it is read.

The file says for each rule what it rests on. What is checked here are the promises that no wording or figure in it
may break: a cue of three words at most, one cue in 20 s, none in the first 15 s, the same kind not within 90 s.
"""

from __future__ import annotations

import string
import tomllib
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from coach_desktop.core import paths
from coach_desktop.core.errors import CoachError
from coach_desktop.tavus.delivery import MeasureName

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Grade = Literal["A", "B", "V", "O", "P"]
"""A controlled study, B descriptive or field study, V a vendor's rule, O open-source habit, P our proposal."""

CueKind = Literal[
    "come_into_view",
    "look_at_camera",
    "clipping",
    "too_quiet",
    "slow_down",
    "take_a_pause",
    "use_your_hands",
    "keep_going",
    "start_when_ready",
]
Moment = Literal[
    "no_face", "look_away", "pause", "deliberate_pause", "unbroken_speech", "level_pitch",
    "fastest", "slowest", "most_fillers",
]  # fmt: skip

MOST_WORDS = 3
LEAST_GAP_S = 20.0
LEAST_QUIET_START_S = 15.0
LEAST_SAME_KIND_S = 90.0

Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Share = Annotated[float, Field(ge=0)]


class RulesError(CoachError):
    """The file of rules cannot be used."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Advice(_Data):
    """How a figure is put into words. `text_at` is used where the moment it speaks of was found.

    `section` is the key of the section of Keys to Public Speaking that an action rests on. `downwards` is said, too,
    where most of the time looked away went down.
    """

    moment: Moment
    text: Sentence
    text_at: Sentence
    say: Sentence
    drill: Sentence | None = None
    section: Sentence | None = None
    downwards: Sentence | None = None

    @model_validator(mode="after")
    def _only_known_gaps(self) -> Self:
        _check_gaps(self.text, {"figure"})
        _check_gaps(self.text_at, {"figure", "at", "length"})
        _check_gaps(self.say, {"figure"})
        _check_gaps(self.drill or "", set())
        _check_gaps(self.downwards or "", set())
        return self


class BandRule(_Data):
    """The bands of one measure, in its own unit. Ranges include their ends; outside of both is `act`.

    Under the seconds of session, or of a visible face, that are the least, there is no band.
    """

    good: tuple[float, float]
    watch: tuple[float, float]
    needs: dict[MeasureName, Share] = {}
    least_session_s: float = Field(default=0.0, ge=0)
    least_face_s: float = Field(default=0.0, ge=0)
    grade: Grade
    source: Sentence
    doi: Sentence | None = None
    why: Sentence
    strength: Advice | None = None
    below: Advice | None = None
    above: Advice | None = None
    in_the_dark: Advice | None = None
    """Instead of `below`, where it was too dark to see. It needs no section: light is no matter of speaking."""

    @model_validator(mode="after")
    def _ranges_fit(self) -> Self:
        if not self.watch[0] <= self.good[0] <= self.good[1] <= self.watch[1]:
            raise ValueError("'watch' must span 'good', and both must rise")
        for advice in (self.below, self.above):
            if advice is not None and (advice.drill is None or advice.section is None):
                raise ValueError("advice for an action needs a drill and a section of the keys")
        if self.in_the_dark is not None and self.in_the_dark.drill is None:
            raise ValueError("advice for an action needs a drill")
        return self


class CueRule(_Data):
    """When one kind of cue is due: `from` in seconds, `below` in dBFS, `above` in words a minute; see `cues`."""

    kind: CueKind
    from_s: float = Field(alias="from", gt=0)
    below: float | None = None
    above: float | None = None
    text: Sentence
    grade: Grade
    source: Sentence

    @model_validator(mode="after")
    def _short_and_complete(self) -> Self:
        if len(self.text.split()) > MOST_WORDS:
            raise ValueError(f"a cue has at most {MOST_WORDS} words")
        if (self.below is None) == (self.kind == "too_quiet"):
            raise ValueError("'below' belongs to the kind too_quiet, and to no other")
        if (self.above is None) == (self.kind == "slow_down"):
            raise ValueError("'above' belongs to the kind slow_down, and to no other")
        return self


class CueRules(_Data):
    """When Chuck may speak up at all, and the kinds of cue in the order of their priority. Seconds."""

    gap_s: float = Field(ge=LEAST_GAP_S)
    quiet_start_s: float = Field(ge=LEAST_QUIET_START_S)
    same_kind_s: float = Field(ge=LEAST_SAME_KIND_S)
    grade: Grade
    source: Sentence
    kinds: tuple[CueRule, ...]

    @model_validator(mode="after")
    def _each_kind_once(self) -> Self:
        kinds = [rule.kind for rule in self.kinds]
        if len(set(kinds)) != len(kinds):
            raise ValueError("each kind of cue has one rule")
        return self


class Closing(_Data):
    """Last words where no finding fits, a sentence each. `spoke` takes the time spoken as {figure}."""

    spoke: Sentence
    thanks: Sentence
    nothing_measured: Sentence
    not_heard: Sentence
    not_seen: Sentence
    too_dark: Sentence
    keep_it_up: Sentence

    @model_validator(mode="after")
    def _only_known_gaps(self) -> Self:
        _check_gaps(self.spoke, {"figure"})
        return self


class Darkness(_Data):
    """How the eyes tell that it was too dark: the reason of a measure, and how a warning begins."""

    reason: Sentence
    warning: Sentence


class Rules(_Data):
    """Everything in the file. Each measure either has bands or a sentence that says why it has none."""

    version: Literal[1]
    bands: dict[MeasureName, BandRule]
    unscored: dict[MeasureName, Sentence]
    cues: CueRules
    closing: Closing
    darkness: Darkness

    @model_validator(mode="after")
    def _every_measure_once(self) -> Self:
        every = set(get_args(MeasureName))
        if set(self.bands) & set(self.unscored) or set(self.bands) | set(self.unscored) != every:
            raise ValueError("every measure stands once, under 'bands' or under 'unscored'")
        return self


def _check_gaps(text: str, known: Iterable[str]) -> None:
    for _, gap, form, conversion in string.Formatter().parse(text):
        if gap is not None and (gap not in known or form or conversion):
            raise ValueError(f"the gap {{{gap}}} is not known in this text")


def read_rules(path: Path) -> Rules:
    """Read and check a file of rules.

    Raises `RulesError` that names the file, the place in it and the reason.
    """
    safe = "Your sessions and reports are not affected."
    do = "Install the app again, or undo the change to that file."
    try:
        return Rules.model_validate(tomllib.loads(path.read_bytes().decode()))
    except OSError as error:
        raise RulesError(
            f"The coaching rules in {path.name} cannot be read: {error.strerror}.", safe=safe, do=do
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RulesError(f"The coaching rules in {path.name} are not valid TOML: {error}.", safe=safe, do=do) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise RulesError(
            f"The coaching rules in {path.name} have a problem at '{place}': {first['msg']}.", safe=safe, do=do
        ) from error


@lru_cache(maxsize=1)
def load_rules() -> Rules:
    """Return the rules that come with the app, read once. Raises `RulesError`."""
    return read_rules(paths.resource("coaching", "rules.toml"))
