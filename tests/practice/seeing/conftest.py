"""The face model, and pictures with a face and without (from the scikit-image wheel, never imported)."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from coach_desktop.practice.seeing.face import FacePipeline
from coach_desktop.practice.seeing.tasks import FaceTask, read_face_task
from coach_desktop.store.model_files import FACE_LANDMARKER, find

Rgb = npt.NDArray[np.uint8]


def carried_picture(name: str) -> Image.Image:
    for file in metadata.files("scikit-image") or []:
        if file.as_posix() == f"skimage/data/{name}":
            with Image.open(Path(str(file.locate()))) as picture:
                return picture.convert("RGB")
    raise FileNotFoundError(name)


@pytest.fixture(scope="session")
def face_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return find(FACE_LANDMARKER, tmp_path_factory.mktemp("models")).path


@pytest.fixture(scope="session")
def face_task(face_model: Path) -> FaceTask:
    return read_face_task(face_model)


@pytest.fixture
def pipeline(face_model: Path) -> FacePipeline:
    return FacePipeline(face_model)


@pytest.fixture(scope="session")
def astronaut() -> Image.Image:
    return carried_picture("astronaut.png")


@pytest.fixture(scope="session")
def without_face() -> list[Rgb]:
    rng = np.random.default_rng(5)
    pictures = [np.asarray(carried_picture(name)) for name in ("coffee.png", "brick.png", "color.png", "cell.png")]
    flat = [np.full((480, 640, 3), shade, dtype=np.uint8) for shade in (0, 128, 255)]
    return [*pictures, *flat, rng.integers(0, 256, (480, 640, 3), dtype=np.uint8)]
