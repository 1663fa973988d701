"""The lines of a difference: all that goes and comes, and nothing that stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.ui.account.chuck_difference import difference, lines_of

LINES = st.lists(st.text(st.characters(codec="ascii", exclude_categories=["C"]), min_size=1, max_size=4), max_size=6)


@pytest.mark.parametrize(
    ("now", "wanted", "told"),
    [
        ("one\n\ntwo\nthree", "one\n2\nthree", [("-", "two"), ("+", "2")]),
        (None, "high", [("+", "high")]),
        ("low", "high", [("-", "low"), ("+", "high")]),
        (["a", "b"], ["b"], [("-", "a")]),
        (["-- a", "@@ b"], ["++ c"], [("-", "-- a"), ("-", "@@ b"), ("+", "++ c")]),
        (["d1"], [], [("-", "d1")]),
        ("same", "same", []),
    ],
)
def test_what_goes_and_what_comes(now: object, wanted: object, told: list[tuple[str, str]]) -> None:
    assert difference(now, wanted) == told


@given(LINES, LINES)
def test_with_the_difference_one_becomes_the_other(now: list[str], wanted: list[str]) -> None:
    told = difference(now, wanted)
    left = sorted(lines_of(now))
    for sign, line in told:
        if sign == "-":
            left.remove(line)
    assert sorted([*left, *(line for sign, line in told if sign == "+")]) == sorted(wanted)
