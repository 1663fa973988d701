"""A timeline as it is looked at: rows of a chart with quick means, the looks away, and any second in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from coach_desktop.coaching import labels

if TYPE_CHECKING:
    from collections.abc import Iterable

    from coach_desktop.coaching.report_model import Report
    from coach_desktop.tavus.timeline import ColumnName, Timeline

ROWS: Final[tuple[tuple[str, ColumnName], ...]] = (
    ("Eye contact", "eye_contact"),
    ("Face in the picture", "confidence"),
    ("Smile", "smile"),
    ("Speaking", "speaking"),
    ("Hands in the picture", "hands_visible"),
    ("Hand at the face", "hand_at_face"),
)
"""The rows of the chart. Of the face the share of pictures is shown in which it was found."""

_SEEN: Final[tuple[ColumnName, ...]] = (
    "face_present", *(column for _, column in ROWS if column != "speaking"), "shoulder_tilt_deg",
)  # fmt: skip
_CONTACT_FROM: Final = 0.5
"""From this score on a moment by itself is one of eye contact."""
_STRETCHES_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600)
_MOST_STRETCHES = 24


@dataclass(frozen=True)
class Band:
    """One row of the chart: its values run from 0 to 1, and sums up to every step make means quick."""

    name: str
    sums: tuple[float, ...]
    counts: tuple[int, ...]

    @property
    def is_measured(self) -> bool:
        """Whether there is any value in it."""
        return self.counts[-1] > 0

    def mean(self, first: int, last: int) -> float | None:
        """Return the mean of the steps from `first` up to, without, `last`; None where nothing was measured."""
        count = self.counts[last] - self.counts[first]
        return (self.sums[last] - self.sums[first]) / count if count else None


@dataclass(frozen=True)
class Stretch:
    """Part of a session, in seconds from live, and the mean of every band in it."""

    start_s: float
    end_s: float
    means: tuple[float | None, ...]


@dataclass(frozen=True)
class Track:
    """A timeline with its bands, in the order of `ROWS`."""

    timeline: Timeline
    bands: tuple[Band, ...]

    @property
    def end_s(self) -> float:
        """Where it ends, in seconds from live."""
        return self.timeline.end_s

    def stretches(self) -> list[Stretch]:
        """Return the whole in parts of equal, round length, some two dozen at most."""
        each_s = next((each for each in _STRETCHES_S if self.end_s <= each * _MOST_STRETCHES), _STRETCHES_S[-1])
        found = []
        for number in range(math.ceil(self.end_s / each_s - 1e-6)):
            start_s, end_s = number * each_s, min((number + 1) * each_s, self.end_s)
            first, last = (round(edge / self.timeline.step_s) for edge in (start_s, end_s))
            found.append(Stretch(start_s, end_s, tuple(band.mean(first, last) for band in self.bands)))
        return found

    def summary(self) -> str:
        """Return the whole in a sentence, for those who do not see the chart."""
        said = []
        for band in self.bands:
            mean = band.mean(0, self.timeline.rows)
            said.append(f"{band.name}: {labels.NOT_MEASURED if mean is None else share(mean)}")
        return f"{labels.duration(self.end_s)}. {', '.join(said)}."

    @property
    def saw_anything(self) -> bool:
        """Whether pictures arrived; of sound alone there is nothing to show of eyes."""
        return any(self.timeline.is_measured(name) for name in _SEEN)

    def words_at(self, at_s: float, away: Iterable[tuple[float, float]] = ()) -> str:
        """Return what was measured at a second, in words. Of the looks `away`, those that begin there are named."""
        row = self.timeline.row_at(at_s)
        begins = any(self.timeline.row_at(start_s) == row for start_s, _ in away)

        def value(name: ColumnName) -> float | None:
            return self.timeline.value_at(name, at_s)

        face = value("face_present")
        said: list[str | None] = []
        if face is None:
            said.append("nothing was seen")
        elif not face:
            said.append("no face in the picture")
        else:
            contact = _contact(value("eye_contact"), value("eye_contact_score"), begins=begins)
            said += [contact, _smile(value("smile"))]
            said.append(_head(value("head_yaw_deg"), value("head_pitch_deg")))
        said += [_hands(value("hands_visible"), value("hand_at_face")), _tilt(value("shoulder_tilt_deg"))]
        said.append(_speaking(value("speaking")))
        return " · ".join(words for words in said if words is not None)


def track_of(timeline: Timeline) -> Track:
    """Make a timeline ready to be looked at."""
    bands = []
    for name, column in ROWS:
        values = timeline.column(column)
        sums = accumulate((value or 0.0 for value in values), initial=0.0)
        counts = accumulate((value is not None for value in values), initial=0)
        bands.append(Band(name, tuple(sums), tuple(counts)))
    return Track(timeline, tuple(bands))


def looks_away(report: Report) -> list[tuple[float, float]]:
    """Return the looks away that the report tells of, each from and to, in seconds from live, by time."""
    found = []
    for event in report.events:
        length = event.properties.get("duration_s")
        if event.type == "look_away" and isinstance(length, int | float) and math.isfinite(length) and length > 0:
            found.append((event.at_s, event.at_s + length))
    return sorted(found)


def share(value: float) -> str:
    """Return a share of 0 to 1 in percent."""
    return f"{100 * value:.0f} %"


def _contact(contact: float | None, score: float | None, *, begins: bool) -> str | None:
    """Return the verdict and the score in words: the one is a vote over some time, the other of the moment."""
    if contact is None:
        return None
    said = "eye contact" if contact and not begins else "no eye contact"
    if score is not None and (score >= _CONTACT_FROM) != (contact > 0 and not begins):
        # The vote has not turned yet, or a moment did not turn it.
        return f"{'looking away begins' if begins else f'counted as {said}'}, score at this moment {score:.2f}"
    told = "" if score is None else f" (score {score:.2f})"
    return f"{'looking away begins' if begins else said}{told}"


def _smile(smile: float | None) -> str | None:
    return None if smile is None else f"smile {share(smile)}"


def _head(yaw: float | None, pitch: float | None) -> str | None:
    if yaw is None or pitch is None:
        return None
    across, along = round(yaw), round(pitch)
    said = [f"{abs(across)}° to the {'left' if across < 0 else 'right'} of the picture"] if across else []
    said += [f"{abs(along)}° {'up' if along < 0 else 'down'}"] if along else []
    return f"head {', '.join(said) or 'straight'}"


def _hands(visible: float | None, at_face: float | None) -> str | None:
    if at_face:
        return "hand at the face"
    return None if visible is None else "hands in the picture" if visible else "no hands in the picture"


def _tilt(tilt: float | None) -> str | None:
    if tilt is None:
        return None
    return f"shoulders tilted {abs(round(tilt))}°" if round(tilt) else "shoulders level"


def _speaking(speaking: float | None) -> str | None:
    return None if speaking is None else "speaking" if speaking else "not speaking"
