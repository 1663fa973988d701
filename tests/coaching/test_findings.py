"""One strength, at most three actions, each with figure, band, moment and reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given

from coach_desktop.coaching import knowledge, labels
from coach_desktop.coaching.bands import with_bands
from coach_desktop.coaching.findings import closing_words, find
from coach_desktop.coaching.rules import load_rules
from coach_desktop.tavus.delivery import SIGHT_MEASURES, Delivery, Direction, Span, SpanKind, not_measured
from tests.coaching.strategies import deliveries, strange_deliveries, unhurried
from tests.coaching.talks import talk, unmeasured


def kinds(delivery: Delivery) -> list[tuple[str, str]]:
    return [(finding.kind, finding.measure) for finding in find(delivery)]


def test_a_good_talk_has_one_strength_and_nothing_to_mend() -> None:
    assert kinds(talk()) == [("strength", "eye_contact")]


def test_the_next_best_is_praised_where_the_best_is_not_good() -> None:
    assert kinds(talk(eye_contact=0.5)) == [("strength", "pause_share"), ("action", "eye_contact")]


def test_what_is_technical_is_no_strength() -> None:
    assert kinds(talk(eye_contact=None, pause_share=0.5, pace=None)) == [("action", "pause_share")]


def test_the_worst_comes_first() -> None:
    everything = talk(face_present=0.7, eye_contact=0.1, pause_share=0.02, pace=None)
    assert kinds(everything) == [("action", "eye_contact"), ("action", "face_present"), ("action", "pause_share")]
    assert [finding.band for finding in find(everything)] == ["act", "watch", "watch"]


def test_two_seconds_of_film_give_no_verdict() -> None:
    short = talk(eye_contact=0.65, speaking_time=2.0).model_copy(update={"at_s": 2.3})
    assert kinds(short) == []
    assert kinds(short.model_copy(update={"at_s": 10.2})) == [("strength", "eye_contact")]
    strength, action = closing_words(talk(face_present=0.1, eye_contact=0.1).model_copy(update={"at_s": 2.3}))
    assert "I saw your face" not in action
    assert "looked at me" not in strength + action


def test_what_was_not_measured_is_not_spoken_of() -> None:
    assert find(unmeasured()) == []


def test_too_little_speech_gives_no_advice_on_pauses() -> None:
    assert kinds(talk(eye_contact=None, speaking_time=4.0, pause_share=0.9)) == []


LOOKS: list[tuple[SpanKind, float, float]] = [
    ("look_away", 10.0, 12.5),
    ("look_away", 42.1, 51.1),
    ("no_face", 0.0, 30.0),
    ("look_away", 55.0, 57.0),
]


def test_a_look_away_is_told_with_figure_moment_and_drill() -> None:
    (action,) = [finding for finding in find(talk(spans=LOOKS, eye_contact=0.34)) if finding.kind == "action"]
    assert (action.value, action.band, action.at_s) == (0.34, "act", 42.1)
    assert "34 %" in action.text
    assert "0:42" in action.text
    assert "9.0 s" in action.text
    assert "camera before you look away" in action.text
    assert "PMC5844880" in action.why
    assert action.knowledge is not None
    assert (action.knowledge.section, action.knowledge.title) == ("eye-contact", "Eye contact")
    assert "before you look away" in action.knowledge.text
    assert action.knowledge.source == "Rogers et al. 2018, a descriptive or field study; our own proposal"


def away(*spans: tuple[float, float, Direction | None], eye_contact: float = 0.3) -> str:
    """What the action on eye contact says after looks away (from, to, direction)."""
    looks = [Span(kind="look_away", start_s=start, end_s=end, direction=to) for start, end, to in spans]
    delivery = talk(eye_contact=eye_contact).model_copy(update={"spans": looks})
    return " ".join(finding.text for finding in find(delivery) if finding.kind == "action")


def test_who_reads_below_the_camera_is_told_so() -> None:
    hint = "Most of that went down"
    assert hint in away((10, 15, "down"), (20, 26, "down"), (30, 34, "left"))
    assert hint not in away((10, 15, "down"), (20, 26, "left"), (30, 34, "left"))
    assert hint not in away((10, 30, "down"))
    assert hint not in away((10, 15, None), (20, 26, None))
    assert away((10, 15, "down"), (20, 26, "down"), eye_contact=0.9) == ""


def test_every_action_that_the_rules_know_rests_on_a_section_of_the_keys() -> None:
    for rule in load_rules().bands.values():
        for advice in (rule.below, rule.above):
            if advice is not None:
                assert advice.section is not None
                assert knowledge.load().section(advice.section).passage


@pytest.mark.expects_warnings("no passage for the advice")
def test_advice_is_given_without_its_passage_where_the_knowledge_is_gone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(knowledge, "load", lambda: knowledge.read(tmp_path / "absent.md"))
    (action,) = [finding for finding in find(talk(eye_contact=0.34)) if finding.kind == "action"]
    assert action.knowledge is None
    assert "34 %" in action.text


def test_without_a_moment_the_finding_is_about_the_whole_session() -> None:
    (action,) = [finding for finding in find(talk(eye_contact=0.34)) if finding.kind == "action"]
    assert action.at_s == 0.0
    assert "34 %" in action.text


def test_a_missing_face_points_at_the_longest_gap() -> None:
    (action,) = find(
        talk(spans=[*LOOKS, ("no_face", 33.0, 38.0)], face_present=0.1, eye_contact=None, pause_share=None, pace=None)
    )
    assert (action.measure, action.band, action.at_s) == ("face_present", "act", 0.0)
    assert "began at 0:00 and lasted 30 s" in action.text


TOO_DARK = "The picture was too dark to see a face."


def in_the_dark() -> Delivery:
    """A minute in which no picture was light enough for a face."""
    dark = talk(spans=[("no_face", 0.0, 60.0)], **dict.fromkeys(SIGHT_MEASURES) | {"face_present": 0.0})
    hidden = {name: not_measured(name, TOO_DARK) for name in SIGHT_MEASURES if name != "face_present"}
    return dark.model_copy(update={"measures": dark.measures | hidden})


def test_who_sat_in_the_dark_is_told_of_a_lamp_and_not_of_the_camera() -> None:
    (action,) = [finding for finding in find(in_the_dark()) if finding.kind == "action"]
    assert (action.measure, action.band, action.at_s) == ("face_present", "act", 0.0)
    assert "lamp in front of you" in action.text
    assert "eye level" not in action.text
    assert "lasted 1 min" in action.text
    assert "lamp in front of you" in closing_words(in_the_dark())[1]


@pytest.mark.parametrize(
    ("dark", "lamp"),
    [
        ("from 0:10 to 0:45", True),
        ("from 0:10 to 0:20, from 0:25 to 0:40 and once more", True),
        ("from 0:10 to 0:14", False),
        ("at an odd time", False),
    ],
)
def test_darkness_is_the_reason_only_where_it_took_most_of_the_time_without_a_face(dark: str, lamp: bool) -> None:
    delivery = talk(warnings=[f"It was too dark to see a face {dark}."], face_present=0.4)
    (action,) = [finding for finding in find(delivery) if finding.kind == "action"]
    assert ("lamp" in action.text, "eye level" in action.text) == (lamp, not lamp)
    assert ("lamp" in closing_words(delivery)[1]) == lamp


def test_a_short_dark_moment_of_a_good_talk_is_not_spoken_of() -> None:
    delivery = talk(warnings=["It was too dark to see a face from 0:10 to 0:13."], face_present=0.95)
    assert kinds(delivery) == [("strength", "eye_contact")]
    assert "Keep that up" in closing_words(delivery)[1]


def test_few_pauses_point_at_the_longest_speech_without_one() -> None:
    spoken: list[tuple[SpanKind, float, float]] = [
        ("speech", 0.0, 8.0),
        ("pause", 8.0, 8.9),
        ("speech", 8.9, 14.0),
        ("pause", 14.0, 14.3),
        ("speech", 14.3, 25.0),
        ("pause", 25.0, 25.5),
        ("speech", 25.5, 30.0),
    ]
    (action,) = find(talk(spans=spoken[::-1], eye_contact=None, pause_share=0.04, pace=None))
    assert action.at_s == 8.9
    assert "began at 0:08 and lasted 16 s" in action.text


def test_many_pauses_point_at_the_longest() -> None:
    pauses: list[tuple[SpanKind, float, float]] = [("pause", 3.0, 4.0), ("pause", 20.0, 29.5), ("pause", 40.0, 41.0)]
    (action,) = find(talk(spans=pauses, eye_contact=None, pause_share=0.5, pace=None))
    assert action.at_s == 20.0
    assert "9.5 s" in action.text


def test_praise_of_pauses_shows_a_deliberate_one() -> None:
    pauses: list[tuple[SpanKind, float, float]] = [("pause", 3.0, 3.4), ("pause", 5.0, 6.2), ("pause", 20.0, 25.0)]
    (strength,) = find(talk(spans=pauses, eye_contact=None))
    assert (strength.kind, strength.at_s) == ("strength", 5.0)


@unhurried
@given(deliveries() | strange_deliveries())
def test_findings_rest_on_what_was_measured(delivery: Delivery) -> None:
    findings = find(delivery)
    assert sum(finding.kind == "strength" for finding in findings) <= 1
    assert sum(finding.kind == "action" for finding in findings) <= 3
    assert len({finding.measure for finding in findings}) == len(findings)
    banded = with_bands(delivery.measures, length_s=delivery.at_s)
    starts = {0.0} | {span.start_s for span in delivery.spans}
    for finding in findings:
        measure = banded[finding.measure]
        assert (finding.value, finding.band) == (measure.value, measure.band)
        assert finding.at_s in starts
        assert labels.figure(finding.measure, finding.value) in finding.text
        assert not re.search(r"[{}]|nan|inf\b", finding.text)
        # The keys say nothing of light, and nothing drawn here is dark.
        assert (finding.knowledge is not None) == (finding.kind == "action")


def is_one_sentence(text: str) -> bool:
    return text[0].isupper() and text.endswith(".") and not re.search(r"[.!?] ", text)


@unhurried
@given(deliveries() | strange_deliveries())
def test_last_words_are_two_sentences(delivery: Delivery) -> None:
    strength, action = closing_words(delivery)
    assert is_one_sentence(strength), strength
    assert is_one_sentence(action), action


@pytest.mark.parametrize(
    ("delivery", "strength", "action"),
    [
        (talk(), "72 %", "Keep that up"),
        (talk(eye_contact=0.34), "Your pauses filled 20 %", "you looked at me 34 %"),
        (None, "Thank you", "neither see nor hear"),
        (unmeasured(), "Thank you", "neither see nor hear"),
        (talk(**dict.fromkeys(SIGHT_MEASURES)), "20 %", "could not see"),
        (talk(eye_contact=None, speaking_time=0.0, pause_share=None), "Thank you", "heard no speech"),
        (talk(eye_contact=None, speaking_time=6.0, pause_share=0.1), "6.0 s", "Keep that up"),
    ],
)
def test_last_words_fit_what_was_measured(delivery: Delivery | None, strength: str, action: str) -> None:
    said = closing_words(delivery)
    assert strength in said[0]
    assert action in said[1]


@pytest.mark.parametrize(
    ("wpm", "kind", "moment"),
    [(145.0, "strength", "fastest"), (110.0, "action", "slowest"), (195.0, "action", "fastest")],
)
def test_pace_points_at_its_half_minute(wpm: float, kind: str, moment: SpanKind) -> None:
    spans: list[tuple[SpanKind, float, float]] = [("fastest", 10.0, 40.0), ("slowest", 20.0, 50.0)]
    (found,) = find(talk(spans=spans, eye_contact=None, pause_share=None, pace=wpm))
    assert (found.kind, found.measure) == (kind, "pace")
    assert found.at_s == {"fastest": 10.0, "slowest": 20.0}[moment]
    assert f"{wpm:.0f} words/min" in found.text


def test_many_fillers_are_spoken_of_and_few_are_not_praised() -> None:
    most: list[tuple[SpanKind, float, float]] = [("most_fillers", 12.0, 33.0)]
    (found,) = find(talk(spans=most, eye_contact=None, pause_share=None, pace=None, filler_rate=13.0))
    assert (found.kind, found.measure, found.band, found.at_s) == ("action", "filler_rate", "act", 12.0)
    assert "about 13.0 a minute" in found.text
    assert find(talk(eye_contact=None, pause_share=None, pace=None, filler_rate=0.0)) == []
