"""The metric shape of a face, from MediaPipe's geometry metadata: a small protocol buffer, read by hand.

Message `GeometryPipelineMetadata`: field 1 is the canonical mesh (its field 3: vertices as 468 x (x, y, z,
u, v), centimetres, x to the picture's right, y up, z towards the viewer); field 2, repeated, names a
landmark (field 1) and its weight (field 2) in the fit of that mesh to a face.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator

_VERTEX_FLOATS = 5
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class ShapeError(ValueError):
    """The bytes are not the geometry metadata of a face."""


@dataclass(frozen=True)
class FaceShape:
    """The landmarks to fit by: their indices (n), metric positions in cm (n x 3) and weights (n, sum 1)."""

    indices: npt.NDArray[np.int64]
    points: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]


def parse_shape(data: bytes) -> FaceShape:
    """Parse geometry metadata. Raises `ShapeError` for anything that is not a usable face shape."""
    mesh: npt.NDArray[np.float64] | None = None
    basis: list[tuple[int, float]] = []
    for field, wire, value in _fields(data):
        if field == 1 and wire == _BYTES:
            mesh = _vertices(_as_bytes(value))
        elif field == 2 and wire == _BYTES:
            basis.append(_landmark_weight(_as_bytes(value)))
    if mesh is None or len(basis) < 4:
        raise ShapeError("no mesh, or fewer than four landmarks to fit it by")
    indices = np.array([index for index, _ in basis], dtype=np.int64)
    weights = np.array([weight for _, weight in basis], dtype=np.float64)
    if indices.max() >= len(mesh) or not np.isfinite(weights).all() or weights.min() < 0 or weights.sum() <= 0:
        raise ShapeError("a landmark outside the mesh, or a weight that is none")
    return FaceShape(indices, mesh[indices], weights / weights.sum())


def _vertices(data: bytes) -> npt.NDArray[np.float64]:
    numbers: list[npt.NDArray[np.float64]] = []
    for field, wire, value in _fields(data):
        if field == 3 and wire in {_FIXED32, _BYTES}:
            raw = _as_bytes(value)
            if len(raw) % 4:
                raise ShapeError("vertices cut in the middle of a number")
            numbers.append(np.frombuffer(raw, dtype="<f4").astype(np.float64))
    flat = np.concatenate(numbers) if numbers else np.zeros(0)
    if not len(flat) or len(flat) % _VERTEX_FLOATS or not np.isfinite(flat).all():
        raise ShapeError(f"{len(flat)} numbers are no list of vertices")
    return flat.reshape(-1, _VERTEX_FLOATS)[:, :3]


def _landmark_weight(data: bytes) -> tuple[int, float]:
    index, weight = 0, 0.0
    for field, wire, value in _fields(data):
        if field == 1 and wire == _VARINT and isinstance(value, int):
            index = value
        elif field == 2 and wire == _FIXED32:
            weight = float(struct.unpack("<f", _as_bytes(value))[0])
    if index > 2**31:
        raise ShapeError("a landmark index beyond reason")
    return index, weight


def _as_bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ShapeError("a number where bytes belong")
    return value


def _fields(data: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Yield (field number, wire type, value) of one message; varints as int, everything else as bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        field, wire = key >> 3, key & 7
        if wire == _VARINT:
            number, at = _varint(data, at)
            yield field, wire, number
            continue
        if wire == _BYTES:
            size, at = _varint(data, at)
        elif wire in {_FIXED32, _FIXED64}:
            size = 4 if wire == _FIXED32 else 8
        else:
            raise ShapeError(f"wire type {wire} is not used here")
        if at + size > len(data):
            raise ShapeError("a field reaches beyond the end")
        yield field, wire, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ShapeError("cut in the middle of a number")
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
    raise ShapeError("a number that does not end")
