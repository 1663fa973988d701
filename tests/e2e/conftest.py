"""Material for the end-to-end tests: made from a picture in a wheel and a voice from a program, once per run."""

from __future__ import annotations

import shutil
import wave
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from PIL import Image, ImageOps

import demo_media
from tests.e2e.harness import App, Media
from tests.e2e.window import data, launch  # noqa: F401 - fixtures
from tests.keyring_daemon import bus, no_keyring, ring  # noqa: F401 - fixtures
from tests.ui.conftest import (
    dressed,  # noqa: F401 - as the next ones a fixture, for the window in this process
    ignore_no_graphics,
    keyboard,  # noqa: F401
    qapp_args,  # noqa: F401
    qtbot,  # noqa: F401
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ignore_no_graphics(items, Path(__file__).parent)


@pytest.fixture(scope="session")
def media_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("media")


def still(path: Path, picture: Image.Image, seconds: float = 2.0) -> Path:
    """Write a camera file that shows one picture, with the noise without which a camera would seem to stand still."""
    picture = ImageOps.pad(picture.convert("RGB"), (demo_media.WIDTH, demo_media.HEIGHT))
    with path.open("wb") as stream:
        for _ in range(round(seconds * demo_media.FRAMES_A_SECOND)):
            noise = Image.effect_noise(picture.size, 40).convert("RGB")
            Image.blend(picture, noise, 0.03).save(stream, "JPEG", quality=88)
    return path


@pytest.fixture(scope="session")
def face_video(media_folder: Path) -> Path:
    path = media_folder / "face.mjpeg"
    demo_media.write_camera(path, demo_media.portrait())
    return path


@pytest.fixture(scope="session")
def faceless_video(media_folder: Path) -> Path:
    for file in metadata.files("scikit-image") or []:
        if file.as_posix() == "skimage/data/coffee.png":
            return still(media_folder / "no-face.mjpeg", Image.open(str(file.locate())))
    pytest.fail("the scikit-image wheel does not carry coffee.png")


@pytest.fixture(scope="session")
def speech(media_folder: Path) -> Path:
    path = media_folder / "speech.wav"
    if not demo_media.write_voice(path):
        pytest.skip("espeak-ng is not installed")
    return path


@pytest.fixture(scope="session")
def silence(media_folder: Path) -> Path:
    path = media_folder / "silence.wav"
    with wave.open(str(path), "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(16000)
        stream.writeframes(bytes(2 * 16000 * 10))
    return path


@pytest.fixture(scope="session")
def talk(face_video: Path, speech: Path) -> Media:
    return Media(face_video, speech)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    app = App(tmp_path / "data")
    yield app
    app.kill_all()
    shutil.rmtree(app.data, ignore_errors=True)
