"""The report in a terminal."""

from __future__ import annotations

import unicodedata

from hypothesis import given

from coach_desktop.coaching import labels
from coach_desktop.coaching.report import Report, ReportEvent, Turn, build_report, words
from coach_desktop.coaching.report_model import MEASURES
from tests.coaching.strategies import unhurried
from tests.coaching.talks import FACTS, talk
from tests.coaching.test_report import REPORTS


def told(report: Report) -> str:
    return " ".join(words(report).split())


def report(status: str = "done", **figures: float | None) -> Report:
    said = [Turn(role="replica", text="Hi, I am \x1b[31mChuck.", start_s=0, end_s=2, words=[])]
    facts = FACTS.model_copy(update={"status": status})
    delivery = talk(spans=[("look_away", 42.0, 51.0)], warnings=["The camera stopped at 0:50."], **figures)
    return build_report(facts, delivery, said, [], "Nothing had arrived.")


def test_everything_worth_knowing_is_told() -> None:
    text = told(report(eye_contact=0.34, smile=None))
    assert "2026-11-22 15:09 UTC, profile chuck-local, 1 min" in text
    assert "The camera stopped at 0:50." in text
    assert "Eye contact 34 % act on this" in text
    assert "(Eye contact 34 %, act on this, at 0:42)" in text
    assert "Why: More than 60 %" in text
    assert 'Keys to Public Speaking, Eye contact: "Finish each thought with your eyes on a listener' in text
    assert "(Rogers et al. 2018, a descriptive or field study; our own proposal)" in text
    assert "Loudness range 9.2 dB not scored" in text
    assert "Smiling not measured" in text
    assert "- Smiling: No frame arrived." in text
    assert "0:00 Chuck Hi, I am" in text


def test_what_is_about_the_whole_session_has_no_moment() -> None:
    text = words(build_report(FACTS, talk(eye_contact=0.34), [], [], "-"))
    assert "(Eye contact 34 %, act on this)" in text


def test_a_session_that_broke_off_says_so() -> None:
    assert "interrupted" in told(report("interrupted"))
    assert "did not come about" in told(report("failed"))
    assert "interrupted" not in told(report())


def test_one_reason_for_several_measures_is_told_once() -> None:
    text = words(build_report(FACTS, None, [], [], "Nothing had arrived."))
    assert text.count("Nothing had arrived.") == 1
    assert text.count("not measured") == len(MEASURES)
    assert "What worked" not in text


def test_a_conversation_on_tavus_tells_its_end_what_was_seen_and_what_was_said() -> None:
    facts = FACTS.model_copy(update={"provider": "tavus", "billed_s": 75.0})
    said = [
        Turn(role="replica", text="Welcome.", start_s=0, end_s=2, words=[]),
        Turn(role="user", text="Good morning.", start_s=3, end_s=4, words=[]),
    ]
    seen = {"analysis": "Behaviour:\n\n• Nods often.\n  • Even when listening.", "left_out": 2}
    events = [
        ReportEvent(at_s=60, type="system.shutdown", properties={"shutdown_reason": "max_call_duration reached"}),
        ReportEvent(at_s=60, type="application.perception_analysis", properties=seen),
    ]
    lines = words(build_report(facts, None, said, events, "Tavus does not measure.")).split("\n")
    assert "The longest time that was allowed for the conversation was over." in lines
    assert "(Tavus' own words, not our measurement.)" in lines
    assert lines[lines.index("Behaviour:") :][:4] == ["Behaviour:", "", "• Nods often.", "  • Even when listening."]
    assert any(line.startswith("2 sentences were left out") for line in lines)
    assert "   0:00  Coach  Welcome." in lines
    assert "   0:03  You    Good morning." in lines
    assert "1 min 15 s billed" in " ".join(lines)


def test_a_conversation_without_a_picture_says_so() -> None:
    events = [
        ReportEvent(at_s=1, type="application.perception_unavailable", properties={"reason": "no_vision_history"})
    ]
    assert "The camera was off" in told(build_report(FACTS, None, [], events, "-"))


@unhurried
@given(REPORTS)
def test_any_report_fits_a_terminal_and_cannot_command_it(report: Report) -> None:
    text = words(report)
    for line in text.split("\n"):
        assert len(line) <= 80
        assert not [sign for sign in line if unicodedata.category(sign) == "Cc"]
    for name, measure in report.measures.items():
        assert labels.label(name) in text
        assert labels.describe(name, measure) in text
