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


def with_bands(measures: Mapping[MeasureName, Measure], rules: Rules | None = None) -> dict[MeasureName, Measure]:
    """Return the measures with bands, in the same order; a band that was there before is replaced.

    A measure has none where it was not measured or cannot be true, where no source gives a threshold (`unscored`
    in the rules), or where too little was seen or heard for its figure to mean anything (`needs`).
    """
    rules = rules or load_rules()
    return {
        name: measure.model_copy(update={"band": _band(name, measure, measures, rules)})
        for name, measure in measures.items()
    }


def _band(name: MeasureName, measure: Measure, measures: Mapping[MeasureName, Measure], rules: Rules) -> Band | None:
    rule = rules.bands.get(name)
    if rule is None or measure.value is None or not is_possible(name, measure.value):
        return None
    for needed, least in rule.needs.items():
        other = measures.get(needed)
        if other is None or other.value is None or not is_possible(needed, other.value):
            continue
        if other.value < least:
            return None
    return band_of(measure.value, rule)
