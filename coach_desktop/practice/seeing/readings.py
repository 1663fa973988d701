"""What one picture shows of a face and of a body: what the pipelines hand to all that gathers, draws or writes it down.

Positions called `points` are pixels of the picture; boxes are fractions of it (they may reach beyond it). Angles are in
degrees: yaw and gaze_x positive towards the picture's right, pitch and gaze_y positive downwards. Sides of the
body are the person's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from coach_desktop.practice.seeing.landmarks import Landmarks

    Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FaceReading:
    """One face. Gaze is relative to the camera (`gaze`); yaw and pitch to the line from the face to it (`pose`).

    `eye_contact_score` is 0 for far off or closed eyes and 1 for straight into the camera; `eye_contact` is whether it
    reaches 0.5. `smile`, `lip_raise` (of the upper lip) and `brow_raise` run from 0 to 1. `points` are the landmarks
    (478 x 3). `has_company` is whether there are other faces that could be taken for the user's; None: nobody looked
    for them.
    """

    box_x: float
    box_y: float
    box_w: float
    box_h: float
    yaw_deg: float
    pitch_deg: float
    gaze_x_deg: float
    gaze_y_deg: float
    eye_contact: bool
    eye_contact_score: float
    eyes_closed: bool
    smile: float
    lip_raise: float
    brow_raise: float
    points: Landmarks
    has_company: bool | None = None


@dataclass(frozen=True)
class BodyReading:
    """One person's shoulders, arms and hands. None stands for what this picture does not show.

    `points` are the landmarks of the pose (33 x 3) and `visibility` (33) how likely each can be seen; `hands` holds
    the landmarks (21 x 3) of each hand that was found. `shoulder_tilt_deg` is positive where the line of the shoulders
    falls towards the picture's right, `lean_deg` where the trunk leans to that side. `shoulders` are the middle of the
    two in pixels and their distance; `neck` is how far the ears are above that middle, in that distance. Pose and hands
    may be of two pictures, a turn apart: `hands_at_s` says when the hands were looked at.
    """

    points: Points
    visibility: Points
    hands: tuple[Points, ...]
    shoulder_tilt_deg: float | None
    hands_visible: bool | None
    hand_at_face: bool | None
    arms_crossed: bool | None
    shoulders: tuple[float, float, float] | None = None
    neck: float | None = None
    lean_deg: float | None = None
    hands_at_s: float | None = None
