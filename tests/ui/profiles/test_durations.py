"""Lengths of time as people write them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.ui.profiles.durations import duration_words, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5 min", 300),
        ("5m", 300),
        ("90 s", 90),
        ("90 Seconds", 90),
        ("1 h", 3600),
        ("1 hour 30 minutes", 5400),
        ("1 min and 30 sec", 90),
        ("1:30", 90),
        ("0:05", 5),
        ("1,5 min", 90),
        ("0.5 h", 1800),
        (" 2\u00a0min ", 120),
        ("\u0665 min", 300),
        ("0", 0),
    ],
)
def test_what_people_write(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "5 minx", "min", "-5 s", "1:75", "5 min x", "1e9 s", "9" * 99])
def test_what_is_no_length_of_time(text: str) -> None:
    with pytest.raises(ValueError, match="write it like"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["5", "90", "1.5"])
def test_a_number_alone_could_be_either(text: str) -> None:
    with pytest.raises(ValueError, match="minutes or seconds"):
        parse_duration(text)


@given(st.integers(0, 400_000))
def test_the_words_say_it_exactly(seconds: int) -> None:
    assert parse_duration(duration_words(seconds)) == seconds


@given(st.text(max_size=60))
def test_any_text_is_a_length_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert parse_duration(text) >= 0
