"""Figures as a person says them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.coaching import labels
from coach_desktop.coaching.report_model import MEASURES
from coach_desktop.tavus.delivery import MeasureName, measured, not_measured
from tests.coaching.strategies import possible_values, unhurried


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("eye_contact", 0.62, "62 %"),
        ("eye_contact", 0.0, "0 %"),
        ("eye_contact", 0.004, "0.4 %"),
        ("eye_contact", 1.0, "100 %"),
        ("pause_longest", 4.24, "4.2 s"),
        ("pause_longest", 9.97, "10 s"),
        ("speaking_time", 48.4, "48 s"),
        ("speaking_time", 59.6, "1 min"),
        ("speaking_time", 65.0, "1 min 5 s"),
        ("speaking_time", 3725.0, "1 h 2 min"),
        ("pause_count", 14.0, "14"),
        ("loudness_range", 9.23, "9.2 dB"),
        ("loudness_level", -4.04, "4.0 dB quieter"),
        ("loudness_level", 3.0, "3.0 dB louder"),
        ("loudness_level", -0.04, "as usual"),
        ("head_yaw_spread", 14.5, "14°"),
        ("sway", 0.083, "0.08 shoulders"),
        ("pitch_spread", 2.84, "2.8 semitones"),
        ("words", 131.0, "131"),
        ("pace", 141.6, "142 words/min"),
        ("articulation_rate", 4.26, "4.3 syll/s"),
        ("filler_sounds", 6.0, "about 6"),
        ("filler_sounds", 0.0, "0"),
        ("filler_words", 2.0, "about 2"),
        ("repeats", 3.0, "about 3"),
        ("filler_rate", 6.24, "6.2 a minute"),
    ],
)
def test_a_figure_has_its_unit(name: MeasureName, value: float, said: str) -> None:
    assert labels.figure(name, value) == said
    assert labels.describe(name, measured(name, value)) == said


def test_what_was_not_measured_says_so() -> None:
    assert labels.describe("smile", not_measured("smile", "No face was seen.")) == "not measured"


@pytest.mark.parametrize(
    ("at_s", "said"), [(0.0, "0:00"), (42.9, "0:42"), (60.0, "1:00"), (754.2, "12:34"), (3723.0, "1:02:03")]
)
def test_a_moment_reads_as_on_the_timer(at_s: float, said: str) -> None:
    assert labels.clock(at_s) == said


def test_each_measure_and_band_has_words_of_its_own() -> None:
    assert len({labels.label(name) for name in MEASURES}) == len(MEASURES)
    assert [labels.band(band) for band in ("good", "watch", "act")] == ["good", "worth watching", "act on this"]


@unhurried
@given(st.data(), st.sampled_from(MEASURES))
def test_any_figure_is_short(data: st.DataObject, name: MeasureName) -> None:
    assert 0 < len(labels.figure(name, data.draw(possible_values(name)))) <= 15
