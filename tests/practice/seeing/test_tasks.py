from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coach_desktop.core.errors import CoachError
from coach_desktop.practice.seeing.face import FacePipeline
from coach_desktop.practice.seeing.shape import FaceShape, ShapeError, parse_shape
from coach_desktop.practice.seeing.tasks import BrokenModelError, FaceTask, read_face_task

NAMES = (
    "face_detector.tflite",
    "face_landmarks_detector.tflite",
    "face_blendshapes.tflite",
    "geometry_pipeline_metadata_landmarks.binarypb",
)


def shape_bytes(model: Path) -> bytes:
    with zipfile.ZipFile(model) as task:
        return task.read(NAMES[3])


def packed(parts: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as task:
        for name, content in parts.items():
            task.writestr(name, content)
    return stream.getvalue()


def test_the_real_model_holds_three_networks_and_a_face(face_task: FaceTask) -> None:
    for network in (face_task.detector, face_task.landmarks, face_task.blendshapes):
        assert network[4:8] == b"TFL3"
    shape = face_task.shape
    assert len(shape.indices) == len(shape.points) == len(shape.weights) > 10
    assert shape.weights.sum() == pytest.approx(1)
    extent = shape.points.max(axis=0) - shape.points.min(axis=0)
    assert 8 < extent[0] < 20, "a face is about 15 cm wide"


def test_a_missing_file_is_told_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(BrokenModelError) as caught:
        read_face_task(tmp_path / "face_landmarker.task")
    assert isinstance(caught.value, CoachError)
    assert "face_landmarker.task cannot be read" in caught.value.what
    assert caught.value.do
    assert caught.value.safe


@pytest.mark.parametrize("missing", NAMES)
def test_a_missing_part_is_an_error(missing: str, face_model: Path, tmp_path: Path) -> None:
    parts = dict.fromkeys(NAMES[:3], b"x") | {NAMES[3]: shape_bytes(face_model)}
    del parts[missing]
    (tmp_path / "a.task").write_bytes(packed(parts))
    with pytest.raises(BrokenModelError) as caught:
        read_face_task(tmp_path / "a.task")
    assert missing in caught.value.details


@pytest.mark.parametrize("broken", range(3))
def test_a_part_that_is_no_network_is_an_error(broken: int, face_task: FaceTask, tmp_path: Path) -> None:
    with zipfile.ZipFile(face_task.path) as task:
        parts = {name: task.read(name) for name in NAMES}
    parts[NAMES[broken]] = b"not a network, " * 100
    (tmp_path / "a.task").write_bytes(packed(parts))
    with pytest.raises(BrokenModelError):
        FacePipeline(tmp_path / "a.task")


def test_networks_in_each_others_places_are_an_error(face_task: FaceTask, tmp_path: Path) -> None:
    with zipfile.ZipFile(face_task.path) as task:
        parts = {name: task.read(name) for name in NAMES}
    parts[NAMES[0]], parts[NAMES[1]] = parts[NAMES[1]], parts[NAMES[0]]
    (tmp_path / "a.task").write_bytes(packed(parts))
    with pytest.raises(BrokenModelError) as caught:
        FacePipeline(tmp_path / "a.task")
    assert "256" in caught.value.details


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_damage_anywhere_is_a_broken_model_or_no_harm(data: st.DataObject, face_model: Path, tmp_path: Path) -> None:
    parts = dict.fromkeys(NAMES[:3], b"network" * 9) | {NAMES[3]: shape_bytes(face_model)}
    content = bytearray(packed(parts, data.draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))))
    for _ in range(data.draw(st.integers(1, 6))):
        # Most of the file is numbers of the mesh; the zip's own structure, at its end, is where damage has variety.
        near_end = data.draw(st.booleans())
        at = data.draw(st.integers(len(content) - 500 if near_end else 0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
    path = tmp_path / "damaged.task"
    path.write_bytes(bytes(content[:cut]))
    # Any other error fails the test.
    with contextlib.suppress(BrokenModelError):
        assert isinstance(read_face_task(path), FaceTask)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_shape_or_a_shape_error(content: bytes) -> None:
    with pytest.raises(ShapeError):
        parse_shape(content)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_a_damaged_shape_is_finite_or_refused(data: st.DataObject, face_model: Path) -> None:
    content = bytearray(shape_bytes(face_model))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        shape = parse_shape(bytes(content))
    except ShapeError:
        return
    assert isinstance(shape, FaceShape)
    assert np.isfinite(shape.points).all()
    assert shape.weights.min() >= 0
    assert shape.weights.sum() == pytest.approx(1)


def test_every_truncation_of_the_shape_is_handled(face_model: Path) -> None:
    content = shape_bytes(face_model)
    for cut in range(0, len(content), 97):
        with pytest.raises(ShapeError):
            parse_shape(content[:cut])


def test_importing_the_eyes_does_not_load_litert(project_root: Path) -> None:
    code = "import sys, coach_desktop.practice.seeing.face; sys.exit('ai_edge_litert' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=project_root, check=False, timeout=60).returncode == 0
