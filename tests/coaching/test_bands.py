"""Bands are given where there is evidence, and nowhere else."""

from __future__ import annotations

import math

import pytest
from hypothesis import given

from coach_desktop.coaching.bands import band_of, with_bands
from coach_desktop.coaching.rules import load_rules
from coach_desktop.tavus.delivery import Delivery, MeasureName, measured
from tests.coaching.strategies import deliveries, unhurried
from tests.coaching.talks import talk


@pytest.mark.parametrize(
    ("name", "value", "band"),
    [
        ("eye_contact", 1.0, "good"),
        ("eye_contact", 0.60, "good"),
        ("eye_contact", math.nextafter(0.60, 0), "watch"),
        ("eye_contact", 0.40, "watch"),
        ("eye_contact", math.nextafter(0.40, 0), "act"),
        ("eye_contact", 0.0, "act"),
        ("pause_share", 0.10, "good"),
        ("pause_share", 0.35, "good"),
        ("pause_share", 0.05, "watch"),
        ("pause_share", 0.36, "watch"),
        ("pause_share", 0.95, "watch"),
        ("face_present", 0.95, "good"),
        ("face_present", 0.7, "watch"),
        ("face_present", 0.5, "act"),
        ("pitch_spread", 2.0, "good"),
        ("pitch_spread", 9.0, "good"),
        ("pitch_spread", math.nextafter(2.0, 0), "watch"),
        ("pitch_spread", 1.5, "watch"),
        ("pitch_spread", math.nextafter(1.5, 0), "act"),
        ("pitch_spread", 0.0, "act"),
        ("pace", 120.0, "good"),
        ("pace", 170.0, "good"),
        ("pace", 119.9, "watch"),
        ("pace", 190.0, "watch"),
        ("pace", 99.9, "act"),
        ("pace", 190.1, "act"),
        ("filler_rate", 0.0, "good"),
        ("filler_rate", 5.0, "good"),
        ("filler_rate", 5.1, "watch"),
        ("filler_rate", 12.1, "act"),
        ("filler_sounds", 40.0, None),
        ("articulation_rate", 9.0, None),
        ("smile", 0.0, None),
        ("head_yaw_spread", 80.0, None),
        ("loudness_range", 0.0, None),
        ("pause_longest", 9.0, None),
        ("pause_count", 0.0, None),
        ("speaking_share", 0.1, None),
        ("speaking_time", 0.0, None),
    ],
)
def test_a_figure_gets_the_band_of_the_evidence(name: MeasureName, value: float, band: str | None) -> None:
    assert with_bands({name: measured(name, value)})[name].band == band


def test_a_share_of_pauses_over_a_few_words_says_nothing() -> None:
    assert with_bands(talk(speaking_time=9.9, pause_share=0.9).measures)["pause_share"].band is None
    assert with_bands(talk(speaking_time=10.0, pause_share=0.9).measures)["pause_share"].band == "watch"
    assert with_bands(talk(speaking_time=0.0, pause_share=0.0).measures)["pause_share"].band is None


def test_a_voice_heard_for_less_than_a_minute_is_not_called_level() -> None:
    assert with_bands(talk(speaking_time=119.9, pitch_spread=0.5).measures)["pitch_spread"].band is None
    assert with_bands(talk(speaking_time=120.0, pitch_spread=0.5).measures)["pitch_spread"].band == "act"


def test_eye_contact_of_a_face_that_was_hardly_there_has_no_band() -> None:
    assert with_bands(talk(face_present=0.19, eye_contact=1.0).measures)["eye_contact"].band is None
    assert with_bands(talk(face_present=0.2, eye_contact=1.0).measures)["eye_contact"].band == "good"


@pytest.mark.parametrize(
    ("length_s", "face", "contact", "covered"),
    [
        (2.3, 1.0, None, None),
        (9.4, 1.0, None, None),
        (9.984, 1.0, "good", "good"),
        (15.0, 0.6, None, "watch"),
        (20.0, 0.5, "good", "act"),
        (None, 1.0, "good", "good"),
    ],
)
def test_what_was_seen_of_a_few_seconds_has_no_band(
    length_s: float | None, face: float, contact: str | None, covered: str | None
) -> None:
    banded = with_bands(talk(face_present=face, eye_contact=0.65).measures, length_s=length_s)
    assert (banded["eye_contact"].band, banded["face_present"].band) == (contact, covered)
    assert banded["eye_contact"].value == 0.65
    assert banded["pace"].band == "good"


@unhurried
@given(deliveries())
def test_bands_change_nothing_else(delivery: Delivery) -> None:
    banded = with_bands(delivery.measures)
    assert list(banded) == list(delivery.measures)
    for name, measure in banded.items():
        assert measure.model_copy(update={"band": None}) == delivery.measures[name]
        if measure.value is None or name not in load_rules().bands:
            assert measure.band is None
        elif measure.band is not None:
            assert measure.band == band_of(measure.value, load_rules().bands[name])
    assert with_bands(banded) == banded
