"""Opening MediaPipe's `.task` files: a zip of LiteRT networks and, for faces, the metric shape of a face.

The networks run in Google's LiteRT, one thread each: at 12 frames a second the landmarks network takes 5 ms
on one core and 2.5 ms on two, and the second core is worth more to the page that shows the camera.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from coach_desktop.core.errors import CoachError
from coach_desktop.practice.seeing.shape import FaceShape, parse_shape

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Floats = npt.NDArray[np.float32]

_DETECTOR = "face_detector.tflite"
_LANDMARKS = "face_landmarks_detector.tflite"
_BLENDSHAPES = "face_blendshapes.tflite"
_SHAPE = "geometry_pipeline_metadata_landmarks.binarypb"
# The largest member of the three tasks holds 6.4 MB; one that claims to unpack to far more is none of them.
_MAX_MEMBER_BYTES = 64 * 2**20
_RAW_ERRORS = (zlib.error, struct.error, OverflowError)


class BrokenModelError(CoachError):
    """A model file is there, but cannot be read as what it should be."""

    def __init__(self, path: Path, details: str) -> None:
        """Build the three sentences; `details` is for the log."""
        super().__init__(
            f"The model file {path.name} cannot be read.",
            safe="What it sees is shown as not measured; sound is measured as usual.",
            do="Run the set-up again (make run), or replace the file.",
            details=f"{path}: {details}",
        )


@dataclass(frozen=True)
class FaceTask:
    """The parts of a face landmarker: three networks as bytes, and the metric shape of a face."""

    path: Path
    detector: bytes
    landmarks: bytes
    blendshapes: bytes
    shape: FaceShape


class Network:
    """One LiteRT network with a single float32 input. Not for use by several threads at once."""

    def __init__(self, content: bytes, input_shape: tuple[int, ...], output_shapes: Sequence[tuple[int, ...]]) -> None:
        """Load a network and check that its input and its first outputs have the shapes expected.

        Raises `ValueError` or `RuntimeError` where the content is no network, or one with other shapes.
        """
        # Loading LiteRT takes 0.15 s; a service that has no model must not pay for it.
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(model_content=content, num_threads=1)
        self._interpreter.allocate_tensors()
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        found = [tuple(int(side) for side in one["shape"]) for one in (*inputs[:1], *outputs[: len(output_shapes)])]
        if found != [input_shape, *output_shapes] or inputs[0]["dtype"] is not np.float32:
            raise ValueError(f"a network with shapes {found}, expected {[input_shape, *output_shapes]}")
        self._input = int(inputs[0]["index"])
        self._outputs = [int(one["index"]) for one in outputs[: len(output_shapes)]]

    def run(self, tensor: Floats) -> list[Floats]:
        """Run the network once on a tensor of its input shape; return copies of its outputs."""
        self._interpreter.set_tensor(self._input, tensor)
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index) for index in self._outputs]


def read_face_task(path: Path) -> FaceTask:
    """Read a face landmarker's `.task` file.

    Raises `BrokenModelError` where the file is missing, no zip, lacks a part or holds a damaged one.
    """
    parts = read_parts(path, (_DETECTOR, _LANDMARKS, _BLENDSHAPES, _SHAPE))
    try:
        return FaceTask(path, parts[0], parts[1], parts[2], parse_shape(parts[3]))
    except ValueError as error:
        raise BrokenModelError(path, repr(error)) from error


def read_parts(path: Path, names: Sequence[str]) -> list[bytes]:
    """Read these members of a `.task` file.

    Raises `BrokenModelError` where the file is missing, no zip, lacks a member or holds a damaged one.
    """
    try:
        with zipfile.ZipFile(path) as task:
            return [_member(task, name) for name in names]
    # A damaged zip shows itself in many ways: besides its own error, RuntimeError for members said to be
    # encrypted or packed in unknown ways, and those of zlib and struct, which zipfile lets through.
    except (OSError, zipfile.BadZipFile, KeyError, EOFError, RuntimeError, ValueError, *_RAW_ERRORS) as error:
        raise BrokenModelError(path, repr(error)) from error


def _member(task: zipfile.ZipFile, name: str) -> bytes:
    info = task.getinfo(name)
    if info.file_size > _MAX_MEMBER_BYTES:
        raise zipfile.BadZipFile(f"{name} claims {info.file_size} bytes")
    return task.read(info)
