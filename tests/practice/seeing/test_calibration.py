from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from coach_desktop.practice.seeing import calibration
from coach_desktop.practice.seeing.calibration import Calibration, CalibrationError, calibrate
from coach_desktop.practice.seeing.detector import Roi
from coach_desktop.practice.seeing.face import FacePipeline
from coach_desktop.practice.seeing.frames import Rgb
from coach_desktop.practice.seeing.gaze import CALIBRATED_ZONE, Gaze
from coach_desktop.practice.seeing.landmarks import Landmarks, LandmarksNetwork, next_roi
from coach_desktop.practice.seeing.readings import FaceReading
from tests.practice.seeing.faces import FACE

LOOKING = replace(FACE, yaw_deg=2.0, gaze_x_deg=3.0, gaze_y_deg=-8.0, smile=0.2, brow_raise=0.15)
BLINK = replace(LOOKING, eye_contact=False, eyes_closed=True, gaze_y_deg=15.0)


def trembling(reading: FaceReading = LOOKING, frames: int = 36) -> list[FaceReading | None]:
    rng = np.random.default_rng(4)
    return [
        replace(
            reading,
            gaze_x_deg=reading.gaze_x_deg + float(rng.normal(0, 2)),
            gaze_y_deg=reading.gaze_y_deg + float(rng.normal(0, 2)),
            yaw_deg=reading.yaw_deg + float(rng.normal(0, 1)),
        )
        for _ in range(frames)
    ]


def refused(readings: list[FaceReading | None]) -> str:
    with pytest.raises(CalibrationError) as caught:
        calibrate(readings)
    return str(caught.value)


def test_three_seconds_of_looking_give_ones_own_zero() -> None:
    found = calibrate(trembling())
    assert found.gaze_x_deg == pytest.approx(3, abs=1)
    assert found.gaze_y_deg == pytest.approx(-8, abs=1)
    assert (found.smile, found.brow_raise) == (0.2, 0.15)
    assert abs(found.relative(Gaze(3.0, -8.0)).x_deg) < 1


def test_blinks_misreadings_and_a_face_lost_for_a_moment_do_no_harm() -> None:
    readings = trembling()
    readings[4] = readings[5] = BLINK
    readings[9] = None
    readings[20] = replace(LOOKING, gaze_x_deg=60.0)
    assert calibrate(readings).gaze_x_deg == pytest.approx(3, abs=1)


def test_it_is_refused_with_a_reason() -> None:
    assert refused([]) == calibration.NOT_SEEN
    assert refused([None] * 36) == calibration.NOT_SEEN
    assert refused(trembling(frames=6)) == calibration.NOT_SEEN
    assert refused([*trembling(frames=20), *[None] * 16]) == calibration.NOT_SEEN
    assert refused([*trembling(frames=20), *[BLINK] * 16]) == calibration.EYES_CLOSED
    assert refused([*trembling(frames=18), *trembling(replace(LOOKING, yaw_deg=20.0), 18)]) == calibration.HEAD_MOVED
    assert refused([*trembling(frames=18), *trembling(replace(LOOKING, gaze_x_deg=25.0), 18)]) == calibration.EYES_MOVED
    assert refused(trembling(replace(LOOKING, gaze_x_deg=30.0))) == calibration.TOO_FAR_OFF


readings = st.one_of(
    st.none(),
    st.builds(
        replace,
        st.sampled_from([LOOKING, BLINK]),
        yaw_deg=st.floats(-90, 90),
        gaze_x_deg=st.floats(-90, 90),
        gaze_y_deg=st.floats(-90, 90),
    ),
)


@given(st.lists(readings, max_size=50))
def test_whatever_comes_there_is_a_sane_calibration_or_a_reason(seen: list[FaceReading | None]) -> None:
    try:
        found = calibrate(seen)
    except CalibrationError:
        return
    assert abs(found.gaze_x_deg) <= 15
    assert abs(found.gaze_y_deg) <= 25


def test_a_pipeline_reads_gaze_relative_to_its_calibration(face_model: Path, astronaut: Image.Image) -> None:
    picture = np.asarray(astronaut)
    pipeline = FacePipeline(face_model)
    before = pipeline.read(picture)
    assert before is not None
    pipeline.calibration = Calibration(before.gaze_x_deg, before.gaze_y_deg, before.smile, before.brow_raise)
    after = pipeline.read(picture)
    assert after is not None
    assert abs(after.gaze_x_deg) < 3
    assert abs(after.gaze_y_deg) < 3
    assert after.eye_contact_score > before.eye_contact_score
    assert (after.yaw_deg, after.pitch_deg) == pytest.approx((before.yaw_deg, before.pitch_deg), abs=2)
    pipeline.calibration = Calibration(before.gaze_x_deg - 20, before.gaze_y_deg, 0.0, 0.0)
    elsewhere = pipeline.read(picture)
    assert elsewhere is not None
    assert not elsewhere.eye_contact


@pytest.mark.parametrize(("off_deg", "looks"), [(0.0, 1), (CALIBRATED_ZONE.aside_deg, 2), (30.0, 1)])
def test_a_face_that_is_followed_is_looked_at_once_more_where_that_may_change_the_verdict(
    off_deg: float, looks: int, face_model: Path, astronaut: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = np.asarray(astronaut)
    pipeline = FacePipeline(face_model)
    before = [pipeline.read(picture) for _ in range(3)][-1]
    assert before is not None
    pipeline.calibration = Calibration(before.gaze_x_deg - off_deg, before.gaze_y_deg, 0.0, 0.0)
    seen: list[tuple[Roi, Landmarks]] = []
    read = LandmarksNetwork.read

    def watched(network: LandmarksNetwork, rgb: Rgb, roi: Roi) -> tuple[Landmarks, float]:
        found = read(network, rgb, roi)
        seen.append((roi, found[0]))
        return found

    monkeypatch.setattr(LandmarksNetwork, "read", watched)
    after = pipeline.read(picture)
    assert after is not None
    assert len(seen) == looks
    assert np.array_equal(after.points, seen[-1][1])
    assert all(roi == next_roi(points) for (_, points), (roi, _) in pairwise(seen))
