"""What is told from the points of a body, and that no picture is too strange for the networks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from coach_desktop.practice.seeing.body.tracking import BodyTracker, HandsTracker, Head
from coach_desktop.practice.seeing.body.watching import BodyWatch, read
from coach_desktop.practice.seeing.face import FacePipeline
from coach_desktop.practice.seeing.readings import BodyReading, FaceReading

if TYPE_CHECKING:
    import numpy.typing as npt

    from tests.practice.seeing.body.conftest import MakePose

    Rgb = npt.NDArray[np.uint8]

SIZE = (640, 480)
FACE = FaceReading(
    box_x=0.42, box_y=0.2, box_w=0.16, box_h=0.25, yaw_deg=0, pitch_deg=0, gaze_x_deg=0, gaze_y_deg=0,
    eye_contact=True, eye_contact_score=1, eyes_closed=False, smile=0, lip_raise=0,
    brow_raise=0, points=np.zeros((478, 3)),
)  # fmt: skip
CROSSED = {13: (390.0, 320.0), 14: (250.0, 320.0), 15: (265.0, 315.0), 16: (375.0, 325.0)}


def hand_at(x: float, y: float) -> npt.NDArray[np.float64]:
    return np.column_stack([np.linspace(x - 20, x + 20, 21), np.linspace(y - 20, y + 20, 21), np.zeros(21)])


def turned(rgb: Rgb, watch: BodyWatch, pipeline: FacePipeline, turns: int = 6) -> BodyReading | None:
    reading = None
    for turn in range(turns):
        reading = watch.look(turn / 6, rgb, pipeline.read(rgb))
    return reading


def test_an_upright_person_is_read_as_one(make_pose: MakePose) -> None:
    reading = read(make_pose(), (), 0.0, FACE, SIZE)
    assert reading.shoulder_tilt_deg == pytest.approx(0)
    assert reading.lean_deg == pytest.approx(0)
    assert reading.neck == pytest.approx(80 / 120)
    assert reading.shoulders == pytest.approx((320, 220, 120))
    assert (reading.hands_visible, reading.hand_at_face, reading.arms_crossed) == (False, False, False)


def test_a_shoulder_that_falls_to_the_pictures_right_is_positive(make_pose: MakePose) -> None:
    pose = make_pose({11: (380, 240), 12: (260, 200)})
    assert read(pose, (), 0.0, FACE, SIZE).shoulder_tilt_deg == pytest.approx(np.degrees(np.arctan2(40, 120)))


def test_a_trunk_that_leans_to_the_pictures_right_is_positive(make_pose: MakePose) -> None:
    pose = make_pose({23: (320, 400), 24: (240, 400)})
    assert read(pose, (), 0.0, FACE, SIZE).lean_deg == pytest.approx(np.degrees(np.arctan2(40, 180)))


@pytest.mark.parametrize("where", ["hidden", "beyond the picture"])
def test_shoulders_that_are_not_seen_tell_nothing(where: str, make_pose: MakePose) -> None:
    pose = make_pose(hidden=(11,)) if where == "hidden" else make_pose({11: (660, 220)})
    reading = read(pose, (), 0.0, FACE, SIZE)
    assert reading.shoulders is None
    assert reading.neck is reading.lean_deg is None
    assert reading.shoulder_tilt_deg is reading.arms_crossed is reading.hands_visible is None


def test_a_body_that_turns_aside_has_no_tilt(make_pose: MakePose) -> None:
    assert read(make_pose({11: (335, 225), 12: (305, 215)}), (), 0.0, FACE, SIZE).shoulder_tilt_deg is None
    assert read(make_pose({11: (260, 220), 12: (380, 220)}), (), 0.0, FACE, SIZE).shoulder_tilt_deg is None


def test_hands_that_were_not_looked_at_are_not_told_of(make_pose: MakePose) -> None:
    reading = read(make_pose(), (), None, FACE, SIZE)
    assert reading.hands_visible is reading.hand_at_face is None


@pytest.mark.parametrize(
    ("place", "at_face"), [((320, 190), True), ((370, 150), True), ((320, 420), False), ((440, 150), False)]
)
def test_a_hand_over_the_face_is_at_it(place: tuple[float, float], at_face: bool, make_pose: MakePose) -> None:
    reading = read(make_pose(), (hand_at(*place),), 0.0, FACE, SIZE)
    assert reading.hands_visible is True
    assert reading.hand_at_face is at_face


def test_without_a_face_no_hand_is_at_it(make_pose: MakePose) -> None:
    assert read(make_pose(), (hand_at(320, 150),), 0.0, None, SIZE).hand_at_face is None


def test_arms_are_crossed_where_each_wrist_is_at_the_other_elbow(make_pose: MakePose) -> None:
    assert read(make_pose(CROSSED), (), 0.0, FACE, SIZE).arms_crossed is True
    folded = {13: (400.0, 310.0), 14: (240.0, 310.0), 15: (325.0, 380.0), 16: (315.0, 380.0)}
    assert read(make_pose(folded), (), 0.0, FACE, SIZE).arms_crossed is False
    one_arm = CROSSED | {16: (250.0, 390.0)}
    assert read(make_pose(one_arm), (), 0.0, FACE, SIZE).arms_crossed is False


# Of two photographs of people with crossed arms, and of one who stretches an arm before her, as the network sees them.
UNDER_THE_OTHER = {13: (418.0, 320.0), 14: (281.0, 328.0), 15: (319.0, 312.0), 16: (414.0, 322.0)}
HIGH_ON_THE_ARM = {13: (368.0, 318.0), 14: (238.0, 322.0), 15: (265.0, 292.0), 16: (328.0, 334.0)}
BEFORE_HER = {13: (410.0, 250.0), 14: (290.0, 280.0), 15: (357.0, 310.0), 16: (405.0, 260.0)}


@pytest.mark.parametrize(("arms", "crossed"), [(UNDER_THE_OTHER, True), (HIGH_ON_THE_ARM, True), (BEFORE_HER, False)])
def test_an_arm_that_lies_under_the_other_is_crossed_too(
    arms: dict[int, tuple[float, float]], crossed: bool, make_pose: MakePose
) -> None:
    assert read(make_pose(arms), (), 0.0, FACE, SIZE).arms_crossed is crossed
    across = {13: 14, 14: 13, 15: 16, 16: 15}
    mirrored = {across[n]: (SIZE[0] - x, y) for n, (x, y) in arms.items()}
    assert read(make_pose(mirrored), (), 0.0, FACE, SIZE).arms_crossed is crossed


@pytest.mark.parametrize("hidden", [13, 14, 15, 16])
def test_arms_that_are_not_seen_are_not_called_crossed(hidden: int, make_pose: MakePose) -> None:
    assert read(make_pose(CROSSED, hidden=(hidden,)), (), 0.0, FACE, SIZE).arms_crossed is None


def test_a_real_person_is_seen_with_her_shoulders(
    watch: BodyWatch, pipeline: FacePipeline, astronaut: Image.Image
) -> None:
    reading = turned(np.asarray(astronaut), watch, pipeline)
    assert reading is not None
    assert reading.shoulders is not None
    assert 150 < reading.shoulders[2] < 230
    assert reading.shoulder_tilt_deg == pytest.approx(2, abs=4)
    assert reading.hands_visible is False, "her hands are below the picture's edge"
    assert reading.hand_at_face is False


def test_the_body_is_that_of_the_face_that_is_followed(pose_model: Path, astronaut: Image.Image) -> None:
    one = np.asarray(astronaut.resize((320, 320)))
    both = np.concatenate([one, one[:, ::-1]], axis=1)
    for x in (140, 500):
        tracker = BodyTracker(pose_model)
        found = [tracker.follow(turn / 6, both, Head(x, 72, 70)) for turn in range(3)][-1]
        assert found is not None
        assert found.points[0, 0] == pytest.approx(x, abs=25)


def test_a_body_is_found_again_when_the_face_is_elsewhere(pose_model: Path, astronaut: Image.Image) -> None:
    one = np.asarray(astronaut.resize((320, 320)))
    both = np.concatenate([one, one[:, ::-1]], axis=1)
    tracker = BodyTracker(pose_model)
    tracker.follow(0.0, both, Head(140, 72, 70))
    found = [tracker.follow(1 + turn / 6, both, Head(500, 72, 70)) for turn in range(5)][-1]
    assert found is not None
    assert found.points[0, 0] == pytest.approx(500, abs=25)


def test_without_a_face_nothing_is_taken_for_a_body(
    watch: BodyWatch, pipeline: FacePipeline, without_face: list[Rgb]
) -> None:
    for rgb in without_face:
        assert turned(rgb, watch, pipeline, turns=3) is None


def test_a_body_that_left_is_given_up(watch: BodyWatch, pipeline: FacePipeline, astronaut: Image.Image) -> None:
    assert turned(np.asarray(astronaut), watch, pipeline) is not None
    empty = np.full((512, 512, 3), 90, dtype=np.uint8)
    assert watch.look(1.1, empty, None) is None
    assert watch.look(1.8, empty, None) is None


@pytest.mark.parametrize("size", [(1, 1), (1, 480), (2160, 3840), (640, 360)], ids=str)
def test_pictures_of_any_size_are_looked_at(size: tuple[int, int], watch: BodyWatch) -> None:
    black = np.zeros((*size, 3), dtype=np.uint8)
    for turn in range(3):
        # A face is claimed, so that bodies are searched for at all.
        watch.look(turn / 6, black, FACE)


def test_ten_people_are_no_harm(watch: BodyWatch, pipeline: FacePipeline, astronaut: Image.Image) -> None:
    crowd = Image.new("RGB", (640, 480))
    for n in range(10):
        crowd.paste(astronaut.resize((128, 128)), (n % 5 * 128, n // 5 * 128))
    crowd.paste(astronaut.resize((320, 320)), (160, 160))
    reading = turned(np.asarray(crowd), watch, pipeline)
    assert reading is not None
    assert reading.points[0, 0] == pytest.approx(160 + 222 * 320 / 512, abs=15), "the nearest one counts"


def test_hands_of_nobody_are_not_reported(hand_model: Path) -> None:
    assert HandsTracker(hand_model).follow(0.0, np.zeros((480, 640, 3), dtype=np.uint8), None) == ()


def test_a_hand_over_the_face_of_a_real_person_is_told(
    watch: BodyWatch, pipeline: FacePipeline, shared_data: Path
) -> None:
    """She holds a hand over her mouth from 2.6 to 9.6 s and not before 2 s or after 10 s (seen by eye)."""
    import av

    told: dict[float, bool | None] = {}
    last_s = -1.0
    with av.open(str(shared_data / "data" / "video" / "WolfgangLanger_Pexels.mp4")) as film:
        for frame in film.decode(video=0):
            if frame.time is None or not 1.5 <= frame.time <= 12 or frame.time - last_s < 0.099:
                continue
            last_s = frame.time
            rgb = np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)
            reading = watch.look(last_s, rgb, pipeline.read(rgb))
            told[last_s] = reading.hand_at_face if reading is not None else None
    during = [at_face for at_s, at_face in told.items() if 4 <= at_s <= 9]
    after = [at_face for at_s, at_face in told.items() if at_s >= 10.5]
    assert np.mean([at_face is True for at_face in during]) > 0.9
    assert not any(after)
