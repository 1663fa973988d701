"""What one picture after the other shows of a body: pose and hands in turn, put together into one reading.

Only what is seen is told. Arms are called crossed by where wrists and elbows are, a hand is at the face where one of
its points lies over it as the camera sees it: a hand held between face and camera looks the same.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from coach_desktop.practice.seeing.body.tracking import BodyTracker, HandsTracker, Head, shoulder_line
from coach_desktop.practice.seeing.readings import BodyReading

if TYPE_CHECKING:
    from pathlib import Path

    from coach_desktop.practice.seeing.body.pose_networks import Points, Pose
    from coach_desktop.practice.seeing.frames import Rgb
    from coach_desktop.practice.seeing.readings import FaceReading

# Points of the pose; left and right are the person's own.
_EARS = (7, 8)
_SHOULDERS, _ELBOWS, _WRISTS, _FINGERS, _HIPS = (11, 12), (13, 14), (15, 16), (17, 18, 19, 20, 21, 22), (23, 24)

_VISIBLE = 0.5
# Fingers of the pose are rough: they count at the face only where the pose is sure of them.
_SURELY_VISIBLE = 0.8
# The box of a face's landmarks leaves out hair and ears; a hand there is at the face as well.
_FACE_MARGIN = 0.15
_FACE_HOLDS_S = 1.0
"""A hand over the face may hide it, so the place of a face that was there a moment ago still counts."""
# Hands of a pose that was seen longer ago than this are no part of one reading with it.
_TURN_HOLDS_S = 0.6
# A body that turns sideways has no line of shoulders to speak of: they are then nearer to each other than this, in
# heights of the neck.
_LEAST_WIDTH = 0.8
# In widths of the shoulders. Of arms that are crossed one lies under the other, and its wrist about the middle: in
# pictures of three people up to 0.11 on its own side.
_NEAR_ELBOW, _PAST_EACH_OTHER, _OWN_SIDE = 0.55, 0.3, 0.15


class BodyWatch:
    """Looks at pose and hands in turn; the hands need the pose, which tells whose they are.

    Not for use by several threads at once.
    """

    def __init__(self, pose_model: Path, hand_model: Path | None) -> None:
        """Load the networks; without those of the hands only the pose is watched. Raises `BrokenModelError`."""
        self._body = BodyTracker(pose_model)
        self._hands = HandsTracker(hand_model) if hand_model is not None else None
        self._turn_of_hands = False
        self._pose: Pose | None = None
        self._pose_s = -math.inf
        self._seen_hands: tuple[Points, ...] = ()
        self._hands_s: float | None = None
        self._face: tuple[float, FaceReading] | None = None

    def look(self, at_s: float, rgb: Rgb, face: FaceReading | None) -> BodyReading | None:
        """Take one turn on a picture (height x width x 3, uint8) in which `face` was found; None: nobody is seen."""
        height, width, _ = rgb.shape
        if face is not None:
            self._face = (at_s, face)
        elif self._face is not None and not 0 <= at_s - self._face[0] <= _FACE_HOLDS_S:
            self._face = None
        if self._turn_of_hands and self._hands is not None and at_s - self._pose_s <= _TURN_HOLDS_S:
            self._seen_hands = self._hands.follow(at_s, rgb, self._pose)
            self._hands_s = at_s
            self._turn_of_hands = False
        else:
            self._pose = self._body.follow(at_s, rgb, _head(face, width, height) if face is not None else None)
            self._pose_s = at_s
            self._turn_of_hands = self._pose is not None
        if self._pose is None:
            self._seen_hands, self._hands_s = (), None
            return None
        known = self._face[1] if self._face is not None else None
        return read(self._pose, self._seen_hands, self._hands_s, known, (width, height))


def read(
    pose: Pose,
    hands: tuple[Points, ...],
    hands_at_s: float | None,
    face: FaceReading | None,
    size: tuple[int, int],
) -> BodyReading:
    """Return what a body's points and those of its hands tell; `size` is the picture's width and height.

    Hands that were not looked at (`hands_at_s` is None) are not told of.
    """
    seen = _in_picture(pose.points, size) & (pose.visibility >= _VISIBLE)
    shoulders = shoulder_line(pose) if seen[list(_SHOULDERS)].all() else None
    neck = _neck(pose, shoulders) if shoulders is not None and seen[list(_EARS)].any() else None
    faces_us = shoulders is not None and neck is not None and shoulders[2] >= _LEAST_WIDTH * neck * shoulders[2]
    looked = hands_at_s is not None
    return BodyReading(
        points=pose.points,
        visibility=pose.visibility,
        hands=hands,
        shoulder_tilt_deg=_tilt_deg(pose) if faces_us else None,
        hands_visible=(bool(hands) or (False if shoulders is not None else None)) if looked else None,
        hand_at_face=_at_face(pose, hands, face, size) if looked and face is not None else None,
        arms_crossed=_crossed(pose) if seen[[*_SHOULDERS, *_ELBOWS, *_WRISTS]].all() else None,
        shoulders=shoulders,
        neck=neck,
        lean_deg=_lean_deg(pose, shoulders) if shoulders is not None and seen[list(_HIPS)].all() else None,
        hands_at_s=hands_at_s,
    )


def _head(face: FaceReading, width: int, height: int) -> Head:
    side = max(face.box_w * width, face.box_h * height)
    return Head((face.box_x + face.box_w / 2) * width, (face.box_y + face.box_h / 2) * height, side)


def _in_picture(points: Points, size: tuple[int, int]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    inside = (points[:, :2] >= 0) & (points[:, :2] < np.array(size))
    return np.asarray(inside.all(axis=1))


def _tilt_deg(pose: Pose) -> float | None:
    left, right = (pose.points[n] for n in _SHOULDERS)
    along_x, along_y = float(left[0] - right[0]), float(left[1] - right[1])
    # Seen from behind, or crossed by a misreading, there is no tilt to speak of.
    return math.degrees(math.atan2(along_y, along_x)) if along_x > abs(along_y) else None


def _neck(pose: Pose, shoulders: tuple[float, float, float]) -> float | None:
    _, y, width = shoulders
    ears = pose.points[list(_EARS), 1].mean()
    return (y - float(ears)) / width if width > 0 else None


def _lean_deg(pose: Pose, shoulders: tuple[float, float, float]) -> float | None:
    hips = pose.points[list(_HIPS), :2].mean(axis=0)
    along_x, up = shoulders[0] - float(hips[0]), float(hips[1]) - shoulders[1]
    return math.degrees(math.atan2(along_x, up)) if up > abs(along_x) else None


def _at_face(pose: Pose, hands: tuple[Points, ...], face: FaceReading, size: tuple[int, int]) -> bool:
    sure = [n for n in _FINGERS if pose.visibility[n] >= _SURELY_VISIBLE]
    points = np.concatenate([pose.points[sure, :2], *(hand[:, :2] for hand in hands)]) / np.array(size)
    reach = np.array([face.box_w, face.box_h]) * (0.5 + _FACE_MARGIN)
    apart = (points - (face.box_x + face.box_w / 2, face.box_y + face.box_h / 2)) / reach
    # A face is an ellipse in its box: a hand beside the chin is not at it.
    return bool(((apart**2).sum(axis=1) <= 1).any())


def _crossed(pose: Pose) -> bool:
    """Return whether the wrists are past each other, each at the other arm's elbow and none on its own side."""
    x, y, width = shoulder_line(pose)
    if width <= 0:
        return False
    # Along the line of the shoulders, from the person's right to the left, in widths of the shoulders.
    axis = (pose.points[_SHOULDERS[0], :2] - pose.points[_SHOULDERS[1], :2]) / width
    along = (pose.points[:, :2] - (x, y)) @ axis / width
    left, right = _WRISTS
    to_elbow = [
        float(np.hypot(*(pose.points[wrist, :2] - pose.points[elbow, :2]))) / width
        for wrist, elbow in zip(_WRISTS, reversed(_ELBOWS), strict=True)
    ]
    past = along[right] - along[left] >= _PAST_EACH_OTHER and along[left] <= _OWN_SIDE and along[right] >= -_OWN_SIDE
    return bool(past and max(to_elbow) <= _NEAR_ELBOW)
