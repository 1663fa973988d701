"""From measures to advice: one strength and at most three actions, each with figure, band and moment.

Few on purpose: coaches ask tools for selected feedback (Fourati et al. 2025, arXiv 2507.07930). Only what was
measured and has a band can become a finding; appearance and emotion are never spoken of.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

from coach_desktop.coaching import darkness, knowledge, labels, moments
from coach_desktop.coaching.bands import with_bands
from coach_desktop.coaching.report_model import MOST_ACTIONS, Finding, Passage, is_possible
from coach_desktop.coaching.rules import Advice, BandRule, Rules, load_rules
from coach_desktop.tavus.delivery import SIGHT_MEASURES, SOUND_MEASURES, Delivery

if TYPE_CHECKING:
    from coach_desktop.tavus.delivery import Band, Measure, MeasureName

log = logging.getLogger(__name__)

_SPOKE_FROM_S = 1.0
"""Less speech than this is not worth a mention, and may be a cough."""
_READS_FROM = 2
"""One look down may be at anything."""


def find(delivery: Delivery, rules: Rules | None = None) -> list[Finding]:
    """Return the findings: the strength first, then the actions, the band `act` before `watch`.

    Within a band the order of the rules counts. `at_s` is the start of the longest moment that the advice speaks
    of, or 0 where it is about the session as a whole.
    """
    return [_finding(choice, delivery) for choice in _chosen(delivery, rules or load_rules())]


def closing_words(delivery: Delivery | None, rules: Rules | None = None) -> tuple[str, str]:
    """Return Chuck's last words: a sentence on what worked and a sentence on what to do next."""
    rules = rules or load_rules()
    if delivery is None or not any(measure.value is not None for measure in delivery.measures.values()):
        return rules.closing.thanks, rules.closing.nothing_measured
    chosen = _chosen(delivery, rules)
    strength = next((choice for choice in chosen if choice.band == "good"), None)
    action = next((choice for choice in chosen if choice.band != "good"), None)
    return (
        strength.said() if strength else _without_strength(delivery, rules),
        action.said() if action else _without_action(delivery, rules),
    )


class _Choice(NamedTuple):
    name: MeasureName
    value: float
    band: Band
    rule: BandRule
    advice: Advice

    def said(self) -> str:
        return self.advice.say.format(figure=labels.figure(self.name, self.value))


def _chosen(delivery: Delivery, rules: Rules) -> list[_Choice]:
    banded = with_bands(delivery.measures, rules, length_s=delivery.at_s)
    dark = darkness.hid_the_face(delivery, rules.darkness)
    choices = [
        choice for name, rule in rules.bands.items() if (choice := _choice(name, banded.get(name), rule, dark=dark))
    ]
    strengths = [choice for choice in choices if choice.band == "good"]
    actions = sorted((choice for choice in choices if choice.band != "good"), key=lambda choice: choice.band != "act")
    return strengths[:1] + actions[:MOST_ACTIONS]


def _choice(name: MeasureName, measure: Measure | None, rule: BandRule, *, dark: bool) -> _Choice | None:
    if measure is None or measure.value is None or measure.band is None:
        return None
    below = rule.in_the_dark if dark and rule.in_the_dark is not None else rule.below
    off = below if measure.value < rule.good[0] else rule.above
    advice = rule.strength if measure.band == "good" else off
    return None if advice is None else _Choice(name, measure.value, measure.band, rule, advice)


def _finding(choice: _Choice, delivery: Delivery) -> Finding:
    advice = choice.advice
    moment = moments.find(advice.moment, delivery)
    fact = _fact(advice, labels.figure(choice.name, choice.value), moment)
    if advice.downwards and _went_down(delivery):
        fact = f"{fact} {advice.downwards}"
    return Finding(
        kind="strength" if choice.band == "good" else "action",
        measure=choice.name,
        value=choice.value,
        band=choice.band,
        at_s=0.0 if moment is None else moment.start_s,
        text=f"{fact} {advice.drill}" if advice.drill else fact,
        why=choice.rule.why,
        knowledge=_passage(advice),
    )


def _passage(advice: Advice) -> Passage | None:
    if advice.section is None:
        return None
    try:
        section = knowledge.load().section(advice.section)
    except (knowledge.KnowledgeError, KeyError) as error:
        # Advice without a quotation is still advice; a report must not be lost for it.
        log.warning("no passage for the advice that rests on %s: %s", advice.section, error)
        return None
    source = "; ".join(citation.words() for citation in section.passage_rests_on)
    return Passage(section=section.key, title=section.title, text=section.passage, source=source)


def _fact(advice: Advice, figure: str, moment: moments.Stretch | None) -> str:
    if moment is None:
        return advice.text.format(figure=figure)
    at, length = labels.clock(moment.start_s), labels.duration(moment.duration_s)
    return advice.text_at.format(figure=figure, at=at, length=length)


def _went_down(delivery: Delivery) -> bool:
    """Return whether more than half of the time in long looks away, and two of them at least, went down."""
    away = [span for span in delivery.spans if span.kind == "look_away"]
    down = [span for span in away if span.direction == "down"]
    down_s, all_s = (sum(span.duration_s for span in spans) for spans in (down, away))
    return len(down) >= _READS_FROM and 2 * down_s > all_s


def _value(delivery: Delivery, name: MeasureName) -> float | None:
    measure = delivery.measures.get(name)
    return None if measure is None or not is_possible(name, measure.value) else measure.value


def _without_strength(delivery: Delivery, rules: Rules) -> str:
    spoken_s = _value(delivery, "speaking_time")
    if spoken_s is None or spoken_s < _SPOKE_FROM_S:
        return rules.closing.thanks
    return rules.closing.spoke.format(figure=labels.duration(spoken_s))


def _without_action(delivery: Delivery, rules: Rules) -> str:
    spoken_s = _value(delivery, "speaking_time")
    if all(_value(delivery, name) is None for name in SOUND_MEASURES) or (spoken_s or 0.0) < _SPOKE_FROM_S:
        return rules.closing.not_heard
    if _value(delivery, "eye_contact") is None and darkness.hid_the_face(delivery, rules.darkness):
        return rules.closing.too_dark
    if all(_value(delivery, name) is None for name in SIGHT_MEASURES):
        return rules.closing.not_seen
    return rules.closing.keep_it_up
