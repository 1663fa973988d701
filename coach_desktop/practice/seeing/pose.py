"""Head pose from landmarks.

The metric face of the model file is fitted to the landmarks under a pinhole camera, in the two
steps of MediaPipe's `geometry_pipeline` (Apache-2.0): estimate the scale, unproject with it, fit again. The
camera is taken to see 63 degrees from top to bottom, as MediaPipe takes it; no real camera's angle is known
here. It is also taken to point at the face: what the network sees is the face alone, and a face at the
picture's edge that is turned to the camera looks as it does in the middle. With the camera pointing at the
middle of the picture instead, the same face read 8.5 degrees of yaw at the edge of a picture of 640 x 480, 6
degrees of pitch at its top (24 labelled faces); now 0.2 and 0.4.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from coach_desktop.practice.seeing.landmarks import Landmarks
    from coach_desktop.practice.seeing.shape import FaceShape

Matrix = npt.NDArray[np.float64]

_FIELD_OF_VIEW = math.radians(63)
_MIN_SCALE = 1e-6
_ROUNDS = 3


@dataclass(frozen=True)
class HeadPose:
    """Where the head points, in degrees off the line from the face to the camera.

    Yaw is positive to the picture's right, pitch positive downwards; both as if the head were set upright: a head that
    only leans to one side has neither.
    """

    yaw_deg: float
    pitch_deg: float


def head_pose(landmarks: Landmarks, height: int, shape: FaceShape) -> HeadPose | None:
    """Return the pose of one face's landmarks in a picture of this height; None where they have no extent."""
    rotation = head_rotation(landmarks, height, shape)
    if rotation is None:
        return None
    # The iris offset is taken along the line of the eyes, so yaw and pitch must be those of the head set
    # upright: with pictures turned by 30 degrees, eye contact keeps an MCC of 0.83-0.89 this way, 0.62-0.78
    # without.
    lean = math.atan2(rotation[1, 0], rotation[0, 0])
    x, y, z = (float(part) for part in rotation[:, 2])
    upright_x = math.cos(lean) * x + math.sin(lean) * y
    upright_y = math.cos(lean) * y - math.sin(lean) * x
    yaw = math.degrees(math.atan2(upright_x, z))
    pitch = math.degrees(math.atan2(-upright_y, math.hypot(upright_x, z)))
    return HeadPose(yaw, pitch)


def head_rotation(landmarks: Landmarks, height: int, shape: FaceShape) -> Matrix | None:
    """Return the rotation (3 x 3) from the metric face to the camera (x right, y up, z to the viewer)."""
    near_height = 2 * math.tan(_FIELD_OF_VIEW / 2)
    pixel = near_height / height
    points = landmarks[shape.indices]
    middle_x, middle_y = shape.weights @ points[:, :2]
    screen = np.stack(
        [(points[:, 0] - middle_x) * pixel, (middle_y - points[:, 1]) * pixel, points[:, 2] * pixel],
        axis=1,
    )
    offset = float(landmarks[:, 2].mean()) * pixel
    centred = shape.points - shape.weights @ shape.points
    weighted = shape.weights[:, np.newaxis] * centred
    spread = float((weighted * centred).sum())
    # First the face is taken as flat, then as far away as the scale found so far says.
    scale, rotation, target = 1.0, None, screen * (1, 1, -1)
    for _ in range(_ROUNDS):
        fitted = _fit(weighted, spread, target, shape.weights)
        if fitted is None:
            return None
        scale, rotation = scale * fitted[0], fitted[1]
        target = _unproject(screen, offset, scale)
    return rotation


def _unproject(screen: Matrix, offset: float, scale: float) -> Matrix:
    depth = (screen[:, 2] - offset + 1) / scale
    return np.stack([screen[:, 0] * depth, screen[:, 1] * depth, -depth], axis=1)


def _fit(weighted: Matrix, spread: float, target: Matrix, weights: Matrix) -> tuple[float, Matrix] | None:
    """Weighted orthogonal Procrustes (Umeyama 1991): scale and rotation that bring the metric face to `target`.

    `weighted` are the face's points about their centre by their weights, `spread` is the sum of their weighted squares.
    """
    u, singular, vt = np.linalg.svd((target - weights @ target).T @ weighted)
    mirror = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    scale = float((singular * mirror).sum()) / spread
    if not scale > _MIN_SCALE:
        return None
    return scale, (u * mirror) @ vt
