from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.practice.room_protocol import I420, VideoFrame
from coach_desktop.practice.seeing.standstill import STANDS_AFTER_S, Standstill, when

FPS = 12


def frame(shade: int, seq: int = 0) -> VideoFrame:
    return VideoFrame(seq, 0.0, I420, 8, 8, memoryview(bytes([shade]) * 96))


def watched(*scene: tuple[str, float]) -> tuple[Standstill, list[float | None]]:
    """Play (new, same or none, seconds); return the watch and what it said to each frame."""
    watch, said, number, begun, shade = Standstill(), list[float | None](), 0, 0.0, 0
    for what, seconds in scene:
        begun += seconds
        while number / FPS < begun - 1e-9:
            shade = (shade + 1) % 256 if what == "new" else shade
            if what != "none":
                said.append(watch.look(number / FPS, frame(shade)))
            number += 1
    return watch, said


def test_a_camera_that_moves_never_stands() -> None:
    watch, said = watched(("new", 30))
    assert set(said) == {None}
    assert watch.warnings(30) == []


def test_the_same_picture_over_and_over_stands_from_its_first_frame() -> None:
    watch, said = watched(("new", 3), ("same", 12), ("new", 3))
    since = {one for one in said if one is not None}
    assert since == {35 / FPS}
    assert said[-1] is None
    assert watch.warnings(18) == ["The camera showed nothing new from 0:02 to 0:15; that time was not judged."]


def test_a_slow_camera_whose_frames_are_repeated_does_not_stand() -> None:
    _, said = watched(*[("new", 1 / FPS), ("same", 4.5)] * 5)
    assert set(said) == {None}


def test_no_frame_at_all_is_told_too() -> None:
    watch, said = watched(("new", 2), ("none", 10), ("new", 2))
    assert set(said) == {None}
    assert watch.warnings(14) == ["The camera showed nothing new from 0:01 to 0:12; that time was not judged."]


def test_what_goes_on_at_the_end_is_told_unless_the_camera_was_let_go() -> None:
    watch, _ = watched(("new", 2))
    assert watch.warnings(4) == []
    assert watch.warnings(60) == ["The camera showed nothing new from 0:01 to 1:00; that time was not judged."]
    assert watch.warnings(None) == []


def test_nothing_is_said_without_a_frame() -> None:
    assert Standstill().warnings(60) == []


@given(st.lists(st.tuples(st.floats(0, 4000), st.floats(0, 100)), min_size=1, max_size=12))
def test_many_stretches_are_told_briefly(found: list[tuple[float, float]]) -> None:
    told = when([(start, start + length) for start, length in found])
    assert told.count("from") == min(3, len(found))
    assert ("more" in told) == (len(found) > 3)


@given(st.lists(st.tuples(st.sampled_from(["new", "same", "none"]), st.floats(0, 8)), max_size=8))
def test_only_what_lasts_is_called_standing(scene: list[tuple[str, float]]) -> None:
    _, said = watched(*scene)
    times = [number for number, one in enumerate(said) if one is not None]
    assert all(number >= STANDS_AFTER_S for number in times)


def test_a_camera_that_was_switched_off_is_no_fault() -> None:
    watch, _ = watched(("new", 3))
    watch.let_go(3.0)
    assert watch.look(14.0, frame(200)) is None
    assert watch.warnings(15.0) == ["The camera was off from 0:03 to 0:14."]


def test_one_that_stood_before_it_was_switched_off_is() -> None:
    watch, _ = watched(("new", 3), ("same", 9))
    watch.let_go(12.0)
    assert watch.warnings(None) == ["The camera showed nothing new from 0:02 to 0:12; that time was not judged."]
