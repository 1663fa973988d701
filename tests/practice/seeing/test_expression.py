from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.practice.seeing.expression import SMILE_FROM, BrowRaises, ShutEyes, SmileTime
from coach_desktop.practice.seeing.histogram import TimeHistogram
from tests.practice.seeing.faces import FACE

FPS = 12


def lasting(shut: ShutEyes, *scene: tuple[bool, float], from_s: float = 0.0, lip_raise: float = 0.1) -> list[float]:
    """Smile scores of a face that smiles with 0.8, its eyes shut or not for so many seconds."""
    found, at_s = [], from_s
    for closed, seconds in scene:
        for _ in range(round(seconds * FPS)):
            found.append(shut.judged(at_s, replace(FACE, eyes_closed=closed, smile=0.8, lip_raise=lip_raise)).smile)
            at_s += 1 / FPS
    return found


def test_a_smile_outlasts_a_blink() -> None:
    assert set(lasting(ShutEyes(), (False, 1.0), (True, 0.4), (False, 1.0), (True, 0.4), (False, 1.0))) == {0.8}


def test_eyes_that_stay_shut_make_a_smile_none_until_they_open() -> None:
    found = lasting(ShutEyes(), (False, 1.0), (True, 3.0), (False, 1.0))
    assert found[: round(1.5 * FPS)] == [0.8] * round(1.5 * FPS)
    assert set(found[round(1.6 * FPS) + 1 : 4 * FPS]) == {0.0}
    assert set(found[4 * FPS :]) == {0.8}


def test_who_shows_teeth_smiles_with_shut_eyes_too() -> None:
    assert set(lasting(ShutEyes(), (True, 3.0), lip_raise=0.8)) == {0.8}


def test_what_went_on_while_no_face_was_seen_is_nobodys_to_say() -> None:
    shut = ShutEyes()
    lasting(shut, (True, 0.4))
    assert set(lasting(shut, (True, 0.4), from_s=5.0)) == {0.8}


def smiles(*scene: tuple[float, float], neutral: float | None = None) -> SmileTime:
    found = SmileTime()
    found.neutral = neutral
    for level, seconds in scene:
        found.add(level, seconds)
    return found


def test_without_a_known_neutral_the_population_decides() -> None:
    assert smiles((0.1, 5.0), (0.5, 2.0)).smiling_s() == pytest.approx(2)
    assert smiles((0.29, 4.0)).smiling_s() == 0


def test_a_mouth_that_turns_up_at_rest_does_not_smile_at_rest() -> None:
    found = smiles((0.4, 20.0), (0.8, 5.0))
    assert found.bar() == pytest.approx(0.6, abs=0.02)
    assert found.smiling_s() == pytest.approx(5)


def test_who_smiles_all_the_time_smiles_all_the_time() -> None:
    assert smiles((0.9, 30.0)).smiling_s() == pytest.approx(30)


def test_a_serious_face_does_not_lower_the_bar() -> None:
    assert smiles((0.0, 30.0), (0.25, 10.0)).smiling_s() == 0
    assert smiles((0.25, 10.0), neutral=0.0).bar() == SMILE_FROM


def raises(*scene: tuple[float | None, float], neutral: float | None = None) -> int | None:
    """Play (brow level, seconds); None stands for no face."""
    found = BrowRaises()
    if neutral is not None:
        found.neutral = neutral
    frame, begun, last = 0, 0.0, None
    for level, seconds in scene:
        begun += seconds
        while frame / FPS < begun - 1e-9:
            if level is not None:
                found.add(frame / FPS, level, 0.0 if last is None else min(0.5, (frame - last) / FPS))
                last = frame
            frame += 1
    return found.count


def test_raises_of_a_moment_are_counted_once_each() -> None:
    assert raises((0.1, 8), (0.5, 0.5), (0.1, 3), (0.5, 4), (0.1, 1)) == 2


def test_a_twitch_is_no_raise() -> None:
    assert raises((0.1, 8), (0.6, 0.2), (0.1, 4)) == 0


def test_nothing_is_counted_before_the_neutral_is_known_and_nothing_lost() -> None:
    assert raises((0.1, 4), (0.6, 1), (0.1, 4)) is None
    assert raises((0.1, 4), (0.6, 1), (0.1, 6)) == 1


def test_brows_that_rest_high_rest() -> None:
    assert raises((0.45, 20)) == 0
    assert raises((0.45, 20), (0.75, 1), (0.45, 1)) == 1


def test_a_calibration_makes_it_known_at_once() -> None:
    assert raises((0.1, 1), (0.5, 1), (0.1, 1), neutral=0.1) == 1


def test_a_wobble_on_the_way_is_one_raise() -> None:
    assert raises((0.1, 10), (0.5, 0.5), (0.25, 0.3), (0.5, 0.5), (0.1, 1)) == 1


def test_a_face_that_was_gone_starts_anew() -> None:
    assert raises((0.1, 10), (0.5, 0.25), (None, 3), (0.5, 0.25), (0.1, 1)) == 0


@given(st.lists(st.tuples(st.floats(-1, 2), st.floats(0, 5)), max_size=40), st.floats(0, 1))
def test_a_histogram_adds_up_and_takes_back(times: list[tuple[float, float]], value: float) -> None:
    found = TimeHistogram(0.0, 1.0, 20)
    for one, seconds in times:
        found.add(one, seconds)
    total = sum(seconds for _, seconds in times)
    assert found.total_s == pytest.approx(total)
    assert -1e-9 <= found.seconds_from(value) <= total + 1e-9
    assert found.seconds_from(-0.5) == pytest.approx(total)
    assert found.seconds_from(1.5) == 0
    assert 0 <= found.quantile(0.1) <= found.quantile(0.9) <= 1
    for one, seconds in times:
        found.add(one, -seconds)
    assert found.total_s == pytest.approx(0, abs=1e-9)


@given(st.floats(0.05, 0.95), st.floats(0.01, 0.99))
def test_quantiles_of_even_time_are_its_shares(share: float, low: float) -> None:
    found = TimeHistogram(0.0, 1.0, 50)
    for step in range(1000):
        found.add(step / 1000, 0.01)
    assert found.quantile(share) == pytest.approx(share, abs=0.03)
    assert found.seconds_from(low) == pytest.approx(10 * (1 - low), abs=0.3)
