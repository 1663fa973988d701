"""Session time follows the stream's own time, and arrival only where the stream has no say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.practice.media_clock import MediaClock


def test_jitter_of_arrival_does_not_show() -> None:
    clock = MediaClock()
    arrivals = [0.5, 0.9, 0.91, 1.1, 1.1, 1.45]
    times = [clock.at(n, 7.0 + n / 5, arrival) for n, arrival in enumerate(arrivals)]
    assert times == pytest.approx([0.5, 0.7, 0.9, 1.1, 1.3, 1.5])


def test_more_than_real_time_is_believed() -> None:
    clock = MediaClock()
    times = [clock.at(n, n / 10, n / 100, 0.1) for n in range(200)]
    assert times[-1] == pytest.approx(19.9)


def test_a_stall_that_is_made_up_for_changes_nothing() -> None:
    clock = MediaClock()
    on_time = [clock.at(n, n / 10, n / 10, 0.1) for n in range(20)]
    late = [clock.at(n, n / 10, 4.0, 0.1) for n in range(20, 40)]
    after = [clock.at(n, n / 10, n / 10, 0.1) for n in range(40, 60)]
    assert on_time + late + after == pytest.approx([n / 10 for n in range(60)])


def test_a_stream_that_stood_still_is_tied_again() -> None:
    clock = MediaClock()
    for n in range(20):
        clock.at(n, n / 10, n / 10, 0.1)
    slept = [clock.at(n, n / 10, n / 10 + 60, 0.1) for n in range(20, 80)]
    assert slept[0] == pytest.approx(2.0)
    assert slept[-1] == pytest.approx(7.9 + 60)


def test_a_new_page_begins_when_it_arrives() -> None:
    clock = MediaClock()
    for n in range(50):
        clock.at(n, 100 + n / 10, n / 10, 0.1)
    clock.reconnected()
    assert clock.at(0, 0.0, 8.0, 0.1) == pytest.approx(8.0)
    assert clock.at(1, 0.1, 8.5, 0.1) == pytest.approx(8.1)


def test_the_same_page_goes_on_after_a_dropped_connection() -> None:
    clock = MediaClock()
    for n in range(50):
        clock.at(n, n / 10, n / 10, 0.1)
    clock.reconnected()
    kept_meanwhile = [clock.at(n, n / 10, 7.0, 0.1) for n in range(50, 70)]
    assert kept_meanwhile == pytest.approx([n / 10 for n in range(50, 70)])


@pytest.mark.parametrize("media_s", [-50.0, 3.0, 5_000.0])
def test_another_origin_is_tied_to_arrival(media_s: float) -> None:
    clock = MediaClock()
    clock.at(0, 10.0, 0.0)
    clock.at(1, 10.1, 0.1)
    assert clock.at(2, media_s, 0.2) == pytest.approx(0.2)


STEPS = st.lists(
    st.tuples(st.integers(0, 2**32 - 1), st.floats(-3.2e10, 3.2e10), st.floats(0, 5), st.floats(0, 1), st.booleans()),
    max_size=40,
)


@given(STEPS)
def test_time_never_runs_back(steps: list[tuple[int, float, float, float, bool]]) -> None:
    clock = MediaClock()
    arrival, reached = 0.0, 0.0
    for seq, media_s, later, duration_s, reconnected in steps:
        arrival += later
        if reconnected:
            clock.reconnected()
        at_s = clock.at(seq, media_s, arrival, duration_s)
        assert at_s >= reached
        reached = at_s + duration_s
