from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from coach_desktop.practice.seeing.light import too_dark

Rgb = npt.NDArray[np.uint8]


@pytest.mark.parametrize(
    ("shade", "dark"), [((0, 0, 0), True), ((30, 30, 30), True), ((90, 90, 90), False), ((255, 255, 255), False)]
)
def test_black_is_too_dark_and_grey_is_not(shade: tuple[int, int, int], dark: bool) -> None:
    assert too_dark(np.full((480, 640, 3), shade, dtype=np.uint8)) is dark


def test_a_dim_room_with_somebody_in_it_is_not_too_dark(astronaut: Image.Image) -> None:
    picture = np.asarray(astronaut)
    assert not too_dark(picture)
    assert not too_dark((picture * 0.25).astype(np.uint8))
    assert too_dark((picture * 0.03).astype(np.uint8))


def test_the_noise_of_a_sensor_in_the_dark_is_dark() -> None:
    noise = np.random.default_rng(3).integers(0, 20, (480, 640, 3), dtype=np.uint8)
    assert too_dark(noise)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1)])
def test_tiny_pictures_are_judged_too(size: tuple[int, int]) -> None:
    assert too_dark(np.zeros((*size, 3), dtype=np.uint8))
