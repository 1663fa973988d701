"""A face that looks into the camera and does nothing else; tests replace what they are about."""

from __future__ import annotations

import numpy as np

from coach_desktop.practice.seeing.readings import FaceReading

FACE = FaceReading(
    box_x=0.4, box_y=0.3, box_w=0.2, box_h=0.3, yaw_deg=0.0, pitch_deg=5.0, gaze_x_deg=0.0, gaze_y_deg=0.0,
    eye_contact=True, eye_contact_score=0.9, eyes_closed=False, smile=0.1, lip_raise=0.0,
    brow_raise=0.1, points=np.zeros((478, 3)),
)  # fmt: skip
