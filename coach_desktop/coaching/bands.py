"""From a figure to its band, where there is evidence for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coach_desktop.coaching.report_model import is_possible
from coach_desktop.coaching.rules import BandRule, Rules, load_rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coach_desktop.tavus.delivery import Band, Measure, MeasureName


def band_of(value: float, rule: BandRule) -> Band:
    """Return the band of a value given in the measure's own unit."""
    if rule.good[0] <= value <= rule.good[1]:
        return "good"
    return "watch" if rule.watch[0] <= value <= rule.watch[1] else "act"


def with_bands(
    measures: Mapping[MeasureName, Measure], rules: Rules | None = None, *, length_s: float | None = None
) -> dict[MeasureName, Measure]:
    """Return the measures with bands, in the same order; a band that was there before is replaced.

    A measure has none where it was not measured or cannot be true, where no source gives a threshold (`unscored`
    in the rules), or where too little was seen or heard for its figure to mean anything (`needs`, and the least times
    of a session of `length_s`; None: that is not known, and taken for long enough).
    """
    rules = rules or load_rules()
    return {
        name: measure.model_copy(update={"band": _band(name, measure, measures, rules, length_s)})
        for name, measure in measures.items()
    }


def _band(
    name: MeasureName,
    measure: Measure,
    measures: Mapping[MeasureName, Measure],
    rules: Rules,
    length_s: float | None,
) -> Band | None:
    rule = rules.bands.get(name)
    if rule is None or measure.value is None or not is_possible(name, measure.value):
        return None
    if length_s is not None:
        # In whole seconds: a film of ten seconds ends with its last picture, some hundredths before.
        session_s, face_s = round(length_s), round(_face_s(measures, length_s))
        if session_s < rule.least_session_s or face_s < rule.least_face_s:
            return None
    for needed, least in rule.needs.items():
        other = measures.get(needed)
        if other is None or other.value is None or not is_possible(needed, other.value):
            continue
        if other.value < least:
            return None
    return band_of(measure.value, rule)


def _face_s(measures: Mapping[MeasureName, Measure], length_s: float) -> float:
    """Return for how long a face was visible, by its share of the pictures; the whole session where that is unknown."""
    face = measures.get("face_present")
    if face is None or face.value is None or not is_possible("face_present", face.value):
        return length_s
    return face.value * length_s
