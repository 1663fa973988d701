from __future__ import annotations

import math

import pytest

from coach_desktop.practice.seeing.detector import Detection


def test_the_region_of_a_leaning_face_leans_with_it() -> None:
    detection = Detection(0.9, (10, 20, 40, 40), ((20, 30), (40, 50)))
    roi = detection.roi()
    assert (roi.centre_x, roi.centre_y, roi.side) == (30, 40, 60)
    assert roi.angle == pytest.approx(math.radians(45))
    moved = detection.moved(100, 200).roi()
    assert (moved.centre_x, moved.centre_y, moved.angle) == (130, 240, roi.angle)
